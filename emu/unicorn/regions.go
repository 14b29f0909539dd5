// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

// #include "emu/unicorn/machine.h"
import "C"

import (
	"cmp"
	"slices"
)

// Region is what is mapped at some addresses.
type Region struct {
	Addr, Bytes uint32
	Access      string // "rwx", with - for what a program cannot do
	Name        string // of registers; empty for memory
}

// Regions are all that is mapped, ascending. Registers that a machine got by MapLenient are not among them.
func (m *Machine) Regions() []Region {
	list := m.registers()
	for i := range int(m.c.nregions) {
		r := &m.c.regions[i]
		access := []byte("---")
		for bit, letter := range "rwx" {
			if r.prot&(1<<bit) != 0 {
				access[bit] = byte(letter)
			}
		}
		list = append(list, Region{Addr: uint32(r.addr), Bytes: uint32(r.size), Access: string(access)})
	}
	slices.SortFunc(list, func(a, b Region) int { return cmp.Compare(a.Addr, b.Addr) })
	return list
}

// Registers names the registers of a chip that lie in a range; empty if none do.
func (m *Machine) Registers(addr, size uint32) string {
	for _, r := range m.registers() {
		if uint64(addr) < uint64(r.Addr)+uint64(r.Bytes) && uint64(r.Addr) < uint64(addr)+uint64(size) {
			return r.Name
		}
	}
	return ""
}

// registers are those of chip.c and scs.c.
func (m *Machine) registers() []Region {
	list := []Region{
		{0xe0001000, 0x1000, "rw-", "DWT"},
		{0xe000e000, 0x1000, "rw-", "system control, SysTick, NVIC"},
	}
	if m.c.io.ndevices > 0 {
		list = append(list, Region{0x22000000, 0x2000000, "rw-", "bits of SRAM"}, Region{0x42000000, 0x2000000, "rw-", "bits of registers"})
	}
	names := map[C.uint32_t]string{C.UNICORN_TIMER: "timer", C.UNICORN_USART: "serial port", C.UNICORN_RCC_F1: "clocks", C.UNICORN_RCC_F4: "clocks", C.UNICORN_SYSCFG: "system configuration", C.UNICORN_FLASH_F4: "writing flash"}
	for i := range int(m.c.io.ndevices) {
		d := &m.c.io.devices[i]
		list = append(list, Region{uint32(d.addr), 0x400, "rw-", cmp.Or(names[d.kind], "registers with flags")})
	}
	return list
}
