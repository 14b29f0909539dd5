// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import "testing"

// pair is the cost of a sequence in flash that follows itself, in cycles per round: what data it reads, and
// which of its instructions an IT skips.
func pair(t *testing.T, m *Model, hex string, data Dynamic, skipped ...int) int {
	t.Helper()
	const rounds = 64
	round := assemble(t, m, flashAddr, hex)
	var long string
	for range 2 * rounds {
		long += hex + " "
	}
	ops := assemble(t, m, flashAddr, long)
	d := make([]Dynamic, len(ops))
	for i := range d {
		d[i] = data
		if ops[i].memory == none {
			d[i] = Dynamic{}
		}
	}
	for i := range 2 * rounds {
		for _, s := range skipped {
			d[i*len(round)+s].Skipped = true
		}
	}
	started := make([]int32, len(ops))
	m.Block(Reset(), ops, d, 0, started, nil)
	half := rounds * len(round)
	cycles := int(started[2*half-len(round)] - started[half])
	return (cycles + rounds/2) / (rounds - 1)
}

// TestNeighbours has rules by which an instruction costs more or less behind another one.
func TestNeighbours(t *testing.T) {
	sram, flash := Dynamic{Region: SRAMRegion}, Dynamic{Region: CodeRegion}
	for _, c := range []struct {
		rule    string
		m       *Model
		hex     string
		data    Dynamic
		skipped []int
		want    int
	}{
		{"4 ldr behind ldr: one cycle", m3, "6808 681a", sram, nil, 2},
		{"4 ldr that needs what was loaded, and one that does not", m3, "6808 6802", sram, nil, 3},
		{"4 ldr with others between", m3, "6808 1864 6802 1864", sram, nil, 6},
		{"4 ldr behind ldr, another instruction between", m3, "6808 1840", sram, nil, 3},
		{"4 with write-back on M3", m3, "f851 0b04", sram, nil, 2},
		{"5 ldr may not start before store + 2", m3, "6010 1840 6808", sram, nil, 4},
		{"5 str with a register offset", m3, "508a 1840", sram, nil, 3},
		{"6 32-bit loads of flash take the fetch slot", m3, "f8d1 0000", flash, nil, 2},
		{"6 of SRAM they do not", m3, "f8d1 0000", sram, nil, 1},
		{"7 nop behind ldr", m3, "6808 bf00", sram, nil, 2},
		{"7 nop.w behind ldr", m3, "6808 f3af 8000", sram, nil, 2},
		{"7 second nop behind ldr", m3, "6808 bf00 bf00", sram, nil, 3},
		{"7 nop behind something else", m3, "1840 bf00", sram, nil, 2},
		{"8 it behind a 16-bit instruction", m3, "1840 bf08 1840", sram, nil, 2},
		{"8 it behind a 32-bit instruction", m3, "eb00 0001 bf08 1840", sram, nil, 3},
		{"8 it behind nop", m3, "bf00 bf08 1840", sram, nil, 2},
		{"8 it behind a load", m3, "6808 bf08 1840", sram, nil, 4},
		{"8 skipped instructions take a cycle", m3, "1840 bf08 fb90 f1f2", sram, []int{2}, 2},
		{"9 mla on M3", m3, "fb01 4203", sram, nil, 2},
		{"9 mla on M4", m4, "fb01 4203", sram, nil, 1},
		{"9 mla behind umull on M3", m3, "fba2 3104 fb01 4203", sram, nil, 4},
		{"9 mls behind umull on M3", m3, "fba2 3104 fb01 4213", sram, nil, 5},
		{"9 umull on M4", m4, "fba2 3104", sram, nil, 1},
		{"10 base computed just before", m3, "1840 6802", sram, nil, 4},
		{"10 index computed just before", m3, "1840 5c0a", sram, nil, 4},
		{"10 with an instruction between", m3, "1840 1864 6802", sram, nil, 4},
		{"10 only RdHi is late on M3", m3, "fba2 3104 6818", sram, nil, 5},
		{"10 RdHi is", m3, "fba2 3104 6808", sram, nil, 6},
		{"10 last register of ldrd is the address", m3, "e9d1 0200 6813", sram, nil, 6},
		{"10 another register of ldrd is", m3, "e9d1 0200 6803", sram, nil, 5},
		{"10 ldm of three", m3, "c91c 1840", sram, nil, 5},
		{"11 word at 2 mod 4", m3, "6808 1840", Dynamic{Region: SRAMRegion, Align: 2}, nil, 4},
		{"11 odd word", m3, "6808 1840", Dynamic{Region: SRAMRegion, Align: 1}, nil, 5},
		{"11 odd halfword", m3, "8808 1840", Dynamic{Region: SRAMRegion, Align: 3}, nil, 4},
		{"11 halfword at 2 mod 4", m3, "8808 1840", Dynamic{Region: SRAMRegion, Align: 2}, nil, 3},
		{"11 store of an odd word", m3, "6008 1840", Dynamic{Region: SRAMRegion, Align: 1}, nil, 4},
		{"13 cps", m3, "b662 1840", sram, nil, 3},
		{"13 dsb", m3, "f3bf 8f4f 1840", sram, nil, 4},
	} {
		if got := pair(t, c.m, c.hex, c.data, c.skipped...); got != c.want {
			t.Errorf("%s: %d cycles, want %d", c.rule, got, c.want)
		}
	}
}

// TestLoops has rules about targets of taken branches.
func TestLoops(t *testing.T) {
	for _, c := range []struct {
		rule string
		hex  string
		at   uint32
		want int32
	}{
		{"2 16-bit target", "1840 e7fd", flashAddr, 3},
		{"2 32-bit target", "eb00 0001 e7fc", flashAddr, 3},
		{"1, 2 32-bit target at 2 mod 4", "eb00 0001 e7fc", flashAddr + 2, 4},
		{"2 which a load before the branch hides", "eb00 0001 6808 e7fb", flashAddr + 2, 5},
		{"2 of an aligned target there is nothing to hide", "eb00 0001 6808 e7fb", flashAddr, 5},
		{"2 a division does not hide it", "eb00 0001 fb90 f1f2 e7fa", flashAddr + 2, 7},
		{"2 aligned, behind a division", "eb00 0001 fb90 f1f2 e7fa", flashAddr, 6},
		{"2 bx lr", "1840 4770", flashAddr, 3},
		{"2 bx lr, LR written just before", "4686 4770", flashAddr, 4},
		{"3 cbz", "b100", flashAddr, 3},
		{"14 16-bit target in SRAM", "1840 e7fd", sramAddr, 5},
		{"14 32-bit target at 2 mod 4 in SRAM", "eb00 0001 e7fc", sramAddr + 2, 7},
	} {
		if got := loop(t, m3, c.at, c.hex, c.at); got != c.want {
			t.Errorf("%s: %d cycles, want %d", c.rule, got, c.want)
		}
	}
}

// TestUntakenBranch: rule 6, an untaken conditional branch takes a fetch slot, which only 32-bit code notices.
func TestUntakenBranch(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want int
	}{{"d0fe 1840", 2}, {"f43f ac16", 2}, {"eb00 0001", 1}} {
		if got := pair(t, m3, c.hex, Dynamic{}); got != c.want {
			t.Errorf("%s: %d cycles, want %d", c.hex, got, c.want)
		}
	}
}
