/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler's own state, shared by its phases:
 *
 *   scan.c      leaders, sizes of tables
 *   ranges.c    forward: what is known about values (bounds.c) -> facts[]
 *   loops.c     which loops are compiled twice                 -> hoisted[]
 *   live.c      backward: which halves are needed              -> live_in[]
 *   alloc.c     homes for halves, by weight                     -> home[]
 *   lower_*.c   instructions, over the emitters of emit.h      -> code, fixups
 *   registers.c ARM registers meanwhile
 *   value.c     where the values of halves are
 *   fast.c      loops without checks, behind
 *   preheader.c tests, and
 *   stubs.c     what follows failed checks
 *   patch.c     branch sizes and targets
 *   jit.c       the driver
 *
 * A BPF register has two halves, r and r + JIT_HIGH, which are compiled as if they were variables of
 * their own: 64-bit instructions become one or more operations on halves. Sets of halves are 32-bit
 * words. Numbers that no BPF register has name values of the compiler's own.
 */
#ifndef UB_JIT_COMPILE_H
#define UB_JIT_COMPILE_H

#include "abi/engine.h"
#include "jit/jit.h"
#include "jit/patch.h"
#include "jit/runtime.h"

enum jit_half {
	JIT_HIGH = 16,   /* high half of register r is r + JIT_HIGH */
	JIT_BUDGET = 11, /* backward jumps and calls left */
	JIT_IMM = 12,    /* the instruction's constant operand; a register like others to who reads it */
	JIT_BASE = 13,   /* start of the context */
	JIT_LIMIT = 14,  /* context offsets below this have `window` bytes behind them */
	JIT_DATA = 15,   /* address of the program's constants, or, without any, of its variables */
	JIT_HALVES = 32,
	JIT_BORROWS = 4, /* registers borrowed at a time */
};
#define JIT_LO(r) (1u << (r))
#define JIT_HI(r) (1u << ((r) + JIT_HIGH))
#define JIT_BOTH(r) (JIT_LO(r) | JIT_HI(r))
#define JIT_OWN (1u << JIT_BUDGET | 1u << JIT_BASE | 1u << JIT_LIMIT | 1u << JIT_DATA)
#define JIT_SAVED (JIT_BOTH(6) | JIT_BOTH(7) | JIT_BOTH(8) | JIT_BOTH(9)) /* by functions for their callers */

/* Where a half lives: ARM register 0..11, JIT_SPILL + n for word n of the frame, or nowhere. */
enum { JIT_SPILL = 16, JIT_NOWHERE = 255 };

/* In jit.vouched: but the check only said that there is a context. */
enum { JIT_VOUCHED_START = 64 };

/* facts[slot]: what ranges.c proved about the operands of an instruction. */
enum {
	JIT_DST_ZX = 1,  /* high half of dst is zero before */
	JIT_SRC_ZX = 2,  /* high half of src, or of r0 at exit, is zero before */
	JIT_IN_BOUNDS = 4, /* the access is inside a region, whatever the run */
	JIT_AT_START = 8, /* access: at the start of the context, all of it below the window */
	JIT_NO_EFFECT = 8, /* the operation leaves dst as it is: mask, or remainder, of something smaller */
	JIT_ONCE = 16,   /* remainder of something below twice the divisor */
	JIT_ARGUMENT = 4, /* x 0..5: arguments that the call of a helper reads */
	JIT_POINTER_SRC = 16, /* addition: src is the pointer */
	JIT_INDEXED = 16, /* access: if the address is a sum, b << shift is an offset in the context, but for
			   * a constant that, with the size, the window allows for */
	JIT_REGION = 32, /* x 0..3: region the pointer came from: UB_REGION_STACK .. DATA */
	JIT_LOOKUP = 32, /* call: a lookup in the array that r1 is the handle of, of a key in the frame: no call is needed */
	JIT_FOUND = 64,  /* ... whose index is less than it has entries */
	JIT_NEVER = 4,   /* jump: not taken */
	JIT_HEAD = 128,  /* a backward jump comes here */
};

/* What the value of a half is, until something needs it in its home. */
enum jit_kind {
	JIT_HOME,  /* where it lives: a is its home */
	JIT_COPY,  /* what ARM register a holds; shift != 0, of a spilled half: its home says so, too */
	JIT_CONST, /* imm; b != 0: its home says so, too */
	JIT_SHIFT, /* a shifted by (type, amount) = shift >> 5, shift & 31 */
	JIT_ADDR,  /* a + (b << shift) + imm; b may be JIT_NOWHERE */
	JIT_PRODUCT, /* a * b */
};

struct jit_val {
	__extension__ union { /* C99 has none without a name */
		__extension__ struct {
			uint8_t kind, a, b, shift;
		};
		uint32_t word; /* all four, little-endian */
	};
	int32_t imm;
};

static inline struct jit_val jit_value(enum jit_kind kind, uint32_t a, uint32_t b, uint32_t shift, uint32_t imm)
{
	return (struct jit_val){ .word = (uint32_t)kind | a << 8 | b << 16 | shift << 24, .imm = (int32_t)imm };
}

/* Labels: thunks of routines by enum jit_routine, the end of the code, then one per function. */
enum { JIT_L_EXIT = UB_ROUTINES, JIT_L_FUNCS };

enum {
	JIT_WINDOW_MAX = 64,
	JIT_SLOTS_MAX = 0x4000,
	JIT_STUBS = 16, /* pending at a time */
};

/* A path outside the straight line. */
enum jit_stub_kind {
	JIT_CHECKS, /* a check that failed: size | rights << JIT_CHECK_RIGHTS; the next stub may be one more */
	JIT_STOPS,  /* the end of the program: status */
	JIT_REFUNDS, /* the way out of a fast form: turns that were paid for and are not taken */
	JIT_LEAVES,  /* the same, or the way of a jump that is rarely taken: a half that goes home */
	JIT_MORE = 16, /* the way goes on with the next stub; else, back, or to a slot */
};

struct jit_stub {
	uint16_t fixup, resume; /* the branch to it; the halfword it goes back to, or the slot it goes to */
	uint16_t slot;
	uint16_t what;          /* by kind */
	struct jit_val value;   /* the address, the counter, or what goes home */
	uint8_t kind;
};

struct jit {
	/* What is looked at most comes first, where short instructions reach. */
	struct jit_out out;

	/* At the instruction being lowered. */
	/* The register, unchanged since, that the latest check did not look at the offset from, or none. A stop there
	 * would still be the first thing to be noticed. */
	uint8_t vouched;
	uint8_t cached[2];   /* spilled halves that ip and lr have copies of, or JIT_IMM: ... */
	bool checked;        /* always, or never */
	bool walled;         /* JIT_WALLED */
	uint32_t slot;
	uint32_t live;       /* halves needed after it */
	uint32_t held;       /* halves needed before or after it */
	uint32_t keep;       /* halves that writing a register must not lose: live or held */
	uint32_t result, into; /* half `result` is computed in the register of `into`, which it is moved to next */
	uint32_t lazy;       /* halves whose kind is not JIT_HOME */
	uint32_t reading;    /* of those, halves that read registers */
	uint32_t lazy_max;   /* how many those may be: breaking their cycles takes scratch registers */
	uint32_t temps;      /* scratch registers handed out */
	uint32_t pinned;     /* ARM registers operands are in: not to be borrowed */
	uint32_t borrowed;
	uint32_t settling;   /* values on their way home */
	uint32_t borrows;    /* the frame's words for borrowed registers: none, or, if that was too few, JIT_BORROWS */
	int32_t sp_moved;    /* bytes pushed since the frame was made */
	uint32_t spilled;    /* halves that live in the frame, but may be guests in registers of halves not needed ... */
	uint32_t hosts;      /* ... in these registers */
	uint32_t staying;    /* halves that are computed in the registers they are copies of */

	const struct jit_loop *fast; /* in a loop that is compiled twice; NULL in the usual form */
	uint32_t latch;      /* the slot whose jump goes back to ... */
	uint32_t top;        /* ... this halfword */

	const struct ub_program *program;
	const struct ub_insn *text;

	/* Tables, in scratch memory. */
	uint8_t *facts;     /* per slot */
	uint32_t *live_in;  /* per slot: halves needed at its start */
	uint32_t nstubs;
	uint8_t *leader;    /* bit per slot: control can come from elsewhere than the slot before */
	uint8_t *hoisted;   /* bit per slot: a check, or payment, that the fast form of a loop does without */

	uint8_t lent[JIT_BORROWS]; /* borrowed registers, by words of the frame they are in meanwhile */
	uint32_t constants[2]; /* ... these constants, that is, in ip and lr */

	/* Program-wide. */
	uint32_t slots, cpu;
	uint32_t without;    /* bit enum jit_repair: left out, for tests on the host */
	struct jit_map *map; /* NULL: not asked for */
	uint32_t exit_live;  /* halves of r0..r5 read after local calls */
	uint32_t entry_live; /* halves read by functions that are called */
	uint32_t used;       /* bit JIT_*: the routine is needed */
	uint32_t borrow;     /* the first of those words */
	uint32_t words;      /* words of the frame below the run but for those that are borrowed */
	uint32_t run;        /* the word of the frame that has the run's address */
	uint32_t call_words; /* words between the frames of functions */
	uint32_t below;      /* r11 is the frame's address without these bytes */
	uint32_t over_calls; /* halves that live over local calls */
	uint32_t saved;      /* those that the function being lowered changes */
	uint32_t bias;       /* a register that is home to r10 holds r10 - bias, so that offsets are short */
	uint32_t window;     /* bytes a context offset below the limit is good for */
	bool local_calls;
	bool reentered;      /* the function the program starts in may be called */
	bool plain;          /* some check is one that loops may do without */
	bool loops;          /* some loop has two forms */
	bool short_of;       /* more registers had to be borrowed than there is room for */

	struct jit_loop *first; /* the first loop that is compiled twice; NULL: none is */
	uint32_t entry;      /* halfword where a loop with two forms is entered */
	uint32_t tests, tests_end; /* fixups of the branches to it */

	uint32_t weight[JIT_HALVES];
	uint8_t home[JIT_HALVES];
	struct jit_val val[JIT_HALVES];
	struct jit_stub stubs[JIT_STUBS]; /* as far as nstubs says */
};

/* Repairs of faults that were found in loops with two forms and in programs without exit. A test on the host leaves
 * each out and looks whether the generator of programs still finds the fault; the device has them always. */
enum jit_repair { JIT_REPAIR_R10, JIT_REPAIR_SIGNED_LIMIT, JIT_REPAIR_CARRY, JIT_REPAIR_NO_EXIT, JIT_REPAIRS };

static inline bool jit_repaired(const struct jit *j, enum jit_repair repair)
{
	return !UB_HOST || !(j->without >> repair & 1);
}

static inline uint32_t jit_count(uint32_t set)
{
	uint32_t n = 0;
	for (; set; set &= set - 1)
		n++;
	return n;
}

static inline void jit_mark(uint8_t *bits, uint32_t slot)
{
	bits[slot / 8] |= (uint8_t)(1u << slot % 8);
}

/* scan.c */
int32_t jit_scan(struct jit *j, uint8_t *scratch, uint32_t bytes);
/* The first leader from a slot on; the number of slots if there is none. */
uint32_t jit_next_leader(const struct jit *j, uint32_t slot);
/* Bytes a load, store or atomic reaches: 4, 2, 1 or 8. */
static inline uint32_t jit_size(uint8_t opcode)
{
	return 8u >> ((UB_SIZE(opcode) / 8 + 1) & 3);
}
/* Slot a jump goes to. */
static inline uint32_t jit_target(const struct ub_insn *insn, uint32_t slot)
{
	int32_t distance = insn->opcode == (UB_JMP32 | UB_JA) ? insn->imm : insn->offset;
	return slot + 1 + (uint32_t)distance;
}
static inline bool jit_is_jump(uint8_t opcode)
{
	uint32_t class = UB_CLASS(opcode), op = UB_OP(opcode);
	return (class == UB_JMP || class == UB_JMP32) && op != UB_CALL && op != UB_EXIT;
}
/* Writes its dst: but for atomics and calls, what writes registers does. */
static inline bool jit_writes(const struct ub_insn *insn)
{
	enum { WRITES = 1 << UB_LD | 1 << UB_LDX | 1 << UB_ALU32 | 1 << UB_ALU64 };
	return WRITES >> UB_CLASS(insn->opcode) & 1;
}
/* Neither a jump, nor a call, nor an exit. */
static inline bool jit_goes_straight(uint8_t opcode)
{
	return UB_CLASS(opcode) != UB_JMP && UB_CLASS(opcode) != UB_JMP32;
}
static inline bool jit_is_leader(const struct jit *j, uint32_t slot)
{
	return j->leader[slot / 8] >> (slot % 8) & 1;
}

/* Whether a slot and the next are lsh 32 and rsh 32, or arsh 32: what older compilers extend with. */
static inline bool jit_is_extension(const struct jit *j, uint32_t slot)
{
	const struct ub_insn *insn = j->text + slot;
	return insn->opcode == (UB_ALU64 | UB_K | UB_LSH) && insn->imm == 32 && insn[1].imm == 32 &&
	       UB_DST(insn) == UB_DST(&insn[1]) &&
	       (insn[1].opcode == (UB_ALU64 | UB_K | UB_RSH) || insn[1].opcode == (UB_ALU64 | UB_K | UB_ARSH)) &&
	       !jit_is_leader(j, slot + 1);
}

static inline uint32_t jit_data(const struct jit *j)
{
	return j->program->rodata_len ? j->program->rodata_addr : j->program->data_addr;
}
/* Whether a constant is an address that one addition to JIT_DATA makes. */
static inline bool jit_is_data(const struct jit *j, uint32_t value)
{
	const struct ub_program *p = j->program;
	uint32_t offset = value - jit_data(j);
	return offset < (p->rodata_len ? p->rodata_len : p->data_len) && offset < 4096;
}

/* ranges.c */
void jit_ranges(struct jit *j);

/* loops.c */
void jit_loops(struct jit *j);

/* live.c */
void jit_live(struct jit *j);
/* Arguments that the call of a helper at a slot reads. */
static inline uint32_t jit_arguments(const struct jit *j, uint32_t slot)
{
	return j->facts[slot] / JIT_ARGUMENT & 7;
}
/* Halves needed after a jump, call or exit. For local calls, what the caller needs. */
uint32_t jit_live_after_jump(const struct jit *j, uint32_t slot);
uint32_t jit_func_at(const struct jit *j, uint32_t slot);
/* Halves that a function changes and callers need again. */
uint32_t jit_saved(const struct jit *j, uint32_t function);
/* Halves an exit must leave in their homes. */
uint32_t jit_exit_set(const struct jit *j, uint32_t slot);

/* alloc.c */
void jit_alloc(struct jit *j);
/* The frame, with room for j->borrows. */
void jit_frame(struct jit *j);

/* block.c: control comes here from elsewhere too: everything is at home. `on`: it also comes from above. */
void jit_begin_block(struct jit *j, bool on);
/* The high halves of operands that ranges.c has proved to be zero become constants: for who is going to
 * look at high halves. */
void jit_prove_zeros(struct jit *j, const struct ub_insn *insn);

/* Where loops begin: a branch to the second half of a word costs a fetch more (fast.c). */
void jit_align(struct jit *j);

/* lower_alu.c */
void jit_alu(struct jit *j, const struct ub_insn *insn);
/* lower_mem.c */
void jit_memory(struct jit *j, const struct ub_insn *insn);
/* lower_map.c */
/* The map that a handle is of, if it is known where its values lie; or NULL. */
const struct ub_map_place *jit_map_place(const struct ub_program *p, uint32_t handle);
static inline const struct ub_map_def *jit_map_def(const struct ub_program *p, uint32_t handle)
{
	return &p->maps[(handle - UB_MAP_BASE) / 8];
}
/* The map whose values lie around an address; or NULL. */
const struct ub_map_place *jit_map_around(const struct ub_program *p, uint32_t addr, const struct ub_map_def **def);
/* Lowers a lookup in line; false, if it is to be called. */
bool jit_lookup(struct jit *j);
/* stubs.c */
struct jit_stub *jit_to_stub(struct jit *j, enum t2_cond cond);
void jit_leave(struct jit *j, enum t2_cond cond, uint32_t halves, uint32_t target);
void jit_stubs(struct jit *j);
void jit_reserve_stubs(struct jit *j, uint32_t n);
void jit_thunks(struct jit *j);
/* bl to a routine; its parameters follow. */
void jit_call_routine(struct jit *j, enum jit_routine routine);
void jit_trap(struct jit *j, int32_t status);
void jit_trap_if(struct jit *j, enum t2_cond cond, int32_t status);
void jit_trap_unless(struct jit *j, enum t2_cond cond, int32_t status, int address);
/* lower_jmp.c */
void jit_jump(struct jit *j, const struct ub_insn *insn);
void jit_charge(struct jit *j);
/* lower_call.c */
void jit_prologue(struct jit *j);
void jit_function(struct jit *j);
void jit_call(struct jit *j, const struct ub_insn *insn);
void jit_exit(struct jit *j, const struct ub_insn *insn);
void jit_epilogue(struct jit *j);
#endif
