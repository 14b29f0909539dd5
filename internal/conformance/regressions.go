// SPDX-License-Identifier: GPL-2.0-or-later

package conformance

// regressions are programs that engines once got wrong, by what it was.
func regressions() (all []Program) {
	add := func(name string, result uint64, build func(t *text)) {
		var t text
		build(&t)
		t.exit()
		all = append(all, Program{Group: "regressions", Name: name, Text: t, Context: []byte{8, 0, 0, 0, 0, 0, 0, 0}, Result: result})
	}
	add("a jump over nothing does not end a block's checks", 8, func(t *text) {
		t.load(sizeB, 0, 1, 0)
		t.add(classJMP, 0, 0, 0, 0)
		t.load(sizeB, 0, 1, 0)
		t.add(classJMP32, 0, 0, 0, 0)
	})
	add("the frame's lowest bytes, through a copy of r10", 0x2a, func(t *text) {
		t.mov(2, r10)
		t.addImm(2, -512)
		t.add(classST|modeMEM|sizeB, 2, 0, 0, 0x2a)
		t.load(sizeB, 0, 2, 0)
	})
	add("a test that a constant inverted would turn into bic", 1, func(t *text) {
		t.load(sizeDW, 3, 1, 0)
		t.movImm(0, 1)
		t.add(classJMP32|jmpSet, 3, 0, 1, -256)
		t.add(classJMP, 0, 0, 1, 0)
		t.movImm(0, 2)
	})
	add("a jump to the first slot of a function does not call it", 3, func(t *text) {
		t.movImm(6, 3)
		t.call(2)
		t.mov(0, 6)
		t.exit()
		t.addImm(1, 1)
		t.movImm(6, 9)
		t.load(sizeDW, 2, r10, -8)
		t.add(classJMP|jmpSgt, 2, 0, 2, 4)
		t.add(classSTX|modeATOMIC|sizeDW, r10, 6, -8, opAdd)
		t.add(classJMP, 0, 0, -6, 0)
	})
	add("shifted by itself", 8<<8, func(t *text) {
		t.load(sizeDW, 0, 1, 0)
		t.add(classALU64|source|opLsh, 0, 0, 0, 0)
	})
	add("r10 is the same after a call", 0, func(t *text) {
		t.mov(6, r10)
		at := t.slots()
		t.call(0)
		t.mov(0, r10)
		t.add(classALU64|source|opSub, 0, 6, 0, 0)
		t.exit()
		t.callee(at)
		t.movImm(0, 5)
	})
	add("a 32-bit move to itself clears the high half", 0xffffffff, func(t *text) {
		t.lddw(0, ^uint64(0))
		t.add(classALU|source|opMov, 0, 0, 0, 0)
	})
	add("a constant of all ones masked by all ones in 32 bits", 0xffffffff, func(t *text) {
		t.lddw(0, ^uint64(0))
		t.add(classALU|opAnd, 0, 0, 0, -1)
	})
	add("a negative constant cut to 32 bits where it is", 0xfffffffe, func(t *text) {
		t.movImm(0, -2)
		t.add(classALU|opEnd, 0, 0, 0, 32)
	})
	return all
}
