// SPDX-License-Identifier: GPL-2.0-or-later

package jittest

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/planner"
)

// linked gives a program's sections addresses.
func linked(p *image.Program) Program {
	q := Program{
		Text: slices.Clone(p.Text), Helpers: p.Helpers, DSP: true,
		RodataAddr: 0x20010000, RodataLen: uint32(len(p.Rodata)),
		DataAddr: 0x20012340, DataLen: uint32(len(p.Data)) + p.BSS,
	}
	for _, a := range p.Addresses {
		addr := q.RodataAddr + a.Offset
		if a.Section == image.Data {
			addr = q.DataAddr + a.Offset
		}
		binary.LittleEndian.PutUint32(q.Text[8*a.Slot+4:], addr)
	}
	return q
}

// seedBytes are bytes to generate a program of, some short, some long.
func seedBytes(seed uint64) []byte {
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	b := make([]byte, 64<<(seed%5))
	_, _ = random.Read(b)
	return b
}

// fromSeed is one of the programs of the generator, with everything in it.
func fromSeed(seed uint64) progen.Program {
	return progen.Generate(seedBytes(seed), progen.Features{Calls: true, Extended: true, Counted: seed%3 == 0})
}

func generated(t testing.TB, seed uint64) *image.Program {
	t.Helper()
	g := fromSeed(seed)
	p, err := image.FromText("generated", g.Text)
	if err != nil {
		t.Fatal(err)
	}
	p.Rodata, p.Data, p.Addresses = g.Rodata, g.Data, g.Addresses
	return p
}

// namedProgram is a program for tests.
type namedProgram struct {
	name string
	*image.Program
}

// known are the benchmarks' programs and the examples'.
func known(t testing.TB) (all []namedProgram) {
	t.Helper()
	add := func(name string, object []byte, entry string) {
		p, err := image.LoadObject(name, object, entry)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, namedProgram{name, p})
	}
	for _, b := range benchmarks.All() {
		add(b.Name, b.Object, b.Name)
	}
	for _, e := range examples.All() {
		add(e.Name, e.Object, "")
	}
	return all
}

// withPlan is one of the known programs with its plan, which is made once for all tests.
func withPlan(name string, p *image.Program) *image.Program {
	plans.Lock()
	defer plans.Unlock()
	if plans.of[name] == nil {
		plans.of[name] = planner.Attach(p)
	}
	return plans.of[name]
}

var plans = struct {
	sync.Mutex
	of map[string]*image.Program
}{of: map[string]*image.Program{}}

const (
	guardBytes = 64
	enough     = 1 << 18 // bytes for any program here
)

// guarded compiles into `size` bytes amid others, which must stay as they are.
func guarded(t *testing.T, name string, p Program, size, skew int) ([]byte, abi.Fault) {
	t.Helper()
	words := make([]uint64, (2*guardBytes+size+15)/8)
	all := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words))
	for i := range all {
		all[i] = 0xa5
	}
	start := guardBytes + skew
	code, fault := Compile(p, all[start:start+size:start+size])
	untouched := func(b []byte) bool { return bytes.Count(b, []byte{0xa5}) == len(b) }
	if !untouched(all[:start]) || !untouched(all[start+size:]) {
		t.Fatalf("%s, %d bytes: writes outside", name, size)
	}
	return code, fault
}

// outOfMemory tells whether a status says that there was too little.
func outOfMemory(s abi.Status) bool {
	return s == abi.StatusCompileCode || s.Name() == "e-compile-scratch"
}

// everySize compiles with every size of memory up to a little more than is needed: with too little the status says
// so; from some size on there is code, from some size on, with room for loops in two forms, it is what it is with more,
// and in between it is always the same; and nothing is ever written outside.
func everySize(t *testing.T, name string, p Program, step int) {
	t.Helper()
	want, fault := guarded(t, name, p, enough, 0)
	if fault.Status != abi.OK {
		t.Fatalf("%s: %v", name, fault)
	}
	var least []byte // the code of the first size at which it fits
	full := 0        // the first size at which it is what was wanted
	for size := 0; full == 0 || size < full+200; size += step {
		code, fault := guarded(t, name, p, size, size%2*4)
		if fault.Status == abi.OK && least == nil {
			least = bytes.Clone(code)
		}
		switch {
		case fault.Status == abi.OK && full == 0 && bytes.Equal(code, want):
			full = size
		case fault.Status == abi.OK && (len(code) > size || full > 0 && !bytes.Equal(code, want) || full == 0 && !bytes.Equal(code, least)):
			t.Fatalf("%s, %d bytes: other code than with more", name, size)
		case fault.Status != abi.OK && (least != nil || size >= enough || !outOfMemory(fault.Status)):
			t.Fatalf("%s, %d bytes: %s; there was code at %d", name, size, fault.Status.Name(), len(least))
		case int(fault.PC) >= len(p.Text)/8:
			t.Fatalf("%s, %d bytes: instruction %d of %d", name, size, fault.PC, len(p.Text)/8)
		}
	}
}

// TestEveryBufferSize is about memory that is too small for the code, or for what the compiler needs meanwhile.
func TestEveryBufferSize(t *testing.T) {
	for _, p := range known(t) {
		if p.Slots() <= 60 {
			everySize(t, p.name, linked(p.Program), 1)
		} else {
			everySize(t, p.name, linked(p.Program), 37)
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	compiled := 0
	for seed := range uint64(400) {
		p := linked(generated(t, seed))
		if _, fault := guarded(t, "generated", p, enough, 0); fault.Status != abi.OK {
			continue
		}
		compiled++
		everySize(t, "generated", p, 1+len(p.Text)/64+random.IntN(8))
	}
	if compiled < 200 {
		t.Errorf("%d generated programs compile", compiled)
	}
}

func slot(op, regs byte, offset int16, imm int32) []byte {
	b := []byte{op, regs}
	b = binary.LittleEndian.AppendUint16(b, uint16(offset))
	return binary.LittleEndian.AppendUint32(b, uint32(imm))
}

// TestMemoryBesideCode looks how much memory compiling the largest benchmark of some 200 slots takes beside its code.
func TestMemoryBesideCode(t *testing.T) {
	const asked = 3 << 10
	for _, p := range known(t) {
		if p.name != "coap" {
			continue
		}
		code, fault := Compile(linked(p.Program), make([]byte, 1<<16))
		if code == nil {
			t.Fatal(fault)
		}
		least := len(code)
		for ; least < 1<<16; least += 2 {
			if got, _ := Compile(linked(p.Program), make([]byte, least)); bytes.Equal(got, code) {
				break
			}
		}
		t.Logf("%d slots: %d bytes beside %d of code", p.Slots(), least-len(code), len(code))
		if least-len(code) > asked {
			t.Errorf("%d bytes, asked: %d", least-len(code), asked)
		}
	}
}

var exitSlot = slot(0x95, 0, 0, 0)

// TestLargePrograms is about programs at the limits of the compiler: of slots, and of the 128 KB that branches and
// tables of halfwords reach.
func TestLargePrograms(t *testing.T) {
	const slots = 0x4000
	add := slot(0x0f, 0x10, 0, 0)
	long := func(n int, body ...[]byte) Program { // what jumps go over at the end included
		text := bytes.Repeat(bytes.Join(body, nil), (n-128)/len(body))
		text = append(text, bytes.Repeat(add, n-1-len(text)/8)...)
		return Program{Text: append(text, exitSlot...), DSP: true}
	}
	divide, load, store := slot(0x3f, 0x21, 0, 0), slot(0x79, 0x13, 0, 0), slot(0x7b, 0x31, 8, 0)
	skip, far := slot(0x1d, 0x21, 1, 0), slot(0x1d, 0x21, 99, 0)
	for _, c := range []struct {
		name string
		p    Program
		want string
	}{
		{"as many as there may be", long(slots, add), "ok"},
		{"one too many", long(slots+1, add), "e-compile-range"},
		{"as many as the verifier takes", long(65535, add), "e-compile-range"},
		{"divisions", long(4000, divide), "ok"},
		{"many checks", long(2000, store, load), "ok"},
		{"too many checks", long(slots, store, load), "e-compile-code"},
		{"many branches", long(4000, skip, add), "ok"},
		{"too many branches", long(slots, skip, add), "e-compile-scratch"}, // each begins a block
		{"branches that grow", long(3000, far, divide), "ok"},
	} {
		for _, size := range []int{enough, 3 * enough} {
			_, fault := guarded(t, c.name, c.p, size, 0)
			if fault.Status.Name() != c.want {
				t.Errorf("%s, %d bytes: %s at %d, want %s", c.name, size, fault.Status.Name(), fault.PC, c.want)
			}
		}
		for size := 0; size < enough; size += 4093 {
			if _, fault := guarded(t, c.name, c.p, size, 0); fault.Status != abi.OK && !outOfMemory(fault.Status) && fault.Status.Name() != c.want {
				t.Errorf("%s, %d bytes: %s", c.name, size, fault.Status.Name())
			}
		}
	}
}

// Each check keeps its cold path until there is a place for it, and there is room for a few of them. Checks of atomic accesses once
// took a place without asking whether there was one: the thirteenth was written over what lies behind.
func TestColdPathsOfAtomics(t *testing.T) {
	for n := range 60 {
		text := slot(0x79, 0x13, 0, 0) // a number of which nothing is known
		for range n {
			text = slices.Concat(text, slot(0xdb, 0x03, 0, 0)) // lock *(u64 *)(r3 + 0) += r0
		}
		p := Program{Text: append(slices.Concat(slot(0xb7, 0, 0, 0), text), exitSlot...)}
		code, _, fault := CompileOnepass(p, nil, make([]byte, enough))
		if fault.Status != abi.OK || len(code) < 20*n {
			t.Fatalf("%d atomic accesses: %v, %d bytes", n, fault, len(code))
		}
	}
}

// refused tells whether a status is one of the verifier's.
func refused(s abi.Status) bool { return s <= -40 && s > -60 }

// Whatever the instruction is, the verifier refuses it, or the compiler knows it.
func TestEveryOpcode(t *testing.T) {
	const instructions = 120  // opcodes of RFC 9669, but for the obsolete packet accesses
	opcodes := map[int]bool{} // that compile
	for op := range 256 {
		for _, regs := range []byte{0x00, 0x10, 0x21, 0x12, 0x43, 0xa1, 0x1a, 0xb0, 0x0b, 0xff} {
			for _, offset := range []int16{0, 1, -1, -8, 8, 16, 32, 32767, -32768} {
				for _, imm := range []int32{0, 1, -1, 0x10, 16, 31, 32, 64, 0x40, 0x50, 0xa0, 0x01, 0x41, 0xe1, 0xf1, 0x7fffffff, -0x80000000} {
					text := slices.Concat(slot(0xb7, 3, 0, 7), slot(byte(op), regs, offset, imm), slot(0, 0, 0, imm), exitSlot, exitSlot)
					if op&7 != 0 {
						text = slices.Concat(slot(0xb7, 3, 0, 7), slot(byte(op), regs, offset, imm), exitSlot, exitSlot)
					}
					_, fault := guarded(t, "one instruction", Program{Text: text, Helpers: []uint16{1, 0x10, 0x11}, DSP: op%2 == 0}, 2048, 0)
					if fault.Status == abi.OK {
						opcodes[op] = true
					} else if !refused(fault.Status) {
						t.Errorf("%x: %s", text[8:16], fault.Status.Name())
					}
				}
			}
		}
	}
	if len(opcodes) != instructions {
		t.Errorf("%d opcodes compile, want %d", len(opcodes), instructions)
	}
}

// The engine takes nothing the verifier has not seen: what is not a program never comes to the compiler.
func TestUnverifiedPrograms(t *testing.T) {
	random := rand.NewChaCha8([32]byte{4})
	for range 1000 {
		text := make([]byte, 8*(1+random.Uint64()%20))
		_, _ = random.Read(text)
		if s := PrepareUnverified(Program{Text: text}, 4096); s.Name() != "e-argument" {
			t.Fatalf("%x: %s", text, s.Name())
		}
	}
	for _, p := range known(t) {
		if s := PrepareUnverified(linked(p.Program), 65536); s.Name() != "e-argument" {
			t.Errorf("%s: %s", p.name, s.Name())
		}
	}
}

// Any bytes for a program and any amount of memory: a status of the verifier or the compiler, or code that decodes.
func FuzzCompile(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(generated(f, seed).Text, uint16(64*seed), byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint16, options byte) {
		if len(text) > 4096 {
			return
		}
		p := Program{
			Text: text[:len(text)/8*8], Helpers: []uint16{1, 2, 3, 0x10, 0x11, 0x12, 0x13}, DSP: options&1 != 0, Unchecked: options&2 != 0,
			RodataAddr: 0x20010000, RodataLen: uint32(options >> 2 & 31), DataAddr: 0x20012340, DataLen: uint32(options >> 3),
		}
		if _, fault := guarded(t, "fuzzed", p, int(size), int(options&4)); fault.Status != abi.OK && !refused(fault.Status) && !outOfMemory(fault.Status) {
			t.Errorf("%s at %d", fault.Status.Name(), fault.PC)
		}
	})
}
