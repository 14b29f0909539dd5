// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import "github.com/ubench-dev/ubench/internal/thumb"

// issue runs one instruction through fetch, decode and execute. It returns what was before it, which
// a branch needs to know.
func (m *Model) issue(s *State, op *Op, d Dynamic) (before previous) {
	before = s.prev
	p := &before
	target := s.running && s.fetch.requested == 0
	fold := op.Class == thumb.IfThen && s.running && p.folds()
	decode := m.decodeSlot(s, op, fold)
	if fold && decode <= s.decode {
		return before // rule 8: free
	}
	s.decode = decode
	if d.Skipped && decidesAtDecode(op) && op.Class != thumb.CallReg {
		s.stolen.mark(decode) // rule 6
	}

	end := s.execute + s.length
	e, length := max(end, decode+1), int32(1)
	inData := max(decode+1, end-1) // in the data phase of the previous access
	follows := s.running && e <= end
	if s.running && follows && hidesInLoad(s, op, d) {
		e, s.ateLoad = inData, true
	} else {
		s.ateLoad = false
	}
	extra := int32(0)
	if !d.Skipped {
		pipelines := s.running && m.pipelines(s, op, d)
		if follows && m.waitsForAddress(p, op) {
			e++
			follows = false
		}
		length = m.executeTime(op, d)
		switch {
		case isLoad(op.Class):
			chains := isLoad(p.class) && pipelines && follows
			literal := op.Class == thumb.LoadLiteral && d.Region.bus() == CodeRegion.bus() && s.storeBus != CodeRegion.bus()
			switch {
			case chains:
				e = inData
			case s.running && e < s.storeDone && !literal:
				e = s.storeDone // rule 5
			}
		case op.Class == thumb.Store:
			behind := isLoad(p.class) && pipelines || p.class == thumb.StoreDual || p.class == thumb.StoreMultiple ||
				p.class == thumb.Store && !p.indexed && pipelines
			switch {
			case m.waitsForStore(p) && e < s.storeDone:
				e = s.storeDone // rule 15
			case isLoad(p.class) && p.written&op.Address != 0 && follows:
				e++
			case s.running && !op.Indexed && follows && s.length >= 2 && !s.stretched && behind:
				e, length = inData, 2
			}
		case op.float != nil && m.FPU && !m.First:
			e, length = s.issueFloat(op.float, p, e)
		case op.Class == thumb.MulAdd && m.MulAdd > 1 && follows && (p.class == thumb.MulLong || p.class == thumb.MulLongSigned):
			length = 1 // rule 9
		}
		if op.memory == multiple {
			e = max(e, s.storeDone)
		}
		extra = unaligned(op, d)
		length += extra
		if (p.class == thumb.LoadMultiple || p.class == thumb.LoadDual) && e <= end && p.last&op.Address != 0 &&
			op.Class != thumb.LoadPC {
			e++ // rule 10
		}
		if op.memory == single {
			s.bus = d.Region.bus()
		}
		if op.Class == thumb.Store {
			s.storeDone, s.storeBus = e+2+extra, d.Region.bus()
		}
	}
	s.stretched = extra > 0
	s.running = true
	s.execute, s.length = e, length
	s.slideTo(e)
	s.prev = previous{class: op.Class, short: op.Size == 2, indexed: op.Indexed, written: op.Written,
		updated: op.Updated, last: op.last, high: op.high, compared: op.compares, flags: op.flags,
		middle: op.Addr&2 != 0, target: target && op.Size == 2 && op.Addr&2 != 0, double: transfers(op) > 1}
	if op.float != nil && op.float.computes {
		s.prev.floats = op.float.writes
	}
	if d.Skipped {
		s.prev = previous{class: thumb.Nop, short: op.Size == 2, isBranch: isBranch(op.Class)}
		if s.prev.isBranch {
			s.prev.class = thumb.Branch
		}
	} else if op.memory == single || op.memory == multiple || op.Class == thumb.LoadPC && op.Address == 0 {
		m.occupy(s, op, d, p)
	}
	if op.Class == thumb.InstructionBarrier {
		s.restart(op.Addr+4, e+1, s.fetch.sram)
		s.earliest = e + 2
	}
	s.due = max(e+length, s.earliest+1)
	return before
}

// occupy marks the cycles in which the memory the code is in serves data: rules 6, 14 and 21.
func (m *Model) occupy(s *State, op *Op, d Dynamic, before *previous) {
	n := transfers(op)
	switch {
	case !s.fetch.sram && m.shares(op.code, d.Region):
		for k := range n {
			s.data.mark(s.execute + k)
		}
		if d.Region != CodeRegion && isStore(op.Class) {
			s.data.mark(s.execute + n) // as in rule 14: a group of stores takes a slot more
		}
	case s.fetch.sram && d.Region.isSRAM():
		first := s.execute + when(op.memory == multiple)
		if isStore(op.Class) {
			s.data.mark(first + n)
			if op.Class == thumb.Store && op.Indexed {
				s.data.mark(s.execute + 1)
			}
		}
		for k := range n {
			s.data.mark(first + k)
		}
		if m.takesBurstSlot(s, op, before) {
			s.data.mark(first + n + 1)
		}
	}
}

// decodeSlot is when the instruction is decoded: its words have to be there (rule 1). A folded
// IT does not need a slot of its own.
func (m *Model) decodeSlot(s *State, op *Op, fold bool) int32 {
	f := &s.fetch
	first, last := op.Addr>>2, (op.Addr+uint32(op.Size)-1)>>2
	if f.requested == 0 && !s.running {
		f.word = first - 1
		f.sram = m.slow(op.Addr)
	}
	if int32(last-f.word) > 2 || int32(first-f.word) < 0 { // not where the last instruction led: an exception
		s.restart(op.Addr, s.execute, m.slow(op.Addr))
	}
	available := m.word(s, first)
	if last != first {
		available = max(available, m.word(s, last))
	}
	free := s.execute
	decode := max(free, available)
	if fold {
		decode = max(available, s.decode)
		if decode > s.decode {
			decode = max(decode, free)
		}
	}
	decode = max(decode, s.earliest)
	for w := first; w <= last; w++ {
		if op.Addr+uint32(op.Size) >= (w+1)<<2 {
			if i := 2 - int(f.word-w); i >= 0 {
				f.consumed[i] = decode
			}
		}
	}
	return decode
}

// word is when word w can be decoded; it is requested now if that was not done before.
func (m *Model) word(s *State, w uint32) int32 {
	f := &s.fetch
	memory, conflict := Flash, int32(0)
	if f.sram {
		memory, conflict = SRAM, SRAM.Latency // an SRAM is busy with code when it delivers
	}
	for f.requested == 0 || int32(w-f.word) > 0 {
		t := f.start
		if f.requested > 0 {
			t = max(t, f.last+memory.Interval)
		}
		if f.requested >= 3 {
			t = max(t, f.consumed[0])
		}
		if f.requested == 1 {
			t = max(t, f.hold)
		}
		for s.stolen.has(t) {
			t++
		}
		for s.data.has(t + conflict) {
			t++
		}
		f.last, f.available = t, t+memory.Latency
		f.consumed[0], f.consumed[1] = f.consumed[1], f.consumed[2]
		f.consumed[2] = never
		f.word++
		if f.requested < 3 {
			f.requested++
		}
	}
	return f.available
}

// slow tells whether code at addr is fetched over the system bus.
func (m *Model) slow(addr uint32) bool {
	return !m.FetchAtFlashSpeed && RegionOf(addr, m.Alias).isSRAM()
}

// restart empties the queue: the word of target is requested at t.
func (s *State) restart(target uint32, t int32, sram bool) {
	s.fetch = queue{word: target>>2 - 1, start: t, last: never, available: never, hold: never, sram: sram}
}

// branch follows a taken branch, just issued, to its target.
func (m *Model) branch(s *State, op *Op, target uint32, before *previous) {
	t := branchResolved(s, op, s.decode, before)
	sram := m.slow(target)
	late := m.decidedLate(s, op, before)
	if late {
		t++
	}
	if sram { // rule 14: the system bus takes the address a cycle later
		if t <= s.execute {
			t = s.execute - 1
		} else {
			t--
		}
		if m.decidedEarly(s, op, before) {
			t--
		}
	}
	s.restart(target, t, sram)
	s.earliest = s.execute + 1
	latency := Flash.Latency
	if sram {
		latency = SRAM.Latency
	}
	if decidesAtDecode(op) && (before.class == thumb.Div || before.class == thumb.DivSigned) {
		s.fetch.hold = s.execute // rule 2
	}
	s.due = max(s.execute+s.length, s.earliest+1, t+latency+1)
}

// Step executes one instruction and returns the state after it and the cycles it added. next is the
// address of the instruction that follows. In a sum over a program every cycle is counted once.
func (m *Model) Step(s State, op *Op, d Dynamic, next uint32) (State, int32) {
	was := s.due
	s.unbase(op.Addr)
	m.step(&s, op, d, next)
	added := s.due - was
	s.rebase(next)
	return s, added
}

func (m *Model) step(s *State, op *Op, d Dynamic, next uint32) {
	before := m.issue(s, op, d)
	switch {
	case d.Skipped || op.Written&thumb.Reg(thumb.PC) == 0:
	case next == op.Addr+uint32(op.Size) && (op.Class == thumb.BranchCond || op.Class == thumb.CompareBranch):
		if op.Class == thumb.BranchCond {
			s.stolen.mark(s.decode) // rule 6
			if m.fallsThroughLate(s, op, &before) {
				s.stolen.mark(s.decode + 1)
				s.length++
				s.due++
			}
		}
	default:
		m.branch(s, op, next, &before)
	}
}

// Block executes a run of instructions and returns the state after it and the cycles it added. started,
// if not nil, receives when each instruction began to execute, relative to the beginning of the
// block; added, if not nil, the cycles each one added.
func (m *Model) Block(s State, ops []Op, d []Dynamic, next uint32, started, added []int32) (State, int32) {
	if len(ops) == 0 {
		return s, 0
	}
	was := s.due
	s.unbase(ops[0].Addr)
	at := was
	for i := range ops {
		follow := next
		if i+1 < len(ops) {
			follow = ops[i].Addr + uint32(ops[i].Size)
		}
		m.step(&s, &ops[i], d[i], follow)
		if started != nil {
			started[i] = s.execute - was
		}
		if added != nil {
			added[i] = s.due - at
		}
		at = s.due
	}
	total := s.due - was
	s.rebase(next)
	return s, total
}
