/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the plan: what is malformed, or behind its end, makes it refused, and reads as 0. */
#ifndef UB_ONEPASS_PLAN_H
#define UB_ONEPASS_PLAN_H

#include "jit/onepass/parts.h"

enum { OP_WINDOW = 25 }; /* bits of the plan that are looked at at once, at least */
/* Variables: that a word's number follows; where high halves begin, and as above, where variables live. */
enum { FACT_WORD = 10, MOVED_HIGH = 10, MOVED_WORD = 20, MOVED_NEVER = 31 };

/* Fewer than 32 bits are left. */
static ALWAYS_INLINE bool op_is_at_end(const struct op *c)
{
	return c->plan.bits.at + 32 > c->plan.bits.end;
}
uint32_t op_window_at_end(struct op *c);
/* What has not been read, on top: 25 bits of it at least, wherever that begins; 0 behind the end. */
static ALWAYS_INLINE uint32_t op_window(struct op *c)
{
	const struct op_bits *b = &c->plan.bits;
	uint32_t at = b->at, window;
	if (op_is_at_end(c))
		return op_window_at_end(c);
	__builtin_memcpy(&window, b->bytes + (at >> 3), 4);
	return __builtin_bswap32(window) << (at & 7);
}
/* The same, and how many bits of it there are before it is to be asked for again; where the plan ends, after each piece. */
static ALWAYS_INLINE uint32_t op_window_of(struct op *c, int32_t *bits)
{
	*bits = op_is_at_end(c) ? 0 : OP_WINDOW;
	return op_window(c);
}
static ALWAYS_INLINE void op_pass(struct op *c, uint32_t n)
{
	c->plan.bits.at += n;
}

/* default.c: the map for want of a plan, and what is said of an instruction. */
void op_default_map(struct op *c);
void op_default_insn(struct op *c, const struct ub_insn *insn);

/* The bit at which reading is, and goes on. */
static inline uint32_t op_tell(const struct op *c)
{
	return c->plan.bits.at;
}
static inline void op_seek(struct op *c, uint32_t at)
{
	c->plan.bits.at = at;
}
/* To be asked after a piece: whether all that was read is the plan's. */
static inline void op_read_all(struct op *c)
{
	const struct op_bits *b = &c->plan.bits;
	if (b->at > b->end)
		op_refuse(c, ONEPASS_MALFORMED);
}
static ALWAYS_INLINE bool op_read_bit(struct op *c)
{
	uint32_t window = op_window(c);
	op_pass(c, 1);
	return window >> 31;
}
/* The next n bits, 0 < n <= 25. */
uint32_t op_read(struct op *c, uint32_t n);
uint32_t op_read_number(struct op *c);
int32_t op_read_signed(struct op *c);
uint32_t op_read_count(struct op *c, uint32_t most);
/* A claim about a variable. */
void op_read_claim(struct op *c, struct op_fact *f);
/* A variable that plans may speak of; one that facts are about. */
uint32_t op_variable(struct op *c, uint32_t v);
uint32_t op_read_fact_variable(struct op *c);
uint32_t op_fact_variable(struct op *c, uint32_t v);
/* A place, of which four bits have been read. */
uint32_t op_place(struct op *c, uint32_t code);
/* A variable and the place where it lives, which is the upper byte; or that control never comes to a frame. */
enum { OP_NEVER = 0xffff };
uint32_t op_read_moved(struct op *c, uint32_t head, uint32_t bits);

#endif
