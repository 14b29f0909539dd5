// SPDX-License-Identifier: GPL-2.0-or-later

package jittest

import (
	"encoding/binary"
	"slices"
	"testing"
)

// In a compartment an atomic operation asks the kernel not to switch (abi/port.h), since unprivileged code cannot mask interrupts; the
// measuring firmware masks them.
func TestWalledAtomics(t *testing.T) {
	const hold, release, cpsid = 0xdff1, 0xdff2, 0xb672
	add := []byte{0xdb, 0x21, 0, 0, 0, 0, 0, 0} // lock *(u64 *)(r1 + 0) += r2
	compare := []byte{0xdb, 0x21, 0, 0, 0xf1, 0, 0, 0}
	for name, text := range map[string][]byte{"add": add, "compare and exchange": compare} {
		text = slices.Concat(text, []byte{0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0})
		for _, walled := range []bool{true, false} {
			p := Program{Text: text, Walled: walled}
			two, fault := Compile(p, make([]byte, 4096))
			one, _, otherFault := CompileOnepass(p, nil, make([]byte, 4096))
			for compiler, code := range map[string][]byte{"jit": two, "jit-plan": one} {
				found := map[uint16]int{}
				for at := 0; at+1 < len(code); at += 2 {
					found[binary.LittleEndian.Uint16(code[at:])]++
				}
				asks, masks := found[hold] == 1 && found[release] == 1, found[cpsid] == 1
				if asks != walled || masks == walled {
					t.Errorf("%s, %s, walled %v: asks the kernel %v, masks interrupts %v (%v %v)", compiler, name, walled, asks, masks, fault, otherFault)
				}
			}
		}
	}
}
