/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler in one pass. It follows the plan that the host wrote beside the program (SPEC.md, The plan), and checks every
 * claim of the plan on which safety or a result depends. Without a plan, or with one that it refuses, it gives each
 * register a fixed location and checks every access. docs/onepass.md explains how. Functions have no state of their own.
 */
#ifndef UB_JIT_ONEPASS_H
#define UB_JIT_ONEPASS_H

#include <stdbool.h>

#include "abi/engine.h"

extern const struct ub_engine jit_plan_engine;
extern const struct ub_engine jit_plan_unchecked_engine; /* no checks, no budget: for measurement only */

enum {
	ONEPASS_UNCHECKED = 1, /* what frames prove is proved as ever, and a plan is refused as ever */
	ONEPASS_WALLED = 2,    /* for unprivileged code (device/): atomics ask the kernel instead of masking interrupts */
};

/* What became of a plan: X(NAME, text). */
#define ONEPASS_REASONS(X)                                               \
	X(FOLLOWED, "followed")                                          \
	X(NO_PLAN, "there is none")                                      \
	X(MALFORMED, "it is malformed")                                  \
	X(READS_LOST, "something is read that it gave up")               \
	X(TURNS_LOST, "how many turns of a loop are left is not known where it is left") \
	X(NOT_THERE, "something is not where it says, or not as it says, where paths meet") \
	X(NOT_SAVED, "a function changes what it does not save")         \
	X(FRAME_WORD, "a word of the frame is reached by other ways")    \
	X(TOO_LARGE, "the program is too large for one")

enum onepass_reason {
#define ONEPASS_REASON(name, text) ONEPASS_##name,
	ONEPASS_REASONS(ONEPASS_REASON)
#undef ONEPASS_REASON
};

/* What the compiler noted, for people: of the plan, and of every slot. */
enum onepass_note { ONEPASS_NOTHING, ONEPASS_PROVED, ONEPASS_IN_LOOP, ONEPASS_CHECKED, ONEPASS_COVERED };

/* What a plan claims and the compiler cannot see: of a variable at a frame, or of a loop; or a variable that is read though
 * it was given up; or a place, in v, that a function writes and does not save. */
enum onepass_what { ONEPASS_ZERO, ONEPASS_FACT, ONEPASS_LENGTH, ONEPASS_FORM, ONEPASS_TESTED, ONEPASS_TURN, ONEPASS_LOST, ONEPASS_SAVED };
struct onepass_doubt {
	uint16_t slot; /* of the frame, or where the loop begins */
	uint8_t what, v;
	/* What is known instead: enum op_fact_kind, ONEPASS_OPEN and others, value in [lo, hi], value - lo a multiple of 1 << align, value * times + slack <= length. */
	uint8_t kind, flags, align, times;
	int32_t slack;
	int64_t lo, hi;
	uint32_t length; /* the context has so many bytes at least */
};
enum { ONEPASS_OPEN = 1, ONEPASS_BOUNDED = 2, ONEPASS_EXACT = 4 };

/* Notes, doubts and places are the host's alone (UB_HOST). */
struct onepass_report {
	enum onepass_reason plan;
	uint32_t slot;   /* where the plan was refused */
	bool again;      /* what is claimed for want of a plan did not hold, which is a fault: it was compiled once more without that */
	uint8_t *notes;  /* NULL, or per slot: enum onepass_note of the access there, in the slow form of a loop << 4 */
	struct onepass_doubt *doubts; /* NULL, or they are collected here instead of refusing the plan; no code comes of it then */
	uint32_t ndoubts, room;       /* how many there are, and how many fit */
	uint32_t *code;  /* NULL, or per slot: where its code begins, in bytes; of the fast form in the upper 16 bits */
};

/* Compiles `program`, which was verified, into `mem` (4-byte aligned, `bytes` long); what the code does not take is scratch
 * memory meanwhile. Returns the length of the code in bytes, or UB_E_COMPILE_* with status and slot in *where. *report tells what
 * became of the plan. `options`: ONEPASS_UNCHECKED and so on. */
int32_t onepass_compile(const struct ub_program *program, uint32_t options, uint8_t *mem, uint32_t bytes, struct onepass_report *report,
			struct ub_fault *where);

#endif
