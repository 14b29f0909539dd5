// SPDX-License-Identifier: BSD-2-Clause
/* ALU instructions, as operations on halves (lower_half.c) or pairs of them (lower_alu64.c, lower_shift64.c). Where
 * only the low half of a 64-bit result is needed, or its high half is known, the low half's operation is all there
 * is to do.
 */
#include "jit/loops.h"

/* The high half of d is zero, should anybody ask. */
static void zero_high(struct jit *j, uint32_t d)
{
	if (j->live & JIT_HI(d))
		jit_set_const(j, d + JIT_HIGH, 0);
}

/* Byte order: `bits` of d, the others becoming zero. */
static void bytes(struct jit *j, const struct ub_insn *insn, uint32_t d, uint32_t bits, bool swap)
{
	if (bits == 64) {
		jit_prove_zeros(j, insn);
		if (swap)
			jit_pair_swap(j, d);
		return;
	}
	if (j->live & JIT_LO(d)) {
		if (swap)
			jit_op_unary(j, bits == 16 ? T2_REV16 : T2_REV, d, d);
		if (bits == 16)
			jit_op_imm(j, UB_AND, d, d, 0xffff);
	}
	zero_high(j, d);
}

/* d = s, sign-extended from `bits`, 0 for none; `high`: the high half is needed. */
static void move(struct jit *j, uint32_t d, uint32_t s, uint32_t bits, bool high)
{
	bool low = j->live & JIT_LO(d);
	uint32_t sign = s;
	if (bits && bits < 32) {
		sign = low ? d : d + JIT_HIGH;
		jit_op_unary(j, bits == 8 ? T2_SXTB : T2_SXTH, sign, s);
	}
	if (high && bits)
		jit_op_imm(j, UB_ARSH, d + JIT_HIGH, sign, 31);
	if (low && (bits == 0 || bits == 32))
		jit_copy(j, d, s);
	if (high && !bits)
		jit_copy(j, d + JIT_HIGH, s + JIT_HIGH);
}

/* Whether the low half of a 64-bit result is made of low halves alone, and it is all that is needed,
 * or the high half is zero. */
static bool low_half_does(struct jit *j, uint32_t op, uint32_t d, uint32_t s)
{
	bool dz = jit_is_zero(j, d + JIT_HIGH), sz = jit_is_zero(j, s + JIT_HIGH), high = j->live & JIT_HI(d);
	switch (op) {
	case UB_RSH:
	case UB_ARSH:
		return dz && s == JIT_IMM && (j->val[s].imm & 63) < 32;
	case UB_LSH:
		return !high && s == JIT_IMM && (j->val[s].imm & 63) < 32;
	case UB_DIV:
	case UB_MOD:
		return dz && sz;
	default:
		return !high;
	}
}

static void alu64(struct jit *j, uint32_t op, uint32_t d, uint32_t s, bool sign)
{
	bool low = j->live & JIT_LO(d), high = j->live & JIT_HI(d);
	bool shifts = op == UB_LSH || op == UB_RSH || op == UB_ARSH;
	bool still = j->fast && j->fast->still >> d & 1; /* its high half stays as it is */
	if (jit_is_const(j, s) && (shifts || jit_is_const(j, s + JIT_HIGH))) {
		jit_use_const(j, s);
		s = JIT_IMM;
	}
	if (op == UB_AND || op == UB_OR || op == UB_XOR) {
		if (low)
			jit_op(j, op, d, d, s);
		if (high)
			jit_op(j, op, d + JIT_HIGH, d + JIT_HIGH, s + JIT_HIGH);
	} else if (low && (still || low_half_does(j, op, d, s))) {
		jit_op(j, op == UB_ARSH ? UB_RSH : op, d, d, s); /* of a number without sign */
		if (!still && high)
			jit_set_const(j, d + JIT_HIGH, 0);
	} else {
		jit_pair(j, op, d, s, sign);
	}
}

/* What the low half alone does not do. In 32 bits the high half becomes zero. */
static NOINLINE void both_halves(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode);
	bool x = insn->opcode & UB_X, wide = UB_CLASS(insn->opcode) == UB_ALU64;
	bool low = j->live & JIT_LO(d), high = wide && j->live & JIT_HI(d);
	bool sign = (op == UB_DIV || op == UB_MOD) && insn->offset;

	if (op == UB_END) {
		bytes(j, insn, d, (uint32_t)insn->imm, wide || x);
		return;
	}
	if (!wide && !low) { /* nobody needs its operands either */
		zero_high(j, d);
		return;
	}
	if (wide && (high || op == UB_RSH || op == UB_ARSH || op == UB_DIV || op == UB_MOD)) {
		j->keep = j->held; /* operands of one half must survive the other */
		jit_prove_zeros(j, insn);
	}
	jit_set_imm(j, op == UB_NEG ? 0 : insn->imm);
	if (!x)
		s = JIT_IMM;
	if (op == UB_MOV)
		move(j, d, s, (uint32_t)insn->offset, high);
	else if (op == UB_NEG && high)
		jit_pair_negate(j, d);
	else if (op == UB_NEG)
		jit_op(j, UB_SUB, d, JIT_IMM, d);
	else if (wide)
		alu64(j, op, d, s, sign);
	else
		jit_op(j, op | (uint32_t)sign, d, d, s);
	if (!wide)
		zero_high(j, d);
}

/* The low half of an operation that is made of low halves alone. */
static void low_half(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode);
	if (insn->opcode & UB_X) {
		if (op == UB_MOV)
			jit_copy(j, d, s);
		else
			jit_op(j, op, d, d, s);
	} else if (op == UB_MOV) {
		jit_set(j, d, jit_value(JIT_CONST, JIT_NOWHERE, 0, 0, (uint32_t)insn->imm));
	} else {
		jit_op_imm(j, op, d, d, (uint32_t)insn->imm);
	}
}

/* Whether low halves alone make what is needed of the result. */
static bool low_halves_do(const struct ub_insn *insn, uint32_t halves, uint32_t fact)
{
	enum {
		DIVIDES = 1 << (UB_DIV >> 4) | 1 << (UB_MOD >> 4),
		DOWN = 1 << (UB_RSH >> 4), UP = 1 << (UB_LSH >> 4),
		EXACT = 1 << (UB_ADD >> 4) | 1 << (UB_SUB >> 4) | 1 << (UB_MUL >> 4) | 1 << (UB_AND >> 4) | 1 << (UB_OR >> 4) |
			1 << (UB_XOR >> 4) | 1 << (UB_MOV >> 4),
	};
	uint32_t op = 1u << (insn->opcode >> 4), set = EXACT;
	if (insn->offset)
		return false;
	if (UB_CLASS(insn->opcode) == UB_ALU32)
		return op & (EXACT | DIVIDES | DOWN | UP | 1 << (UB_ARSH >> 4));
	if (halves != JIT_LO(0))
		return false;
	if (insn->imm > 0) {
		uint32_t shifts = insn->imm < 32 ? UP | DOWN : 0;
		set |= fact & JIT_DST_ZX ? DIVIDES | shifts : UP & shifts;
	}
	return op & set;
}

void jit_alu(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), halves = j->live >> d & JIT_BOTH(0), fact = j->facts[j->slot];

	if (halves == 0)
		return;
	if (fact & JIT_NO_EFFECT) {
		if (halves & JIT_HI(0))
			jit_set_const(j, d + JIT_HIGH, 0);
		return;
	}
	if (j->borrows) { /* what the result goes to is not lent out meanwhile, nor are operands of its high half */
		jit_pin_both(j, d);
		if (insn->opcode & UB_X && UB_OP(insn->opcode) != UB_END)
			jit_pin_both(j, UB_SRC(insn));
	}
	if (!low_halves_do(insn, halves, fact)) {
		both_halves(j, insn);
		return;
	}
	if (halves & JIT_LO(0))
		low_half(j, insn);
	if (halves & JIT_HI(0))
		jit_set_const(j, d + JIT_HIGH, 0);
}
