// SPDX-License-Identifier: GPL-2.0-or-later

package vm_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/ubench-dev/ubench/internal/conformance"
	"github.com/ubench-dev/ubench/internal/progen"
)

// rewritten is a struct vm_rewritten at structs.
func (d *device) rewritten(text, slots, wides, max uint32) {
	d.putWords(structs, append([]uint32{text, slots, wides, wides, 0, max, 0}, make([]uint32, 11)...)...)
}

// Rewriting loses nothing: what it made is undone exactly, for every instruction there is.
func TestRestoreUndoesRewrite(t *testing.T) {
	d := newDevice(t)
	rewrite, restore := symbol(t, "vm_rewrite"), symbol(t, "vm_restore")
	first := symbol(t, "vm_handlers")
	programs := [][]byte{}
	for i, p := range conformance.All() {
		if i%7 == 0 || p.Own {
			programs = append(programs, p.Text)
		}
	}
	random := rand.New(rand.NewPCG(18, 1))
	for i := range 1500 {
		seed := make([]byte, 64<<random.IntN(6))
		for j := range seed {
			seed[j] = byte(random.Uint32())
		}
		programs = append(programs, progen.Generate(seed, progen.Features{Calls: i%4 > 0, Extended: i%2 > 0, Counted: i%3 > 0}).Text)
	}
	fused := 0
	for i, p := range programs {
		if len(p) > 0x10000 {
			continue
		}
		d.put(arenaStart, p)
		slots := uint32(len(p) / 8)
		d.rewritten(arenaStart, slots, arenaStart+0x14000, 0x400)
		if status := d.call(rewrite, structs); status != 0 {
			t.Fatalf("program %d: status %d", i, status)
		}
		got := d.get(arenaStart, len(p))
		for slot := 0; slot < len(p); slot += 8 {
			handler := le.Uint32(got[slot+4:])
			if handler&1 == 0 || handler < first || handler > first+0x2000 {
				t.Fatalf("program %d, slot %d, % x: the handler is %#x", i, slot/8, p[slot:slot+8], handler)
			}
			if name := p[slot]; name == 0x18 {
				slot += 8
			} else if name == 0xbf && handler == symbol(t, "vm_mov64_x_add64_x")|1 {
				fused++
			}
		}
		d.call(restore, structs)
		if got := d.get(arenaStart, len(p)); !bytes.Equal(got, p) {
			for slot := 0; slot < len(p); slot += 8 {
				if !bytes.Equal(got[slot:slot+8], p[slot:slot+8]) {
					t.Fatalf("program %d, slot %d: % x became % x", i, slot/8, p[slot:slot+8], got[slot:slot+8])
				}
			}
		}
	}
	t.Logf("%d programs; %d of one superinstruction", len(programs), fused)
	if fused == 0 {
		t.Error("nothing was fused")
	}
}

// Constants beyond those that have a slot need memory; without it, nothing is changed.
func TestManyConstants(t *testing.T) {
	d := newDevice(t)
	var p []byte
	for i := range 40 {
		p = append(p, insn(0xb7, 1, 0, 0, int32(0x10000000+i))...) // r1 = constant
		p = append(p, insn(0x55, 1, 0, 1, int32(0x20000000+i))...) // if r1 != constant
		p = append(p, insn(0x7a, 10, 0, -8, int32(0x300+i))...)    // *(u64 *)(r10 - 8) = constant
		p = append(p, insn(0x37, 1, 0, 1, int32(-1-i))...)         // r1 s/= constant
	}
	p = append(p, insn(0x95, 0, 0, 0, 0)...)
	for _, c := range []struct {
		name string
		max  uint32
		want int32
	}{{"room", 200, 0}, {"exactly", 4*40 - 11, 0}, {"one too few", 4*40 - 12, -2}, {"none", 0, -2}} {
		d.put(arenaStart, p)
		d.rewritten(arenaStart, uint32(len(p)/8), arenaStart+0x10000, c.max)
		if got := d.call(symbol(t, "vm_rewrite"), structs); got != c.want {
			t.Errorf("%s: status %d, want %d", c.name, got, c.want)
		}
		if c.want == 0 {
			if bytes.Equal(d.get(arenaStart, len(p)), p) {
				t.Errorf("%s: nothing was rewritten", c.name)
			}
			d.call(symbol(t, "vm_restore"), structs)
		}
		if !bytes.Equal(d.get(arenaStart, len(p)), p) {
			t.Errorf("%s: the text is not as it was", c.name)
		}
	}
}
