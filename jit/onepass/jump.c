// SPDX-License-Identifier: BSD-2-Clause
/* Jumps. What the target's frame wants is brought to its place first, then flags are set, then it branches. A taken
 * backward jump pays:
 *
 *        cmp   a, b
 *        b!c   1f
 *        subs  budget, #1      one that would go below zero stops the program
 *        bhs   target
 *        bl    fault
 *   1:
 *
 * A branch around one or two instructions that keep the flags becomes the condition of these.
 */
#include "jit/onepass/loop.h"

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

static struct op_operand first_operand(struct op *c, uint32_t d, bool high, int scratch)
{
	if (d == UB_R10 && high)
		return op_imm(0);
	return op_operand_of(c, op_val(c, d + (high ? OP_HIGH : 0)), scratch);
}

/* The register of an operand. Flags stay. */
static int in_register(struct op *c, struct op_operand m, int scratch)
{
	if (m.kind == OP_HELD)
		return m.reg;
	if (m.kind == OP_CONST)
		jit_const(&c->out.code, scratch, m.imm, JIT_KEEP);
	else
		jit_shift_imm(&c->out.code, (enum t2_shift)(m.shift >> 5), scratch, m.reg, m.shift & 31, JIT_KEEP);
	return scratch;
}

static bool zero_high(struct op *c, uint32_t r)
{
	return r == UB_R10 || op_is_narrow(c, r);
}

/* Whether a 32-bit instruction that does not access memory neither sets flags nor reads any. */
static bool is_plain(uint32_t h, uint32_t next)
{
	bool registers = h >> 9 == 0x75, constant = h >> 11 == 0x1e && !(next >> 15), other = constant && h & 0x200;
	uint32_t op = h >> 5 & 15;
	if (registers || constant)
		return !(h & 16) && (other || (op != T2_ADC && op != T2_SBC));
	if (h >> 8 == 0xfa)
		return h & 0x80 || next & 0x80 || !(h & 16); /* extensions and such, or a shift */
	return h >> 8 == 0xfb;
}

/* Whether an emitted instruction keeps the flags, in an IT block or outside. *halves: its length; *writes: a register it
 * may write, if it is outside. */
static bool keeps_flags(const uint16_t *at, bool in_it, uint32_t *halves, uint32_t *writes)
{
	uint32_t h = at[0], top = h >> 12, dp = h >> 6;
	*halves = h >> 11 > 0x1c ? 2 : 1;
	*writes = OP_NONE;
	if (*halves == 2 && h >> 9 == 0x7c) { /* loads and stores */
		*writes = at[1] >> 12;
		return h & 0x80 || (at[1] & 0x900) != 0x900; /* without write-back */
	}
	if (*halves == 2)
		return in_it && is_plain(h, at[1]);
	*writes = h >> 10 == 0x11 ? (h & 7) | (h >> 4 & 8) : top == 9 ? h >> 8 & 7 : h & 7;
	if (h >> 8 == 0x46 || h >> 8 == 0x44 || (top >= 5 && top <= 9) || h >> 8 == 0xb2) /* mov, add, loads and stores, extensions */
		return true;
	/* those that set flags outside only; no compares, tests, nor what reads the carry */
	return in_it && (top <= 1 || (top <= 3 && h >> 11 != 5) ||
			 (h >> 10 == 0x10 && dp != 0x105 && dp != 0x106 && dp != 0x108 && dp != 0x10a && dp != 0x10b));
}

/* Whether Z tells, from a while ago, whether a register is 0. */
static bool tells_zero(const struct jit_code *code, int reg)
{
	uint32_t halves, writes;
	if (code->zero_of != reg || code->len > code->cap)
		return false;
	uint32_t at = code->zero_at;
	for (; at < code->len; at += halves)
		if (!keeps_flags(code->at + at, false, &halves, &writes) || writes == (uint32_t)reg)
			return false;
	return at == code->len;
}

/* Control runs on to the slot at hand, and a branch to it leads around what was emitted last: if that is so little, and
 * can be done under a condition, it is, and the branch goes. */
void op_predicate(struct op *c)
{
	struct jit_code *code = &c->out.code;
	const struct jit_fixup *f = &c->out.fixups[-(int32_t)c->out.nfixups];
	uint32_t halves, writes, n = 0, at;
	if (c->out.nfixups == 0 || c->out.nfixups == c->loop.first_fixup || f->kind != JIT_TO_SLOT || f->target != c->slot || code->len > code->cap ||
	    f->at < c->entered || (c->loop.active && f->at < c->loop.top))
		return;
	at = f->at + 1u;
	if (code->at[f->at] >> 12 != 0xd)
		return;
	for (; at < code->len && n < 3; at += halves, n++)
		if (!keeps_flags(code->at + at, true, &halves, &writes))
			return;
	if (n == 0 || n > 2 || at != code->len)
		return;
	enum t2_cond cond = t2_not((enum t2_cond)(code->at[f->at] >> 8 & 15));
	code->len = f->at;
	if (n == 1)
		jit_it(code, cond);
	else
		jit_itt(code, cond);
	code->len = at;
	c->out.nfixups--;
	code->cap += JIT_FIXUP_HALFWORDS;
}

/* A branch around the jump at hand, and nothing else since: it becomes the jump, under the opposite condition, and what it led to
 * is come to by itself. */
static bool turn_around(struct op *c, uint32_t target)
{
	struct jit_code *code = &c->out.code;
	const struct jit_fixup *f = &c->out.fixups[-(int32_t)c->out.nfixups];
	if (c->out.nfixups == 0 || c->out.nfixups == c->loop.first_fixup || f->kind != JIT_TO_SLOT || f->target != c->slot + 1 || code->len > code->cap ||
	    f->at + 1u != code->len || f->at < c->entered || code->at[f->at] >> 12 != 0xd || (c->loop.active && (f->at < c->loop.top || !op_loop_goes_on(c))))
		return false;
	enum t2_cond cond = t2_not((enum t2_cond)(code->at[f->at] >> 8 & 15));
	code->len = f->at;
	c->out.nfixups--;
	code->cap += JIT_FIXUP_HALFWORDS;
	op_loop_branch(c, cond, target);
	c->runs_on = true;
	return true;
}

/* Flags of halves compared, or tested. */
static void compare_halves(struct op *c, const struct ub_insn *insn, enum t2_dp dp, bool high)
{
	struct op_operand n = first_operand(c, UB_DST(insn), high, T2_IP), m = op_second(c, insn, high);
	struct jit_code *code = &c->out.code;
	int rn = in_register(c, n, T2_IP);
	if (high) { /* only if the low ones did not tell */
		if (m.kind == OP_CONST && t2_modified_imm(m.imm) < 0)
			m = (struct op_operand){ OP_HELD, (uint8_t)in_register(c, m, T2_LR), 0, 0 };
		jit_it(code, T2_EQ);
	} else if (dp == T2_SUB && m.kind == OP_CONST && m.imm == 0 && tells_zero(code, rn) &&
		   (UB_OP(insn->opcode) == UB_JEQ || UB_OP(insn->opcode) == UB_JNE)) {
		return; /* the flags say so already */
	}
	op_dp(c, dp, T2_PC, rn, m, JIT_SET);
}

/* What is greater the other way round is less: conditions a subtraction of pairs can tell. */
static bool mirrored(uint32_t *op)
{
	switch (*op) {
	case UB_JGT: *op = UB_JLT; return true;
	case UB_JLE: *op = UB_JGE; return true;
	case UB_JSGT: *op = UB_JSLT; return true;
	case UB_JSLE: *op = UB_JSGE; return true;
	default: return false;
	}
}

/* Subtracts pairs for the flags LO, HS, LT, GE. */
static void order(struct op *c, const struct ub_insn *insn, bool swapped)
{
	for (int high = 0; high < 2; high++) {
		c->places.flags = high ? JIT_KEEP : JIT_ANY;
		struct op_operand a = first_operand(c, UB_DST(insn), high, T2_IP), b = op_second(c, insn, high);
		int rn = in_register(c, swapped ? b : a, swapped ? T2_LR : T2_IP);
		struct op_operand m = swapped ? a : b;
		if (high && m.kind == OP_CONST && t2_modified_imm(m.imm) < 0)
			m = (struct op_operand){ OP_HELD, (uint8_t)in_register(c, m, rn == T2_LR ? T2_IP : T2_LR), 0, 0 };
		/* the difference of high halves is of no interest */
		op_dp(c, high ? T2_SBC : T2_SUB, high ? T2_IP : T2_PC, rn, m, JIT_SET);
	}
	c->places.flags = JIT_ANY;
}

static enum outcome compare64(struct op *c, const struct ub_insn *insn, enum t2_cond *cond)
{
	uint32_t op = UB_OP(insn->opcode);
	if (op == UB_JEQ || op == UB_JNE || op == UB_JSET) {
		enum t2_dp dp = op == UB_JSET ? T2_AND : T2_SUB;
		compare_halves(c, insn, dp, false);
		c->places.flags = JIT_KEEP;
		compare_halves(c, insn, dp, true);
		c->places.flags = JIT_ANY;
		*cond = cond_of(op, false);
		return DEPENDS;
	}
	bool swapped = mirrored(&op);
	order(c, insn, swapped);
	*cond = cond_of(op, false);
	return DEPENDS;
}

static enum outcome compare(struct op *c, const struct ub_insn *insn, enum t2_cond *cond)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn);
	bool wide = UB_CLASS(insn->opcode) == UB_JMP, x = insn->opcode & UB_X, negative = !x && insn->imm < 0;
	if (wide) {
		bool dz = zero_high(c, d), sz = x ? zero_high(c, s) : !negative;
		bool apart = op == UB_JSET && (dz || sz); /* high halves have nothing in common */
		if (!apart && dz && negative) /* below 2^32, and above it or below zero */
			return op == UB_JEQ || op == UB_JGT || op == UB_JGE || op == UB_JSLT || op == UB_JSLE ? NEVER : ALWAYS;
		if (!apart && !(dz && sz))
			return compare64(c, insn, cond);
	}
	*cond = cond_of(op, wide);
	compare_halves(c, insn, op == UB_JSET ? T2_AND : T2_SUB, false);
	return DEPENDS;
}

/* A taken jump to a slot. */
static void go(struct op *c, uint32_t target, bool pays)
{
	if (!pays) {
		op_loop_branch(c, T2_AL, target);
		return;
	}
	op_charge(c);
	op_loop_branch(c, T2_HS, target);
	op_stop(c, UB_E_BUDGET);
}

/* A high half that is known to be zero is so without a place. */
static void drop_high(struct op *c, uint32_t r)
{
	if (r != UB_R10 && op_is_narrow(c, r))
		op_set_const(c, r + OP_HIGH, 0);
}

void op_jump(struct op *c, const struct ub_insn *insn)
{
	uint32_t target = op_target(insn, c->slot), op = UB_OP(insn->opcode);
	bool pays = c->checked && target <= c->slot && !op_loop_is_paid(c, target), always = op == UB_JA;
	bool refunds = op_loop_refunds(c, target);
	enum t2_cond cond = T2_AL;
	enum outcome known = ALWAYS;
	struct op_apart moves;
	bool apart = c->plan.say.apart && !always && !pays;
	if (op == UB_JEQ && op_never_equal(c, insn)) {
		drop_high(c, UB_DST(insn));
		return;
	}
	op_cover_jump(c, target, !always && !pays && !refunds);
	if (apart)
		op_apart_begin(c, &moves);
	if (!always) { /* what the comparison says is known at the target */
		struct op_fact *d = &c->facts.fact[UB_DST(insn) % UB_R10], *s = &c->facts.fact[UB_SRC(insn) % UB_R10], was[4];
		struct op_facts facts = c->facts;
		uint32_t other[2] = { op_related(c, UB_DST(insn)), insn->opcode & UB_X ? op_related(c, UB_SRC(insn)) : OP_NONE };
		for (uint32_t i = 0; i < 2; i++)
			if (other[i] != OP_NONE)
				was[2 + i] = facts.fact[op_fact_index(other[i])];
		was[0] = *d;
		was[1] = *s;
		bool tested = c->loop.tested;
		uint32_t shown = op_not_null(c, insn, true);
		op_refine(c, insn, true);
		op_loop_test(c, insn, true);
		op_loop_edge(c, target);
		op_frame(c, target, OP_EDGE);
		apart = apart && op_apart_end(c, &moves);
		c->loop.tested = tested;
		c->facts = facts;
		*d = was[0];
		*s = was[1];
		for (uint32_t i = 0; i < 2; i++)
			if (other[i] != OP_NONE)
				facts.fact[op_fact_index(other[i])] = was[2 + i];
		op_may_be_null(c, shown);
		known = op == UB_JNE && op_never_equal(c, insn) ? ALWAYS : compare(c, insn, &cond);
		op_not_null(c, insn, false);
		op_refine(c, insn, false);
		op_loop_test(c, insn, false);
		drop_high(c, UB_DST(insn));
		if (insn->opcode & UB_X)
			drop_high(c, UB_SRC(insn));
	} else {
		op_loop_edge(c, target);
		op_frame(c, target, OP_EDGE);
		if (target == c->slot + 1)
			return;
	}
	if (known == NEVER)
		return;
	if (known == ALWAYS && apart && !refunds) {
		op_moves(c, moves.first, moves.moves);
		apart = false;
	}
	if (refunds || apart) {
		struct op_cold *cold = refunds ? op_loop_leave(c, known == ALWAYS ? T2_AL : cond, target, pays) : op_to_cold(c, cond);
		if (!refunds) {
			cold->kind = OP_COLD_GO;
			cold->resume = (uint16_t)target;
			cold->what = false;
		}
		if (apart) {
			cold->first = moves.first;
			cold->moves = moves.moves;
		}
		return;
	}
	if (known == ALWAYS) {
		if (pays || !always || !turn_around(c, target))
			go(c, target, pays);
		return;
	}
	if (!pays) {
		op_loop_branch(c, cond, target);
		return;
	}
	uint32_t around = c->out.nfixups;
	jit_branch(&c->out, t2_not(cond), JIT_TO_CODE, 0);
	go(c, target, true);
	jit_land(&c->out, around);
}
