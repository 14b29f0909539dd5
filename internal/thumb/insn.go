// SPDX-License-Identifier: GPL-2.0-or-later

package thumb

// Class groups instructions by what they do and how a core times them.
type Class uint8

// Classes of instructions.
const (
	Undefined          Class = iota
	ALU                      // data processing, one result
	Nop                      // hints and preloads
	IfThen                   // IT
	Mul                      // 32-bit product
	MulAdd                   // MLA
	MulSub                   // MLS
	MulDSP                   // halfword and dual products of the DSP extension
	MulLong                  // UMULL
	MulLongSigned            // SMULL
	MulAddLong               // UMLAL, UMAAL
	MulAddLongSigned         // SMLAL and its DSP relatives
	Div                      // UDIV
	DivSigned                // SDIV
	Load                     // single load
	LoadLiteral              // single load relative to PC
	Store                    // single store
	Exclusive                // LDREX, STREX
	LoadDual                 // LDRD
	StoreDual                // STRD
	LoadMultiple             // LDM, POP without PC
	LoadMultiplePC           // LDM, POP with PC
	StoreMultiple            // STM, PUSH
	LoadPC                   // LDR PC
	Branch                   // B
	BranchCond               // B<cond>
	CompareBranch            // CBZ, CBNZ
	Call                     // BL
	CallReg                  // BLX Rm
	BranchReg                // BX Rm
	BranchLR                 // BX LR, MOV PC, LR
	MovPC                    // MOV PC, Rm
	AddPC                    // ADD PC, Rm
	TableBranch              // TBB, TBH
	SupervisorCall           // SVC
	Breakpoint               // BKPT
	Wait                     // WFI, WFE
	System                   // MRS, MSR, CPS
	Barrier                  // DSB, DMB, CLREX
	InstructionBarrier       // ISB
	Coprocessor              // coprocessor space, floating point in it
	NumClasses
)

var classNames = [NumClasses]string{"undefined", "alu", "nop", "it", "mul", "mla", "mls", "mul-dsp", "umull", "smull",
	"umlal", "smlal", "udiv", "sdiv", "load", "load-literal", "store", "exclusive", "ldrd", "strd", "ldm", "pop-pc",
	"stm", "ldr-pc", "b", "b-cond", "cbz", "bl", "blx", "bx", "bx-lr", "mov-pc", "add-pc", "table-branch", "svc",
	"bkpt", "wait", "system", "barrier", "isb", "coprocessor"}

func (c Class) String() string { return classNames[c] }

// Registers with a role of their own.
const (
	SP = 13
	LR = 14
	PC = 15
)

// RegSet is a set of core registers, one bit each.
type RegSet uint16

// Reg is the set of one register.
func Reg(r uint8) RegSet { return 1 << r }

// Insn is a decoded instruction.
type Insn struct {
	Addr   uint32
	Raw    uint32 // of 32-bit encodings, the first halfword is the upper one
	Size   uint8  // 2 or 4 bytes
	Class  Class
	Access uint8 // bytes of each memory access, 0 if there is none
	Count  uint8 // number of memory accesses

	Read    RegSet // registers read, address registers excepted
	Written RegSet // registers written, base write-back excepted
	Address RegSet // base and index of a memory access
	Updated RegSet // base register written back
	Indexed bool   // the address has a register offset

	Target uint32 // of direct branches
	row    *row
}

// row is a line of the tables.
type row struct {
	pattern string
	asm     string
	class   Class
	use     string
	size    uint8
}
