// SPDX-License-Identifier: GPL-2.0-or-later

package vm_test

import (
	"bytes"
	"testing"
)

// Where the structs of a run are put, from structs on.
const (
	programAt  = structs
	arenaAt    = structs + 0x80
	preparedAt = structs + 0xa0
	faultAt    = structs + 0xc0
	runAt      = structs + 0x100
	contextAt  = structs + 0x300
	saveAt     = structs + 0x400 // and the stack behind it
	programTop = structs + 0x1c00
)

// verify makes a struct ub_program of text that is in memory, and verifies it. The arena keeps the list of functions.
func (d *device) verify(text, slots uint32) {
	d.t.Helper()
	d.putWords(programAt, text, slots, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if status := d.call(symbol(d.t, "verify_program"), programAt, 0, arenaAt, faultAt); status != 0 {
		d.t.Fatalf("verify_program: %d", status)
	}
}

func (d *device) arena(start, size, used uint32) { d.putWords(arenaAt, start, start, size, used) }

// engine is a function of vm_engine, by its word in struct ub_engine: 2 prepare, 3 run, 4 release.
func (d *device) engine(field uint32) uint32 {
	return d.word(symbol(d.t, "vm_engine")+4*field) &^ 1
}

func (d *device) prepare() int32 {
	return d.call(d.engine(2), symbol(d.t, "vm_engine"), programAt, arenaAt, 0, preparedAt, faultAt)
}

// run runs what is prepared; `also` is one more region, of the context's length, that can be written.
func (d *device) run(also uint32) (status int32, r0, pc uint32) {
	d.t.Helper()
	d.put(runAt, make([]byte, 0x180))
	d.put(contextAt, []byte(sumsContext))
	d.putWords(runAt+12, 1000) // budget
	d.putWords(runAt+24, contextAt, 32, programTop, 5)
	d.putWords(runAt+40, programTop-512, 512, 3, contextAt, 32, 3, 0, 0, 1, 0, 0, 3, also, 32, 3)
	status = d.call(d.engine(3), preparedAt, runAt)
	return status, d.word(runAt + 16), d.word(runAt + 4)
}

// sums adds up the context's bytes, by an indexed load, and has constants that do not fit and a value of 64 bits.
var sums = text(
	insn(0xb7, 0, 0, 0, 0),          // r0 = 0
	insn(0xb7, 3, 0, 0, 0),          // r3 = 0
	insn(0xbf, 4, 1, 0, 0),          // 2: r4 = r1
	insn(0x0f, 4, 3, 0, 0),          // r4 += r3
	insn(0x71, 4, 4, 0, 0),          // r4 = *(u8 *)(r4 + 0)
	insn(0x0f, 0, 4, 0, 0),          // r0 += r4
	insn(0x07, 3, 0, 0, 1),          // r3 += 1
	insn(0xad, 3, 2, -6, 0),         // if r3 < r2 goto 2
	insn(0x07, 0, 0, 0, 0x12345678), // r0 += 0x12345678
	insn(0x18, 5, 0, 0, 0x11111111), // r5 = ... ll
	insn(0, 0, 0, 0, 0x22222222),    //
	insn(0xaf, 0, 5, 0, 0),          // r0 ^= r5
	insn(0x95, 0, 0, 0, 0),          // exit
)

const sumsContext = "a context of the test's programs"

func sumsResult() uint32 {
	sum := uint32(0x12345678)
	for _, b := range []byte(sumsContext) {
		sum += uint32(b)
	}
	return sum ^ 0x11111111
}

// Text is rewritten where it lies, copied from flash, or left alone where there is no memory; always it does the same,
// again after it was released, and is then as it was.
func TestPlaces(t *testing.T) {
	n := uint32(len(sums))
	want := sumsResult()
	for _, c := range []struct {
		name              string
		text              uint32
		start, size, used uint32
		rewritten, copied bool
	}{
		{"in the arena", arenaStart, arenaStart, 0x8000, n, true, false},
		{"up to the last byte of RAM, behind the arena", ramEnd - n, arenaStart, 0x8000, 0, true, true},
		{"up to the last byte of RAM and of the arena", ramEnd - n, arenaStart, ramEnd - arenaStart, ramEnd - arenaStart, false, false},
		{"in flash", flashText, arenaStart, 0x8000, 0, true, true},
		{"in flash, without memory for a copy", flashText, arenaStart, n, 0, false, false},
		{"in the arena, which is full", arenaStart, arenaStart, n + 8, n, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDevice(t)
			d.put(c.text, sums)
			d.arena(0x20018000, 0x1000, 0) // of the verifier alone
			d.verify(c.text, n/8)
			d.arena(c.start, c.size, c.used)
			for turn := range 3 {
				if status := d.prepare(); status != 0 {
					t.Fatalf("prepare: %d", status)
				}
				if got := d.word(preparedAt+4) != 0; got != c.rewritten {
					t.Fatalf("turn %d: rewritten: %v, want %v", turn, got, c.rewritten)
				}
				if got := !bytes.Equal(d.get(c.text, len(sums)), sums); got != (c.rewritten && !c.copied) {
					t.Errorf("turn %d: the image's own text is rewritten: %v", turn, got)
				}
				for range 2 {
					if status, r0, _ := d.run(0x20019000); status != 0 || r0 != want {
						t.Errorf("turn %d: status %d, r0 %#x; want %#x", turn, status, r0, want)
					}
				}
				d.call(d.engine(4), preparedAt)
				if !bytes.Equal(d.get(c.text, len(sums)), sums) {
					t.Fatalf("turn %d: the text is not as it was", turn)
				}
				d.putWords(arenaAt+12, c.used)
			}
		})
	}
}

// A run that may write where rewritten text lies is refused.
func TestTextIsNobodysToWrite(t *testing.T) {
	d := newDevice(t)
	n := uint32(len(sums))
	d.put(arenaStart, sums)
	d.arena(arenaStart, 0x8000, n)
	d.verify(arenaStart, n/8)
	if status := d.prepare(); status != 0 {
		t.Fatal(status)
	}
	for _, c := range []struct {
		addr uint32
		want int32
	}{
		{arenaStart - 32, 0}, {arenaStart - 31, -1}, {arenaStart, -1}, {arenaStart + 40, -1}, {arenaStart + n - 1, -1}, {arenaStart + n, 0},
	} {
		if status, _, _ := d.run(c.addr); status != c.want {
			t.Errorf("a region at %#x: status %d, want %d", c.addr, status, c.want)
		}
	}
}

// Text that was not verified is not executed.
func TestUnverified(t *testing.T) {
	d := newDevice(t)
	d.put(arenaStart, sums)
	d.arena(arenaStart, 0x8000, uint32(len(sums)))
	d.putWords(programAt, arenaStart, uint32(len(sums)/8), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if status := d.prepare(); status != -1 {
		t.Errorf("status %d, want -1", status)
	}
	if !bytes.Equal(d.get(arenaStart, len(sums)), sums) {
		t.Error("the text was changed")
	}
}
