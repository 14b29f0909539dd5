/* SPDX-License-Identifier: BSD-2-Clause */
/* The eBPF instruction set: field layout and opcode bytes (RFC 9669).
 *
 * One slot is 8 bytes, little endian:
 *
 *   byte 0     1         2..3      4..7
 *   opcode   src:4 dst:4  offset:16  imm:32        (dst is the low nibble)
 *
 * lddw takes two slots; the second has opcode 0 and carries the high 32 bits.
 */
#ifndef UB_ABI_ISA_H
#define UB_ABI_ISA_H

#include <stdint.h>

/* One instruction slot. Text is 4-byte aligned on the device, so the two words can be fetched. */
struct ub_insn {
	uint8_t opcode;
	uint8_t regs; /* src << 4 | dst */
	int16_t offset;
	int32_t imm;
};

#define UB_DST(insn) ((insn)->regs & 15u)
#define UB_SRC(insn) ((insn)->regs >> 4)

enum {
	UB_SLOT_BYTES = 8,
	UB_REGISTERS = 11, /* r0..r10 */
	UB_R10 = 10,
	UB_FRAME_BYTES = 512, /* stack of one frame; a callee's r10 is its caller's - 512 */
	UB_FRAMES_MAX = 8,    /* the program itself and seven nested local calls */
	UB_SLOTS_MAX = 65535, /* a slot index fits 16 bits */
};

/* Instruction class, opcode & 7 (RFC 9669 section 3). */
#define UB_CLASS(opcode) ((opcode) & 0x07u)
enum { UB_LD, UB_LDX, UB_ST, UB_STX, UB_ALU32, UB_JMP, UB_JMP32, UB_ALU64 };

/* Operand source, opcode & 8 (section 4). */
enum { UB_K = 0x00, UB_X = 0x08 };

/* Arithmetic operations, opcode & 0xf0 (section 4.1). Offset 1 makes div and mod signed;
 * offset 8, 16 or 32 makes a register mov sign-extending. */
#define UB_OP(opcode) ((opcode) & 0xf0u)
enum {
	UB_ADD = 0x00, UB_SUB = 0x10, UB_MUL = 0x20, UB_DIV = 0x30, UB_OR = 0x40, UB_AND = 0x50,
	UB_LSH = 0x60, UB_RSH = 0x70, UB_NEG = 0x80, UB_MOD = 0x90, UB_XOR = 0xa0, UB_MOV = 0xb0,
	UB_ARSH = 0xc0, UB_END = 0xd0, /* ALU32|K: to little, ALU32|X: to big, ALU64|K: bswap */
};

/* Jumps, opcode & 0xf0 (section 4.3). JMP32|JA takes its distance from imm (gotol). */
enum {
	UB_JA = 0x00, UB_JEQ = 0x10, UB_JGT = 0x20, UB_JGE = 0x30, UB_JSET = 0x40, UB_JNE = 0x50,
	UB_JSGT = 0x60, UB_JSGE = 0x70, UB_CALL = 0x80, UB_EXIT = 0x90, UB_JLT = 0xa0, UB_JLE = 0xb0,
	UB_JSLT = 0xc0, UB_JSLE = 0xd0,
};

/* The source field of call (section 4.3.1). JMP|CALL|X (callx) calls the function whose code
 * address (below) is in dst. */
enum { UB_CALL_HELPER = 0, UB_CALL_LOCAL = 1 };

/* Load and store size, opcode & 0x18, and mode, opcode & 0xe0 (section 5). */
#define UB_SIZE(opcode) ((opcode) & 0x18u)
#define UB_MODE(opcode) ((opcode) & 0xe0u)
enum { UB_W = 0x00, UB_H = 0x08, UB_B = 0x10, UB_DW = 0x18 };
enum { UB_IMM = 0x00, UB_ABS = 0x20, UB_IND = 0x40, UB_MEM = 0x60, UB_MEMSX = 0x80, UB_ATOMIC = 0xc0 };

/* The imm of an atomic (section 5.3): an arithmetic operation, or these, with or without FETCH. */
enum { UB_FETCH = 0x01, UB_XCHG = 0xe1, UB_CMPXCHG = 0xf1 };

/* The source field of lddw (section 5.4). Images resolve data addresses when they are loaded, so
 * engines see plain 64-bit immediates, and code addresses of functions: pc + 1 + imm. */
enum { UB_LDDW = 0x18, UB_LDDW_IMM = 0, UB_LDDW_MAP = 1 /* in images: the map with this index */, UB_LDDW_FUNC = 4 };

/* Femto-Containers' lddw relative to .data and .rodata; only in images of that format. */
enum { UB_LDDWD = 0xb8, UB_LDDWR = 0xd8 };

/* The value of a pointer to the function that starts at `slot`. The range is one no Cortex-M
 * memory region uses, so such a pointer cannot be dereferenced; callx looks at its low 32 bits. */
#define UB_CODE_BASE 0xf0000000u
#define UB_CODE_ADDR(slot) (UB_CODE_BASE + (uint32_t)(slot) * UB_SLOT_BYTES)

#endif
