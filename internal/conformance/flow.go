// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

import (
	"fmt"

	"github.com/ubench-dev/ubench/abi"
)

const (
	callHelper = 0
	callLocal  = 1
	lddwFunc   = 4

	helperStrlen = 0x52

	statusAlign abi.Status = -82
	statusDepth abi.Status = -84
	statusCallX abi.Status = -85
)

func (t *text) call(distance int) { t.add(classJMP|jmpCall, 0, callLocal, 0, int32(distance)) }

// callee makes the call at a slot, or lddw of a function, one to the end of the program so far.
func (t *text) callee(slot int) { (*t)[8*slot+4] = byte(t.slots() - slot - 1) }

// calls: helpers, local calls, calls through registers.
func calls() (all []Program) {
	for _, c := range callCases {
		var t text
		c.build(&t)
		all = append(all, Program{Group: "calls", Name: c.name, Text: t, Context: []byte("four\x00"), Result: c.result, Fault: c.fault})
	}
	return append(all, nestedCalls()...)
}

// fill gives all registers but r1 values by which it is seen which of them a call keeps.
func (t *text) fill() {
	for r := byte(0); r < 10; r++ {
		if r != 1 {
			t.lddw(r, uint64(r)<<32+uint64(r))
		}
	}
}

// filled is the sum of what fill puts into registers.
func filled(from, to uint64) (n uint64) {
	for r := from; r <= to; r++ {
		n += r<<32 + r
	}
	return n
}

// sum adds registers to r0.
func (t *text) sum(from, to byte) {
	for r := from; r <= to; r++ {
		t.add(classALU64|source|opAdd, 0, r, 0, 0)
	}
}

// strlen calls that helper.
func (t *text) strlen() { t.add(classJMP|jmpCall, 0, callHelper, 0, helperStrlen) }

// thirtyThree is a function that returns 33, which the lddw at slot 0 gives the address of.
func (t *text) thirtyThree() {
	t.callee(0)
	t.movImm(0, 33)
	t.exit()
}

var callCases = []struct {
	name   string
	result uint64
	fault  abi.Fault
	build  func(t *text)
}{
	{"helper: result", 4, abi.Fault{}, func(t *text) {
		t.strlen()
		t.exit()
	}},
	{"helper: keeps r2 to r9", 4 + filled(2, 9), abi.Fault{}, func(t *text) {
		t.fill()
		t.strlen()
		t.sum(2, 9)
		t.exit()
	}},
	{"helper: keeps r1", 8, abi.Fault{}, func(t *text) {
		t.strlen()
		t.mov(6, 0)
		t.strlen()
		t.sum(6, 6)
		t.exit()
	}},
	{"local call: keeps r6 to r9", 7 + filled(6, 9), abi.Fault{}, func(t *text) {
		t.fill()
		at := t.slots()
		t.call(0)
		t.sum(6, 9)
		t.exit()
		t.callee(at)
		for r := byte(1); r < 10; r++ {
			t.lddw(r, ^uint64(0))
		}
		t.movImm(0, 7)
		t.exit()
	}},
	{"local call: arguments and r0 to r5 afterwards", 15 + 5*100, abi.Fault{}, func(t *text) {
		for r := byte(1); r <= 5; r++ {
			t.movImm(r, int32(r))
		}
		at := t.slots()
		t.call(0)
		t.movImm(0, 0)
		t.sum(1, 5)
		t.exit()
		t.callee(at)
		for r := byte(1); r <= 5; r++ {
			t.addImm(r, 100)
		}
		t.exit()
	}},
	{"local call: a frame of its own", 5, abi.Fault{}, func(t *text) {
		t.add(classST|modeMEM|sizeDW, r10, 0, -8, 5)
		at := t.slots()
		t.call(0)
		t.load(sizeDW, 0, r10, -8)
		t.exit()
		t.callee(at)
		t.add(classST|modeMEM|sizeDW, r10, 0, -8, 9)
		t.exit()
	}},
	{"local call: r10 of the caller is 512 above", 512, abi.Fault{}, func(t *text) {
		t.mov(1, r10)
		at := t.slots()
		t.call(0)
		t.exit()
		t.callee(at)
		t.mov(0, 1)
		t.add(classALU64|source|opSub, 0, r10, 0, 0)
		t.exit()
	}},
	{"callx", 33, abi.Fault{}, func(t *text) {
		t.add(classLD|sizeDW, 3, lddwFunc, 0, 0)
		t.add(0, 0, 0, 0, 0)
		t.add(classJMP|source|jmpCall, 3, 0, 0, 0)
		t.exit()
		t.thirtyThree()
	}},
	{"callx to no function", 0, abi.Fault{Status: statusCallX, PC: 3}, func(t *text) {
		t.add(classLD|sizeDW, 3, lddwFunc, 0, 0)
		t.add(0, 0, 0, 0, 0)
		t.addImm(3, 8)
		t.add(classJMP|source|jmpCall, 3, 0, 0, 0)
		t.exit()
		t.thirtyThree()
	}},
}

// nestedCalls are calls in calls, as deep as they may be and one deeper, and with a budget that is one short.
func nestedCalls() (all []Program) {
	for _, depth := range []int32{1, 2, 7, 8} {
		var t text // f(n) = n ? 1 + f(n - 1) : 0
		t.movImm(1, depth)
		t.call(1)
		t.exit()
		t.movImm(0, 0)
		t.add(classJMP|jmpEq, 1, 0, 3, 1)
		t.addImm(1, -1)
		t.call(-4)
		t.addImm(0, 1)
		t.exit()
		p := Program{Group: "calls", Name: fmt.Sprintf("%d deep", depth), Text: t, Result: uint64(depth - 1)}
		if depth == 8 {
			p.Fault = abi.Fault{Status: statusDepth, PC: 6}
		}
		all = append(all, p)
		if depth > 1 && depth < 8 {
			p.Name += ", short of budget"
			p.Budget, p.Fault = uint32(depth-1), abi.Fault{Status: abi.StatusBudget}
			all = append(all, p)
		}
	}
	return all
}

// faults: accesses over either end of the context, by each size and way.
func faults() (all []Program) {
	const length = 24
	ways := []struct {
		name   string
		opcode byte
		imm    int32
		status abi.Status
	}{
		{"load", classLDX | modeMEM, 0, abi.StatusRead},
		{"store", classSTX | modeMEM, 0, abi.StatusWrite},
		{"store of a constant", classST | modeMEM, 1, abi.StatusWrite},
		{"atomic", classSTX | modeATOMIC, opAdd, abi.StatusWrite},
	}
	for _, w := range ways {
		for _, a := range accesses {
			if w.opcode&0xe0 == modeATOMIC && a.bytes < 4 {
				continue
			}
			for _, at := range []int{-32768, -9, -8, -4, -1, 0, length - 8, length - 4, length - 2, length - 1, length, length + 1, 32767} {
				dst, src := byte(1), byte(0)
				if w.opcode&7 == classLDX {
					dst, src = 0, 1
				}
				var t text
				t.movImm(0, 0)
				t.add(w.opcode|a.size, dst, src, int16(at), w.imm)
				t.movImm(0, 0)
				t.exit()
				p := Program{Group: "faults", Name: fmt.Sprintf("%s %s at %d of %d", w.name, a.name, at, length),
					Text: t, Context: make([]byte, length), InContext: true}
				if at < 0 || at+a.bytes > length {
					p.Fault = abi.Fault{Status: w.status, PC: 1, Addr: uint32(at)}
				} else if w.opcode&0xe0 == modeATOMIC && at%a.bytes != 0 {
					p.Fault = abi.Fault{Status: statusAlign, PC: 1, Addr: uint32(at)}
				}
				if p.Fault.Status == abi.OK {
					p.InContext = false
				}
				all = append(all, p)
			}
		}
	}
	return all
}
