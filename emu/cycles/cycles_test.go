// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/internal/thumb"
)

var (
	m3 = &Model{Core: CortexM3}
	m4 = &Model{Core: CortexM4}
)

const (
	flashAddr = 0x08000000
	sramAddr  = 0x20000000
)

// assemble decodes halfwords for the model.
func assemble(t testing.TB, m *Model, addr uint32, hex string) []Op {
	t.Helper()
	var code []byte
	for _, f := range strings.Fields(hex) {
		var h uint16
		if _, err := fmt.Sscanf(f, "%04x", &h); err != nil {
			t.Fatalf("%q: %v", hex, err)
		}
		code = binary.LittleEndian.AppendUint16(code, h)
	}
	var ops []Op
	for at := 0; at < len(code); {
		in, err := thumb.Decode(code[at:], addr+uint32(at))
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, m.Prepare(in))
		at += int(in.Size)
	}
	return ops
}

// steady is the cost of a sequence that follows itself in straight-line code, in hundredths of cycles.
func steady(t testing.TB, m *Model, addr uint32, hex string, data Region) int {
	t.Helper()
	const n = 64
	ops := assemble(t, m, addr, strings.Repeat(hex+" ", 2*n))
	d := make([]Dynamic, len(ops))
	for i := range d {
		d[i].Region = data
	}
	started := make([]int32, len(ops))
	m.Block(Reset(), ops, d, 0, started, nil)
	half := len(ops) / 2
	return int(started[len(ops)-1]-started[half-1]) * 100 / n
}

func TestSteadyState(t *testing.T) {
	for _, c := range []struct {
		rule, hex   string
		flash, sram int // hundredths
	}{
		{"13 adds", "1840", 100, 100},
		{"14 add.w", "eb00 0001", 100, 200},
		{"4 ldr", "6808", 100, 150},
		{"4 ldr.w", "f8d1 0000", 100, 200},
		{"5 str", "6008", 100, 200},
		{"5 str.w", "f8c1 0000", 100, 300},
		{"10 ldrd", "e9d1 0200", 300, 400},
		{"10 strd", "e9c1 0200", 300, 500},
		{"5 ldr str", "6808 6010", 300, 400},
		{"5 ldr.w str.w", "f8d1 0000 f8c2 0000", 300, 500},
		{"9 mul", "4348", 100, 100},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := steady(t, m4, flashAddr, c.hex, SRAMRegion); abs(got-c.flash) > 2 {
				t.Errorf("in flash: %d hundredths of a cycle, want %d", got, c.flash)
			}
			if got := steady(t, m4, sramAddr, c.hex, SRAMRegion); abs(got-c.sram) > 2 {
				t.Errorf("in SRAM: %d hundredths of a cycle, want %d", got, c.sram)
			}
			fast := &Model{Core: CortexM4, Options: Options{FetchAtFlashSpeed: true}}
			if got := steady(t, fast, sramAddr, c.hex, SRAMRegion); abs(got-c.flash) > 2 {
				t.Errorf("at flash speed: %d hundredths of a cycle, want %d", got, c.flash)
			}
		})
	}
}

func abs(x int) int { return max(x, -x) }

// loop is the cost of a loop that ends with a branch to target; data is in SRAM.
func loop(t testing.TB, m *Model, addr uint32, hex string, target uint32) int32 {
	ops := assemble(t, m, addr, hex)
	d := make([]Dynamic, len(ops))
	for i := range d {
		if ops[i].memory != none {
			d[i].Region = SRAMRegion
		}
	}
	s, _ := m.Block(Reset(), ops, d, target, nil, nil)
	for range 3 {
		s, _ = m.Block(s, ops, d, target, nil, nil)
	}
	_, added := m.Block(s, ops, d, target, nil, nil)
	return added
}

func TestBranches(t *testing.T) {
	for _, c := range []struct {
		rule, hex   string
		flash, sram int32
	}{
		{"2 b", "e7fe", 2, 4}, {"2 b<cond>", "d0fe", 2, 4}, {"2 bl", "f7ff fffe", 2, 4},
		{"2 bx lr", "4770", 2, 4}, {"3 bx", "4718", 3, 4}, {"3 blx", "4798", 3, 4},
		{"3 add pc", "449f", 4, 0}, {"3 tbb", "e8df f003", 6, 0}, {"3 pop", "bd10", 6, 0}, {"3 ldr pc", "f8d3 f000", 5, 0},
	} {
		if got := loop(t, m3, flashAddr, c.hex, flashAddr); got != c.flash {
			t.Errorf("%s: %d cycles in flash, want %d", c.rule, got, c.flash)
		}
		if got := loop(t, m3, sramAddr, c.hex, sramAddr); c.sram != 0 && got != c.sram {
			t.Errorf("%s: %d cycles in SRAM, want %d", c.rule, got, c.sram)
		}
	}
}

func TestDivision(t *testing.T) {
	for _, c := range []struct {
		class thumb.Class
		n, d  uint32
		want  int32
	}{
		{thumb.Div, 0, 5, 2}, {thumb.Div, 5, 0, 2}, {thumb.Div, 1, 2, 3}, {thumb.Div, 1, 1, 5}, {thumb.Div, 16, 1, 6},
		{thumb.Div, 0xffffffff, 1, 12}, {thumb.DivSigned, 0x80000000, 1, 12},
		{thumb.DivSigned, 8, 0xffffffff, 6},              // negative power of two: as if one bit more
		{thumb.DivSigned, 0x80000000, 0xfffffffd, 5 + 7}, // k = 30 - 1
		{thumb.DivSigned, 0xfffffff0, 1, 6},
	} {
		if got := Divide(MakeOperands(c.class, c.n, c.d)); got != c.want {
			t.Errorf("%v %#x / %#x: %d cycles, want %d", c.class, c.n, c.d, got, c.want)
		}
	}
}

// TestLongMultiply has the operands of CMEmu's tests on an STM32F100.
func TestLongMultiply(t *testing.T) {
	for _, c := range []struct {
		class thumb.Class
		n, m  uint32
		want  int32
	}{
		{thumb.MulLongSigned, 0x2da0, 0x480, 3}, {thumb.MulLongSigned, 0x402df0a0, 0x480, 4},
		{thumb.MulLongSigned, 0x98395b39, 0x824704ea, 5}, {thumb.MulLong, 0x42, 0xa870, 3},
		{thumb.MulLong, 0x80efc9f4, 0x1a00, 4}, {thumb.MulLong, 0xa942f28c, 0x977e0b46, 5},
		{thumb.MulAddLongSigned, 0x2da0, 0x480, 3}, {thumb.MulAddLongSigned, 0x402df0a0, 0x480, 5},
		{thumb.MulAddLongSigned, 0x402df0a0, 0x04800000, 6}, {thumb.MulAddLongSigned, 0x98395b39, 0x824704ea, 7},
		{thumb.MulAddLong, 0x402df0a0, 0x480, 5}, {thumb.MulAddLong, 0x402df0a0, 0x04800000, 6},
		{thumb.MulAddLong, 0x98395b39, 0x824704ea, 7},
	} {
		if got := MultiplyLong(c.class, MakeOperands(c.class, c.n, c.m)); got != c.want {
			t.Errorf("%v %#x * %#x: %d cycles, want %d", c.class, c.n, c.m, got, c.want)
		}
	}
}
