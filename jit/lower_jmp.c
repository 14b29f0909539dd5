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

/* Flags of n compared with, or tested against, m; operands are prepared. `then`: their other halves have
 * been, and these matter where those were equal, or had nothing in common. */
static void compare_halves(struct jit *j, enum t2_dp op, uint32_t n, uint32_t m, bool then)
{
	uint32_t temps = j->temps, k = (uint32_t)j->val[m].imm;
	bool imm = jit_is_const(j, m);
	int rn = jit_reg(j, n), rm = JIT_NOWHERE;
	if (imm && t2_modified_imm(k) < 0 && (op != T2_SUB || t2_modified_imm(0u - k) < 0)) {
		rm = jit_temp(j);
		jit_const(&j->out.code, rm, k, then ? JIT_KEEP : JIT_ANY);
		imm = false;
	} else if (!imm) {
		rm = jit_reg(j, m);
	}
	if (then)
		jit_it(&j->out.code, T2_EQ);
	if (imm)
		jit_dp_imm(&j->out.code, op, T2_PC, rn, k, JIT_SET);
	else
		jit_dp(&j->out.code, op, T2_PC, rn, rm, JIT_SET);
	j->temps = temps;
}

/* a > b as b < a, or against a constant as a >= k + 1; a <= b likewise: conditions a subtraction of
 * pairs can tell. */
static uint32_t mirrored(uint32_t op)
{
	switch (op) {
	case UB_JGT: return UB_JLT;
	case UB_JLE: return UB_JGE;
	case UB_JSGT: return UB_JSLT;
	case UB_JSLE: return UB_JSGE;
	default: return op;
	}
}

/* Pairs, equal or with bits in common: the high halves if the low ones do not tell. */
static void compare_equal(struct jit *j, enum t2_dp op, uint32_t d, uint32_t s)
{
	uint32_t dh = d + JIT_HIGH, sh = s + JIT_HIGH;
	if (jit_is_const(j, dh)) {
		dh = sh;
		sh = d + JIT_HIGH;
	}
	compare_halves(j, op, d, s, false);
	if (op != T2_AND || !jit_is_zero(j, sh))
		compare_halves(j, op, dh, sh, true);
}

/* Subtracts pairs for the flags LO, HS, LT, GE. */
static void compare_order(struct jit *j, uint32_t d, uint32_t s)
{
	uint32_t temps = j->temps, dh = d + JIT_HIGH, sh = s + JIT_HIGH;
	compare_halves(j, T2_SUB, d, s, false);
	int hn = jit_is_const(j, dh) ? jit_temp(j) : jit_reg(j, dh), t = jit_scratch(j, hn);
	if (jit_is_const(j, dh))
		jit_const(&j->out.code, hn, (uint32_t)j->val[dh].imm, JIT_KEEP);
	if (!jit_is_const(j, sh)) {
		int hm = jit_reg(j, sh);
		jit_dp(&j->out.code, T2_SBC, t, hn, hm, JIT_SET);
	} else if (!jit_dp_imm(&j->out.code, T2_SBC, t, hn, (uint32_t)j->val[sh].imm, JIT_SET)) {
		int k = jit_temp(j);
		jit_const(&j->out.code, k, (uint32_t)j->val[sh].imm, JIT_KEEP);
		jit_dp(&j->out.code, T2_SBC, t, hn, k, JIT_SET);
	}
	j->temps = temps;
}

/* What a compare says whose operands' high halves are different constants a and b. */
static enum outcome decide(uint32_t op, uint32_t a, uint32_t b)
{
	bool less = a < b, is_signed = op >= UB_JSGT && op != UB_JLT && op != UB_JLE;
	if (is_signed)
		less = (int32_t)a < (int32_t)b;
	switch (op) {
	case UB_JEQ: return NEVER;
	case UB_JNE: return ALWAYS;
	case UB_JLT: case UB_JLE: case UB_JSLT: case UB_JSLE: return less ? ALWAYS : NEVER;
	default: return less ? NEVER : ALWAYS;
	}
}

static enum outcome compare64(struct jit *j, uint32_t op, uint32_t d, uint32_t s, enum t2_cond *cond)
{
	uint32_t sh = s + JIT_HIGH, other = mirrored(op);
	*cond = cond_of(other, false);
	if (op == UB_JEQ || op == UB_JNE || op == UB_JSET) {
		compare_equal(j, op == UB_JSET ? T2_AND : T2_SUB, d, s);
		return DEPENDS;
	}
	if (other == op) {
		compare_order(j, d, s);
		return DEPENDS;
	}
	if (s != JIT_IMM) {
		compare_order(j, s, d);
		return DEPENDS;
	}
	int64_t k = (int64_t)((uint64_t)(uint32_t)j->val[sh].imm << 32 | (uint32_t)j->val[s].imm);
	bool is_signed = op == UB_JSGT || op == UB_JSLE;
	if (k == (is_signed ? INT64_MAX : -1)) /* nothing is above */
		return op == UB_JGT || op == UB_JSGT ? NEVER : ALWAYS;
	jit_set_imm(j, (int64_t)((uint64_t)k + 1));
	*cond = t2_not(*cond);
	compare_order(j, d, s);
	return DEPENDS;
}

static enum outcome compare(struct jit *j, const struct ub_insn *insn, enum t2_cond *cond)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode);
	bool wide = UB_CLASS(insn->opcode) == UB_JMP;
	enum t2_dp dp = op == UB_JSET ? T2_AND : T2_SUB;

	jit_set_imm(j, insn->imm);
	if (!(insn->opcode & UB_X))
		s = JIT_IMM;
	if (jit_is_const(j, s) && jit_is_const(j, s + JIT_HIGH)) {
		jit_use_const(j, s);
		s = JIT_IMM;
	}
	uint32_t dh = d + JIT_HIGH, sh = s + JIT_HIGH;
	jit_pin_both(j, d);
	jit_pin_both(j, s);
	jit_prepare(j, d);
	jit_prepare(j, s);
	if (wide && !jit_at_latch(j)) { /* where high halves are equal */
		bool known = jit_is_const(j, dh) && jit_is_const(j, sh), same = known && j->val[dh].imm == j->val[sh].imm;
		bool apart = op == UB_JSET && (jit_is_zero(j, dh) || jit_is_zero(j, sh));
		if (known && !same && op != UB_JSET)
			return decide(op, (uint32_t)j->val[dh].imm, (uint32_t)j->val[sh].imm);
		if (!apart && (!same || op == UB_JSET)) {
			if (known)
				jit_settle(j, dh);
			jit_prepare(j, dh);
			jit_prepare(j, sh);
			return compare64(j, op, d, s, cond);
		}
	}
	*cond = cond_of(op, wide);
	if (!(jit_is_zero(j, s) && (op == UB_JEQ || op == UB_JNE) && knows_zero(&j->out.code, jit_reg(j, d))))
		compare_halves(j, dp, d, s, false);
	return DEPENDS;
}

/* Takes one from the budget; LO if there was none left. */
void jit_charge(struct jit *j)
{
	uint32_t held = j->temps;
	int reg = jit_reg(j, JIT_BUDGET);
	jit_dp_imm(&j->out.code, T2_SUB, reg, reg, 1, JIT_SET);
	jit_store_half(j, JIT_BUDGET, reg);
	j->temps = held;
}

/* A branch to a slot: from the latch of a loop that is compiled twice, to the top of the same form. */
static void to_slot(struct jit *j, enum t2_cond cond, uint32_t target)
{
	if (j->slot == j->latch)
		jit_branch(&j->out, cond, JIT_TO_CODE, j->top);
	else
		jit_branch(&j->out, cond, JIT_TO_SLOT, target);
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
	bool paid = jit_at_latch(j) && j->fast->prepaid;
	return target <= j->slot && j->checked && !paid;
}

/* Of the halves that are needed where a jump leads, those that can go home on the way there: all that are not there
 * yet and have a register, or none. One of them may not read another's home. */
static uint32_t can_wait(struct jit *j, uint32_t needed)
{
	uint32_t halves = j->lazy & needed & ~j->spilled, homes = 0;
	for (uint32_t left = halves; left; left &= left - 1) {
		uint32_t home = j->home[__builtin_ctz(left)];
		if (home >= JIT_SPILL)
			return 0;
		homes |= 1u << home;
	}
	for (uint32_t left = halves; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left), others = homes & ~(1u << j->home[half]);
		const struct jit_val *v = &j->val[half];
		if (v->kind != JIT_CONST && (others >> v->a & 1 || (v->b < JIT_SPILL && others >> v->b & 1)))
			return 0;
	}
	return jit_count(halves) <= JIT_STUBS / 2 ? halves : 0;
}

/* Whether a jump leads far, or out of a loop, so that it is likely not taken. */
static bool is_rare(const struct jit *j, uint32_t target)
{
	uint32_t slot = j->slot;
	bool rare = target > slot + 16;
	while (!rare && ++slot < target)
		rare = jit_is_jump(j->text[slot].opcode) && jit_target(j->text + slot, slot) <= j->slot;
	return rare;
}

void jit_jump(struct jit *j, const struct ub_insn *insn)
{
	uint32_t target = jit_target(insn, j->slot);
	bool budget = pays(j, target);
	enum t2_cond cond = T2_AL;
	j->vouched = JIT_NOWHERE;
	if (j->facts[j->slot] & JIT_NEVER && UB_OP(insn->opcode) == UB_JEQ) {
		jit_release(j);
		return;
	}

	bool leaves = j->fast && !budget && j->slot < j->latch;
	uint32_t needed = j->live_in[target], waiting = 0;
	if (leaves) {
		jit_flush(j, needed & j->spilled);
		waiting = can_wait(j, needed);
	} else if (!j->fast && UB_OP(insn->opcode) != UB_JA) { /* what is needed there alone */
		uint32_t there = j->lazy & needed & ~j->live_in[j->slot + 1];
		if (there && is_rare(j, target))
			waiting = can_wait(j, there);
	}
	if (leaves || waiting)
		jit_reserve_stubs(j, jit_count(waiting) + 1);
	jit_flush(j, needed & ~waiting);
	if (UB_OP(insn->opcode) == UB_JA) {
		jit_release(j);
		if (target != j->slot + 1)
			go(j, target, budget);
		return;
	}
	if (UB_CLASS(insn->opcode) == UB_JMP)
		jit_prove_zeros(j, insn);
	enum outcome known = compare(j, insn, &cond);
	jit_release(j);
	waiting &= j->lazy; /* what the compare brought home has been on the straight line */
	if (known == NEVER)
		return;
	if (waiting || (leaves && j->fast->prepaid)) {
		jit_leave(j, known == ALWAYS ? T2_AL : cond, waiting, target);
		return;
	}
	if (known == ALWAYS) {
		go(j, target, budget);
		return;
	}
	if (!budget) {
		to_slot(j, cond, target);
		return;
	}
	uint32_t around = j->out.nfixups;
	jit_branch(&j->out, t2_not(cond), JIT_TO_CODE, 0);
	go(j, target, true);
	jit_land(&j->out, around);
	jit_forget(j); /* who comes around has not paid */
}
