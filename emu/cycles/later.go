// SPDX-License-Identifier: GPL-2.0-or-later

package cycles

import "github.com/ubench-dev/ubench/internal/thumb"

// Rules 15 to 19, each held against timings of silicon that the first fourteen get wrong. Where silicon was seen in one
// arrangement only, the rule is for that arrangement: how far it reaches is not known.

// waitsForStore: rule 15, a store directly behind a store with write-back starts when the data of the first one is
// written.
func (m *Model) waitsForStore(p *previous) bool {
	return !m.First && p.class == thumb.Store && p.updated != 0
}

// fallsThroughLate: rule 16, an untaken B<cond> at 0 mod 4 directly behind a 32-bit comparison takes one more, in flash.
func (m *Model) fallsThroughLate(s *State, op *Op, before *previous) bool {
	return !m.First && !s.fetch.sram && op.Addr&3 == 0 && before.compared && !before.short
}

// decidedLate: rule 17, a taken B<cond> at 0 mod 4 behind a 16-bit comparison takes one more in flash, if a branch led to the
// comparison.
func (m *Model) decidedLate(s *State, op *Op, before *previous) bool {
	return !m.First && !s.fetch.sram && op.Class == thumb.BranchCond && op.Addr&3 == 0 && before.compared && before.target
}

// decidedEarly: rule 18, in SRAM the target of a B<cond> is requested a cycle earlier if the branch arrived with the end
// of the 32-bit instruction before it, and that one does not set flags.
func (m *Model) decidedEarly(s *State, op *Op, before *previous) bool {
	return !m.First && s.fetch.sram && op.Class == thumb.BranchCond && op.Addr&2 != 0 && before.class == thumb.ALU &&
		!before.short && before.middle && !before.flags
}

// takesBurstSlot: rule 19, on Cortex-M4 accesses in a row to the SRAM code comes from take a slot more, once. This was seen
// of LDR with an immediate offset and of STRD.
func (m *Model) takesBurstSlot(s *State, op *Op, before *previous) bool {
	if !m.BurstSlot || m.First {
		return false
	}
	inRow := before.isMemory() || before.double
	s.burst = s.burst && inRow
	if s.burst || !(op.Class == thumb.Load && !op.Indexed && inRow || op.Class == thumb.StoreDual) {
		return false
	}
	s.burst = true
	return true
}
