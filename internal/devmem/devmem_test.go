// SPDX-License-Identifier: GPL-2.0-or-later

package devmem

import (
	"runtime/debug"
	"testing"
	"unsafe"
)

func TestMapGivesMemoryAtItsDeviceAddress(t *testing.T) {
	s, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, addr := range []uint32{0, 0x20000000, 0x20004000, 0xfffff000} {
		b, err := s.Map(addr, 4096)
		if err != nil {
			t.Fatal(err)
		}
		b[0], b[4095] = 1, 2
		if p := (*byte)(unsafe.Add(s.Base(), uintptr(addr))); *p != 1 {
			t.Errorf("%#x: base + address holds %d, want 1", addr, *p)
		}
	}
}

func TestMapRefusesWhatIsOutside(t *testing.T) {
	s, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Map(0xffffffff, 2); err == nil {
		t.Error("mapping past 4 GiB succeeded")
	}
	if _, err := s.Map(0, -1); err == nil {
		t.Error("mapping a negative length succeeded")
	}
}

func TestUnmappedAddressesFault(t *testing.T) {
	s, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Map(0x20000000, 4096); err != nil {
		t.Fatal(err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, addr := range []uint32{0, 0x1fffffff, 0x20001000, 0xffffffff} {
		if !faults((*byte)(unsafe.Add(s.Base(), uintptr(addr)))) {
			t.Errorf("reading %#x did not fault", addr)
		}
	}
}

func faults(p *byte) (faulted bool) {
	defer func() { faulted = recover() != nil }()
	sink = *p
	return
}

var sink byte
