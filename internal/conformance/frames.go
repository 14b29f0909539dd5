// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import (
	"encoding/binary"
	"fmt"
)

// frameUses are ways to use r10 for more than loads and stores. Each adds its result to r0; r6 is the context, 32 bytes
// of zeros. Where r10 is, nobody but the program knows.
var frameUses = []struct {
	name   string
	result uint64
	code   func(t *text)
}{
	{"copied", 0, func(t *text) { t.mov(3, r10); t.add(classALU64|source|opSub, 3, r10, 0, 0); t.mov(4, 3) }},
	{"less a copy that moved", 24, func(t *text) {
		t.mov(3, r10)
		t.addImm(3, -24)
		t.mov(4, r10)
		t.add(classALU64|source|opSub, 4, 3, 0, 0)
	}},
	{"added, taken away", 5, func(t *text) {
		t.movImm(4, 5)
		t.add(classALU64|source|opAdd, 4, r10, 0, 0)
		t.add(classALU64|source|opSub, 4, r10, 0, 0)
	}},
	{"added in 32 bits, taken away", 5, func(t *text) {
		t.movImm(4, 5)
		t.add(classALU|source|opAdd, 4, r10, 0, 0)
		t.add(classALU|source|opSub, 4, r10, 0, 0)
	}},
	{"taken away from a number", ^uint64(0), func(t *text) {
		t.movImm(4, -1)
		t.add(classALU64|source|opSub, 4, r10, 0, 0)
		t.mov(3, r10)
		t.add(classALU64|source|opAdd, 4, 3, 0, 0)
	}},
	{"joined with itself", 0, func(t *text) {
		t.mov(4, r10)
		t.add(classALU64|source|opXor, 4, r10, 0, 0)
	}},
	{"masked, joined", 0, func(t *text) {
		t.mov(4, r10)
		t.add(classALU64|source|opAnd, 4, r10, 0, 0)
		t.mov(3, r10)
		t.add(classALU64|source|opOr, 3, r10, 0, 0)
		t.add(classALU64|source|opSub, 4, 3, 0, 0)
	}},
	{"multiplied", 0, func(t *text) {
		t.movImm(4, 3)
		t.add(classALU64|source|opMul, 4, r10, 0, 0)
		for range 3 {
			t.add(classALU64|source|opSub, 4, r10, 0, 0)
		}
	}},
	{"a factor of a product that is taken away", 0, func(t *text) {
		t.load(sizeDW, 5, 6, 0)
		t.addImm(5, 2)
		t.mov(4, r10)
		t.add(classALU64|source|opAdd, 4, r10, 0, 0)
		t.add(classALU64|source|opMul, 5, r10, 0, 0)
		t.add(classALU64|source|opSub, 4, 5, 0, 0)
	}},
	{"divided by itself", 1, func(t *text) { t.mov(4, r10); t.add(classALU64|source|opDiv, 4, r10, 0, 0) }},
	{"shifted left and added", 0, func(t *text) {
		t.mov(4, r10)
		t.add(classALU64|opLsh, 4, 0, 0, 2)
		t.add(classALU64|source|opAdd, 4, r10, 0, 0)
		t.mov(3, r10)
		t.add(classALU64|opMul, 3, 0, 0, 5)
		t.add(classALU64|source|opSub, 4, 3, 0, 0)
	}},
	{"rotated", 0, func(t *text) {
		t.mov(4, r10)
		t.mov(3, r10)
		t.add(classALU|opLsh, 4, 0, 0, 7)
		t.add(classALU|opRsh, 3, 0, 0, 25)
		t.add(classALU|source|opOr, 4, 3, 0, 0)
		t.mov(3, 4)
		t.add(classALU|opLsh, 4, 0, 0, 25)
		t.add(classALU|opRsh, 3, 0, 0, 7)
		t.add(classALU|source|opOr, 4, 3, 0, 0)
		t.add(classALU64|source|opSub, 4, r10, 0, 0)
	}},
	{"an amount to shift by", 1, func(t *text) { // a multiple of 8
		t.movImm(4, 1)
		t.mov(3, r10)
		t.add(classALU64|opAnd, 3, 0, 0, 63)
		t.add(classALU64|source|opLsh, 4, r10, 0, 0)
		t.add(classALU64|source|opRsh, 4, 3, 0, 0)
	}},
	{"compared with a copy", 7, func(t *text) {
		t.movImm(4, 0)
		t.mov(3, r10)
		for _, wide := range []bool{false, true} {
			t.add(jmpClass(wide)|source|jmpNe, 3, r10, 1, 0)
			t.addImm(4, 1)
			t.add(jmpClass(wide)|source|jmpGt, r10, 3, 1, 0)
			t.addImm(4, 2)
		}
		t.addImm(3, -8)
		t.add(classJMP|source|jmpGe, 3, r10, 1, 0)
		t.addImm(4, 1)
	}},
	{"compared with a constant", 3, func(t *text) {
		t.movImm(4, 0)
		t.add(classJMP|jmpEq, r10, 0, 1, 0)
		t.addImm(4, 1)
		t.add(classJMP|jmpGt, r10, 0, 1, 0x20)
		t.addImm(4, 8)
		t.add(classJMP32|jmpSet, r10, 0, 1, 7)
		t.addImm(4, 2)
	}},
	{"stored in the context", 0, func(t *text) {
		t.store(sizeDW, 6, r10, 8)
		t.load(sizeDW, 4, 6, 8)
		t.add(classALU64|source|opSub, 4, r10, 0, 0)
		t.add(classST|modeMEM|sizeDW, 6, 0, 8, 0)
	}},
	{"stored in the frame, by itself", 0, func(t *text) {
		t.store(sizeDW, r10, r10, -8)
		t.load(sizeDW, 4, r10, -8)
		t.add(classALU64|source|opSub, 4, r10, 0, 0)
	}},
	{"stored by bytes", 0, func(t *text) {
		t.store(sizeW, r10, r10, -4)
		t.store(sizeH, r10, r10, -8)
		t.store(sizeB, r10, r10, -6)
		t.load(sizeW, 4, r10, -4)
		t.load(sizeH, 3, r10, -8)
		t.add(classALU64|source|opXor, 3, 4, 0, 0)
		t.add(classALU64|opAnd, 3, 0, 0, 0xffff)
		t.add(classALU64|source|opAdd, 4, 3, 0, 0)
		t.add(classALU64|source|opSub, 4, r10, 0, 0)
	}},
	{"added to memory", 9, func(t *text) {
		t.add(classST|modeMEM|sizeDW, r10, 0, -8, 9)
		t.add(classSTX|modeATOMIC|sizeDW, r10, r10, -8, opAdd)
		t.load(sizeDW, 4, r10, -8)
		t.add(classALU64|source|opSub, 4, r10, 0, 0)
	}},
	{"joined with memory in 32 bits", 0, func(t *text) {
		t.add(classST|modeMEM|sizeW, 6, 0, 16, 0)
		t.add(classSTX|modeATOMIC|sizeW, 6, r10, 16, opXor)
		t.add(classSTX|modeATOMIC|sizeW, 6, r10, 16, opXor)
		t.load(sizeDW, 4, 6, 16)
	}},
	{"compared and exchanged", 0, func(t *text) {
		t.mov(5, 0) // which is what it compares with
		t.mov(0, r10)
		t.store(sizeDW, r10, r10, -8)
		t.movImm(4, 3)
		t.add(classSTX|modeATOMIC|sizeDW, r10, 4, -8, cmpxchg)
		t.load(sizeDW, 4, r10, -8)
		t.addImm(4, -3)
		t.mov(0, 5)
	}},
	{"an argument", 3, func(t *text) {
		t.add(classST|modeMEM|sizeW, r10, 0, -8, 0x00636261)
		t.mov(7, 0)
		t.mov(1, r10)
		t.addImm(1, -8)
		t.add(classJMP|jmpCall, 0, callHelper, 0, helperStrlen)
		t.mov(4, 0)
		t.mov(0, 7)
	}},
	{"two arguments", 0x55, func(t *text) {
		t.add(classST|modeMEM|sizeDW, r10, 0, -8, 0x55)
		t.mov(7, 0)
		t.mov(1, r10)
		t.addImm(1, -16)
		t.mov(2, r10)
		t.addImm(2, -8)
		t.movImm(3, 8)
		t.add(classJMP|jmpCall, 0, callHelper, 0, helperMemcpy)
		t.load(sizeDW, 4, r10, -16)
		t.mov(0, 7)
	}},
	{"an index into the frame", 0x77, func(t *text) {
		t.add(classST|modeMEM|sizeB, r10, 0, -5, 0x77)
		t.load(sizeDW, 3, 6, 0)
		t.addImm(3, -5)
		t.add(classALU64|source|opAdd, 3, r10, 0, 0)
		t.load(sizeB, 4, 3, 0)
	}},
}

const helperMemcpy = 0x02

// frames: r10 as an operand of everything, and frames of every size, in a program without local calls and in functions
// so many calls deep; the callers' frames keep what they hold.
func frames() (all []Program) {
	for deep := range 3 {
		for used := range 3 { // bytes of the frame that are in use besides
			for i := range frameUses {
				all = append(all, usesFrame(deep, []int{0, 16, 512}[used], i, i+1))
			}
			all = append(all, usesFrame(deep, []int{0, 16, 512}[used], 0, len(frameUses)))
		}
		for _, bytes := range []int{8, 16, 24, 120, 128, 136, 248, 256, 264, 504, 512} {
			all = append(all, inFrame(deep, bytes))
		}
	}
	return all
}

// nested ends a program with calls around a body, which keeps r6 and leaves its result in r0. Each caller's r9 and last
// word of the frame are compared afterwards.
func nested(t *text, deep int, body func(t *text)) {
	t.mov(6, 1)
	for level := range deep {
		t.movImm(9, int32(level+100))
		t.store(sizeDW, r10, 9, -8)
		at := t.slots()
		t.call(0)
		t.load(sizeDW, 1, r10, -8)
		t.add(classJMP|source|jmpEq, 1, 9, 1, 0)
		t.movImm(0, -77)
		t.exit()
		t.callee(at)
	}
	body(t)
	t.exit()
}

func usesFrame(deep, bytes, from, to int) Program {
	p := Program{Group: "frames", Name: fmt.Sprintf("%d deep, %d bytes and r10 %s to %s", deep, bytes, frameUses[from].name, frameUses[to-1].name),
		Context: make([]byte, 32), After: make([]byte, 32), Own: true, Budget: 10}
	var t text
	nested(&t, deep, func(t *text) {
		t.movImm(0, 0)
		if bytes > 0 {
			t.add(classST|modeMEM|sizeDW, r10, 0, int16(-bytes), 0x1234)
		}
		for _, use := range frameUses[from:to] {
			use.code(t)
			t.add(classALU64|opMul, 0, 0, 0, 31)
			t.add(classALU64|source|opAdd, 0, 4, 0, 0)
			p.Result = p.Result*31 + use.result
		}
		if bytes > 16 {
			t.load(sizeDW, 4, r10, -bytes)
			t.addImm(4, -0x1234)
			t.add(classALU64|source|opAdd, 0, 4, 0, 0)
		}
	})
	p.Text = t
	return p
}

// inFrame stores and loads all over a frame of so many bytes, by r10 alone.
func inFrame(deep, bytes int) Program {
	p := Program{Group: "frames", Name: fmt.Sprintf("%d deep, a frame of %d bytes", deep, bytes), Own: true, Budget: 10}
	memory := make([]byte, bytes)
	var t text
	nested(&t, deep, func(t *text) {
		t.lddw(3, 0x8182838485868788)
		for i := 0; i < bytes; i += 8 {
			t.store(sizeDW, r10, 3, i-bytes)
			put(memory[i:], 8, 0x8182838485868788)
		}
		for n, a := range accesses {
			for _, at := range []int{0, 1, bytes/2 - 1, bytes - a.bytes - 1, bytes - a.bytes} {
				if at < 0 || at+a.bytes > bytes {
					continue
				}
				v := values[(n+at)%len(values)] ^ 0x0102030405060708
				t.lddw(3, v)
				t.store(a.size, r10, 3, at-bytes)
				put(memory[at:], a.bytes, v)
				if at%4 == 0 && a.bytes == 4 {
					t.add(classSTX|modeATOMIC|sizeW, r10, 3, int16(at-bytes), opXor)
					put(memory[at:], 4, 0)
				}
				t.load(a.size, 4, r10, at-bytes)
				t.store(sizeDW, 6, 4, 8*len(p.Cases))
				p.After = binary.LittleEndian.AppendUint64(p.After, get(memory[at:], a.bytes, false))
				p.Cases = append(p.Cases, fmt.Sprintf("%s at r10 - %d", a.name, bytes-at))
			}
		}
		for i := 0; i < bytes; i += 8 {
			t.load(sizeDW, 4, r10, i-bytes)
			t.store(sizeDW, 6, 4, 8*len(p.Cases))
			p.After = append(p.After, memory[i:i+8]...)
			p.Cases = append(p.Cases, fmt.Sprintf("in the end, r10 - %d", bytes-i))
		}
		t.movImm(0, 0)
	})
	p.Text, p.Context = t, make([]byte, len(p.After))
	return p
}
