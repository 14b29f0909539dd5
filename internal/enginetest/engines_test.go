// SPDX-License-Identifier: GPL-2.0-or-later

package enginetest_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"unsafe"

	"github.com/cilium/ebpf/asm"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/baseline/rbpf"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/femto"
	"github.com/ubench-dev/ubench/internal/enginetest"
	"github.com/ubench-dev/ubench/vm"
)

// engines are those that interpret any program on the host.
var engines = []struct {
	name   string
	engine unsafe.Pointer
}{
	{"vm", vm.Engine()},
	{"femto", femto.Engine()},
	{"rbpf", rbpf.Engine()},
	{"rbpf-decode", rbpf.Variants()[0]},
	{"rbpf-cache", rbpf.Variants()[1]},
}

func machine(t testing.TB) *enginetest.Machine {
	t.Helper()
	m, err := enginetest.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func text(t testing.TB, insns ...asm.Instruction) []byte {
	t.Helper()
	var b bytes.Buffer
	list := asm.Instructions(insns)
	if err := list.Marshal(&b, binary.LittleEndian); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// goTo makes a jump to a distance in slots.
func goTo(in asm.Instruction, offset int16) asm.Instruction {
	in.Offset = offset
	return in.WithReference("")
}

// storeImm is asm.StoreImm, which lacks the size of 8 bytes.
func storeImm(dst asm.Register, offset int16, value int64) asm.Instruction {
	return asm.Instruction{OpCode: asm.StoreImmOp(asm.Word) | asm.OpCode(asm.DWord), Dst: dst, Offset: offset, Constant: value}
}

var exit = asm.Return()

func TestResults(t *testing.T) {
	const minInt32, minInt64 = math.MinInt32, math.MinInt64
	ctx := []byte{1, 2, 3, 4, 5, 6, 7, 0x88}
	cases := []struct {
		name string
		text []asm.Instruction
		want uint64
	}{
		{"r0 is 0", []asm.Instruction{exit}, 0},
		{"r2 is the length", []asm.Instruction{asm.Mov.Reg(asm.R0, asm.R2), exit}, 8},
		{"mov sign-extends", []asm.Instruction{asm.Mov.Imm(asm.R0, -1), exit}, math.MaxUint64},
		{"mov32 zero-extends", []asm.Instruction{asm.Mov.Imm32(asm.R0, -1), exit}, math.MaxUint32},
		{"lddw", []asm.Instruction{asm.LoadImm(asm.R0, 0x123456789abcdef0, asm.DWord), exit}, 0x123456789abcdef0},
		{"add carries", []asm.Instruction{asm.LoadImm(asm.R0, math.MaxUint32, asm.DWord), asm.Add.Imm(asm.R0, 1), exit}, 1 << 32},
		{"sub borrows", []asm.Instruction{asm.Mov.Imm(asm.R0, 0), asm.Sub.Imm(asm.R0, 1), exit}, math.MaxUint64},
		{"mul64", []asm.Instruction{asm.LoadImm(asm.R0, 0x100000001, asm.DWord), asm.Mul.Reg(asm.R0, asm.R0), exit}, 0x200000001},
		{"div by zero", []asm.Instruction{asm.Mov.Imm(asm.R0, 9), asm.Div.Reg(asm.R0, asm.R3), exit}, 0},
		{"div32 by zero", []asm.Instruction{asm.Mov.Imm(asm.R0, -9), asm.Div.Reg32(asm.R0, asm.R3), exit}, 0},
		{"mod by zero", []asm.Instruction{asm.Mov.Imm(asm.R0, -9), asm.Mod.Reg(asm.R0, asm.R3), exit}, math.MaxUint64 - 8},
		{"mod32 by zero", []asm.Instruction{asm.Mov.Imm(asm.R0, -9), asm.Mod.Reg32(asm.R0, asm.R3), exit}, math.MaxUint32 - 8},
		{"div is unsigned", []asm.Instruction{asm.Mov.Imm(asm.R0, -1), asm.Div.Imm(asm.R0, 2), exit}, math.MaxInt64},
		{"shift counts are masked", []asm.Instruction{asm.Mov.Imm(asm.R0, 1), asm.Mov.Imm(asm.R1, 65), asm.LSh.Reg(asm.R0, asm.R1), exit}, 2},
		{"shift counts are masked, 32", []asm.Instruction{asm.Mov.Imm(asm.R0, 1), asm.Mov.Imm(asm.R1, 33), asm.LSh.Reg32(asm.R0, asm.R1), exit}, 2},
		{"arsh", []asm.Instruction{asm.LoadImm(asm.R0, minInt64, asm.DWord), asm.ArSh.Imm(asm.R0, 63), exit}, math.MaxUint64},
		{"arsh32", []asm.Instruction{asm.Mov.Imm(asm.R0, minInt32), asm.ArSh.Imm32(asm.R0, 31), exit}, math.MaxUint32},
		{"neg", []asm.Instruction{asm.Mov.Imm(asm.R0, 1), asm.Neg.Imm(asm.R0, 0), exit}, math.MaxUint64},
		{"neg32", []asm.Instruction{asm.Mov.Imm(asm.R0, 1), asm.Neg.Imm32(asm.R0, 0), exit}, math.MaxUint32},
		{"be16", []asm.Instruction{asm.Mov.Imm(asm.R0, 0x12345678), asm.HostTo(asm.BE, asm.R0, asm.Half), exit}, 0x7856},
		{"be64", []asm.Instruction{asm.LoadMem(asm.R0, asm.R1, 0, asm.DWord), asm.HostTo(asm.BE, asm.R0, asm.DWord), exit}, 0x0102030405060788},
		{"le32", []asm.Instruction{asm.Mov.Imm(asm.R0, -1), asm.HostTo(asm.LE, asm.R0, asm.Word), exit}, math.MaxUint32},
		{"unaligned load", []asm.Instruction{asm.LoadMem(asm.R0, asm.R1, 1, asm.Word), exit}, 0x05040302},
		{"loads zero-extend", []asm.Instruction{asm.LoadMem(asm.R0, asm.R1, 7, asm.Byte), exit}, 0x88},
		{"the upper half of an address is ignored", []asm.Instruction{
			asm.LoadImm(asm.R3, 5<<32, asm.DWord), asm.Add.Reg(asm.R1, asm.R3), asm.LoadMem(asm.R0, asm.R1, 0, asm.Byte), exit,
		}, 1},
		{"stack is zero", []asm.Instruction{asm.LoadMem(asm.R0, asm.R10, -512, asm.DWord), exit}, 0},
		{"store and load", []asm.Instruction{
			storeImm(asm.R10, -8, -2), asm.LoadMem(asm.R0, asm.R10, -6, asm.Word), exit,
		}, math.MaxUint32},
		{"store register", []asm.Instruction{
			asm.StoreMem(asm.R10, -1, asm.R2, asm.Byte), asm.LoadMem(asm.R0, asm.R10, -1, asm.Byte), exit,
		}, 8},
		{"jeq compares 64 bits", []asm.Instruction{
			asm.LoadImm(asm.R1, 1<<32, asm.DWord), goTo(asm.JEq.Imm(asm.R1, 0, ""), 1), asm.Mov.Imm(asm.R0, 1), exit,
		}, 1},
		{"jeq32 compares 32 bits", []asm.Instruction{
			asm.LoadImm(asm.R1, 1<<32, asm.DWord), goTo(asm.JEq.Imm32(asm.R1, 0, ""), 1), asm.Mov.Imm(asm.R0, 1), exit,
		}, 0},
		{"jsgt is signed", []asm.Instruction{
			asm.Mov.Imm(asm.R1, -1), goTo(asm.JSGT.Imm(asm.R1, 0, ""), 1), asm.Mov.Imm(asm.R0, 1), exit,
		}, 1},
		{"jgt is unsigned", []asm.Instruction{
			asm.Mov.Imm(asm.R1, -1), goTo(asm.JGT.Imm(asm.R1, 0, ""), 1), asm.Mov.Imm(asm.R0, 1), exit,
		}, 0},
		{"jset", []asm.Instruction{
			asm.Mov.Imm(asm.R1, 6), goTo(asm.JSet.Imm(asm.R1, 4, ""), 1), asm.Mov.Imm(asm.R0, 1), exit,
		}, 0},
		{"a loop", []asm.Instruction{
			asm.Mov.Imm(asm.R1, 10), asm.Add.Reg(asm.R0, asm.R1), asm.Sub.Imm(asm.R1, 1), goTo(asm.JNE.Imm(asm.R1, 0, ""), -3), exit,
		}, 55},
	}
	m := machine(t)
	for _, c := range cases {
		for _, e := range engines {
			r, err := m.Run(e.engine, enginetest.Program{Text: text(t, c.text...), Context: ctx, Budget: 1000})
			if err != nil {
				t.Fatal(err)
			}
			if r.Fault.Status != abi.OK || r.R0 != c.want || !bytes.Equal(r.Context, ctx) {
				t.Errorf("%s: %s: %v, want %#x", e.name, c.name, r, c.want)
			}
		}
	}
}

// Programs that must stop, and where.
func TestFaults(t *testing.T) {
	const ctxLen = 16
	ctxAddr := enginetest.RegionAddr(1, ctxLen)
	add := func(n int32) asm.Instruction { return asm.Add.Imm(asm.R1, n) }
	load := func(offset int16, size asm.Size) asm.Instruction {
		return asm.LoadMem(asm.R0, asm.R1, offset, size)
	}
	cases := []struct {
		name string
		text []asm.Instruction
		want abi.Fault
	}{
		{"before the context", []asm.Instruction{load(-1, asm.Byte), exit}, abi.Fault{Status: abi.StatusRead, Addr: ctxAddr - 1}},
		{"behind the context", []asm.Instruction{load(ctxLen, asm.Byte), exit}, abi.Fault{Status: abi.StatusRead, Addr: ctxAddr + ctxLen}},
		{"straddling its end", []asm.Instruction{load(ctxLen-1, asm.Half), exit}, abi.Fault{Status: abi.StatusRead, Addr: ctxAddr + ctxLen - 1}},
		{"straddling its start", []asm.Instruction{load(-4, asm.DWord), exit}, abi.Fault{Status: abi.StatusRead, Addr: ctxAddr - 4}},
		{"null", []asm.Instruction{asm.Mov.Imm(asm.R1, 0), load(0, asm.Byte), exit}, abi.Fault{Status: abi.StatusRead, PC: 1}},
		{"wrapping around", []asm.Instruction{asm.Mov.Imm(asm.R1, -4), load(0, asm.DWord), exit}, abi.Fault{Status: abi.StatusRead, PC: 1, Addr: math.MaxUint32 - 3}},
		{"at the last byte", []asm.Instruction{asm.Mov.Imm(asm.R1, -1), load(0, asm.Byte), exit}, abi.Fault{Status: abi.StatusRead, PC: 1, Addr: math.MaxUint32}},
		{"write behind the context", []asm.Instruction{add(8), storeImm(asm.R1, 1, 1), exit}, abi.Fault{Status: abi.StatusWrite, PC: 1, Addr: ctxAddr + 9}},
		{"write a register behind the context", []asm.Instruction{add(8), asm.StoreMem(asm.R1, 1, asm.R1, asm.DWord), exit}, abi.Fault{Status: abi.StatusWrite, PC: 1, Addr: ctxAddr + 9}},
		{"above the stack", []asm.Instruction{asm.Mov.Reg(asm.R1, asm.R10), load(0, asm.Byte), exit}, abi.Fault{Status: abi.StatusRead, PC: 1, Addr: 0x20301000}},
		{"below the stack", []asm.Instruction{asm.Mov.Reg(asm.R1, asm.R10), load(-513, asm.Byte), exit}, abi.Fault{Status: abi.StatusRead, PC: 1, Addr: 0x20301000 - 513}},
		{"the text", []asm.Instruction{asm.LoadImm(asm.R1, 0x20010000, asm.DWord), load(0, asm.Byte), exit}, abi.Fault{Status: abi.StatusRead, PC: 2, Addr: 0x20010000}},
		{"a loop for ever", []asm.Instruction{goTo(asm.Ja.Label(""), -1), exit}, abi.Fault{Status: abi.StatusBudget}},
	}
	m := machine(t)
	for _, c := range cases {
		for _, e := range engines {
			r, err := m.Run(e.engine, enginetest.Program{Text: text(t, c.text...), Context: make([]byte, ctxLen), Budget: 1000})
			if err != nil {
				t.Fatal(err)
			}
			if r.Refused || r.Fault != c.want || !bytes.Equal(r.Context, make([]byte, ctxLen)) {
				t.Errorf("%s: %s: %v, want %v", e.name, c.name, r, c.want)
			}
		}
	}
}

// A budget of N allows N taken backward jumps, not N+1.
func TestBudgetIsExact(t *testing.T) {
	loop := text(t, asm.Mov.Imm(asm.R1, 5), asm.Sub.Imm(asm.R1, 1), goTo(asm.JNE.Imm(asm.R1, 0, ""), -2), exit)
	m := machine(t)
	for _, e := range engines {
		for budget, want := range map[uint32]abi.Status{4: abi.OK, 3: abi.StatusBudget, 0: abi.StatusBudget} {
			r, err := m.Run(e.engine, enginetest.Program{Text: loop, Budget: budget})
			if err != nil {
				t.Fatal(err)
			}
			if r.Fault.Status != want {
				t.Errorf("%s: budget %d: %v, want %v", e.name, budget, r, want)
			}
		}
	}
}

func TestRegionsHaveRights(t *testing.T) {
	at := func(region, n int) asm.Instruction {
		return asm.LoadImm(asm.R3, int64(enginetest.RegionAddr(region, n)), asm.DWord)
	}
	const rodata, data, granted = 2, 3, 4
	bytes8 := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	cases := []struct {
		name   string
		region int
		write  bool
		want   abi.Status
	}{
		{"read .rodata", rodata, false, abi.OK},
		{"write .rodata", rodata, true, abi.StatusWrite},
		{"read .data", data, false, abi.OK},
		{"write .data", data, true, abi.OK},
		{"read what is granted to read", granted, false, abi.OK},
		{"write what is granted to read", granted, true, abi.StatusWrite},
		{"write what is granted to write", granted + 1, true, abi.OK},
	}
	m := machine(t)
	for _, c := range cases {
		for _, e := range engines {
			access := asm.LoadMem(asm.R0, asm.R3, 0, asm.DWord)
			if c.write {
				access = storeImm(asm.R3, 0, 0)
			}
			r, err := m.Run(e.engine, enginetest.Program{
				Text:    text(t, at(c.region, 8), access, exit),
				Context: bytes8, Rodata: bytes8, Data: bytes8,
				Granted: []enginetest.Region{{Bytes: bytes8}, {Bytes: bytes8, Writable: true}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Fault.Status != c.want {
				t.Errorf("%s: %s: %v, want %v", e.name, c.name, r, c.want)
			}
		}
	}
}

func TestHelpers(t *testing.T) {
	call := func(id int32) asm.Instruction { return asm.BuiltinFunc(id).Call() }
	program := enginetest.Program{
		Text: text(t, // store 7 under key 3 and fetch it
			asm.Mov.Imm(asm.R1, 3), asm.Mov.Imm(asm.R2, 7), call(0x10),
			asm.Mov.Imm(asm.R1, 3), asm.Mov.Reg(asm.R2, asm.R10), asm.Add.Imm(asm.R2, -4), call(0x12),
			asm.LoadMem(asm.R0, asm.R10, -4, asm.Word), asm.Add.Reg(asm.R0, asm.R1), exit),
		Helpers: true,
	}
	m := machine(t)
	for _, e := range engines {
		r, err := m.Run(e.engine, program)
		if err != nil {
			t.Fatal(err)
		}
		if r.Fault.Status != abi.OK || r.R0 != 10 { // r1 keeps its value
			t.Errorf("%s: %v, want 10", e.name, r)
		}
	}
	program.Text = text(t, asm.Mov.Imm(asm.R0, 0), asm.Mov.Imm(asm.R2, 64), call(0x12), exit) // a bad pointer
	for _, e := range engines {
		r, err := m.Run(e.engine, program)
		if err != nil {
			t.Fatal(err)
		}
		if r.Fault.Status.Name() != "e-helper-arg" || r.Fault.PC != 2 {
			t.Errorf("%s: %v, want e-helper-arg at 2", e.name, r)
		}
	}
}

// The program other people's engines were measured with.
func TestPeersFletcher16(t *testing.T) {
	fletcher, _ := benchmarks.Lookup("fletcher16")
	m := machine(t)
	for _, size := range []int{0, 1, 2, 255, 640} {
		ctx := fletcher.Input(size)
		want, _ := fletcher.Oracle(ctx)
		for _, e := range engines {
			r, err := m.Run(e.engine, enginetest.Program{Text: benchmarks.PeersFletcher16(), Context: ctx, Budget: 1000})
			if err != nil {
				t.Fatal(err)
			}
			if r.Fault.Status != abi.OK || r.R0 != want {
				t.Errorf("%s: %d bytes: %v, want %#x", e.name, size, r.Fault, want)
			}
		}
	}
}
