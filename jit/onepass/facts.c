// SPDX-License-Identifier: BSD-2-Clause
/* What is known of variables, where it is kept: check.c has the rules by which something comes to be known. */
#include "jit/onepass/parts.h"

void op_learn(struct op *c, uint32_t var, const struct op_fact *f)
{
	if (f->word == (OP_ANYTHING | 1u << 16)) { /* nothing */
		op_forget(c, var);
		return;
	}
	c->facts.fact[op_fact_index(var)] = *f;
	op_add(&c->facts.there, var);
}

/* An address stays one, of which only the region may be guessed. */
void op_doubt_registers(struct op *c)
{
	for (uint32_t left = c->facts.there.of[0]; left; left &= left - 1) {
		uint32_t var = (uint32_t)__builtin_ctz(left);
		struct op_fact *f = &c->facts.fact[var];
		f->open = true;
		f->bounded = f->exact = f->mapped = f->narrow = false;
		if (f->kind <= OP_NUMBER)
			op_forget(c, var);
	}
}

/* What is known of the low half of a register, or of a word. */
void op_get_fact(const struct op *c, uint32_t var, struct op_fact *f)
{
	const struct op_value *v = op_val(c, var);
	if (v->kind == OP_CONST) {
		*f = op_fact(OP_NUMBER, (uint32_t)v->imm, (uint32_t)v->imm);
	} else if (var == UB_R10) {
		*f = op_fact(OP_STACK, 0, 0);
	} else if (op_in(&c->facts.there, var) && v->kind) {
		*f = c->facts.fact[op_fact_index(var)];
		if (f->null)
			*f = op_fact(OP_NUMBER, 0, f->hi);
	} else {
		*f = op_fact(OP_ANYTHING, 0, UINT32_MAX);
	}
}

bool op_never_equal(struct op *c, const struct ub_insn *insn)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn);
	if (insn->opcode & UB_X || insn->imm || (op != UB_JEQ && op != UB_JNE) || d == UB_R10)
		return false;
	struct op_fact f = op_know(c, d);
	return f.kind == OP_NUMBER && f.lo && (UB_CLASS(insn->opcode) == UB_JMP32 || op_is_narrow(c, d));
}
