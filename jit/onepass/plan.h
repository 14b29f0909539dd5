/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the plan: what is malformed, or behind its end, makes it refused, and reads as 0. */
#ifndef UB_ONEPASS_PLAN_H
#define UB_ONEPASS_PLAN_H

#include "jit/onepass/state.h"

enum { OP_WINDOW = 25 }; /* so many bits are in a window, wherever it begins */

void op_move_window(struct op *c);
/* What has not been read, on top: n bits of it at least, n <= OP_WINDOW; 0 behind the end. */
static ALWAYS_INLINE uint32_t op_window(struct op *c, uint32_t n)
{
	struct op_bits *b = &c->plan.bits;
	if (b->used + n > OP_WINDOW)
		op_move_window(c);
	return b->window;
}
static ALWAYS_INLINE void op_pass(struct op *c, uint32_t n)
{
	c->plan.bits.window <<= n;
	c->plan.bits.used += n;
}

/* The bit at which reading is, and goes on. */
uint32_t op_tell(const struct op *c);
void op_seek(struct op *c, uint32_t at);
/* To be asked after a piece: whether all that was read is the plan's. */
static inline void op_read_all(struct op *c)
{
	const struct op_bits *b = &c->plan.bits;
	if (b->at + b->used > b->end)
		op_refuse(c, ONEPASS_MALFORMED);
}
uint32_t op_read(struct op *c, uint32_t n);
uint32_t op_read_number(struct op *c);
int32_t op_read_signed(struct op *c);
uint32_t op_maybe_number(struct op *c);
uint32_t op_read_count(struct op *c, uint32_t most);
/* A variable that plans may speak of; one that facts are about. */
uint32_t op_variable(struct op *c, uint32_t v);
uint32_t op_fact_variable(struct op *c, uint32_t v);
uint32_t op_read_fact_variable(struct op *c);
/* A place, of which four bits have been read. */
uint32_t op_place(struct op *c, uint32_t code);

#endif
