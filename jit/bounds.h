/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known about a value before the program runs, and what arithmetic makes of it. A number is
 * known by bounds, which say that its high half is zero; a pointer by its region and bounds of its
 * offset there.
 */
#ifndef UB_JIT_BOUNDS_H
#define UB_JIT_BOUNDS_H

#include "jit/compile.h"

/* Tags have bits where facts have theirs. A number is NARROW and no POINTER. */
enum {
	ANY,                     /* 64 bits, unknown */
	NARROW = JIT_DST_ZX,     /* the high half is zero */
	POINTER = 2,             /* the start of its region + min..max */
	LENGTH = 4,              /* the number is the length of the context */
	EXACT = 8,               /* min is max */
	INDEXED = JIT_INDEXED,   /* a pointer: the start + exactly min + a number from a register */
	REGION = 3 * JIT_REGION, /* of a pointer */
	/* Numbers, of which the largest they may be, max, is an address in the values of a map that begin at `start`: */
	OR_NULL = JIT_REGION,    /* 0, or from start to max: what a lookup returned. Those of one max are all one value */
	IN_VALUES = 2 * JIT_REGION, /* from start to max */
};

/* FAR: no bound of a pointer's offset; of a number, none that 32 bits do not have. */
#define FAR 0xffffffffu

struct value {
	uint32_t max, min, tag;
};

static inline struct value unknown(bool wide)
{
	return (struct value){ FAR, 0, wide ? ANY : NARROW };
}

static inline struct value between(uint32_t min, uint32_t max, uint32_t tag)
{
	return (struct value){ max, min, tag | (min == max) * EXACT };
}

static inline struct value constant(uint32_t v)
{
	return (struct value){ v, v, NARROW | EXACT };
}

static inline bool is_number(const struct value *v)
{
	return (v->tag & (NARROW | POINTER)) == NARROW;
}

static inline bool is_exact(const struct value *v)
{
	return v->tag & EXACT;
}

/* Regions are smaller than REGION_MAX and lie below 0xe0000000, so a pointer that is no more than
 * NEAR from the start of its region has no high half; others are FAR. */
enum { REGION_MAX = 0x08000000, NEAR = 0x10000000 };

static inline struct value pointer(uint32_t region, uint32_t offset)
{
	return (struct value){ offset, offset, POINTER | NARROW | EXACT | region * JIT_REGION };
}

static inline uint32_t region_of(const struct value *p)
{
	return (p->tag & REGION) / JIT_REGION;
}

/* The values of registers, and, beside them, of the constant in an instruction. */
enum { IMM = UB_REGISTERS, VALUES };

/* What an instruction makes of the registers' values. Returns facts about it. */
uint32_t jit_bound_alu(struct value *now, const struct ub_insn *insn);
/* dst becomes src; `bits` of it sign-extended, 0: all. */
void jit_bound_move(struct value *dst, const struct value *src, uint32_t bits, bool wide);

#endif
