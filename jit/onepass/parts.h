/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the compiler do for each other, in the order of state.h, which has what they do it with. */
#ifndef UB_ONEPASS_PARTS_H
#define UB_ONEPASS_PARTS_H

#include "jit/onepass/state.h"

/* report.c */
/* The plan, or the map that was made for want of one, is not to be followed. */
void op_refuse(struct op *c, enum onepass_reason reason);

/* program.c */
uint32_t op_function_at(const struct op *c, uint32_t slot);
uint32_t op_join_index(const struct op *c, uint32_t slot);
uint32_t op_count_bits(uint32_t set);
uint32_t op_helper_arguments(const struct op *c, int32_t id);

/* scan.c */
int32_t op_scan(struct op *c, uint8_t *mem, uint32_t bytes);
/* Halves of r0..r5 that a function leaves to its caller, places it saves of those that the caller needs. */
void op_function(struct op *c, uint32_t function, uint32_t *returns, uint32_t *registers, op_set *words);

/* plan.c */
bool op_plan_begin(struct op *c);
/* `dead`: control does not come there. */
void op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead);
void op_say_places(struct op *c);
void op_plan_function(struct op *c, uint32_t function, uint32_t *returns, uint32_t *registers, op_set *words);
/* Finds the frames, of which there are so many. */
void op_find_frames(struct op *c, uint32_t joins);
/* A place where paths meet. EDGE: things are to be as the frame says, and are moved; ENTER:
 * they are so from here on; THROUGH: first the one, then the other; CALL: an edge, seen from the function that is called.
 * With STAYS nothing is moved: what is not there is refused. */
enum op_visit { OP_EDGE = 1, OP_ENTER, OP_THROUGH, OP_CALL = OP_EDGE | 4, OP_STAYS = 8 };
/* frame.c */
void op_frame(struct op *c, uint32_t slot, enum op_visit how);
void op_doubt(struct op *c, uint32_t slot, enum onepass_what what, uint32_t var);

/* place.c */
void op_put(struct op *c, uint32_t var, uint32_t word, int32_t imm);
static inline void op_set_value(struct op *c, uint32_t var, struct op_value v)
{
	op_put(c, var, v.word, v.imm);
}
void op_set_const(struct op *c, uint32_t var, uint32_t value);
void op_lose(struct op *c, uint32_t var);
void op_lose_all(struct op *c, uint32_t set, uint32_t lost);
void op_lost(struct op *c, const struct op_value *v);
void op_not_saved(struct op *c, uint32_t place);
void op_hold(struct op *c, uint32_t var, uint32_t place);
void op_change(struct op *c, uint32_t place);
void op_share(struct op *c, uint32_t var, uint32_t place);
void op_settle(struct op *c, uint32_t var, uint32_t place);
/* Whether a value depends on what is in a place. */
bool op_reads(const struct op_value *v, uint32_t place);
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
void op_get_fact(const struct op *c, uint32_t var, struct op_fact *f);
static ALWAYS_INLINE struct op_fact op_know(const struct op *c, uint32_t var)
{
	struct op_fact f;
	op_get_fact(c, var, &f);
	return f;
}
static inline bool op_is_number(const struct op_fact *f)
{
	return f->kind <= OP_NUMBER;
}
/* Bounds, of numbers and of offsets. */
static inline int64_t op_least(const struct op_fact *f)
{
	return op_is_number(f) ? (int64_t)f->lo : f->from;
}
static inline int64_t op_greatest(const struct op_fact *f)
{
	return op_is_number(f) ? (int64_t)f->hi : f->to;
}
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
/* What is known of the result of a move; of another instruction. Returns whether, of 64 bits, its high half is zero if those of its
 * operands are. */
void op_move_fact(struct op *c, const struct ub_insn *insn, struct op_fact *f);
bool op_alu_fact(struct op *c, const struct ub_insn *insn, struct op_fact *f);
bool op_is_inside(struct op *c, uint32_t var, int32_t offset, uint32_t size, uint32_t rights);
bool op_implies(struct op *c, uint32_t var, const struct op_fact *f);
void op_refine(struct op *c, const struct ub_insn *insn, bool taken);

/* relate.c */
void op_unrelate_it(struct op *c, uint32_t var);
static inline void op_unrelate(struct op *c, uint32_t var)
{
	if (op_in(&c->in_relations, var)) /* most are in none */
		op_unrelate_it(c, var);
}
void op_relate_copy(struct op *c, uint32_t var, uint32_t from);
/* A sum or a difference, of which it is known what it is now. */
void op_relate_sum(struct op *c, const struct ub_insn *insn, const struct op_fact *now);
/* The variable that is known in terms of another; what is known of it, now that *a is of that. OP_NONE: there is none. */
uint32_t op_related(const struct op *c, uint32_t var);
uint32_t op_relate(struct op *c, uint32_t var, const struct op_fact *a, struct op_fact *f);

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
/* An address is looked at by the routine, for the slot that accesses so much. */
void op_check_at_once(struct op *c, const struct op_value *at, uint32_t slot, uint32_t what);
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
void op_colds_before_loop(struct op *c);
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

/* The bits that end what is said about an instruction: whether its result may be left to who reads it, and its high half lost. */
enum { OP_DEFERS = 2, OP_HIGH_LOST = 1 };
uint32_t op_last_bits_of_others(const struct ub_insn *insn);
/* Operations whose results may be left to who reads them: with a constant, with a register. */
#define OP_OPERATION(op) (1u << ((op) >> 3))
__extension__ enum {
	OP_DEFERRED = OP_OPERATION(UB_MOV) | OP_OPERATION(UB_ADD) | OP_OPERATION(UB_SUB) | OP_OPERATION(UB_LSH) | OP_OPERATION(UB_RSH) | OP_OPERATION(UB_ARSH) |
		      OP_OPERATION(UB_MOV | UB_X) | OP_OPERATION(UB_ADD | UB_X) | OP_OPERATION(UB_MUL | UB_X) | OP_OPERATION(UB_OR | UB_X),
};
/* Of arithmetic. */
static ALWAYS_INLINE bool op_defers(const struct ub_insn *insn)
{
	uint32_t opcode = insn->opcode;
	return (uint32_t)OP_DEFERRED >> (opcode >> 3) & 1 && !(UB_OP(opcode) == UB_MOV && insn->offset);
}
static ALWAYS_INLINE uint32_t op_last_bits(const struct ub_insn *insn)
{
	uint32_t class = UB_CLASS(insn->opcode);
	if (class != UB_ALU32 && class != UB_ALU64)
		return op_last_bits_of_others(insn);
	return op_defers(insn) * OP_DEFERS + (class == UB_ALU64) * OP_HIGH_LOST;
}

/* alu.c, wide.c */
void op_alu(struct op *c, const struct ub_insn *insn);
void op_load_constant(struct op *c, const struct ub_insn *insn);
void op_wide(struct op *c, const struct ub_insn *insn, uint32_t s);
/* A variable becomes another, shifted by a constant. */
void op_shifted(struct op *c, uint32_t to, uint32_t from, enum t2_shift type, uint32_t k);

/* cover.c */
/* No check covers what follows; the latest one covers some bytes from a sum of registers on. */
void op_uncover(struct op *c);
void op_cover(struct op *c, const struct op_value *at, uint32_t first, uint32_t bytes, uint32_t rights);
uint32_t op_reach(const struct op *c, uint32_t base, int32_t *lo, int32_t *hi);
bool op_is_covered(struct op *c, const struct op_value *at, uint32_t size, uint32_t what);
void op_cover_jump(struct op *c, uint32_t target, bool around);
void op_cover_join(struct op *c);

/* bounds.c: an access, at var + offset, which is at, is checked unless it need not be. */
void op_check(struct op *c, const struct op_value *at, uint32_t var, int32_t offset, uint32_t size, uint32_t rights);

/* memory.c, atomic.c */
void op_memory(struct op *c, const struct ub_insn *insn);
bool op_reaches_words(struct op *c, uint32_t base, int32_t offset, uint32_t size);
void op_atomic(struct op *c, const struct ub_insn *insn);
struct op_value op_address(struct op *c, uint32_t var, int32_t offset);

/* jump.c, call.c */
void op_jump(struct op *c, const struct ub_insn *insn);
void op_predicate(struct op *c);
void op_charge(struct op *c);
void op_prologue(struct op *c);
void op_enter_function(struct op *c);
void op_call(struct op *c, const struct ub_insn *insn);
void op_exit(struct op *c);
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
