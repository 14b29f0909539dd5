// SPDX-License-Identifier: GPL-2.0-or-later

package cfg

import "github.com/ubench-dev/ubench/image"

// Class is what an instruction does, for analyses.
type Class uint8

// Classes of instructions. Move and Constant are apart from other arithmetic; LDDW of a number is a
// Constant, of a function a FunctionAddress.
const (
	Invalid Class = iota
	ALU
	Move            // from a register, sign-extended from Extend bits if that is not 0
	Constant        // Imm
	FunctionAddress // pointer to the function at Target
	Load
	Store
	Atomic
	Jump
	Branch // conditional
	Helper // Imm is its id
	Call   // of the function at Target
	CallX  // of a function that Dst points to
	Exit
)

// Op is an arithmetic operation, or the relation of a branch, by its bits in the opcode (abi/isa.h).
type Op byte

// Arithmetic operations.
const (
	Add  Op = 0x00
	Sub  Op = 0x10
	Mul  Op = 0x20
	Div  Op = 0x30
	Or   Op = 0x40
	And  Op = 0x50
	Lsh  Op = 0x60
	Rsh  Op = 0x70
	Neg  Op = 0x80
	Mod  Op = 0x90
	Xor  Op = 0xa0
	Arsh Op = 0xc0
	End  Op = 0xd0 // Imm bits; Swap tells whether bytes change places
)

// Relations of branches.
const (
	EQ  Op = 0x10
	GT  Op = 0x20
	GE  Op = 0x30
	SET Op = 0x40
	NE  Op = 0x50
	SGT Op = 0x60
	SGE Op = 0x70
	LT  Op = 0xa0
	LE  Op = 0xb0
	SLT Op = 0xc0
	SLE Op = 0xd0
)

// R10 is the frame's top; registers are numbered from 0.
const R10 = 10

// Insn is one instruction.
type Insn struct {
	Slot     int  // of its first half
	Slots    int  // 1, or 2
	Called   bool // in a function that others call
	Class    Class
	Op       Op
	Wide     bool // on 64 bits
	Dst, Src byte
	Register bool  // the second operand is Src, else Imm
	Imm      int64 // sign-extended; all 64 bits of lddw
	Signed   bool  // division, or a load that extends its sign
	Swap     bool
	Extend   int   // of a Move
	Off      int64 // of an access
	Half     int   // 1, 2: the first, the second of two shifts by 32, there and back, that extend the low half
	Size     int   // of an access, in bytes
	Target   int   // slot of a jump, or of a function
}

// Base is the register an access is relative to.
func (i *Insn) Base() byte {
	if i.Class == Load {
		return i.Src
	}
	return i.Dst
}

// Access tells whether the instruction touches memory.
func (i *Insn) Access() bool { return i.Class == Load || i.Class == Store || i.Class == Atomic }

// escapes tells whether r10 is used other than as the base of an access.
func (i *Insn) escapes() bool {
	return i.Src == R10 && i.Class != Load || i.Dst == R10 && !i.Access()
}

// Fetches tells whether an atomic leaves the old value, and in which register.
func (i *Insn) Fetches() (reg byte, ok bool) {
	switch {
	case i.Class != Atomic:
		return 0, false
	case i.Imm == 0xf1: // compare and exchange
		return 0, true
	}
	return i.Src, i.Imm&1 != 0
}

// Backward tells whether taking the jump costs budget.
func (i *Insn) Backward() bool {
	return (i.Class == Jump || i.Class == Branch) && i.Target <= i.Slot
}

// Decode takes apart the instruction at a slot of a verified program's text.
func Decode(text []byte, slot int) Insn {
	op, dst, src, off, imm := image.Fields(text, slot)
	i := Insn{Slot: slot, Slots: 1, Dst: dst, Src: src, Imm: int64(imm), Op: Op(op & 0xf0), Register: op&8 != 0}
	i.Wide = op&7 == 7 || op&7 == 5
	switch op & 7 {
	case 0:
		i.decodeWide(text, op, imm)
	case 1:
		i.Class, i.Signed = Load, op>>5 == 4
		i.access(op, off)
	case 2, 3:
		i.Class, i.Register = Store, op&7 == 3
		if op>>5 == 6 {
			i.Class = Atomic
		}
		i.access(op, off)
	case 4, 7:
		i.decodeALU(op, off)
	default:
		i.decodeJump(op, off, imm)
	}
	return i
}

func (i *Insn) decodeWide(text []byte, op byte, imm int32) {
	i.Slots, i.Wide, i.Class = 2, true, Constant
	if (i.Slot+2)*8 > len(text) {
		i.Slots, i.Class = 1, Invalid
		return
	}
	_, _, _, _, high := image.Fields(text, i.Slot+1)
	i.Imm = int64(high)<<32 | int64(uint32(imm))
	if op == 0x18 && i.Src == 4 {
		i.Class, i.Target = FunctionAddress, i.Slot+1+int(imm)
	}
}

func (i *Insn) access(op byte, off int16) {
	i.Off, i.Size = int64(off), [4]int{4, 2, 1, 8}[op>>3&3]
	i.Wide = i.Size == 8
}

func (i *Insn) decodeALU(op byte, off int16) {
	i.Class = ALU
	switch i.Op {
	case 0xb0:
		i.Class = Constant
		if i.Register {
			i.Class, i.Extend = Move, int(off)
		} else if !i.Wide {
			i.Imm = int64(uint32(i.Imm))
		}
	case End:
		i.Swap, i.Register = op&7 == 7 || op&8 != 0, false
	case Div, Mod:
		i.Signed = off == 1
	}
}

func (i *Insn) decodeJump(op byte, off int16, imm int32) {
	i.Class, i.Target = Branch, i.Slot+1+int(off)
	switch {
	case op == 0x05:
		i.Class = Jump
	case op == 0x06:
		i.Class, i.Target = Jump, i.Slot+1+int(imm)
	case op == 0x85 && i.Src == 1:
		i.Class, i.Target = Call, i.Slot+1+int(imm)
	case op == 0x85:
		i.Class = Helper
	case op == 0x8d:
		i.Class = CallX
	case op == 0x95:
		i.Class = Exit
	}
}

// Negate is the relation that holds where this one does not, ok false for SET.
func (o Op) Negate() (n Op, ok bool) {
	n, ok = map[Op]Op{EQ: NE, NE: EQ, GT: LE, LE: GT, GE: LT, LT: GE, SGT: SLE, SLE: SGT, SGE: SLT, SLT: SGE}[o]
	return n, ok
}

// Mirror is the relation with its operands exchanged.
func (o Op) Mirror() Op {
	if m, ok := map[Op]Op{GT: LT, LT: GT, GE: LE, LE: GE, SGT: SLT, SLT: SGT, SGE: SLE, SLE: SGE}[o]; ok {
		return m
	}
	return o
}

var relations = map[Op]string{EQ: "==", GT: ">", GE: ">=", SET: "&", NE: "!=", SGT: "s>", SGE: "s>=", LT: "<", LE: "<=",
	SLT: "s<", SLE: "s<="}

// Relation is a branch's relation as it is written.
func (o Op) Relation() string { return relations[o] }
