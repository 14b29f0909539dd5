/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops that are compiled twice (loop.c, guard.c). */
#ifndef UB_ONEPASS_LOOP_H
#define UB_ONEPASS_LOOP_H

#include "jit/onepass/parts.h"

/* Whether a slot is the loop's. */
static inline bool op_loop_has(const struct op_loop *l, uint32_t slot)
{
	for (uint32_t i = 0; i < l->nholes; i++)
		if (slot >= l->hole[i][0] && slot < l->hole[i][1])
			return false;
	return slot >= l->start && slot <= l->end;
}

/* At its first slot, where its record stands: the test before it, then the fast form begins. `on`: control comes there
 * from above. */
void op_loop_begin(struct op *c, bool on);
/* Whether the slot at hand is one that the fast form leaves out. `on`: control comes there, and leaves. */
bool op_loop_hole(struct op *c, bool on);
/* Behind its last slot. `on`: control comes there. Returns whether the pass goes on behind the loop; if not, it does
 * at its first slot once more. */
bool op_loop_end(struct op *c, bool on);

/* Whether the slot at hand, which is not the loop's first, is where its turns begin. */
bool op_loop_head(struct op *c);

/* form.c: what variables are in terms of what they were when the turn began. */
static inline struct op_form *op_form_of(struct op *c, uint32_t var)
{
	return &c->loop.form[op_fact_index(var)];
}
/* Whether a form is one variable and a constant. */
static inline bool op_form_is(const struct op_form *f, uint32_t var, int32_t add)
{
	return f->a == var && f->b == OP_NONE && f->add == add;
}
void op_loop_enter(struct op *c, uint32_t slot);
void op_loop_assign(struct op *c, const struct ub_insn *insn);
void op_loop_copy(struct op *c, uint32_t var, uint32_t from);
void op_loop_forget(struct op *c, uint32_t var);

/* Whether the test before the loop has made sure of an access; whether it found a variable to stay within 32 bits: a sum that leads from one such
 * value to another carries nothing, if less than 2^31 is added. */
bool op_loop_covers(struct op *c, uint32_t var, int32_t offset, uint32_t size, uint32_t rights);
bool op_loop_is_exact(struct op *c, uint32_t var);

/* An edge to a slot: where the next turn begins, what moves is to have moved as the record says; a jump that was paid for comes behind the
 * test of its turn. */
void op_loop_edge(struct op *c, uint32_t target);
/* The edge of a conditional jump that is taken, or not: the one of the test that goes on makes the turn tested. */
void op_loop_test(struct op *c, const struct ub_insn *insn, bool taken);

/* Whether the slot behind the one at hand is compiled next, in the same form. */
bool op_loop_goes_on(const struct op *c);
bool op_loop_is_paid(const struct op *c, uint32_t target);
bool op_loop_refunds(const struct op *c, uint32_t target);
void op_loop_branch(struct op *c, enum t2_cond cond, uint32_t target);
/* Branches out of a fast form: turns that are not taken are given back on the way. */
struct op_cold *op_loop_leave(struct op *c, enum t2_cond cond, uint32_t target, bool pays);
struct op_value op_loop_counter(struct op *c);

/* budget.c */
void op_loop_refund(struct op *c, const struct op_value *counter);
/* ip = turns left, from the counter in ip. */
void op_guard_turns(struct op *c, int bound);
static inline int32_t op_loop_step(const struct op *c)
{
	return c->loop.step[0].by;
}
static inline uint32_t op_step_size(int32_t by)
{
	return by < 0 ? 0u - (uint32_t)by : (uint32_t)by;
}
static inline bool op_is_power(uint32_t m)
{
	return m && !(m & (m - 1));
}
static inline bool op_or_equal(enum t2_cond go)
{
	return go == T2_LS || go == T2_HS || go == T2_LE || go == T2_GE;
}

/* guard.c */
/* The test; false if it cannot be emitted. */
bool op_guard_possible(const struct op *c);
void op_guard(struct op *c);
static inline const struct op_step *op_step_of(const struct op_loop *l, uint32_t var)
{
	for (uint32_t i = 0; i < l->nsteps; i++)
		if (l->step[i].var == var)
			return &l->step[i];
	return NULL;
}

#endif
