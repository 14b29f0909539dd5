// SPDX-License-Identifier: GPL-2.0-or-later

// Package pmsa is a model of the memory protection unit of Armv7-M, PMSAv7, written from the Architecture Reference Manual (Arm DDI
// 0403E, B3.5): who may do what at which address, given what was written into its registers. Tests hold it against QEMU's, and
// what the device's kernel writes against it.
package pmsa

import (
	"fmt"
	"slices"
	"strings"
)

// Registers, and bits of theirs.
const (
	Type = 0xe000ed90
	Ctrl = 0xe000ed94
	RNR  = 0xe000ed98
	RBAR = 0xe000ed9c // and RASR behind it; three aliases of both follow
	RASR = 0xe000eda0
	end  = RBAR + 32

	Enable     = 1 << 0 // of CTRL
	PrivDefEna = 1 << 2 // privileged code has the default map where no region is

	Valid = 1 << 4 // of RBAR: the region's number is in its lowest four bits

	RegionEnable = 1 << 0 // of RASR
	XN           = 1 << 28
)

// Regions is how many there are on Cortex-M3 and M4.
const Regions = 8

// Rights are what may be done at an address.
type Rights uint8

// Kinds of access.
const (
	Read Rights = 1 << iota
	Write
	Execute
)

func (r Rights) String() string {
	s := []byte("---")
	for i, c := range "rwx" {
		if r>>i&1 != 0 {
			s[i] = byte(c)
		}
	}
	return string(s)
}

// Region is RBAR and RASR of one.
type Region struct{ Base, Attributes uint32 }

// log2 is the logarithm of its size.
func (r Region) log2() uint { return uint(r.Attributes>>1&31) + 1 }

// start is its lowest address: the bits of RBAR that its size leaves.
func (r Region) start() uint32 { return uint32(uint64(r.Base) >> r.log2() << r.log2()) }

func (r Region) enabled() bool { return r.Attributes&RegionEnable != 0 }

// permissions is AP.
func (r Region) permissions() uint32 { return r.Attributes >> 24 & 7 }

// disabled are the eighths that are left out.
func (r Region) disabled() uint32 { return r.Attributes >> 8 & 0xff }

// holds tells whether the region decides about an address. Only regions of 256 bytes and more have eighths.
func (r Region) holds(addr uint32) bool {
	if !r.enabled() || uint64(addr)>>r.log2() != uint64(r.Base)>>r.log2() {
		return false
	}
	return r.log2() < 8 || r.disabled()>>(addr>>(r.log2()-3)&7)&1 == 0
}

// Err says what of an enabled region the manual leaves unpredictable.
func (r Region) Err() error {
	switch {
	case !r.enabled():
		return nil
	case r.log2() < 5:
		return fmt.Errorf("a region of %d bytes: 32 is the least", 1<<r.log2())
	case r.start() != r.Base&^31:
		return fmt.Errorf("a region of 2^%d bytes at %#x, which is no multiple of that", r.log2(), r.Base&^31)
	case r.log2() < 8 && r.disabled() != 0:
		return fmt.Errorf("a region of %d bytes has no eighths to leave out (%#x)", 1<<r.log2(), r.disabled())
	case r.permissions() == 4:
		return fmt.Errorf("AP 4 is reserved")
	}
	return nil
}

// Unit is an MPU.
type Unit struct {
	Control uint32
	Region  [Regions]Region
	number  uint32
}

// Store is a word written to one of its registers. Others are an error, and so is a region that there is not.
func (u *Unit) Store(addr, value uint32) error {
	switch {
	case addr == Ctrl:
		u.Control = value & 7
	case addr == RNR:
		u.number = value & 0xff
	case addr >= RBAR && addr < end && addr%8 == RBAR%8:
		if value&Valid != 0 {
			u.number = value & 15
		}
		if u.number < Regions {
			u.Region[u.number].Base = value &^ 31
		}
	case addr >= RBAR && addr < end && addr%8 == RASR%8:
		if u.number < Regions {
			u.Region[u.number].Attributes = value & 0x173fff3f
		}
	default:
		return fmt.Errorf("%#x is no register of the MPU", addr)
	}
	if u.number >= Regions {
		return fmt.Errorf("region %d: there are %d", u.number, Regions)
	}
	return nil
}

// Err says what of its regions is unpredictable.
func (u *Unit) Err() error {
	for i, r := range u.Region {
		if err := r.Err(); err != nil {
			return fmt.Errorf("region %d: %w", i, err)
		}
	}
	return nil
}

// What the architecture fixes (B3.1): the private peripheral bus, which no region changes, and system space, where nothing is executed.
const (
	privateBus    = 0xe0000000
	privateBusEnd = 0xe0100000
	system        = 0xe0000000
)

// defaultRights are those of the default map: peripherals, external devices and system space are never executed.
func defaultRights(addr uint32) Rights {
	if addr >= 0x40000000 && addr < 0x60000000 || addr >= 0xa0000000 {
		return Read | Write
	}
	return Read | Write | Execute
}

// byPermissions are the rights that AP gives.
func byPermissions(ap uint32, privileged bool) Rights {
	table := [8][2]Rights{ // unprivileged, privileged
		{0, 0}, {0, Read | Write}, {Read, Read | Write}, {Read | Write, Read | Write}, {0, 0}, {0, Read}, {Read, Read}, {Read, Read},
	}
	if privileged {
		return table[ap][1]
	}
	return table[ap][0]
}

// Rights is what may be done at an address. Unprivileged code may do nothing on the private peripheral bus: that is no rule of the
// MPU's, and ends in another fault.
func (u *Unit) Rights(addr uint32, privileged bool) Rights {
	onBus := addr >= privateBus && addr < privateBusEnd
	if onBus && !privileged {
		return 0
	}
	if onBus || u.Control&Enable == 0 {
		return defaultRights(addr)
	}
	for i := Regions - 1; i >= 0; i-- { // the highest number counts
		r := u.Region[i]
		if !r.holds(addr) {
			continue
		}
		rights := byPermissions(r.permissions(), privileged)
		if rights&Read != 0 && r.Attributes&XN == 0 && addr < system {
			rights |= Execute
		}
		return rights
	}
	if privileged && u.Control&PrivDefEna != 0 {
		return defaultRights(addr)
	}
	return 0
}

// Span is [Start, End), where the same may be done everywhere.
type Span struct {
	Start, End uint64
	Rights     Rights
}

// Spans are all addresses, ascending, in as few spans as there can be.
func (u *Unit) Spans(privileged bool) (spans []Span) {
	cuts := []uint64{0, 0x40000000, 0x60000000, 0xa0000000, privateBus, privateBusEnd, 1 << 32}
	for _, r := range u.Region {
		for eighth := uint64(0); eighth <= 8 && r.enabled(); eighth++ {
			cuts = append(cuts, uint64(r.start())+eighth<<r.log2()/8)
		}
	}
	slices.Sort(cuts)
	for i, cut := range cuts[:len(cuts)-1] {
		if cut == cuts[i+1] {
			continue
		}
		rights := u.Rights(uint32(cut), privileged)
		if n := len(spans); n > 0 && spans[n-1].Rights == rights {
			spans[n-1].End = cuts[i+1]
			continue
		}
		spans = append(spans, Span{cut, cuts[i+1], rights})
	}
	return spans
}

// String is a table of the regions there are.
func (u *Unit) String() string {
	var s strings.Builder
	for i, r := range u.Region {
		if r.enabled() {
			fmt.Fprintf(&s, "%d: %08x 2^%d, without eighths %08b, AP %d, XN %d\n", i, r.start(), r.log2(), r.disabled(), r.permissions(), r.Attributes>>28&1)
		}
	}
	return s.String()
}
