// SPDX-License-Identifier: GPL-2.0-or-later

// Package jittest tests the compiler from below and from outside: what its emitters write, what it makes of
// programs, what it does with too little memory, and that what it made stays inside the memory of a run. The
// package is what the tests need of C.
package jittest

/*
#cgo CFLAGS: -std=gnu99 -O2 -Wall -Wextra -Werror -I${SRCDIR}/../..
#include <stdlib.h>

#include "firmware/helpers/helpers.h"
#include "internal/jittest/shim.h"
*/
import "C"

import (
	"unsafe"

	"github.com/ubench-dev/ubench/abi"
	_ "github.com/ubench-dev/ubench/jit" // its C
	_ "github.com/ubench-dev/ubench/jit/onepass"
	_ "github.com/ubench-dev/ubench/verify" // its C
)

// Emitter is one of the functions of jit/emit.h.
type Emitter C.enum_jittest_emitter

// The emitters.
const (
	DP       Emitter = C.JITTEST_DP
	DPShift  Emitter = C.JITTEST_DP_SHIFT
	DPImm    Emitter = C.JITTEST_DP_IMM
	Mov      Emitter = C.JITTEST_MOV
	Mvn      Emitter = C.JITTEST_MVN
	Const    Emitter = C.JITTEST_CONST
	ShiftImm Emitter = C.JITTEST_SHIFT_IMM
	ShiftReg Emitter = C.JITTEST_SHIFT_REG
	Unary    Emitter = C.JITTEST_UNARY
	Mul      Emitter = C.JITTEST_MUL
	Mul3     Emitter = C.JITTEST_MUL3
	Bitfield Emitter = C.JITTEST_BITFIELD
	Mem      Emitter = C.JITTEST_MEM
	MemPost  Emitter = C.JITTEST_MEM_POST
	MemReg   Emitter = C.JITTEST_MEM_REG
	Push     Emitter = C.JITTEST_PUSH
	Pop      Emitter = C.JITTEST_POP
	SPAdd    Emitter = C.JITTEST_SP_ADD
	IT       Emitter = C.JITTEST_IT
	ITT      Emitter = C.JITTEST_ITT
	Narrow   Emitter = C.JITTEST_NARROW
	Wide     Emitter = C.JITTEST_WIDE
)

// What an instruction may do to the flags.
const (
	Any  = C.JIT_ANY
	Set  = C.JIT_SET
	Keep = C.JIT_KEEP
)

// Ops are the operations of data processing by the assembler's names.
var Ops = map[string]uint32{
	"and": C.T2_AND, "bic": C.T2_BIC, "orr": C.T2_ORR, "orn": C.T2_ORN, "eor": C.T2_EOR, "add": C.T2_ADD, "adc": C.T2_ADC,
	"sbc": C.T2_SBC, "sub": C.T2_SUB, "rsb": C.T2_RSB,
	"lsl": C.T2_LSL, "lsr": C.T2_LSR, "asr": C.T2_ASR, "ror": C.T2_ROR,
	"strb": C.T2_STRB, "ldrb": C.T2_LDRB, "strh": C.T2_STRH, "ldrh": C.T2_LDRH, "str": C.T2_STR, "ldr": C.T2_LDR,
	"ldrsb": C.T2_LDRSB, "ldrsh": C.T2_LDRSH,
	"sxth": C.T2_SXTH, "uxth": C.T2_UXTH, "sxtb": C.T2_SXTB, "uxtb": C.T2_UXTB, "rev": C.T2_REV, "rev16": C.T2_REV16,
	"revsh": C.T2_REVSH,
	"mul":   C.T2_MUL, "sdiv": C.T2_SDIV, "udiv": C.T2_UDIV, "mla": C.T2_MLA, "mls": C.T2_MLS, "umull": C.T2_UMULL, "smull": C.T2_SMULL,
	"ubfx": C.T2_UBFX, "sbfx": C.T2_SBFX,
	"mrs primask": C.T2_MRS_PRIMASK, "msr primask": C.T2_MSR_PRIMASK, "cpsid i": C.T2_CPSID, "nop": C.T2_NOP,
}

// Emit calls an emitter. ok is false if it said that there is no such instruction, broken if it was asked for what
// it must not be asked for.
func Emit(e Emitter, args ...uint32) (halfwords []uint16, ok, broken bool) {
	var a [7]C.uint32_t
	for i, v := range args {
		a[i] = C.uint32_t(v)
	}
	out := make([]uint16, 8)
	n := C.jittest_emit(C.enum_jittest_emitter(e), &a[0], (*C.uint16_t)(&out[0]), C.uint32_t(len(out)))
	switch n {
	case C.JITTEST_NONE:
		return nil, false, false
	case C.JITTEST_BROKEN:
		return nil, true, true
	}
	return out[:n], true, false
}

// ModifiedImm is the encoding of a modified immediate, or -1.
func ModifiedImm(v uint32) int { return int(C.t2_modified_imm(C.uint32_t(v))) }

// Conditions are the conditions of branches by the assembler's names, in the order of their encodings.
var Conditions = []string{"eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al"}

// Branch is the code of a branch over nops, forward or backward, where the last phase places it.
func Branch(cond int, link, forward bool, nops int) ([]uint16, abi.Status) {
	out := make([]uint16, nops+16)
	n := C.jittest_branch(C.enum_t2_cond(cond), C.bool(link), C.bool(forward), C.uint32_t(nops),
		(*C.uint16_t)(&out[0]), C.uint32_t(len(out)))
	if n < 0 {
		return nil, abi.Status(n)
	}
	return out[:n], abi.OK
}

// Program is what to compile.
type Program struct {
	Text       []byte
	Entry      uint32
	RodataAddr uint32
	RodataLen  uint32
	DataAddr   uint32
	DataLen    uint32
	Helpers    []uint16 // ascending
	Unchecked  bool     // jit-unchecked
	Walled     bool     // as devices compile
	DSP        bool     // Cortex-M4
}

// c is the program as C has it; free when done.
func (p Program) c() (program C.struct_ub_program, free func()) {
	program = C.struct_ub_program{
		slots: C.uint32_t(len(p.Text) / C.UB_SLOT_BYTES), entry: C.uint32_t(p.Entry),
		rodata_addr: C.uint32_t(p.RodataAddr), rodata_len: C.uint32_t(p.RodataLen),
		data_addr: C.uint32_t(p.DataAddr), data_len: C.uint32_t(p.DataLen),
		nhelpers: C.uint32_t(len(p.Helpers)),
	}
	text := C.CBytes(p.Text)
	program.text = (*C.struct_ub_insn)(text)
	list := C.malloc(C.size_t(2*len(p.Helpers) + 2))
	program.helpers = (*C.uint16_t)(list)
	copy(unsafe.Slice((*uint16)(list), len(p.Helpers)), p.Helpers)
	return program, func() {
		C.free(text)
		C.free(list)
	}
}

// Compile verifies a program and compiles it into memory, 4-byte aligned, of which the code is then the beginning.
func Compile(p Program, memory []byte) (code []byte, fault abi.Fault) {
	program, free := p.c()
	defer free()
	var cpu, options C.uint32_t
	if p.DSP {
		cpu = C.UB_CPU_DSP
	}
	if p.Unchecked {
		options |= C.JIT_UNCHECKED
	}
	if p.Walled {
		options |= C.JIT_WALLED
	}
	var where C.struct_ub_fault
	places := make([]C.struct_jit_map, program.slots+1)
	n := C.jittest_compile(&program, cpu, options, (*C.uint8_t)(unsafe.SliceData(memory)), C.uint32_t(len(memory)),
		&places[0], &where)
	if n < 0 {
		return nil, abi.Fault{Status: abi.Status(n), PC: uint32(where.pc), Addr: uint32(where.addr)}
	}
	return memory[:n], abi.Fault{}
}

// PrepareUnverified gives the engine a program the verifier has not seen, and so many bytes of memory.
func PrepareUnverified(p Program, bytes int) abi.Status {
	program, free := p.c()
	defer free()
	memory := C.malloc(C.size_t(bytes + 1))
	defer C.free(memory)
	arena := C.struct_ub_arena{mem: (*C.uint8_t)(memory), addr: 0x20000000, size: C.uint32_t(bytes)}
	return abi.Status(C.jittest_prepare_unverified(&program, &arena))
}

// Offsets in the structs of abi/run.h and abi/engine.h, on the device; and what lies below a stack.
const (
	EngineRun     = 12 // struct ub_engine: the function that runs
	RunStackTop   = C.UB_RUN_STACK_TOP
	RunNRegions   = C.UB_RUN_NREGIONS
	RunRegions    = C.UB_RUN_REGIONS
	RunEnv        = C.UB_RUN_HELPERS + 4
	RunBytes      = C.UB_RUN_BYTES
	RegionBytes   = 12
	StackBytes    = C.UB_STACK_BYTES
	SaveBytes     = C.UB_SAVE_BYTES
	EnvBytes      = C.sizeof_struct_helper_env // no more on the device
	RightsToWrite = C.UB_WRITE
)
