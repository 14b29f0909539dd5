/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches the compiler in one pass from beside: it is linked with --wrap, so that what one of its files asks another
 * for comes through here. After each instruction it looks whether
 *
 *   a place has one owner, and that says that it is there;
 *   what a value reads has not been written since it came to be so: neither a register nor a word of the frame;
 *   start and limit of the context, once they are loaded, are not written;
 *
 * and on each edge, whether everything is where the frame of its target says.
 */
#include <stdio.h>
#include <string.h>

#include "jit/onepass/loop.h"

static struct {
	struct op *c;
	uint32_t now;
	uint32_t written[OP_PLACES]; /* when */
	uint32_t since[OP_VARS];     /* the value is what it is */
	struct { uint32_t mask, written[OP_REGS]; } pushed[32];
	uint32_t npushed;
	char text[200], told[200];
} w;

/* What was found since it was asked for last, or NULL. */
const char *onepass_complaint(void)
{
	memcpy(w.told, w.text, sizeof w.told);
	w.text[0] = 0;
	return w.told[0] ? w.told : NULL;
}

#define COMPLAIN(...) do { if (!w.text[0]) snprintf(w.text, sizeof w.text, __VA_ARGS__); } while (0)

static void wrote(int place)
{
	if (place >= 0 && (place < OP_REGS || (place >= OP_FRAME && place < OP_PLACES)))
		w.written[place] = ++w.now;
}

static void now_is(uint32_t var)
{
	w.since[var] = ++w.now;
}

/* Emitters, by what they write. */
#define EMITTER(name, parameters, arguments, rd)       \
	void __real_##name parameters;                 \
	void __wrap_##name parameters                  \
	{                                              \
		__real_##name arguments;               \
		wrote(rd);                             \
	}
EMITTER(jit_dp, (struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum jit_flags f), (c, op, rd, rn, rm, f), rd)
EMITTER(jit_dp_shift, (struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum t2_shift t, uint32_t k, enum jit_flags f),
	(c, op, rd, rn, rm, t, k, f), rd)
EMITTER(jit_mvn, (struct jit_code *c, int rd, int rm, enum jit_flags f), (c, rd, rm, f), rd)
EMITTER(jit_const, (struct jit_code *c, int rd, uint32_t v, enum jit_flags f), (c, rd, v, f), rd)
EMITTER(jit_shift_imm, (struct jit_code *c, enum t2_shift t, int rd, int rm, uint32_t k, enum jit_flags f), (c, t, rd, rm, k, f), rd)
EMITTER(jit_shift_reg, (struct jit_code *c, enum t2_shift t, int rd, int rn, int rm, enum jit_flags f), (c, t, rd, rn, rm, f), rd)
EMITTER(jit_unary, (struct jit_code *c, enum t2_unary op, int rd, int rm), (c, op, rd, rm), rd)
EMITTER(jit_mul, (struct jit_code *c, int rd, int rn, int rm, enum jit_flags f), (c, rd, rn, rm, f), rd)
EMITTER(jit_bitfield, (struct jit_code *c, uint32_t op, int rd, int rn, uint32_t l, uint32_t n), (c, op, rd, rn, l, n), rd)
EMITTER(jit_mem_reg, (struct jit_code *c, enum t2_mem op, int rt, int rn, int rm, uint32_t k), (c, op, rt, rn, rm, k),
	op & T2_LDRB ? rt : -1)

void __real_jit_mov(struct jit_code *c, int rd, int rm);
void __wrap_jit_mov(struct jit_code *c, int rd, int rm)
{
	__real_jit_mov(c, rd, rm);
	if (rd != rm)
		wrote(rd);
}

bool __real_jit_dp_imm(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f);
bool __wrap_jit_dp_imm(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f)
{
	bool possible = __real_jit_dp_imm(c, op, rd, rn, imm, f);
	if (possible)
		wrote(rd);
	return possible;
}

void __real_jit_mul3(struct jit_code *c, enum t2_mul3 op, int rd, int rn, int rm, int ra);
void __wrap_jit_mul3(struct jit_code *c, enum t2_mul3 op, int rd, int rn, int rm, int ra)
{
	__real_jit_mul3(c, op, rd, rn, rm, ra);
	wrote(rd);
	if (op == T2_UMULL || op == T2_SMULL)
		wrote(ra);
}

/* Words of the frame are written by stores. */
static void accessed(enum t2_mem op, int rt, int rn, int32_t offset)
{
	if (op & T2_LDRB) {
		wrote(rt);
	} else if (w.c && rn == (w.c->map.calls ? T2_R11 : T2_SP)) {
		int32_t at = offset - (w.c->map.calls ? (int32_t)w.c->below : w.c->places.sp_moved);
		if (at >= 0 && at / 4 < w.c->map.words)
			wrote(OP_FRAME + at / 4);
	}
}

void __real_jit_mem(struct jit_code *c, enum t2_mem op, int rt, int rn, int32_t offset);
void __wrap_jit_mem(struct jit_code *c, enum t2_mem op, int rt, int rn, int32_t offset)
{
	__real_jit_mem(c, op, rt, rn, offset);
	accessed(op, rt, rn, offset);
}

void __real_jit_mem_sp(struct jit_code *c, enum t2_mem op, int rt, int32_t offset);
void __wrap_jit_mem_sp(struct jit_code *c, enum t2_mem op, int rt, int32_t offset)
{
	__real_jit_mem_sp(c, op, rt, offset);
	accessed(op, rt, T2_SP, offset);
}

/* What is pushed is what it was when it is popped. */
void __real_jit_push(struct jit_code *c, uint32_t mask);
void __wrap_jit_push(struct jit_code *c, uint32_t mask)
{
	__real_jit_push(c, mask);
	if (w.npushed < 32) {
		w.pushed[w.npushed].mask = mask;
		memcpy(w.pushed[w.npushed++].written, w.written, sizeof w.pushed[0].written);
	}
}

void __real_jit_pop(struct jit_code *c, uint32_t mask);
void __wrap_jit_pop(struct jit_code *c, uint32_t mask)
{
	__real_jit_pop(c, mask);
	for (uint32_t i = w.npushed; i-- > 0;)
		if (w.pushed[i].mask == mask) {
			for (uint32_t r = 0; r < OP_REGS; r++)
				if (mask >> r & 1)
					w.written[r] = w.pushed[i].written[r];
			w.npushed = i;
			return;
		}
}

void __real_op_call_routine(struct op *c, enum jit_routine routine);
void __wrap_op_call_routine(struct op *c, enum jit_routine routine)
{
	__real_op_call_routine(c, routine);
	for (int r = 0; r <= T2_R3 && routine >= JIT_HELPER && routine <= JIT_HELPER5; r++)
		wrote(r);
}

/* What is written on the way out stays of no interest. */
void __real_op_stop_unless(struct op *c, enum t2_cond cond, int32_t status, int address);
void __wrap_op_stop_unless(struct op *c, enum t2_cond cond, int32_t status, int address)
{
	uint32_t written = w.written[T2_R2];
	__real_op_stop_unless(c, cond, status, address);
	w.written[T2_R2] = written;
}

/* Nor does what an exit writes reach what is compiled behind it. */
void __real_op_exit(struct op *c);
void __wrap_op_exit(struct op *c)
{
	uint32_t written[OP_PLACES];
	memcpy(written, w.written, sizeof written);
	__real_op_exit(c);
	memcpy(w.written, written, sizeof written);
}

/* What says that a variable has a value now. */
#define VALUE(name, parameters, arguments)     \
	void __real_##name parameters;         \
	void __wrap_##name parameters          \
	{                                      \
		__real_##name arguments;       \
		now_is(var);                   \
	}
VALUE(op_hold, (struct op *c, uint32_t var, uint32_t place), (c, var, place))
VALUE(op_done, (struct op *c, uint32_t var, int reg), (c, var, reg))
VALUE(op_share, (struct op *c, uint32_t var, uint32_t place), (c, var, place))
VALUE(op_put, (struct op *c, uint32_t var, uint32_t word, int32_t imm), (c, var, word, imm))

void __real_op_settle(struct op *c, uint32_t var, uint32_t place);
void __wrap_op_settle(struct op *c, uint32_t var, uint32_t place)
{
	struct op_value was = c->places.val[var];
	__real_op_settle(c, var, place);
	if (c->places.val[var].word != was.word)
		now_is(var);
}

void __real_op_prologue(struct op *c);
void __wrap_op_prologue(struct op *c)
{
	memset(w.written, 0, sizeof w.written);
	memset(w.since, 0, sizeof w.since);
	w.c = c;
	w.npushed = w.now = 0;
	__real_op_prologue(c);
	for (uint32_t v = 0; v < OP_VARS; v++)
		now_is(v);
}

static void look_at(const struct op *c, uint32_t var, uint32_t place)
{
	bool moves = var == UB_R10 || var == OP_BUDGET; /* changed where they are */
	if (place >= OP_PLACES)
		COMPLAIN("slot %u: variable %u is in no place: %u", c->slot, var, place);
	else if (!moves && w.written[place] > w.since[var])
		COMPLAIN("slot %u: variable %u reads place %u, which was written since", c->slot, var, place);
}

static void look(const struct op *c)
{
	const struct op_places *p = &c->places;
	if (c->refused)
		return;
	for (uint32_t v = 0; v < op_variables(c); v++) {
		const struct op_value *x = &p->val[v];
		if (x->kind == OP_LOST || x->kind == OP_CONST)
			continue;
		look_at(c, v, x->a);
		if (x->kind == OP_PRODUCT || (x->kind == OP_SUM && x->b != OP_NONE))
			look_at(c, v, x->b);
		if (x->kind == OP_HELD && x->a < OP_PLACES && p->owner[x->a] != v)
			COMPLAIN("slot %u: variable %u is held in place %u, whose owner is %u", c->slot, v, x->a, p->owner[x->a]);
	}
	for (uint32_t at = 0; at < OP_PLACES; at++) {
		uint32_t v = p->owner[at];
		if (v == OP_NONE || (v == UB_R10 && p->val[v].kind == OP_SUM && p->val[v].a == at))
			continue;
		if (v >= op_variables(c) || p->val[v].kind != OP_HELD || p->val[v].a != at)
			COMPLAIN("slot %u: place %u has the owner %u, which is elsewhere", c->slot, at, v);
	}
}

void __real_op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead);
void __wrap_op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead)
{
	if (!dead)
		look(c);
	__real_op_plan_insn(c, insn, dead);
}

void __real_op_frame(struct op *c, uint32_t slot, enum op_visit how);
void __wrap_op_frame(struct op *c, uint32_t slot, enum op_visit how)
{
	struct op_value val[2][OP_VARS];
	struct op_fact fact[2][OP_BUDGET + OP_WORDS];
	struct op_form form[OP_BUDGET + OP_WORDS];
	struct op there = *c;
	struct onepass_report report = { 0 };
	there.report = &report;
	if (how & OP_EDGE) { /* the same edge once more, with variables of its own: its code is written where it is written below */
		memcpy(there.places.val = val[0], c->places.val, op_variables(c) * sizeof *val[0]);
		memcpy(there.facts.fact = fact[0], c->facts.fact, op_fact_count(c) * sizeof *fact[0]);
		memcpy(there.loop.form = form, c->loop.form, op_fact_count(c) * sizeof *form);
		__real_op_frame(&there, slot, how & ~(uint32_t)OP_ENTER);
	}
	__real_op_frame(c, slot, how);
	if (how & OP_EDGE && !c->refused && !there.refused) {
		struct op is = there;
		memcpy(is.places.val = val[1], val[0], op_variables(c) * sizeof *val[0]);
		memcpy(is.facts.fact = fact[1], fact[0], op_fact_count(c) * sizeof *fact[0]);
		__real_op_frame(&there, slot, OP_ENTER);
		for (uint32_t v = 0; v < op_variables(c) && !there.refused; v++) {
			const struct op_value *at = &val[1][v], *should = &there.places.val[v], *now = &c->places.val[v];
			if ((should->kind == OP_HELD && (at->kind != OP_HELD || at->a != should->a)) ||
			    (should->kind == OP_CONST && (at->kind != OP_CONST || at->imm != should->imm) &&
			     (should->imm || v < OP_HIGH || v >= OP_WORD || !op_is_narrow(&is, v - OP_HIGH))) ||
			    (how & OP_ENTER && (now->word != should->word || now->imm != should->imm)))
				COMPLAIN("slot %u: on the edge to %u variable %u is not where the frame says", c->slot, slot, v);
		}
	}
	if (how & OP_ENTER)
		for (uint32_t v = 0; v < OP_VARS; v++)
			if (v != OP_BASE && v != OP_LIMIT && v != OP_MEMORY)
				now_is(v);
}
