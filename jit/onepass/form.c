// SPDX-License-Identifier: BSD-2-Clause
/* In the fast form of a loop: what variables are in terms of what they were when the turn began. */
#include "jit/onepass/loop.h"

static const struct op_form unknown = { OP_NONE, OP_NONE, OP_NONE, 0, 0 };

void op_loop_forget(struct op *c, uint32_t var)
{
	op_unrelate(c, var);
	if (c->loop.fast)
		*op_form_of(c, var) = unknown;
}

void op_loop_copy(struct op *c, uint32_t var, uint32_t from)
{
	op_relate_copy(c, var, from);
	if (c->loop.fast)
		*op_form_of(c, var) = from == OP_NONE || from == UB_R10 ? unknown : *op_form_of(c, from);
}

static bool has_base(const struct op_form *f)
{
	return f->a != OP_NONE && f->b == OP_NONE;
}

static bool has_index(const struct op_form *f)
{
	return f->a == OP_NONE && f->b != OP_NONE;
}

static void add_forms(struct op_form *d, const struct op_form *s)
{
	struct op_form f = *d;
	if (has_index(d) || (has_base(s) && !has_base(d))) { /* bases first, then indices */
		f = *s;
		s = d;
	}
	int32_t sum = (int32_t)((uint32_t)f.add + (uint32_t)s->add);
	if (has_base(&f) && has_base(s)) {
		f.b = s->a;
		f.shift = 0;
	} else if (has_base(&f) && has_index(s)) {
		f.b = s->b;
		f.c = s->c;
		f.shift = s->shift;
	} else if (f.b != OP_NONE && f.c == OP_NONE && has_base(s) && f.shift == 0) {
		f.c = s->a;
	} else if (f.b != OP_NONE && f.c == OP_NONE && has_index(s) && s->c == OP_NONE && f.shift == s->shift) {
		f.c = s->b;
	} else if (has_base(&f) && s->a != OP_NONE && s->c == OP_NONE && s->shift == 0) {
		f.b = s->a;
		f.c = s->b;
		f.shift = 0;
	} else {
		f = unknown;
	}
	f.add = sum;
	*d = f;
}

static void shift_form(struct op_form *f, uint32_t by)
{
	struct op_form g = { OP_NONE, f->b, f->c, (uint8_t)(f->shift + by), (int32_t)((uint32_t)f->add << by) };
	if (f->a != OP_NONE && f->c == OP_NONE && (f->b == OP_NONE || f->shift == 0)) {
		g.b = f->a;
		g.c = f->b;
		g.shift = (uint8_t)by;
	} else if (f->a != OP_NONE || g.shift > 3) {
		g = unknown;
	}
	*f = g;
}

/* The form of an arithmetic instruction's result. Sums are modulo 2^32. */
void op_loop_assign(struct op *c, const struct ub_insn *insn)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn), k = (uint32_t)insn->imm;
	struct op_form *f = op_form_of(c, d);
	bool x = insn->opcode & UB_X, known = f->a != OP_NONE || f->b != OP_NONE;
	if (op == UB_MOV && x && insn->offset == 0) {
		op_loop_copy(c, d, s);
	} else if ((op == UB_ADD || op == UB_SUB) && !x && known) {
		f->add = (int32_t)((uint32_t)f->add + (op == UB_ADD ? k : 0u - k));
	} else if (op == UB_ADD && x && s != UB_R10 && op_is_const(c, s) && known) {
		f->add = (int32_t)((uint32_t)f->add + (uint32_t)op_val(c, s)->imm);
	} else if (op == UB_ADD && x && s != UB_R10 && op_is_const(c, d)) {
		*f = *op_form_of(c, s);
		f->add = (int32_t)((uint32_t)f->add + (uint32_t)op_val(c, d)->imm);
	} else if (op == UB_ADD && x && s != UB_R10) {
		struct op_form other = *op_form_of(c, s);
		add_forms(f, &other);
	} else if (op == UB_LSH && !x && (k & 63) <= 3 && known) {
		shift_form(f, k & 3);
	} else {
		*f = unknown;
	}
}

void op_loop_enter(struct op *c, uint32_t slot)
{
	struct op_loop *l = &c->loop;
	if (!l->fast)
		return;
	l->tested = false;
	for (uint32_t i = 0; i < op_fact_count(c); i++) {
		uint32_t var = i < OP_BUDGET ? i : i - OP_BUDGET + OP_WORD;
		bool written = l->written >> var & 1;
		l->form[i] = unknown;
		if (slot == l->head || !written)
			l->form[i].a = (uint8_t)var;
	}
}
