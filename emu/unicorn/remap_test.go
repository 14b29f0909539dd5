// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"testing"
)

const (
	syscfgMEMRMP = 0x40013800
	sram1Bytes   = 112 << 10
	vtor         = 0xe000ed08
)

// showAtZero writes SYSCFG_MEMRMP by a program: str r1,[r0]; isb; ldr r0,[r2]; bx lr. It returns what the program then reads
// at `at`.
func showAtZero(t *testing.T, m *Machine, memrmp, at uint32) uint32 {
	t.Helper()
	put(t, m, codeAt+0x900, halfwords(0x6001, 0xf3bf, 0x8f6f, 0x6810, 0x4770))
	if r := call(t, m, codeAt+0x900, NoLimit, syscfgMEMRMP, memrmp, at); r != Until {
		t.Fatal(r)
	}
	return m.Reg(0)
}

// SRAM1 of an STM32F2 or F4 seen at address 0: one memory at two places, for code, data, and code that changes.
func TestRemap(t *testing.T) {
	for _, core := range []Core{CortexM3, CortexM4} {
		for name, chip := range map[string]func() (*Machine, error){
			"board": func() (*Machine, error) { return NewBoard(core) },
			"chip":  func() (*Machine, error) { return NewChip(core, STM32F4, false) },
		} {
			t.Run(string(core)+" "+name, func(t *testing.T) {
				m, err := chip()
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				m.SetReg(SP, ramBase+0x2000)
				const lies, seen = ramBase + 0x5000, 0x5000
				put(t, m, flashBase+seen, words(0x12345678))
				put(t, m, lies, halfwords(0x2007, 0x4770)) // movs r0,#7; bx lr
				if got := showAtZero(t, m, 0, seen); got != 0x12345678 {
					t.Errorf("before: %#x at 0x5000", got)
				}
				if got := showAtZero(t, m, 3, seen); got != 0x47702007 {
					t.Errorf("remapped: %#x at 0x5000, want what SRAM has", got)
				}
				run := func(at, want uint32) {
					t.Helper()
					if r := call(t, m, at, NoLimit); r != Until || m.Reg(0) != want {
						t.Errorf("code at %#x: %v, r0 = %d, want %d", at, r, m.Reg(0), want)
					}
				}
				run(seen, 7)
				run(lies, 7)
				// Code is changed at either place by a program, and from outside: str r1,[r0]; bx lr.
				put(t, m, codeAt+0xa00, halfwords(0x6001, 0x4770))
				for i, at := range []uint32{lies, seen} {
					want := uint32(8 + i)
					if r := call(t, m, codeAt+0xa00, NoLimit, at, 0x47702000|want); r != Until {
						t.Fatal(r)
					}
					run(seen, want)
					run(lies, want)
				}
				put(t, m, lies, halfwords(0x200b, 0x4770))
				run(seen, 11)
				put(t, m, seen, halfwords(0x200c, 0x4770))
				run(lies, 12)
				// Behind SRAM1 there is nothing at 0.
				withHandlers(t, m)
				enableFaults(t, m)
				call(t, m, codeAt+0xa00, NoLimit, vtor, flashBase)
				_, before := m.Fault()
				call(t, m, codeAt+0xa00, NoLimit, sram1Bytes, 1)
				if f, n := m.Fault(); n != before+1 || f.Addr != sram1Bytes {
					t.Errorf("a store behind the alias: %v, %d faults", f, n-before)
				}
				// A reset shows flash again.
				m.Reset()
				m.SetReg(SP, ramBase+0x2000)
				if got := showAtZero(t, m, 0, seen); got != 0x12345678 {
					t.Errorf("after a reset: %#x at 0x5000", got)
				}
				run(lies, 12)
			})
		}
	}
}

// A fault behind the change is placed exactly, which takes a run that is repeated; memory is what it was.
func TestFaultAfterRemap(t *testing.T) {
	m, err := NewBoard(CortexM4)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.SetReg(SP, ramBase+0x2000)
	withHandlers(t, m)
	enableFaults(t, m)
	put(t, m, codeAt+0xa00, halfwords(0x6001, 0x4770)) // str r1,[r0]; bx lr
	call(t, m, codeAt+0xa00, NoLimit, vtor, flashBase)
	showAtZero(t, m, 3, 0)
	// str r1,[r2]; ldr r0,[r3]; movs r0,#1; bx lr: the load faults.
	put(t, m, ramBase+0x6000, halfwords(0x6011, 0x6818, 0x2001, 0x4770))
	if r := call(t, m, 0x6000, NoLimit, 0, 42, 0x7000, 0x60000000); r != Until || m.Reg(0) != 1 {
		t.Fatal(r, m.Reg(0))
	}
	if f, _ := m.Fault(); f.PC != 0x6002 || f.Addr != 0x60000000 {
		t.Errorf("%v", f)
	}
	b := make([]byte, 4)
	if err := m.Read(ramBase+0x7000, b); err != nil || b[0] != 42 {
		t.Errorf("%v, %v", b, err)
	}
}
