// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

const (
	flashAt = 0x08000000
	ccmAt   = 0x10000000
	sramAt  = 0x20000000
	deviceA = 0x40000000
	deviceZ = 0x60000000
)

func (p *program) memory() Memory {
	var list []Region
	for _, r := range p.machine.Regions() {
		what := p.nameOf(r)
		if n := len(list); n > 0 && list[n-1].What == what && list[n-1].Access == r.Access && list[n-1].Addr+list[n-1].Bytes == r.Addr {
			list[n-1].Bytes += r.Bytes
			continue
		}
		list = append(list, Region{Addr: r.Addr, Bytes: r.Bytes, Access: r.Access, What: what})
	}
	for i := range list {
		for _, l := range p.loaded {
			if l.Addr-list[i].Addr < list[i].Bytes {
				list[i].Loaded = append(list[i].Loaded, l)
			}
		}
		slices.SortStableFunc(list[i].Loaded, func(a, b Loaded) int { return cmp.Compare(a.Addr, b.Addr) })
	}
	if p.Lenient {
		list = append(list, Region{Addr: deviceA, Bytes: deviceZ - deviceA, Access: "rw-", What: "all other registers: read as zero (--lenient)"})
	}
	return Memory{list, p.from}
}

func (p *program) nameOf(r unicorn.Region) string {
	switch {
	case r.Name != "":
		return r.Name
	case r.Addr == 0 && r.Access[1] == 'w':
		return "memory where flash is also seen on a chip"
	case r.Addr == 0:
		return "flash, seen here too"
	case r.Addr == flashAt:
		return "flash"
	case r.Addr == ccmAt && p.Family == unicorn.STM32F4:
		return "core-coupled memory: data only"
	case r.Addr == sramAt:
		return "SRAM"
	case r.Addr >= deviceA && r.Addr < deviceZ:
		return "registers that keep what is written"
	case r.Addr >= 0xe0000000:
		return "registers of debugging"
	case r.Addr >= 0x1fff0000 && r.Addr < sramAt:
		return "system memory"
	}
	return "memory for the program"
}

// notCode says why an address cannot be executed; empty if it can.
func (p *program) notCode(addr uint32) string {
	for _, r := range p.machine.Regions() {
		switch {
		case addr-r.Addr >= r.Bytes || r.Access[2] == 'x':
		case r.Addr == ccmAt:
			return "core-coupled memory (0x10000000 on an STM32F4) holds data only, there and here: link code to 0x08000000 (picolibc: -Wl,--defsym=__flash=0x08000000), or choose a chip that has other memory there (--chip stm32f1)"
		default:
			return "what is there cannot be executed (" + p.nameOf(r) + ")"
		}
	}
	return ""
}

// findDumps makes sure that what is to be read at the end is there.
func (p *program) findDumps() error {
	for _, d := range p.Dumps {
		addr, err := p.number(d.Addr)
		if err != nil {
			return badOption("dump", "%w", err)
		}
		length, err := p.number(d.Length)
		switch {
		case err != nil:
			return badOption("dump", "%w", err)
		case length == 0 || length > mostMemory || uint64(addr)+uint64(length) > 1<<32:
			return badOption("dump", "%s:%s: choose 1 to %d bytes that do not go beyond the address space", d.Addr, d.Length, mostMemory)
		}
		at := Dumped{addr, make([]byte, length)}
		if bad, ok := p.readAll(at); !ok {
			return badOption("dump", "%s:%s: there is no memory at %#x", d.Addr, d.Length, bad)
		}
		p.dumps = append(p.dumps, at)
	}
	return nil
}

// readAll fills d; it may cross mappings. If memory is missing it says where.
func (p *program) readAll(d Dumped) (missing uint32, ok bool) {
	for done := 0; done < len(d.Bytes); {
		addr := d.Addr + uint32(done)
		n := min(len(d.Bytes)-done, page-int(addr%page))
		if p.machine.Read(addr, d.Bytes[done:done+n]) != nil {
			return addr, false
		}
		done += n
	}
	return 0, true
}

// explain adds to a fault why something could not be executed.
func (p *program) explain(f unicorn.Fault) string {
	if !f.OfFetch() {
		return ""
	}
	if why := p.notCode(f.PC &^ 1); why != "" {
		return fmt.Sprintf(": %s", why)
	}
	return ""
}
