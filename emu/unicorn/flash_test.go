// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import "testing"

// Flash as a program writes it: locked, unlocked, words and bytes, what is erased, errors, and code that is written while there is some.
func TestFlash(t *testing.T) {
	const (
		keyr, sr, cr = 0x40023c04, 0x40023c0c, 0x40023c10
		key1, key2   = 0x45670123, 0xcdef89ab
		locked       = 1 << 31
		pg, words    = 1, 2 << 8
		sector10     = 1<<1 | 10<<3 | words
		start        = 1 << 16
		at           = 0x080c0000
		seen         = 0x000c0000
	)
	for name, chip := range map[string]func() (*Machine, error){
		"board": func() (*Machine, error) { return NewBoard(CortexM4) },
		"chip":  func() (*Machine, error) { return NewChip(CortexM4, STM32F4, false) },
	} {
		t.Run(name, func(t *testing.T) {
			m, err := chip()
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			m.Reset()
			m.SetReg(SP, ramBase+0x2000)
			withHandlers(t, m)
			enableFaults(t, m)
			put(t, m, codeAt+0xa00, halfwords(0x6001, 0x4770)) // str r1,[r0]; bx lr
			put(t, m, codeAt+0xa10, halfwords(0x7001, 0x4770)) // strb r1,[r0]; bx lr
			put(t, m, codeAt+0xa20, halfwords(0x6800, 0x4770)) // ldr r0,[r0]; bx lr
			store := func(to, value uint32) { call(t, m, codeAt+0xa00, NoLimit, to, value) }
			reads := func(what string, from, want uint32) {
				t.Helper()
				if call(t, m, codeAt+0xa20, NoLimit, from); m.Reg(0) != want {
					t.Errorf("%s: %#x at %#x, want %#x", what, m.Reg(0), from, want)
				}
			}
			faults := func(what string, want uint64, do func()) {
				t.Helper()
				_, before := m.Fault()
				if do(); true {
					if _, n := m.Fault(); n-before != want {
						t.Errorf("%s: %d faults, want %d", what, n-before, want)
					}
				}
			}
			runs := func(from, want uint32) {
				t.Helper()
				if r := call(t, m, from, NoLimit); r != Until || m.Reg(0) != want {
					t.Errorf("code at %#x: %v, r0 = %d, want %d", from, r, m.Reg(0), want)
				}
			}

			reads("after reset", cr, locked)
			store(cr, pg|words)
			reads("written while locked", cr, locked)
			faults("a store while locked", 1, func() { store(at, 1) })
			store(keyr, key1)
			store(keyr, key2)
			reads("unlocked", cr, 0)
			faults("a store without PG", 1, func() { store(at, 1) })

			store(cr, sector10)
			store(cr, sector10|start)
			reads("erased", at, 0xffffffff)
			reads("the sector before", at-4, 0)
			reads("the sector behind", at+128<<10, 0)

			store(cr, pg|words)
			faults("stores of words", 0, func() {
				store(at, 0x4770f0f7)
				store(at, 0x47702ff7) // bits are cleared and none is set: movs r0,#0xf7; bx lr
			})
			reads("written twice", at, 0x477020f7)
			reads("nothing is wrong", sr, 0)
			runs(at, 0xf7)
			runs(seen, 0xf7)
			store(at, 0xffffff07) // code that ran
			runs(at, 7)
			runs(seen, 7)
			call(t, m, codeAt+0xa10, NoLimit, at, 0)
			reads("a byte where words are to be", at, 0x47702007)
			reads("PGPERR", sr, 1<<6)
			store(sr, 1<<6)
			reads("cleared", sr, 0)
			store(cr, start)
			reads("nothing to start: PGSERR", sr, 1<<7)

			store(cr, locked)
			store(keyr, key2)
			store(keyr, key1)
			store(keyr, key2)
			reads("wrong keys lock until the reset", cr, locked)
		})
	}
}
