/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the compiler share. Each part of the state has a file that writes it; others ask its functions.
 *
 *   program.c what is asked of the program
 *   scan.c    joins, tables
 *   default.c the map without a plan             -> map
 *   plan.c    reads the plan                     -> plan, say
 *   frame.c   what it says of where paths meet
 *   place.c   where the values of variables are  -> places
 *   facts.c   what is known of them      -> facts
 *   check.c   the judge of that, and of what needs no check
 *   relate.c  of variables, in terms of others                               -> relation
 *   values.c  of values of maps, and keys in the frame                     -> key
 *   bounds.c  code that compares addresses with regions
 *   cover.c   accesses that one such comparison is enough for                    -> cover
 *   loop.c    loops that are compiled twice      -> loop
 *   guard.c   the test before a loop
 *   form.c    what variables are in its fast form, of what they were when the turn began
 *   budget.c  payments
 *   report.c  what is told to who asked
 *   cold.c    code off the straight line         -> cold
 *   lookup.c  lookups in maps
 *   defer.c   results that are left to who reads them
 *   alu.c, wide.c, memory.c, atomic.c, jump.c, call.c    instructions, by group
 *   compile.c the driver
 */
#ifndef UB_ONEPASS_STATE_H
#define UB_ONEPASS_STATE_H

#include "abi/program.h"
#include "abi/run.h"
#include "jit/onepass/onepass.h"
#include "jit/patch.h"
#include "jit/runtime.h"

/* A variable is 32 bits that are kept somewhere: the low half of a register (its number), the high half, a value of
 * the compiler's own, a word of the program's frame that nothing reaches but by r10 and a constant. */
enum {
	OP_BUDGET = 11, OP_BASE = 12, OP_LIMIT = 13, OP_MEMORY = 14,
	OP_HIGH = 16,
	OP_WORD = 32, OP_WORDS = 32,
	OP_VARS = OP_WORD + OP_WORDS,
	OP_NONE = 255, /* no variable, register or place */
};

/* Places are ARM registers 0..11 and words of the code's frame. */
enum { OP_REGS = 12, OP_FRAME = 16, OP_FRAME_WORDS = 48, OP_PLACES = OP_FRAME + OP_FRAME_WORDS };

/* The value of a variable. Kinds from OP_COPY on read places, which hold other variables, and are gone when one of
 * those changes. */
enum op_kind {
	OP_LOST,
	OP_HELD,    /* in place a */
	OP_CONST,   /* imm */
	OP_COPY,    /* what is in place a */
	OP_SHIFT,   /* register a shifted by (type, amount) = shift >> 5, shift & 31 */
	OP_SUM,     /* register a + (b << shift) + imm; b may be OP_NONE */
	OP_PRODUCT, /* registers a * b */
};

struct op_value {
	__extension__ union {
		__extension__ struct {
			uint8_t kind, a, b, shift;
		};
		uint32_t word; /* all four, little-endian */
	};
	int32_t imm;
};

static inline struct op_value op_value(enum op_kind kind, uint32_t a, uint32_t b, uint32_t shift, uint32_t imm)
{
	return (struct op_value){ .word = (uint32_t)kind | a << 8 | b << 16 | shift << 24, .imm = (int32_t)imm };
}

typedef uint64_t op_set; /* of variables, or of places */
#define OP_BIT(n) ((op_set)1 << (n))
static inline uint32_t op_first(op_set set)
{
	uint32_t low = (uint32_t)set;
	return low ? (uint32_t)__builtin_ctz(low) : 32 + (uint32_t)__builtin_ctz((uint32_t)(set >> 32));
}
/* Goes through a set, smallest first. */
#define OP_EACH(n, set) (op_set left_ = (set), n = 0; left_ && (n = op_first(left_), true); left_ &= left_ - 1)

/* Variables as two words of bits: halves of registers, then words of the frame. */
struct op_vars {
	uint32_t of[2];
};

static ALWAYS_INLINE bool op_in(const struct op_vars *s, uint32_t var)
{
	return s->of[var >> 5] >> (var & 31) & 1;
}

static ALWAYS_INLINE void op_add(struct op_vars *s, uint32_t var)
{
	s->of[var >> 5] |= 1u << (var & 31);
}

static ALWAYS_INLINE void op_take(struct op_vars *s, uint32_t var)
{
	s->of[var >> 5] &= ~(1u << (var & 31));
}

/* The program's map: where variables live unless a plan says otherwise meanwhile, and how functions call. */
struct op_map {
	uint8_t home[OP_VARS] __attribute__((aligned(4)));
	uint16_t zero;     /* without a plan: registers whose high half is zero wherever it is read, */
	uint16_t *live;    /* high halves that are read yet, per join; */
	uint16_t joins;    /* how many there are; */
	uint32_t *dead;    /* bit per slot: the high half of its result is not read; */
	bool plain;        /* none of this is used */
	uint8_t words;     /* of the frame that are places; their number is even */
	struct op_vars placed; /* variables that have a home */
	uint8_t registers; /* r0 to r9 that have, */
	uint8_t upper_bits;
	uint16_t uppers;   /* and of which, so many, frames say in a bit whether something of the high half is known */
	uint8_t window;    /* bytes behind a context offset below the limit */
	uint8_t call_words; /* a function's own frame */
	uint8_t nwords;    /* words of the program's frame that are variables */
	uint16_t shared;   /* ARM registers that functions may leave changed */
	bool calls;        /* r11 is where words of the frame are reached from */
	bool still;        /* no function that is called uses r10, which then need not move */
	bool entered_once; /* nothing calls the function that the program starts in */
	uint8_t word[OP_WORDS]; /* the word at r10 - 4 * (n + 1), ascending, */
	uint32_t is_word[UB_FRAME_BYTES / 4 / 32]; /* and of each n whether it is one of these */
};

enum { OP_LOG = 12 };

struct op_places {
	/* What val says of halves of registers, and of words, for many at once. */
	struct op_said {
		uint32_t known;   /* not lost */
		uint32_t zero;    /* the constant 0 */
		uint32_t at_home; /* in the place that the map says */
		uint32_t lazy;    /* reads places */
	} said[2];
	op_set writable;         /* places the function may change */
	int32_t sp_moved;        /* bytes pushed since the frame was made */
	uint8_t flags;           /* enum jit_flags: JIT_KEEP while flags must last */
	struct op_cover {
		uint8_t a, b, shift, rights;
		uint16_t until;      /* not before this slot, or 0 */
		uint32_t first, bytes;
	} cover;                 /* the latest check has looked at so many bytes from a + (b << shift) + first on; a OP_NONE: there is none */
	uint8_t home[OP_VARS] __attribute__((aligned(4))); /* where the next value goes */
	uint8_t owner[OP_PLACES];
	struct op_vars resettled; /* of these home is not what the map says, or may not be */
	struct op_value *val;    /* of each variable there is */
	bool logs;               /* what values were is remembered, to be brought back: see op_apart_begin */
	uint8_t nlog;            /* more than OP_LOG: too much */
	struct op_logged {
		uint8_t var;
		struct op_value was;
	} log[OP_LOG];
};

/* What is known of a variable, which is the low half of a register or a word. Numbers are unsigned; offsets, from the
 * context's start, from r10 or from the top of the stack, are signed and exact: the address is that of the region plus the offset. */
enum op_fact_kind { OP_ANYTHING, OP_NUMBER, OP_CONTEXT, OP_STACK, OP_TOP };

struct op_fact {
	__extension__ union {
		__extension__ struct {
			uint8_t kind;
			uint8_t align;    /* NUMBER: value - lo is a multiple of 1 << align */
			uint8_t times;    /* of what bounded says: 1, for numbers up to 255 */
			bool open : 1;    /* an address: the offset is not known; an idea of the region is all this is */
			bool bounded : 1; /* NUMBER, CONTEXT: value * times + slack <= length of the context, */
			bool exact : 1;   /* and equal to it */
			bool mapped : 1;  /* it is an address in some region, or at most FAR_ACCESS bytes away from one */
			bool narrow : 1;  /* of a register: a comparison says that its high half is zero */
			bool null : 1;    /* NUMBER: or it is 0, as it is if the call at slot `slack` found nothing */
		};
		uint32_t word; /* all of these, little-endian */
	};
	int32_t slack;
	__extension__ union {
		__extension__ struct {
			uint32_t lo, hi; /* of a number */
		};
		__extension__ struct {
			int32_t from, to; /* of an offset, more than INT32_MIN */
		};
	};
};

/* Of word: mapped and narrow, which frames do not speak of. */
#define OP_FACT_ASIDE (3u << 27)

static inline struct op_fact op_fact(enum op_fact_kind kind, uint32_t lo, uint32_t hi)
{
	struct op_fact f; /* field by field: compilers would call memset */
	f.word = (uint32_t)kind | 1u << 16;
	f.slack = 0;
	f.lo = lo;
	f.hi = hi;
	return f;
}

/* A word of the program's frame, at r10 + at, holds a number: what was stored there, with nothing since that may have
 * written to it. at 0: none. */
struct op_key {
	int32_t at;
	uint32_t lo, hi;
};

enum { OP_KEYS = 4 };

struct op_facts {
	struct op_vars there; /* of these something is known: */
	struct op_fact *fact; /* r0 to r10, then words */
	uint32_t length; /* the context has so many bytes at least */
};

/* Two variables in terms of each other (relate.c); var == of: none. */
struct op_relation {
	uint8_t var, of;
	bool rest;
	int32_t plus;
};

enum { OP_RELATIONS = 4 }; /* relate.c moves so many along */

/* In the fast form of a loop: what a variable is in terms of what variables were when the turn began. */
struct op_form {
	uint8_t a, b, c, shift; /* a + ((b + c) << shift) + add, each OP_NONE if it is not there; neither a nor b: not known */
	int32_t add;
};

enum { OP_STEPS = 8, OP_GROUPS = 8, OP_HOLES = 4 };

struct op_step {
	uint8_t var, by_var; /* OP_NONE: by a constant */
	int32_t by;
};

struct op_group {
	uint8_t a, b, c, shift, region; /* as in a form; b without a is not there */
	bool writes, tested;
	int32_t min;
	uint32_t bytes;
};

struct op_loop {
	uint32_t start, end; /* its first slot, where its record stands, and its last */
	uint16_t hole[OP_HOLES][2]; /* slots between start and end that are not the loop's: from, to */
	uint8_t nholes;
	uint32_t head, test; /* slots: where turns begin, and the jump that tests the counter */
	bool active;     /* between start and end, in either form */
	bool fast;
	bool tested;     /* the counter was, in this turn */
	bool source, prepaid;
	uint8_t nsteps, ngroups;
	uint8_t bound;   /* variable; OP_NONE: the test's other operand, or constant */
	enum t2_cond go;  /* it goes on while counter + offset has this to the bound: LO, LS, HI, HS, LT, LE, GT, GE or NE */
	uint32_t limit;  /* the bound, if it is constant */
	op_set written;  /* low halves and words that the loop writes */
	int32_t offset;
	uint32_t top;    /* halfword the form begins at */
	uint32_t first_fixup; /* of the form */
	uint32_t guard, popping, guard_end; /* fixups of the branches to the slow form; of those, with registers to be popped */
	uint32_t popped;
	uint32_t at;     /* in the plan: behind the record */
	struct op_step step[OP_STEPS];
	struct op_group group[OP_GROUPS];
	struct op_form *form; /* r0 to r10, then words */
};

/* Whether the record has a counter, so that the test before the loop is of all turns; without one each turn is tested as it begins. */
static inline bool op_has_counter(const struct op_loop *l)
{
	return l->nsteps > 0;
}

/* The plan, bit by bit. */
struct op_bits {
	const uint8_t *bytes; /* NULL: none */
	uint32_t at, end;     /* bits: where reading is, where the plan ends */
	bool bad;
};

#define OP_SAYS_NO_MORE ((uint32_t)OP_NONE << 8)

/* What the plan says about the instruction at hand. */
struct op_say {
	__extension__ union {
		__extension__ struct {
			bool defer, dead_high, drop, loop;
		};
		uint32_t flags; /* all four */
	};
	__extension__ union {
		__extension__ struct {
			bool apart; /* of a jump: what it brings to its target's places is brought there off the straight line */
			uint8_t region; /* OP_NONE: nothing */
			uint8_t nplaces;
		};
		uint32_t more; /* these three, little-endian; OP_SAYS_NO_MORE: no region, no places */
	};
	uint8_t var[4], place[4]; /* where variables live from its result on */
};

enum { OP_COMMON_FACTS = 8 };

struct op_plan {
	struct op_bits bits;
	uint32_t frame;     /* slot of the frame that is read */
	uint32_t functions; /* bit at which these are described */
	uint16_t *frames;   /* per join: the bit its frame begins at */
	uint8_t ncommon;    /* facts that frames name by a bit each, */
	uint8_t common_var[OP_COMMON_FACTS]; /* what they are about, */
	uint32_t usual_length; /* of the context, at least, which frames name by a bit */
	bool never;         /* control does not come to the latest frame that was entered */
	uint32_t insn;      /* bit at which the instruction at hand is described */
	struct op_say say;
	struct op_fact common[OP_COMMON_FACTS]; /* and what they say */
};

enum op_cold_kind {
	OP_COLD_CHECK, /* a check that failed: size | rights << JIT_CHECK_RIGHTS */
	OP_COLD_STOP,  /* the end of the program: status */
	OP_COLD_LEAVE, /* the way out of a fast form: turns that were paid for and are not taken */
	OP_COLD_GO,    /* a jump, with moves before it */
	OP_COLD_MORE = 16, /* the way goes on with the next one */
};

struct op_cold {
	uint16_t fixup, resume; /* the branch to it; the halfword it goes back to, or the slot it goes to */
	uint16_t slot;
	uint16_t what;
	struct op_value value;  /* the address, or the counter */
	uint8_t kind;
	uint8_t first, moves; /* halfwords of moves before the jump */
};

enum { OP_COLDS = 12, OP_MOVES = 48 };

struct op_colds {
	struct op_cold cold[OP_COLDS];
	uint32_t n;
	uint32_t used; /* bit JIT_*: the routine is needed */
	uint32_t nmoves;
	uint16_t moves[OP_MOVES];
};

/* What is small and much used comes first: code that reaches it is short. */
struct op {
	struct jit_out out;
	const struct ub_program *program;
	const struct ub_insn *text;
	uint32_t slots, slot;
	uint32_t entered;     /* halfword: where paths met last */
	uint32_t extends;     /* slot of the second of two shifts that extend a low half */
	uint32_t function;    /* index of the function at hand */
	bool called;          /* others may be above it on the stack */
	bool leaf;            /* it calls none: nothing depends on how low the stack is in it */
	bool runs_on;         /* the next slot is come to from a branch that led there, not from the jump at hand */
	uint8_t refused;      /* enum onepass_reason of the plan, or 0 */
	bool checked;         /* not ONEPASS_UNCHECKED */
	bool walled;          /* ONEPASS_WALLED */
	uint16_t below;       /* with calls: r11 is the address of the frame's words without these bytes */
	uint32_t bias;        /* the register that is home to r10 holds r10 - bias, so that offsets are short */
	uint32_t *join;       /* bit per slot: it has a frame, */
	uint32_t *crossing;   /* and several jumps lead there, or a jump and calls */
	uint16_t *rank;       /* per 32 slots: joins before them */
	struct onepass_report *report;
	struct op_plan plan;
	struct op_places places;
	struct op_map map;
	struct op_facts facts;
	struct op_key key[OP_KEYS]; /* the latest first */
	struct op_relation relation[OP_RELATIONS];
	struct op_vars in_relations; /* all others are in none */
	struct op_loop loop;
	struct op_colds colds;
};

/* Where .rodata begins, or .data where there is none. */
static inline uint32_t op_memory_start(const struct op *c)
{
	return c->program->rodata_len ? c->program->rodata_addr : c->program->data_addr;
}

/* How many variables the program has, and of how many there are facts. */
static inline uint32_t op_variables(const struct op *c)
{
	return OP_WORD + (uint32_t)c->map.nwords;
}
static inline uint32_t op_fact_count(const struct op *c)
{
	return OP_BUDGET + (uint32_t)c->map.nwords;
}

static inline bool op_is_join(const struct op *c, uint32_t slot)
{
	return c->join[slot / 32] >> (slot % 32) & 1;
}
static inline bool op_is_crossing(const struct op *c, uint32_t slot)
{
	return c->crossing[slot / 32] >> (slot % 32) & 1;
}
/* Where paths meet there is something to do before the instruction: until the slot is compiled for the first time, its offset says that. */
enum { OP_JOINS = 1 };
static inline void op_mark_offset(struct op *c, uint32_t slot)
{
	c->out.offset[slot] = OP_JOINS;
}
/* Slot a jump goes to. */
static inline uint32_t op_target(const struct ub_insn *insn, uint32_t slot)
{
	return slot + 1 + (uint32_t)(insn->opcode == (UB_JMP32 | UB_JA) ? insn->imm : insn->offset);
}
static inline bool op_is_jump(uint8_t opcode)
{
	uint32_t class = UB_CLASS(opcode), op = UB_OP(opcode);
	return (class == UB_JMP || class == UB_JMP32) && op != UB_CALL && op != UB_EXIT;
}
static inline bool op_is_wide(uint8_t opcode)
{
	return UB_CLASS(opcode) == UB_ALU64;
}
/* Bytes a load, store or atomic reaches. */
static inline uint32_t op_size(uint8_t opcode)
{
	return 8u >> ((UB_SIZE(opcode) / 8 + 1) & 3);
}

#endif
