// SPDX-License-Identifier: GPL-2.0-or-later

package wallstest

import (
	"bytes"
	"debug/elf"
	"testing"

	"github.com/ubench-dev/ubench/firmware"
)

// sram1End is where the memory ends that STM32F405 and F205 show at 0 as well (RM0090 2.3.1, RM0033 2.3.1); alias is how much lower.
const (
	sram1End = 0x2001c000
	alias    = 0x20000000
)

// place is a board, with memory seen at 0 or not.
type place struct {
	name string
	Board
	aliasEnd uint32 // 0: no memory is seen there
}

// places are all boards, with what their linker scripts made of the firmware in git. Of those that can show memory at 0, both ways.
func places(t *testing.T) (all []place) {
	t.Helper()
	for _, b := range firmware.DeviceBoards() {
		image, err := firmware.Device(b.Name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(image))
		if err != nil {
			t.Fatal(err)
		}
		list, err := f.Symbols()
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]uint32{}
		for _, s := range list {
			at[s.Name] = uint32(s.Value)
		}
		p := place{name: b.Name, Board: Board{
			Memory: at["board_memory_start"], MemoryLog2: at["board_memory_log2"], MemoryWithout: at["board_memory_without"],
			Shared: at["board_shared_start"], SharedEnd: at["board_shared_end"], Guard: at["board_stack_guard"],
			Pool: at["board_pool_start"], PoolEnd: at["board_pool_end"],
		}}
		if p.SharedEnd <= p.Shared || p.PoolEnd <= p.Pool || p.Guard == 0 {
			t.Fatalf("%s: its symbols are missing: %+v", b.Name, p)
		}
		all = append(all, p)
		if p.Shared >= 0x08000000 { // flash of STM32: 0 is free to show memory
			p.name, p.aliasEnd = b.Name+" with memory at 0", sram1End
			all = append(all, p)
		}
	}
	return all
}

// physical is the address at which a byte lies that is accessed at another one: through the alias at 0, or bit by bit
// (Armv7-M ARM, B3.1: bit bands).
func (p place) physical(addr uint64) uint64 {
	const bits, bitsEnd = 0x22000000, 0x24000000
	switch {
	case p.aliasEnd != 0 && addr < uint64(p.aliasEnd-alias):
		return addr + alias
	case addr >= bits && addr < bitsEnd:
		return memoryAddr + (addr-bits)/32
	}
	return addr
}
