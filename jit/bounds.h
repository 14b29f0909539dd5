/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known about a value before the program runs, and what arithmetic makes of it. A number is
 * known by bounds, which say that its high half is zero; a pointer by its region and bounds of its
 * offset there.
 */
#ifndef UB_JIT_BOUNDS_H
#define UB_JIT_BOUNDS_H

#include "jit/compile.h"

enum tag {
	ANY,          /* 64 bits, unknown */
	NUMBER,       /* min..max */
	POINTER,      /* POINTER + region: its start + min..max; max FAR: no bound */
	KIND = 7,
	EXACT = 8,    /* it is max, not below */
	ADDED = 16,   /* last written by an addition: a loop that does this will not stop growing */
	INDEXED = 32, /* a pointer: its region's start + exactly min + a number, the second operand of an addition */
};
enum {
	LENGTH = 64,     /* the number is the length of the context */
	IMMEDIATE = 128, /* ... is in the instruction that adds it */
};
#define FAR 0xffffffffu

struct value {
	uint32_t max;
	uint16_t min; /* MIN_MAX: that or more */
	uint16_t tag;
};
enum { MIN_MAX = 0xffff };

static inline struct value value_of(uint32_t tag, uint32_t min, uint32_t max)
{
	return (struct value){ max, (uint16_t)(min < MIN_MAX ? min : MIN_MAX), (uint16_t)tag };
}

static inline struct value number(uint32_t max)
{
	return value_of(NUMBER, 0, max);
}

static inline struct value constant(uint32_t v)
{
	return value_of(NUMBER | EXACT, v, v);
}

static const struct value any = { 0, 0, ANY };

static inline bool is_number(struct value v)
{
	return (v.tag & KIND) == NUMBER;
}

static inline bool is_pointer(struct value v)
{
	return (v.tag & KIND) >= POINTER;
}

/* Regions are smaller than REGION_MAX and lie below 0xe0000000, so a pointer that is no more than
 * NEAR from the start of its region has no high half. */
enum { REGION_MAX = 0x08000000, NEAR = 0x10000000 };

static inline bool zx(struct value v)
{
	return is_number(v) || (is_pointer(v) && v.max <= NEAR);
}

/* The low half alone, as a number. */
static inline struct value low_half(struct value v)
{
	return is_number(v) ? v : number(FAR);
}

/* Operations whose second operand is the constant `imm`, sign-extended in 64 bits (`wide`), or a
 * register. `sign`: signed division. Adds JIT_NO_EFFECT and JIT_ONCE to *fact. */
struct value jit_bound_imm(uint32_t op, struct value a, int32_t imm, bool wide, bool sign, uint32_t *fact);
struct value jit_bound_reg(uint32_t op, struct value a, struct value b, bool wide, bool sign, uint32_t *fact);
/* A move of `bits` sign-extended bits, 0 for all; a change of byte order. */
struct value jit_bound_move(struct value v, int32_t bits, bool wide);
struct value jit_bound_bytes(struct value v, int32_t bits, bool swaps);
/* The least value that covers both; `jump`: do not creep, this would go on. */
struct value jit_bound_join(struct value old, struct value new, bool jump);

#endif
