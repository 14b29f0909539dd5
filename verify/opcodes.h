/* SPDX-License-Identifier: BSD-2-Clause */
/* What each opcode allows in the other fields of its slot (RFC 9669, appendix A). */
#ifndef UB_VERIFY_OPCODES_H
#define UB_VERIFY_OPCODES_H

#include "abi/isa.h"

/* Fields without their flag must be zero. An opcode without any flag does not exist. */
enum {
	VERIFY_DST = 1 << 0,  /* dst names a register */
	VERIFY_SRC = 1 << 1,  /* src names a register, or the kind of call or lddw */
	VERIFY_SET = 1 << 2,  /* dst is written */
	VERIFY_OFF = 1 << 3,  /* offset is used */
	VERIFY_IMM = 1 << 4,  /* imm is used */
	VERIFY_JUMP = 1 << 5, /* offset is a distance */
	VERIFY_MEM = 1 << 6,  /* memory at a register + offset */
	VERIFY_MORE = 1 << 7, /* verify_more() has further rules */
};

#define VERIFY_ALU_K (VERIFY_DST | VERIFY_SET | VERIFY_IMM)
#define VERIFY_ALU_X (VERIFY_DST | VERIFY_SET | VERIFY_SRC)
#define VERIFY_SIGNED (VERIFY_OFF | VERIFY_MORE) /* div and mod: offset 1 is signed */

/* An operation in its four forms: 32 and 64 bits, immediate and register. */
#define VERIFY_ALU(op, more)                                                        \
	[UB_ALU32 | UB_K | (op)] = VERIFY_ALU_K | (more),                           \
	[UB_ALU32 | UB_X | (op)] = VERIFY_ALU_X | (more),                           \
	[UB_ALU64 | UB_K | (op)] = VERIFY_ALU_K | (more),                           \
	[UB_ALU64 | UB_X | (op)] = VERIFY_ALU_X | (more)

#define VERIFY_JMP_K (VERIFY_DST | VERIFY_OFF | VERIFY_JUMP | VERIFY_IMM)
#define VERIFY_JMP_X (VERIFY_DST | VERIFY_OFF | VERIFY_JUMP | VERIFY_SRC)
#define VERIFY_JMP(op)                                                              \
	[UB_JMP32 | UB_K | (op)] = VERIFY_JMP_K, [UB_JMP32 | UB_X | (op)] = VERIFY_JMP_X, \
	[UB_JMP | UB_K | (op)] = VERIFY_JMP_K, [UB_JMP | UB_X | (op)] = VERIFY_JMP_X

#define VERIFY_LDX (VERIFY_DST | VERIFY_SET | VERIFY_SRC | VERIFY_OFF | VERIFY_MEM)
#define VERIFY_ST (VERIFY_DST | VERIFY_OFF | VERIFY_MEM | VERIFY_IMM)
#define VERIFY_STX (VERIFY_DST | VERIFY_SRC | VERIFY_OFF | VERIFY_MEM)
#define VERIFY_SIZED(class, mode, what)                                             \
	[(class) | (mode) | UB_W] = (what), [(class) | (mode) | UB_H] = (what),     \
	[(class) | (mode) | UB_B] = (what)

static const uint8_t verify_opcodes[256] = {
	VERIFY_ALU(UB_ADD, 0),
	VERIFY_ALU(UB_SUB, 0),
	VERIFY_ALU(UB_MUL, 0),
	VERIFY_ALU(UB_DIV, VERIFY_SIGNED),
	VERIFY_ALU(UB_OR, 0),
	VERIFY_ALU(UB_AND, 0),
	VERIFY_ALU(UB_LSH, 0),
	VERIFY_ALU(UB_RSH, 0),
	VERIFY_ALU(UB_MOD, VERIFY_SIGNED),
	VERIFY_ALU(UB_XOR, 0),
	VERIFY_ALU(UB_ARSH, 0),
	[UB_ALU32 | UB_K | UB_MOV] = VERIFY_ALU_K,
	[UB_ALU64 | UB_K | UB_MOV] = VERIFY_ALU_K,
	[UB_ALU32 | UB_X | UB_MOV] = VERIFY_ALU_X | VERIFY_OFF | VERIFY_MORE,
	[UB_ALU64 | UB_X | UB_MOV] = VERIFY_ALU_X | VERIFY_OFF | VERIFY_MORE,
	[UB_ALU32 | UB_K | UB_NEG] = VERIFY_DST | VERIFY_SET,
	[UB_ALU64 | UB_K | UB_NEG] = VERIFY_DST | VERIFY_SET,
	[UB_ALU32 | UB_K | UB_END] = VERIFY_ALU_K | VERIFY_MORE,
	[UB_ALU32 | UB_X | UB_END] = VERIFY_ALU_K | VERIFY_MORE,
	[UB_ALU64 | UB_K | UB_END] = VERIFY_ALU_K | VERIFY_MORE,

	[UB_JMP | UB_JA] = VERIFY_OFF | VERIFY_JUMP,
	[UB_JMP32 | UB_JA] = VERIFY_IMM | VERIFY_MORE,
	VERIFY_JMP(UB_JEQ),
	VERIFY_JMP(UB_JGT),
	VERIFY_JMP(UB_JGE),
	VERIFY_JMP(UB_JSET),
	VERIFY_JMP(UB_JNE),
	VERIFY_JMP(UB_JSGT),
	VERIFY_JMP(UB_JSGE),
	VERIFY_JMP(UB_JLT),
	VERIFY_JMP(UB_JLE),
	VERIFY_JMP(UB_JSLT),
	VERIFY_JMP(UB_JSLE),
	[UB_JMP | UB_K | UB_CALL] = VERIFY_SRC | VERIFY_IMM | VERIFY_MORE,
	[UB_JMP | UB_X | UB_CALL] = VERIFY_DST | VERIFY_MORE,
	[UB_JMP | UB_EXIT] = VERIFY_MORE,

	VERIFY_SIZED(UB_LDX, UB_MEM, VERIFY_LDX),
	[UB_LDX | UB_MEM | UB_DW] = VERIFY_LDX,
	VERIFY_SIZED(UB_LDX, UB_MEMSX, VERIFY_LDX),
	VERIFY_SIZED(UB_ST, UB_MEM, VERIFY_ST),
	[UB_ST | UB_MEM | UB_DW] = VERIFY_ST,
	VERIFY_SIZED(UB_STX, UB_MEM, VERIFY_STX),
	[UB_STX | UB_MEM | UB_DW] = VERIFY_STX,
	[UB_STX | UB_ATOMIC | UB_W] = VERIFY_STX | VERIFY_IMM | VERIFY_MORE,
	[UB_STX | UB_ATOMIC | UB_DW] = VERIFY_STX | VERIFY_IMM | VERIFY_MORE,

	[UB_LDDW] = VERIFY_DST | VERIFY_SET | VERIFY_SRC | VERIFY_IMM | VERIFY_MORE,
	[UB_LDDWD] = VERIFY_DST | VERIFY_SET | VERIFY_IMM | VERIFY_MORE,
	[UB_LDDWR] = VERIFY_DST | VERIFY_SET | VERIFY_IMM | VERIFY_MORE,
};

#endif
