// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import "github.com/ubench-dev/ubench/internal/thumb"

// State is what an instruction finds of those before it. Times are cycles relative to the execute slot of the
// last instruction. States are comparable, and equal ones have equal futures.
type State struct {
	running bool // an instruction was executed

	execute int32 // when the last instruction began to execute
	length  int32 // for how long
	decode  int32 // when it was decoded
	due     int32 // when the next executes unless something keeps it
	prev    previous

	ateLoad   bool  // it was a NOP that hid in a load (rule 7)
	stretched bool  // its access was unaligned (rule 11)
	bus       bus   // of the last single access
	storeBus  bus   // of the last store
	storeDone int32 // a load may not start before (rule 5)
	burst     bool  // the extra slot of accesses in a row is taken (rule 19)
	floatDone int32 // no floating point before (rule 20)

	earliest int32 // no decode before, behind a branch
	fetch    queue
	stolen   slots // fetch slots taken by untaken branches (rule 6)
	data     slots // cycles the memory that holds the code is busy with data (rules 6 and 14)
}

// previous is what later rules ask about an instruction.
type previous struct {
	class    thumb.Class
	short    bool // 16 bits wide
	indexed  bool
	written  thumb.RegSet
	updated  thumb.RegSet
	last     thumb.RegSet // register loaded last
	high     thumb.RegSet // RdHi
	isBranch bool         // skipped, but a branch all the same
	compared bool         // only set flags
	flags    bool         // set flags
	middle   bool         // began at 2 mod 4
	target   bool         // where a branch led
	double   bool         // two data cycles or more
	floats   uint32       // registers of the FPU it computed
}

// queue is the prefetch queue: words are requested in order, at most three ahead of the decoder.
type queue struct {
	word      uint32 // number of the word requested last; relative to the next instruction in stored states
	requested int8   // words since the last branch, up to 3
	start     int32  // no request before
	last      int32  // time of the last request
	available int32  // when that word can be decoded
	consumed  [3]int32
	hold      int32 // the second word is not requested before (rule 2)
	sram      bool
}

// slots is a set of cycles, from origin on.
type slots struct {
	origin int32
	bits   uint64
}

// window is how many cycles before the last instruction a set still knows.
const window = 30

// long ago: for times that matter no more.
const never = -1 << 20

func (s *slots) mark(t int32) {
	if d := t - s.origin; d >= 0 && d < 64 {
		s.bits |= 1 << d
	}
}

func (s *slots) has(t int32) bool {
	d := t - s.origin
	return d >= 0 && d < 64 && s.bits>>d&1 != 0
}

// slide forgets cycles before origin.
func (s *slots) slide(origin int32) {
	d := origin - s.origin
	if d <= 0 {
		return
	}
	s.origin = origin
	if d > 63 {
		s.bits = 0
		return
	}
	s.bits >>= d
}

// Reset is the state before the first instruction: the queue is empty.
func Reset() State {
	return State{execute: -2, length: 1, decode: -3, due: 0, earliest: never, storeDone: never,
		fetch:  queue{start: -3, last: never, available: never, hold: never},
		stolen: slots{origin: -2 - window}, data: slots{origin: -2 - window}}
}

// rebase makes times relative to the last instruction and drops what cannot matter any more, so that
// states that behave alike are equal. pc is the address of the next instruction.
func (s *State) rebase(pc uint32) {
	base := s.execute
	s.slideTo(base)
	f := &s.fetch
	oldest := int32(-window)
	clamp := func(t *int32, floor int32) { *t = max(*t-base, floor) }

	s.execute = 0
	s.due -= base
	if s.prev.folds() {
		clamp(&s.decode, oldest)
	} else {
		s.decode = 0
	}
	s.earliest -= base
	if s.earliest <= 0 {
		s.earliest = never
	}
	s.storeDone -= base
	if s.storeDone <= 0 {
		s.storeDone, s.storeBus = 0, 0
	}
	f.word -= pc >> 2
	if f.requested > 0 {
		f.start = never
		clamp(&f.last, oldest)
		clamp(&f.available, oldest)
		if !s.prev.folds() {
			f.available = max(f.available, 0)
		}
		if f.word != 0 || pc&3 == 0 { // consumed: only its successors matter
			f.available = 0
		}
	} else {
		clamp(&f.start, never)
		f.last, f.available = never, never
	}
	if f.hold -= base; f.requested > 1 || f.hold <= oldest {
		f.hold = never
	}
	for i := range f.consumed {
		if int(f.requested) >= 3-i {
			clamp(&f.consumed[i], oldest)
		} else {
			f.consumed[i] = 0
		}
	}
	s.stolen.origin, s.data.origin = -window, -window
	s.floatDone = max(s.floatDone-base, 0)
}

// unbase is the opposite of rebase for the one field that is relative to an address.
func (s *State) unbase(pc uint32) { s.fetch.word += pc >> 2 }

func (s *State) slideTo(t int32) {
	s.stolen.slide(t - window)
	s.data.slide(t - window)
}

// folds: rule 8, what IT can fold behind.
func (p *previous) folds() bool {
	return p.short && !p.isBranch && (p.class == thumb.ALU || p.class == thumb.Nop)
}
