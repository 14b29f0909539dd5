/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops that are compiled twice: a test before them (preheader.c) chooses, per run, a form that
 * neither checks the accesses the test vouches for nor pays into the budget turn by turn, or the
 * usual one.
 */
#ifndef UB_JIT_LOOPS_H
#define UB_JIT_LOOPS_H

#include "jit/value.h"

enum {
	LOOP_SLOTS = 64,
	LOOP_TERMS = 3,
	LOOP_REACHES = 4,
	LOOP_PROMOTED = 4,
	LOOP_NEAR = 1024,   /* constants of addresses, and steps, are smaller than this */
	LOOP_TURNS = 20,    /* turns are below 2^20 ... */
	LOOP_STRIDE = 11,   /* ... and strides below 2^11, so that their product is a distance */
};

/* The low half of a value, mod 2^32: a sum of registers as they are at the head, shifted, and a constant. */
struct jit_form {
	uint32_t terms; /* bytes 0..2: register | shift << 4; above: how many, and flags */
	uint32_t constant;
};

enum {
	FORM_ONE = 1 << 24,       /* term */
	FORM_UNKNOWN = 4 << 24,   /* like too many terms */
	FORM_COUNT = 7 << 24,
	FORM_NARROW = 1 << 27,    /* the high half is not that of the same sum in 64 bits */
	FORM_WRITTEN = 1 << 28,   /* the register was not just moved by one constant */
	FORM_FLAGS = FORM_NARROW | FORM_WRITTEN,
};

static inline uint32_t jit_terms(const struct jit_form *f)
{
	return f->terms >> 24 & 7;
}

/* Accesses that are a constant apart. */
struct jit_reach {
	struct jit_form low;     /* the lowest address */
	int32_t stride;          /* bytes a turn adds, and ... */
	uint8_t by;              /* ... a term, or JIT_NOWHERE */
	bool covered;            /* the fast form does not check them */
	uint16_t bytes;          /* from the lowest address to the end of the highest */
};

struct jit_word {
	uint8_t half, home;
};

struct jit_loop {
	uint32_t head, latch;    /* the latch is a conditional jump, the first that goes to the head */
	/* Bit r: r is moved by one constant, and never far enough to change its high half: up to its bound, or
	 * through a region and a little further, and regions lie between 2^16 and 0xe0000000 (bounds.h). */
	uint32_t still;
	bool tested;             /* there is a usual form, too; without checks there is not */
	/* All turns are paid for by the test before: control leaves at the latch, or gives back those it did not take. */
	bool prepaid;
	/* The latch goes back while counter < bound, counter > bound or, `equal`, counter != bound. */
	bool down, equal;
	bool is_signed;          /* as low halves with a sign */
	uint8_t counter, bound;  /* registers; bound JIT_NOWHERE: `limit` */
	uint32_t highs;          /* high halves of them to be tested for being equal, or zero; they stay so */
	uint32_t limit;
	uint32_t step;           /* up or down, per turn: once before the first compare */
	uint32_t promoted;       /* spilled halves that have a register here, and where they live otherwise */
	struct jit_word word[LOOP_PROMOTED];
	uint32_t spilled;        /* j->spilled otherwise */
	uint32_t reaches;
	struct jit_reach reach[LOOP_REACHES];
};

/* loops.c: whether the loop at a head can be compiled twice, and is worth it. */
bool jit_loop(const struct jit *j, uint32_t head, struct jit_loop *loop);

/* preheader.c: emits the test; false, and nothing emitted, if registers do not suffice. Its branches,
 * all from fixup number j->out.nfixups on, are to go to the usual form. */
bool jit_preheader(struct jit *j, const struct jit_loop *loop);

/* fast.c */
void jit_begin_fast(struct jit *j, struct jit_loop *loop);
void jit_end_form(struct jit *j, const struct jit_loop *loop);
void jit_leave_fast(struct jit *j);
/* Looks ahead in a fast form: if the low half of d, which the next turn does not start with, is going to be
 * moved to a register that does, it is computed there. */
void jit_find_move(struct jit *j, const struct ub_insn *insn);

/* Looks ahead from an access: the constant that is going to be added to r, if that may be done here; or 0. */
int32_t jit_find_step(const struct jit *j, uint32_t r);
/* Before an access by r, base + index: as these may have been made just before, it would wait for them a cycle, in which
 * something is added that is going to be. */
void jit_fill_wait(struct jit *j, uint32_t r);

/* Whether control is at the latch of a fast form: low halves decide whether it goes back. */
static inline bool jit_at_latch(const struct jit *j)
{
	return j->fast && j->fast->tested && j->slot == j->latch;
}

static inline bool jit_is_hoisted(const struct jit *j, uint32_t slot)
{
	return j->hoisted[slot / 8] >> (slot % 8) & 1;
}

#endif
