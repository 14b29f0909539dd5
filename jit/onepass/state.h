/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the compiler share. Each part of the state has a file that writes it; others ask its functions.
 *
 *   scan.c    joins, tables
 *   default.c the map without a plan             -> map
 *   plan.c    reads the plan                     -> plan, say
 *   frame.c   what it says of where paths meet
 *   place.c   where the values of variables are  -> places
 *   facts.c   what is known of them      -> facts
 *   check.c   the judge of that, and of what needs no check
 *   values.c  of values of maps, and keys in the frame                     -> key
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
	union {
		struct {
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
	uint8_t registers; /* r0 to r9 that have */
	uint8_t window;    /* bytes behind a context offset below the limit */
	uint8_t call_words; /* a function's own frame */
	uint8_t nwords;    /* words of the program's frame that are variables */
	uint16_t shared;   /* ARM registers that functions may leave changed */
	bool calls;        /* r11 is where words of the frame are reached from */
	bool still;        /* no function that is called uses r10, which then need not move */
	bool entered_once; /* nothing calls the function that the program starts in */
	uint8_t word[OP_WORDS]; /* the word at r10 - 4 * (n + 1) */
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
	uint8_t vouched;         /* register, unchanged since, that the latest check has looked at, or none */
	uint8_t home[OP_VARS] __attribute__((aligned(4))); /* where the next value goes */
	uint8_t owner[OP_PLACES];
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
	union {
		struct {
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
	union {
		struct {
			uint32_t lo, hi; /* of a number */
		};
		struct {
			int32_t from, to; /* of an offset, more than INT32_MIN */
		};
	};
};

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
	union {
		struct {
			bool defer, dead_high, drop, loop;
		};
		uint32_t flags; /* all four */
	};
	union {
		struct {
			bool apart; /* of a jump: what it brings to its target's places is brought there off the straight line */
			uint8_t region; /* OP_NONE: nothing */
			uint8_t nplaces;
		};
		uint32_t more; /* these three, little-endian; OP_SAYS_NO_MORE: no region, no places */
	};
	uint8_t var[4], place[4]; /* where variables live from its result on */
};

enum { OP_KEPT_CLAIMS = 8 };

struct op_plan {
	struct op_bits bits;
	uint32_t frame;     /* slot of the frame that is read */
	uint32_t functions; /* bit at which these are described */
	uint16_t *frames;   /* per join: the bit its frame begins at */
	uint8_t nkept;      /* claims that frames name by numbers */
	bool never;         /* control does not come to the latest frame that was entered */
	uint32_t insn;      /* bit at which the instruction at hand is described */
	struct op_say say;
	struct op_fact kept[OP_KEPT_CLAIMS];
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
	uint16_t below;       /* with calls: r11 is the address of the frame's words without these bytes */
	uint32_t bias;        /* the register that is home to r10 holds r10 - bias, so that offsets are short */
	uint32_t *join;       /* bit per slot: it has a frame */
	uint16_t *rank;       /* per 32 slots: joins before them */
	struct onepass_report *report;
	struct op_plan plan;
	struct op_places places;
	struct op_map map;
	struct op_facts facts;
	struct op_key key[OP_KEYS]; /* the latest first */
	struct op_loop loop;
	struct op_colds colds;
};

/* The plan, or the map that was made for want of one, is not to be followed. */
void op_refuse(struct op *c, enum onepass_reason reason);

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

/* scan.c */
int32_t op_scan(struct op *c, uint8_t *mem, uint32_t bytes);
uint32_t op_function_at(const struct op *c, uint32_t slot);
uint32_t op_join_index(const struct op *c, uint32_t slot);
/* Halves of r0..r5 that a function leaves to its caller, places it saves of those that the caller needs. */
void op_function(struct op *c, uint32_t function, uint32_t *returns, uint32_t *registers, op_set *words);

/* plan.c */
bool op_plan_begin(struct op *c);
/* `dead`: control does not come there. */
void op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead);
void op_plan_function(struct op *c, uint32_t function, uint32_t *returns, uint32_t *registers, op_set *words);
/* Finds the frames, of which there are so many. */
void op_find_frames(struct op *c, uint32_t joins);
/* A place where paths meet. EDGE: things are to be as the frame says, and are moved; ENTER:
 * they are so from here on; THROUGH: first the one, then the other; CALL: an edge, seen from the function that is called. */
enum op_visit { OP_EDGE = 1, OP_ENTER, OP_THROUGH, OP_CALL = OP_EDGE | 4 };
/* frame.c */
void op_frame(struct op *c, uint32_t slot, enum op_visit how);
void op_doubt(struct op *c, uint32_t slot, enum onepass_what what, uint32_t var);

/* place.c */
void op_set_value(struct op *c, uint32_t var, struct op_value v);
void op_set_const(struct op *c, uint32_t var, uint32_t value);
void op_lose(struct op *c, uint32_t var);
void op_lose_all(struct op *c, uint32_t set, uint32_t lost);
void op_lost(struct op *c, const struct op_value *v);
void op_not_saved(struct op *c, uint32_t place);
void op_hold(struct op *c, uint32_t var, uint32_t place);
void op_change(struct op *c, uint32_t place);
void op_share(struct op *c, uint32_t var, uint32_t place);
void op_settle(struct op *c, uint32_t var, uint32_t place);
static inline bool op_in_register(const struct op_value *v)
{
	return (v->kind == OP_HELD || v->kind == OP_COPY) && v->a < OP_REGS;
}
/* The register a value, or a variable's, is in, or `scratch`, which then takes it. */
int op_reg_of(struct op *c, const struct op_value *v, int scratch);
int op_reg(struct op *c, uint32_t var, int scratch);
void op_emit_value(struct op *c, int rd, const struct op_value *v);
void op_load_word(struct op *c, int rd, uint32_t place);
void op_store_word(struct op *c, int rs, uint32_t place);
/* The register a result is to be computed in; op_done says that it is there. */
int op_dst(struct op *c, uint32_t var, int scratch);
void op_done(struct op *c, uint32_t var, int reg);
static inline const struct op_value *op_val(const struct op *c, uint32_t var)
{
	return &c->places.val[var];
}
static inline bool op_is_const(const struct op *c, uint32_t var)
{
	return c->places.val[var].kind == OP_CONST;
}
static inline bool op_known(const struct op *c, uint32_t var)
{
	return c->places.said[var >> 5].known >> (var & 31) & 1;
}
static inline bool op_is_zero(const struct op *c, uint32_t var)
{
	return c->places.said[var >> 5].zero >> (var & 31) & 1;
}
/* An operand that data processing takes as it is: a register, a shifted one, a constant. */
struct op_operand {
	uint8_t kind; /* OP_HELD, OP_SHIFT, OP_CONST */
	uint8_t reg, shift;
	uint32_t imm;
};
struct op_operand op_operand_of(struct op *c, const struct op_value *v, int scratch);
/* The second operand of an instruction: its constant, or a half of a register, which may go to lr. */
struct op_operand op_second(struct op *c, const struct ub_insn *insn, bool high);
static inline struct op_operand op_imm(uint32_t imm)
{
	return (struct op_operand){ .kind = OP_CONST, .imm = imm };
}
void op_dp(struct op *c, enum t2_dp op, int rd, int rn, struct op_operand m, enum jit_flags f);

/* check.c */
/* Which of the facts is about a variable. */
static inline uint32_t op_fact_index(uint32_t var)
{
	return var < OP_BUDGET ? var : var - OP_WORD + OP_BUDGET;
}
struct op_fact op_know(struct op *c, uint32_t var);
/* Whether a comparison is never true, whatever the run: of what is not 0 with 0. */
bool op_never_equal(struct op *c, const struct ub_insn *insn);
void op_learn(struct op *c, uint32_t var, const struct op_fact *f);
static inline void op_forget(struct op *c, uint32_t var)
{
	op_take(&c->facts.there, var);
}
/* Registers that are in doubt keep no more than an idea of what region they may be about. */
void op_doubt_registers(struct op *c);
/* An access at var + offset has been found to be in some region. */
void op_is_mapped(struct op *c, uint32_t var, int32_t offset);
/* Whether the high half of a register is known to be zero. */
static inline bool op_is_narrow(const struct op *c, uint32_t reg)
{
	return op_is_zero(c, reg + OP_HIGH) || (op_known(c, reg) && op_in(&c->facts.there, reg) && c->facts.fact[reg].narrow);
}
/* What is known of the result of an instruction. Returns whether, of 64 bits, its high half is zero if those of its
 * operands are. */
bool op_alu_fact(struct op *c, const struct ub_insn *insn, struct op_fact *f);
bool op_is_inside(struct op *c, uint32_t var, int32_t offset, uint32_t size, uint32_t rights);
bool op_implies(struct op *c, uint32_t var, const struct op_fact *f);
void op_refine(struct op *c, const struct ub_insn *insn, bool taken);

/* values.c */
/* Bytes of a map's values, or of a ring buffer's records. */
static inline int64_t op_values_bytes(const struct ub_map_def *d)
{
	return ub_map_values_bytes(d);
}
/* Where values of a map begin, 0 if that is not known, and whether [lo, hi) lies in those of one, and it has the right. */
uint32_t op_values_start(const struct op *c, uint32_t map);
bool op_is_in_values(const struct op *c, int64_t lo, int64_t hi, uint32_t rights);
/* A store at r10 + offset, of a number or what else is known; and what may store anywhere. */
void op_key_store(struct op *c, int32_t offset, uint32_t size, const struct op_fact *f);
void op_forget_keys(struct op *c);

/* lookup.c */
/* Computes what a call returns in place of calling, if it can: false. */
bool op_lookup(struct op *c, int32_t id);
/* What is known of a helper's result, of what is in its arguments before the call. */
struct op_fact op_returned(struct op *c, int32_t id);
/* Where a comparison shows that a pointer is not 0: so are its copies. Returns registers, which op_may_be_null takes back. */
uint32_t op_not_null(struct op *c, const struct ub_insn *insn, bool taken);
void op_may_be_null(struct op *c, uint32_t registers);

/* cold.c */
struct op_cold *op_to_cold(struct op *c, enum t2_cond cond);
void op_stop_if(struct op *c, enum t2_cond cond, int32_t status);
void op_stop(struct op *c, int32_t status);
void op_stop_unless(struct op *c, enum t2_cond cond, int32_t status, int address);
void op_colds(struct op *c);
/* What is emitted and moved between the two is taken back, and kept for a piece of its own; false if it is not: there is none, or
 * too much. */
struct op_apart {
	uint32_t at, zero_at;
	int zero_of;
	uint8_t first, moves;
};
void op_apart_begin(struct op *c, struct op_apart *a);
bool op_apart_end(struct op *c, struct op_apart *a);
void op_moves(struct op *c, uint32_t first, uint32_t n);
void op_reserve_colds(struct op *c, uint32_t n);
void op_thunks(struct op *c);
void op_call_routine(struct op *c, enum jit_routine routine);
void op_load_run(struct op *c, int rd);

/* borrow.c */
void op_borrow(struct op *c);
void op_fetch(struct op *c, int rd, uint32_t var);
/* The same of a register, the low half and, if asked for, the high one, which goes to lo + 1. */
void op_fetch_pair(struct op *c, int lo, uint32_t r, bool wide);
void op_simple_pair(struct op *c, uint32_t r, bool wide);
void op_deliver(struct op *c, uint32_t var, int rs);
void op_give_back(struct op *c);

/* defer.c */
/* The value of a op b if nothing has to be emitted for it. */
bool op_defer(uint32_t op, const struct op_value *a, const struct op_value *b, struct op_value *to);
static inline enum t2_shift op_shift_of(uint32_t op)
{
	return op == UB_LSH ? T2_LSL : op == UB_RSH ? T2_LSR : T2_ASR;
}

/* alu.c, wide.c */
void op_alu(struct op *c, const struct ub_insn *insn);
void op_load_constant(struct op *c, const struct ub_insn *insn);
void op_wide(struct op *c, const struct ub_insn *insn, uint32_t s);
/* A variable becomes another, shifted by a constant. */
void op_shifted(struct op *c, uint32_t to, uint32_t from, enum t2_shift type, uint32_t k);

/* memory.c, atomic.c */
void op_memory(struct op *c, const struct ub_insn *insn);
bool op_reaches_words(struct op *c, uint32_t base, int32_t offset, uint32_t size);
void op_atomic(struct op *c, const struct ub_insn *insn);
struct op_value op_address(struct op *c, uint32_t var, int32_t offset);
void op_check(struct op *c, const struct op_value *at, uint32_t var, int32_t offset, uint32_t size, uint32_t rights);

/* jump.c, call.c */
void op_jump(struct op *c, const struct ub_insn *insn);
void op_predicate(struct op *c);
void op_charge(struct op *c);
void op_prologue(struct op *c);
void op_enter_function(struct op *c);
void op_call(struct op *c, const struct ub_insn *insn);
void op_exit(struct op *c);
uint32_t op_helper_arguments(int32_t id);
/* Without a plan, r1..r3 are where helpers take their arguments, and keep their values; ip is pushed with them. */
static inline uint32_t op_helper_pushes(const struct op *c)
{
	return c->plan.bits.bytes ? 0 : 16;
}

/* compile.c */
#if UB_HOST
void op_note(struct op *c, enum onepass_note note);
#else /* nobody asks */
#define op_note(c, note) ((void)(note))
#endif

#endif
