// SPDX-License-Identifier: BSD-2-Clause
/* What needs more than two scratch registers borrows r0..r3: they are pushed, take the operands, and results go to where
 * they live, or to where r0..r3 are popped from. */
#include "jit/onepass/parts.h"

enum { BORROWED = 4 };

void op_borrow(struct op *c)
{
	jit_push(&c->out.code, 15);
	c->places.sp_moved += 4 * BORROWED;
}

/* Loads a variable; registers that were pushed are read from there. */
void op_fetch(struct op *c, int rd, uint32_t var)
{
	const struct op_value *v = op_val(c, var);
	if ((v->kind == OP_HELD || v->kind == OP_COPY) && v->a < BORROWED)
		jit_mem(&c->out.code, T2_LDR, rd, T2_SP, v->a * 4);
	else if (v->kind <= OP_COPY)
		op_emit_value(c, rd, v);
	else
		op_refuse(c, ONEPASS_READS_LOST);
}

void op_fetch_pair(struct op *c, int lo, uint32_t r, bool wide)
{
	if (r == UB_R10)
		op_emit_value(c, lo, op_val(c, r));
	else
		op_fetch(c, lo, r);
	if (wide && r == UB_R10)
		jit_const(&c->out.code, lo + 1, 0, JIT_ANY);
	else if (wide)
		op_fetch(c, lo + 1, r + OP_HIGH);
}

/* Sums and shifts go into their homes first, so that what is fetched is simple. */
void op_simple_pair(struct op *c, uint32_t r, bool wide)
{
	if (r == UB_R10)
		return;
	for (uint32_t var = r; var <= r + (wide ? OP_HIGH : 0); var += OP_HIGH)
		if (op_val(c, var)->kind > OP_COPY)
			op_settle(c, var, c->places.home[var]);
}

void op_deliver(struct op *c, uint32_t var, int rs)
{
	uint32_t home = c->places.home[var];
	if (home < BORROWED) {
		op_hold(c, var, home);
		jit_mem(&c->out.code, T2_STR, rs, T2_SP, (int32_t)home * 4);
	} else {
		op_done(c, var, rs);
	}
}

void op_give_back(struct op *c)
{
	c->places.sp_moved -= 4 * BORROWED;
	jit_pop(&c->out.code, 15);
}
