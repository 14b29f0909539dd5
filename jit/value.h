/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers (registers.c) and values of halves (value.c) while code is being emitted, and the operations that make
 * them: halves (lower_half.c), pairs of them (lower_alu64.c, lower_shift64.c).
 */
#ifndef UB_JIT_VALUE_H
#define UB_JIT_VALUE_H

#include "jit/compile.h"

/* registers.c */
/* The ARM registers that halves live in. */
uint32_t jit_homes(const struct jit *j, uint32_t halves);
/* A scratch register, until jit_release: ip, lr, one that nobody needs, or one put away for the moment. */
int jit_temp(struct jit *j);
/* Scratch: `reuse` if that is scratch already and its value may go, or more. */
int jit_scratch(struct jit *j, int reuse);
/* A register that is home to no half that is needed here, and that no value reads, for half `guest` or for scratch;
 * or JIT_NOWHERE. */
uint32_t jit_host(struct jit *j, uint32_t guest);
void jit_give_back(struct jit *j);
/* Scratch registers are free again. */
static inline void jit_release(struct jit *j)
{
	if (j->borrowed)
		jit_give_back(j);
	j->temps = j->pinned = j->staying = 0;
}
static inline bool jit_in_register(const struct jit *j, uint32_t half)
{
	return j->home[half] < JIT_SPILL;
}
static inline bool jit_is_const(const struct jit *j, uint32_t half)
{
	return j->val[half].kind == JIT_CONST;
}
static inline bool jit_is_zero(const struct jit *j, uint32_t half)
{
	return jit_is_const(j, half) && j->val[half].imm == 0;
}
/* Whether a half is in a register, which others may read for it. */
static inline __attribute__((always_inline)) bool jit_has_register(const struct jit *j, uint32_t half)
{
	return j->val[half].kind <= JIT_COPY && j->val[half].a < JIT_SPILL;
}
void jit_pin_registers(struct jit *j, uint32_t half);
/* Keeps the registers of a half, its value and its home, from being borrowed, should any be. */
static inline void jit_pin(struct jit *j, uint32_t half)
{
	if (j->borrows)
		jit_pin_registers(j, half);
}
static inline void jit_pin_both(struct jit *j, uint32_t r)
{
	jit_pin(j, r);
	jit_pin(j, r + JIT_HIGH);
}
/* What ip and lr hold is lost. */
void jit_forget(struct jit *j);
/* A register is about to change. */
static inline __attribute__((always_inline)) void jit_change(struct jit *j, uint32_t reg)
{
	if (reg == (j->vouched & ~(uint32_t)JIT_VOUCHED_START))
		j->vouched = JIT_NOWHERE;
}
/* The half that ip or lr has a copy of. */
static inline uint8_t *jit_cache(struct jit *j, int t)
{
	return &j->cached[t == T2_LR];
}
void jit_load_run(struct jit *j, int rt);
void jit_load_spilled(struct jit *j, uint32_t half, int rt);
void jit_store_half(struct jit *j, uint32_t half, int reg);

/* value.c */
void jit_at_home(struct jit *j, uint32_t halves);
void jit_all_at_home(struct jit *j);
void jit_settle(struct jit *j, uint32_t half);
void jit_flush(struct jit *j, uint32_t halves);
void jit_clobber(struct jit *j, uint32_t half);
void jit_clobber_home(struct jit *j, uint32_t half);
void jit_prepare(struct jit *j, uint32_t half);
int jit_reg(struct jit *j, uint32_t half);
int jit_dst(struct jit *j, uint32_t half, int reuse);
void jit_done(struct jit *j, uint32_t half, int reg);
void jit_set_words(struct jit *j, uint32_t half, uint32_t word, int32_t imm);
static inline void jit_set(struct jit *j, uint32_t half, struct jit_val v)
{
	jit_set_words(j, half, v.word, v.imm);
}
void jit_set_const(struct jit *j, uint32_t half, uint32_t value);
void jit_copy(struct jit *j, uint32_t d, uint32_t s);
void jit_sum(struct jit *j, int rd, const struct jit_val *v);
void jit_emit_value(struct jit *j, int rd, const struct jit_val *v);

/* lower_half.c: d = n op m, for halves; what can stay lazy does. UB_DIV | 1 and UB_MOD | 1 are signed. */
void jit_op(struct jit *j, uint32_t op, uint32_t d, uint32_t n, uint32_t m);
void jit_op_imm(struct jit *j, uint32_t op, uint32_t d, uint32_t n, uint32_t k);
void jit_op_unary(struct jit *j, enum t2_unary op, uint32_t d, uint32_t s);
/* The same at once, of operands that are prepared (value.c); m may be a constant or shifted. */
void jit_op_dp(struct jit *j, enum t2_dp op, uint32_t d, uint32_t n, uint32_t m, enum jit_flags f);
/* The instruction's constant becomes JIT_IMM, of 64 bits. */
static inline void jit_set_imm(struct jit *j, int64_t value)
{
	j->val[JIT_IMM].imm = (int32_t)value;
	j->val[JIT_IMM + JIT_HIGH].imm = (int32_t)(value >> 32);
}
/* So does the constant that a register is known to be. */
static inline void jit_use_const(struct jit *j, uint32_t r)
{
	j->val[JIT_IMM].imm = j->val[r].imm;
	j->val[JIT_IMM + JIT_HIGH].imm = j->val[r + JIT_HIGH].imm;
}
/* lower_alu64.c: d = d op s, both halves; op UB_ADD .. UB_ARSH */
void jit_pair(struct jit *j, uint32_t op, uint32_t d, uint32_t s, bool sign);
void jit_pair_swap(struct jit *j, uint32_t d);
void jit_pair_negate(struct jit *j, uint32_t d);
/* lower_shift64.c */
void jit_pair_shift(struct jit *j, uint32_t op, uint32_t d, uint32_t s);

#endif
