/* SPDX-License-Identifier: BSD-2-Clause */
/* Emitters: one function per operand shape. Each appends the narrowest encoding that does the job;
 * what cannot be encoded returns false, and what must not be asked for sets `broken`.
 */
#ifndef UB_JIT_EMIT_H
#define UB_JIT_EMIT_H

#include <stdbool.h>

#include "jit/t2.h"

#define NOINLINE __attribute__((noinline)) /* out of the way of what is common, and once in memory */
#define SELDOM __attribute__((noinline, cold)) /* for size, where the file is for speed */
#define ALWAYS_INLINE inline __attribute__((always_inline)) /* for speed, where the compiler would save bytes */

/* What an instruction may do to the condition flags. Most 16-bit forms set them. */
enum jit_flags { JIT_ANY, JIT_SET, JIT_KEEP };

struct jit_code {
	uint16_t *at;  /* halfwords */
	uint32_t len;  /* emitted; goes on counting when the buffer is full */
	uint32_t cap;
	bool broken;   /* an emitter was asked for what does not exist: a bug */
	int8_t zero_of;    /* Z tells whether this register is 0 ... */
	uint32_t zero_at;  /* ... for an instruction emitted here */
};

void jit_narrow(struct jit_code *c, uint32_t half);
/* A 32-bit instruction, first halfword on top. */
void jit_wide(struct jit_code *c, uint32_t word);

/* rd = rn op rm; rd = T2_PC with JIT_SET compares (sub), tests (and), and so on. */
void jit_dp(struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum jit_flags f);
/* rd = rn op (rm shifted); amount 0..31, 0 only with lsl. */
void jit_dp_shift(struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum t2_shift type, uint32_t amount,
		  enum jit_flags f);
/* rd = rn op imm, or false. Carry is that of op also where another op does the work. */
bool jit_dp_imm(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f);
void jit_mov(struct jit_code *c, int rd, int rm);
void jit_mvn(struct jit_code *c, int rd, int rm, enum jit_flags f);
void jit_const(struct jit_code *c, int rd, uint32_t value, enum jit_flags f);
void jit_shift_imm(struct jit_code *c, enum t2_shift type, int rd, int rm, uint32_t amount, enum jit_flags f);
void jit_shift_reg(struct jit_code *c, enum t2_shift type, int rd, int rn, int rm, enum jit_flags f);
void jit_unary(struct jit_code *c, enum t2_unary op, int rd, int rm);
void jit_mul(struct jit_code *c, int rd, int rn, int rm, enum jit_flags f);
/* T2_SDIV, T2_UDIV: ra unused, 0. T2_MLA, T2_MLS: rd = ra ± rn * rm. Long: ra = low, rd = high. */
void jit_mul3(struct jit_code *c, enum t2_mul3 op, int rd, int rn, int rm, int ra);
void jit_bitfield(struct jit_code *c, uint32_t op, int rd, int rn, uint32_t lsb, uint32_t width);
/* Offset -255..4095; T2_LDRSB and T2_LDRSH too. */
void jit_mem(struct jit_code *c, enum t2_mem op, int rt, int rn, int32_t offset);
/* A word at sp + offset. */
void jit_mem_sp(struct jit_code *c, enum t2_mem op, int rt, int32_t offset);
/* At rn, which then becomes rn + step; |step| <= 255. */
void jit_mem_post(struct jit_code *c, enum t2_mem op, int rt, int rn, int32_t step);
void jit_mem_reg(struct jit_code *c, enum t2_mem op, int rt, int rn, int rm, uint32_t lsl);
void jit_push(struct jit_code *c, uint32_t mask);
void jit_pop(struct jit_code *c, uint32_t mask);
/* sp += bytes; multiple of 4, |bytes| <= 4092. */
void jit_sp_add(struct jit_code *c, int32_t bytes);
/* One instruction follows under cond. */
void jit_it(struct jit_code *c, enum t2_cond cond);
/* Two instructions follow under cond. */
void jit_itt(struct jit_code *c, enum t2_cond cond);

static inline void jit_cmp(struct jit_code *c, int rn, int rm)
{
	jit_dp(c, T2_SUB, T2_PC, rn, rm, JIT_SET);
}

#endif
