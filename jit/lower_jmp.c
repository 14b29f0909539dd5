// SPDX-License-Identifier: BSD-2-Clause
/* Jumps. A jump ends a block: what its target needs is brought home first, then flags are set,
 * then it branches. A taken backward jump pays:
 *
 *        cmp   a, b
 *        b!c   1f
 *        subs  budget, #1      one that would go below zero stops the program
 *        bhs   target
 *        trap
 *   1:
 *
 * 64 bits are compared as a subtraction of pairs, or, for equality, by halves. Of values known to
 * have no high half only the low ones are, and as unsigned numbers, which they all are then.
 */
#include "jit/loops.h"

/* Whether a compare is decided already. */
enum outcome { NEVER, ALWAYS, DEPENDS };

static enum t2_cond cond_of(uint32_t op, bool as_unsigned)
{
	switch (op) {
	case UB_JEQ: return T2_EQ;
	case UB_JGT: return T2_HI;
	case UB_JGE: return T2_HS;
	case UB_JLT: return T2_LO;
	case UB_JLE: return T2_LS;
	case UB_JSGT: return as_unsigned ? T2_HI : T2_GT;
	case UB_JSGE: return as_unsigned ? T2_HS : T2_GE;
	case UB_JSLT: return as_unsigned ? T2_LO : T2_LT;
	case UB_JSLE: return as_unsigned ? T2_LS : T2_LE;
	default: return T2_NE; /* JNE, JSET */
	}
}

static bool knows_zero(const struct jit_code *c, int rn)
{
	return c->zero_at == c->len && c->zero_of == rn;
}

/* Flags of rn compared with, or tested against, a constant. */
static void compare_imm(struct jit *j, enum t2_dp op, int rn, uint32_t imm)
{
	if (jit_dp_imm(&j->code, op, T2_PC, rn, imm, JIT_SET))
		return;
	int t = jit_temp(j);
	jit_const(&j->code, t, imm, JIT_ANY);
	jit_dp(&j->code, op, T2_PC, rn, t, JIT_SET);
}

/* A pair against a sign-extended constant, equality or bits in common. */
static void pair_equal_imm(struct jit *j, enum t2_dp op, uint32_t d, int32_t imm)
{
	uint32_t held = j->temps;
	bool test = op == T2_AND;
	if (test && imm >= 0) {
		compare_imm(j, op, jit_lo(j, d), (uint32_t)imm);
		return;
	}
	compare_imm(j, op, jit_lo(j, d), (uint32_t)imm);
	j->temps = held;
	int hn = jit_hi(j, d);
	jit_it(&j->code, T2_EQ);
	jit_dp_imm(&j->code, T2_SUB, T2_PC, hn, test || imm >= 0 ? 0 : ~0u, JIT_SET);
}

/* Operands are loaded in this order on every host: C leaves that of arguments open. */
static void low_compare(struct jit *j, enum t2_dp op, uint32_t d, uint32_t s)
{
	int rn = jit_lo(j, d), rm = jit_lo(j, s);
	jit_dp(&j->code, op, T2_PC, rn, rm, JIT_SET);
}

static void pair_equal(struct jit *j, enum t2_dp op, uint32_t d, uint32_t s)
{
	uint32_t held = j->temps;
	low_compare(j, op, d, s);
	j->temps = held;
	int hn = jit_hi(j, d), hm = jit_hi(j, s);
	if (hn == JIT_ZERO || hm == JIT_ZERO) {
		if (op == T2_AND)
			return;
		jit_it(&j->code, T2_EQ);
		jit_dp_imm(&j->code, T2_SUB, T2_PC, hn == JIT_ZERO ? hm : hn, 0, JIT_SET);
		return;
	}
	jit_it(&j->code, T2_EQ);
	jit_dp(&j->code, op, T2_PC, hn, hm, JIT_SET);
}

/* Subtracts pairs for the flags LO, HS, LT, GE. A constant zero stands for a missing high half. */
static void pair_subtract(struct jit *j, int ln, int lm, uint32_t d, uint32_t s, uint32_t held)
{
	jit_cmp(&j->code, ln, lm);
	j->temps = held;
	int hn = jit_hi(j, d), hm = jit_hi(j, s), t = jit_scratch(j, hn);
	if (hn == JIT_ZERO) {
		jit_const(&j->code, t, 0, JIT_KEEP);
		hn = t;
	}
	if (hm == JIT_ZERO)
		jit_dp_imm(&j->code, T2_SBC, t, hn, 0, JIT_SET);
	else
		jit_dp(&j->code, T2_SBC, t, hn, hm, JIT_SET);
}

static void pair_subtract_imm(struct jit *j, uint32_t d, int64_t imm)
{
	uint32_t held = j->temps;
	compare_imm(j, T2_SUB, jit_lo(j, d), (uint32_t)imm);
	j->temps = held;
	int hn = jit_hi(j, d), t = jit_scratch(j, hn);
	if (hn == JIT_ZERO) {
		jit_const(&j->code, t, 0, JIT_KEEP);
		hn = t;
	}
	jit_dp_imm(&j->code, T2_SBC, t, hn, imm < 0 ? ~0u : 0, JIT_SET);
}

/* a > b as b < a, a <= b as b >= a: conditions a subtraction of pairs can tell. */
static bool mirrored(uint32_t op, uint32_t *other)
{
	switch (op) {
	case UB_JGT: *other = UB_JLT; return true;
	case UB_JLE: *other = UB_JGE; return true;
	case UB_JSGT: *other = UB_JSLT; return true;
	case UB_JSLE: *other = UB_JSGE; return true;
	default: return false;
	}
}

/* 64 bits against a constant. */
static enum outcome compare64_imm(struct jit *j, uint32_t op, uint32_t d, int32_t imm, enum t2_cond *cond)
{
	int64_t k = imm;
	*cond = cond_of(op, false);
	switch (op) {
	case UB_JEQ:
	case UB_JNE:
		pair_equal_imm(j, T2_SUB, d, imm);
		return DEPENDS;
	case UB_JSET:
		pair_equal_imm(j, T2_AND, d, imm);
		return DEPENDS;
	case UB_JGT:
	case UB_JLE: /* a > k is a >= k + 1, but nothing is above 2^64 - 1 */
		if (imm == -1)
			return op == UB_JGT ? NEVER : ALWAYS;
		k++;
		*cond = op == UB_JGT ? T2_HS : T2_LO;
		break;
	case UB_JSGT:
	case UB_JSLE:
		k++;
		*cond = op == UB_JSGT ? T2_GE : T2_LT;
		break;
	}
	pair_subtract_imm(j, d, k);
	return DEPENDS;
}

static void compare64_reg(struct jit *j, uint32_t op, uint32_t d, uint32_t s, enum t2_cond *cond)
{
	uint32_t held = j->temps, other;
	if (op == UB_JEQ || op == UB_JNE || op == UB_JSET) {
		pair_equal(j, op == UB_JSET ? T2_AND : T2_SUB, d, s);
		*cond = cond_of(op, false);
		return;
	}
	if (mirrored(op, &other)) {
		uint32_t swap = d;
		d = s;
		s = swap;
		op = other;
	}
	int ln = jit_lo(j, d), lm = jit_lo(j, s);
	pair_subtract(j, ln, lm, d, s, held);
	*cond = cond_of(op, false);
}

/* A value below 2^32 against a negative constant, as a signed or unsigned 64-bit number. */
static enum outcome against_negative(uint32_t op)
{
	switch (op) {
	case UB_JNE:
	case UB_JLT:
	case UB_JLE:
	case UB_JSGT:
	case UB_JSGE:
		return ALWAYS;
	default:
		return NEVER;
	}
}

static enum outcome compare(struct jit *j, const struct ub_insn *insn, enum t2_cond *cond)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode), lo, hi;
	bool x = insn->opcode & UB_X, wide = UB_CLASS(insn->opcode) == UB_JMP;
	int32_t imm = insn->imm;

	if (x && jit_const_of(j, s, &lo, &hi) && (!wide || hi == ((int32_t)lo < 0 ? ~0u : 0))) {
		x = false;
		imm = (int32_t)lo;
	}
	bool dz = j->zero >> d & 1, sz = x ? j->zero >> s & 1 : imm >= 0;
	if (jit_at_latch(j))
		dz = sz = true; /* high halves are equal */
	jit_prepare(j, d);
	if (x)
		jit_prepare(j, s);
	if (wide && dz && !x && imm < 0 && op != UB_JSET)
		return against_negative(op);
	if (wide && !(dz && sz) && !(op == UB_JSET && (dz || sz))) {
		if (!x)
			return compare64_imm(j, op, d, imm, cond);
		compare64_reg(j, op, d, s, cond);
		return DEPENDS;
	}
	enum t2_dp dp = op == UB_JSET ? T2_AND : T2_SUB;
	*cond = cond_of(op, wide);
	if (x)
		low_compare(j, dp, d, s);
	else if (!(imm == 0 && (op == UB_JEQ || op == UB_JNE) && knows_zero(&j->code, jit_lo(j, d))))
		compare_imm(j, dp, jit_lo(j, d), (uint32_t)imm);
	return DEPENDS;
}

/* Takes one from the budget; LO if there was none left. */
void jit_charge(struct jit *j)
{
	uint32_t held = j->temps;
	int reg = jit_load_half(j, JIT_BUDGET);
	jit_dp_imm(&j->code, T2_SUB, reg, reg, 1, JIT_SET);
	jit_store_half(j, JIT_BUDGET, reg);
	j->temps = held;
}

/* A branch to a slot: from the latch of a loop that is compiled twice, to the top of the same form. */
static void to_slot(struct jit *j, enum t2_cond cond, uint32_t target)
{
	if (j->slot == j->latch)
		jit_branch(j, cond, JIT_TO_CODE, j->top);
	else
		jit_branch(j, cond, JIT_TO_SLOT, target);
}

/* A taken jump to a slot. */
static void go(struct jit *j, uint32_t target, bool pays)
{
	if (!pays) {
		to_slot(j, T2_AL, target);
		return;
	}
	jit_charge(j);
	to_slot(j, T2_HS, target);
	jit_trap(j, UB_E_BUDGET);
}

/* Whether a taken jump takes from the budget here, which it may have done before the loop. */
static bool pays(const struct jit *j, uint32_t target)
{
	bool paid = jit_at_latch(j) && !j->fast->exits;
	return target <= j->slot && j->checked && !paid;
}

void jit_jump(struct jit *j, const struct ub_insn *insn)
{
	uint32_t target = jit_target(insn, j->slot);
	bool budget = pays(j, target);
	enum t2_cond cond = T2_AL;

	jit_flush(j, j->live_in[target]);
	if (UB_OP(insn->opcode) == UB_JA) {
		jit_release(j);
		if (target != j->slot + 1)
			go(j, target, budget);
		return;
	}
	enum outcome known = compare(j, insn, &cond);
	jit_release(j);
	if (known == NEVER)
		return;
	if (known == ALWAYS) {
		go(j, target, budget);
		return;
	}
	if (!budget) {
		to_slot(j, cond, target);
		return;
	}
	uint32_t around = j->nfixups;
	jit_branch(j, t2_not(cond), JIT_TO_CODE, 0);
	go(j, target, true);
	j->fixups[-1 - (int32_t)around].target = (uint16_t)j->code.len;
	jit_forget(j); /* who comes around has not paid */
}
