// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import (
	"slices"
	"strings"
	"testing"
)

// part is straight code that goes on at next.
type part struct {
	addr uint32
	hex  string
	next uint32
}

// turn is what a turn of a loop takes, in cycles; its data is in SRAM.
func turn(t *testing.T, m *Model, parts ...part) int32 {
	t.Helper()
	s, total := Reset(), int32(0)
	for range 8 {
		total = 0
		for _, p := range parts {
			ops := assemble(t, m, p.addr, p.hex)
			d := make([]Dynamic, len(ops))
			for i := range d {
				if ops[i].memory != none {
					d[i].Region = SRAMRegion
				}
			}
			var added int32
			s, added = m.Block(s, ops, d, p.next, nil, nil)
			total += added
		}
	}
	return total
}

// between is the difference of two readings of DWT CYCCNT with code in SRAM between them, n times the same.
func between(t *testing.T, m *Model, hex string, n int) int32 {
	t.Helper()
	const reading = " f8d5 4000 "
	ops := assemble(t, m, sramAddr, "bf00 bf00"+reading+strings.Repeat(hex+" ", n)+reading)
	d := make([]Dynamic, len(ops))
	for i := range d {
		d[i].Region = SRAMRegion
	}
	last := len(ops) - 1
	d[2].Region, d[last].Region = PrivateRegion, PrivateRegion
	started := make([]int32, len(ops))
	m.Block(Reset(), ops, d, 0, started, nil)
	return started[last] - started[2]
}

// TestSilicon has timings of silicon that rules 1 to 14 get wrong: what they say is `first`.
func TestSilicon(t *testing.T) {
	const f, r = flashAddr, sramAddr
	untaken := strings.Repeat("f8d3 0000 f1b0 0f41 dd00 f8d3 0000 f1b0 0f41 dc00 ", 4)
	for _, c := range []struct {
		rule        string
		parts       []part
		want, first int32
	}{
		{"15 str [r],#4; subs; bne", []part{{f, "f843 0b04 3a01 d1fb", f}}, 4, 4},
		{"15 twice", []part{{f, "f843 0b04 f843 0b04 3a01 d1f9", f}}, 6, 5},
		{"15 three times", []part{{f, "f843 0b04 f843 0b04 f843 0b04 3a01 d1f7", f}}, 8, 6},
		{"15 an instruction between", []part{{f, "f843 0b04 3001 f843 0b04 3a01 d1f8", f}}, 6, 6},
		{"15 without write-back", []part{{f, "f8c3 0000 f8c3 0000 3a01 d1f9", f}}, 5, 5},
		{"16 ldr.w@0 cmp.w@0 ble.n@0 ldr.w@2 cmp.w@2 bgt.n@2, four times", []part{{f, untaken + "e7d6", f}}, 4*9 + 2, 4*8 + 2},
		{"17 cmp@2 bne.n@0; strb.w@0 [r3],#1; b.n@0", []part{{f + 2, "2805 d104", f + 16}, {f + 16, "f803 0b01 e7f5", f + 2}}, 7, 6},
		{"17 no branch leads to the comparison", []part{{f, "3001 2805 d1fc", f}}, 4, 4},
		{"18 ldrb.w [r3],#1; cmp.w; eor.w; bne.n", []part{{r + 2, "f813 0b01 f1b0 0f41 ea81 0100 d1f8", r + 2}}, 10, 11},
		{"18 the same at 0 mod 4", []part{{r, "f813 0b01 f1b0 0f41 ea81 0100 d1f8", r}}, 10, 10},
		{"18 flags are set just before", []part{{r + 2, "f813 0b01 ea81 0100 f1b0 0f41 d1f8", r + 2}}, 11, 11},
	} {
		if got := turn(t, m3, c.parts...); got != c.want {
			t.Errorf("%s: %d cycles, silicon %d", c.rule, got, c.want)
		}
		if got := turn(t, &Model{Core: CortexM3, Options: Options{First: true}}, c.parts...); got != c.first {
			t.Errorf("%s: %d cycles by the first rules, want %d", c.rule, got, c.first)
		}
	}
}

// TestChains: rule 19.
func TestChains(t *testing.T) {
	for _, c := range []struct {
		hex         string
		counts      []int
		want, first []int32
	}{
		{"6808", []int{0, 1, 2, 3, 4}, []int32{2, 4, 6, 8, 9}, []int32{2, 4, 5, 7, 8}},
		{"e9c1 0200", []int{1, 2, 3}, []int32{8, 13, 18}, []int32{7, 12, 17}},
	} {
		for _, m := range []*Model{m4, {Core: CortexM4, Options: Options{First: true}}} {
			want := c.want
			if m.First {
				want = c.first
			}
			var got []int32
			for _, n := range c.counts {
				got = append(got, between(t, m, c.hex, n))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, first rules %v: %d, want %d", c.hex, m.First, got, want)
			}
		}
	}
}

// TestFloat: rule 20, times between the instruction and the third NOP behind it, or the next one in the row.
func TestFloat(t *testing.T) {
	for _, c := range []struct {
		what, hex string
		want      int // hundredths of cycles a round
	}{
		{"vadd.f32 s0, s1, s2", "ee30 0a81", 100}, {"vsub.f32 s0, s1, s2", "ee30 0ac1", 100}, {"vmul.f32 s0, s1, s2", "ee20 0a81", 100},
		{"vmul that needs the result", "ee20 0a00", 200}, {"vfma.f32 s0, s1, s2", "eea0 0a81", 400}, {"vmla.f32", "ee00 0a81", 400},
		{"vfma; vfma of others", "eea0 0a81 eee2 1a22", 600},
		{"vdiv.f32 s0, s1, s2", "ee80 0a81", 1400}, {"vsqrt.f32 s0, s1", "eeb1 0ae0", 1400},
		{"vdiv and ten integer instructions", "ee80 0a81 " + strings.Repeat("3001 ", 10), 1400},
		{"vdiv and twenty", "ee80 0a81 " + strings.Repeat("3001 ", 20), 2100},
		{"vldr s0, [r1]", "ed91 0a00", 200}, {"vldr d0, [r1]", "ed91 0b00", 300}, {"vstr s0, [r1]", "ed81 0a00", 200}, {"vstr d0, [r1]", "ed81 0b00", 300},
		{"vldmia r1, {s0-s7}", "ec91 0a08", 900}, {"vpush {d8-d9}", "ed2d 8b04", 500},
		{"vmov s0, r0", "ee00 0a10", 100}, {"vmov r0, r1, d0", "ec51 0b10", 200}, {"vmov.f32 s0, s1", "eeb0 0a60", 100}, {"vcmp.f32 s0, s1", "eeb4 0a60", 100},
		{"vmrs apsr_nzcv, fpscr", "eef1 fa10", 100}, {"vcvt.s32.f32 s0, s1", "eebd 0ae0", 100},
		{"vadd; vmov of its result", "ee30 0a81 ee10 0a10", 300}, {"vadd; vmov of another", "ee30 0a81 ee11 0a10", 200},
	} {
		if got := steady(t, m4, flashAddr, c.hex, SRAMRegion); abs(got-c.want) > 2 {
			t.Errorf("%s: %d hundredths of a cycle, want %d", c.what, got, c.want)
		}
	}
}
