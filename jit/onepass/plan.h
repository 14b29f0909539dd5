/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the plan: what is malformed, or behind its end, makes it refused, and reads as 0. */
#ifndef UB_ONEPASS_PLAN_H
#define UB_ONEPASS_PLAN_H

#include "jit/onepass/state.h"

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
/* A variable, of six bits. */
uint32_t op_variable(struct op *c, uint32_t v);
uint32_t op_fact_variable(struct op *c, uint32_t v);
uint32_t op_read_fact_variable(struct op *c);

/* In place of a variable that lives elsewhere: control never comes here. */
enum { OP_NEVER = 15 };
bool op_read_moved(struct op *c, uint32_t *var, uint32_t *at);

/* The first part of what a frame says of a variable. */
struct op_claim {
	uint8_t var, kind;
	bool other;    /* of memory, .data; of the stack, from its top */
	uint8_t there; /* what is said: CLAIM_* */
	int32_t lo, slack;
	uint32_t above; /* lo, at most */
};
enum { CLAIM_LOW = 1, CLAIM_HIGH = 2, CLAIM_SLACK = 4 };
void op_read_claim(struct op *c, struct op_claim *to);

#endif
