// SPDX-License-Identifier: GPL-2.0-or-later

package thumb

// Cond is a condition code.
type Cond uint8

// AL is the condition that always holds.
const AL Cond = 14

var condNames = [16]string{"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "", ""}

// String is the suffix of the condition, empty for AL.
func (c Cond) String() string { return condNames[c&15] }

// ITState is the state of an IT block, in the encoding of EPSR.IT: the base condition and what is
// left of the mask. 0 is outside. DDI 0403 A7.3.2.
type ITState uint8

// Cond is the condition of the next instruction.
func (s ITState) Cond() Cond {
	if s == 0 {
		return AL
	}
	return Cond(s >> 4)
}

// Next is the state after an instruction: of IT itself the one it sets up.
func (s ITState) Next(in *Insn) ITState {
	if in.Class == IfThen {
		return ITState(in.Raw)
	}
	if s&7 == 0 {
		return 0
	}
	return s&0xe0 | s<<1&0x1f
}
