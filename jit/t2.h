/* SPDX-License-Identifier: BSD-2-Clause */
/* Thumb-2 as data: registers, conditions, and the bits of every instruction the compiler emits
 * (Arm v7-M Architecture Reference Manual, DDI 0403E, chapters A5 and A7). A 32-bit instruction is
 * written first halfword << 16 | second halfword.
 */
#ifndef UB_JIT_T2_H
#define UB_JIT_T2_H

#include <stdint.h>

enum { T2_R0, T2_R1, T2_R2, T2_R3, T2_R4, T2_R5, T2_R6, T2_R7, T2_R8, T2_R9, T2_R10, T2_R11, T2_IP, T2_SP, T2_LR, T2_PC };

enum t2_cond { T2_EQ, T2_NE, T2_HS, T2_LO, T2_MI, T2_PL, T2_VS, T2_VC, T2_HI, T2_LS, T2_GE, T2_LT, T2_GT, T2_LE, T2_AL };

/* Data processing, the 4-bit op field of A5.3.1 and A5.3.11. */
enum t2_dp {
	T2_AND = 0, T2_BIC = 1, T2_ORR = 2, T2_ORN = 3, T2_EOR = 4, T2_ADD = 8, T2_ADC = 10, T2_SBC = 11,
	T2_SUB = 13, T2_RSB = 14,
};

enum t2_shift { T2_LSL, T2_LSR, T2_ASR, T2_ROR };

/* Loads and stores, as bits 24..20 of the 32-bit encodings (A5.3.7..10) with the size in 22..21,
 * load in 20 and sign extension in 24. */
enum t2_mem {
	T2_STRB = 0x00, T2_LDRB = 0x01, T2_STRH = 0x02, T2_LDRH = 0x03, T2_STR = 0x04, T2_LDR = 0x05,
	T2_LDRSB = 0x11, T2_LDRSH = 0x13,
};

/* Register to register operations of one source: T32 bits, Rm in 3..0, Rd in 11..8. */
__extension__ enum t2_unary { /* C99 has int only */
	T2_SXTH = 0xfa0ff080, T2_UXTH = 0xfa1ff080, T2_SXTB = 0xfa4ff080, T2_UXTB = 0xfa5ff080,
	T2_REV = 0xfa90f080, T2_REV16 = 0xfa90f090, T2_REVSH = 0xfa90f0b0,
};

/* Three registers: Rn in 19..16, Rd in 11..8, Rm in 3..0. */
__extension__ enum t2_mul3 {
	T2_MUL = 0xfb00f000, T2_SDIV = 0xfb90f0f0, T2_UDIV = 0xfbb0f0f0,
	T2_MLA = 0xfb000000, T2_MLS = 0xfb000010,     /* Ra in 15..12 */
	T2_SMULL = 0xfb800000, /* RdLo in 15..12, RdHi in 11..8 */
	T2_UMULL = 0xfba00000, /* the same */
};

__extension__ enum {
	T2_DP_REG = 0xea000000u, /* op << 21 | S << 20 | Rn << 16 | imm3 << 12 | Rd << 8 | imm2 << 6 | type << 4 | Rm */
	T2_DP_IMM = 0xf0000000u, /* i << 26 | op << 21 | S << 20 | Rn << 16 | imm3 << 12 | Rd << 8 | imm8 */
	T2_ADDW = 0xf2000000u, T2_SUBW = 0xf2a00000u, T2_MOVW = 0xf2400000u, T2_MOVT = 0xf2c00000u,
	T2_SHIFT_REG = 0xfa00f000u, /* type << 21 | S << 20 | Rn << 16 | Rd << 8 | Rm */
	T2_UBFX = 0xf3c00000u, T2_SBFX = 0xf3400000u,
	T2_MEM_IMM12 = 0xf8800000u, /* mem << 20 | Rn << 16 | Rt << 12 | imm12 */
	T2_MEM_IMM8N = 0xf8000c00u, /* mem << 20 | Rn << 16 | Rt << 12 | imm8, subtracted */
	T2_MEM_POST = 0xf8000900u,  /* mem << 20 | Rn << 16 | Rt << 12 | up << 9 | imm8; then Rn changes by it */
	T2_MEM_REG = 0xf8000000u,   /* mem << 20 | Rn << 16 | Rt << 12 | lsl << 4 | Rm */
	T2_PUSH = 0xe92d0000u, T2_POP = 0xe8bd0000u,
	T2_MRS_PRIMASK = 0xf3ef8010u, T2_MSR_PRIMASK = 0xf3808810u,
	T2_CPSID = 0xb672, T2_SVC = 0xdf00, T2_NOP = 0xbf00, T2_MOVS_R1 = 0x2100,
	T2_B_N = 0xe000, T2_BCC_N = 0xd000, T2_B_W = 0xf0009000u, T2_BL = 0xf000d000u, T2_BCC_W = 0xf0008000u,
};

/* A modified immediate (A5.3.2) as its 12 bits i:imm3:imm8, or -1 if the value has none. */
static inline int32_t t2_modified_imm(uint32_t v)
{
	if (v < 256)
		return (int32_t)v;
	uint32_t b = v & 255;
	if (v == (b << 16 | b))
		return (int32_t)(0x100 | b);
	if (v == (b << 24 | b << 16 | b << 8 | b))
		return (int32_t)(0x300 | b);
	b = v >> 8 & 255;
	if (v == (b << 24 | b << 8))
		return (int32_t)(0x200 | b);
	uint32_t lead = (uint32_t)__builtin_clz(v); /* an 8-bit value with its top bit set, rotated right by 8..31 */
	if (v << lead << 8)
		return -1;
	return (int32_t)((lead + 8) << 7 | (v << lead >> 24 & 127));
}

/* Opposite conditions differ in the lowest bit. */
static inline enum t2_cond t2_not(enum t2_cond c)
{
	return (enum t2_cond)(c ^ 1);
}

#endif
