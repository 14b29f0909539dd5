// SPDX-License-Identifier: BSD-2-Clause
/* Code off the straight line: what follows a failed check, how a program is stopped, the way out of a fast loop.
 *
 *   check    ip = address; bl check; .hword slot, what; b back
 *   stop     bl fault; .hword slot, status; r2: address, if the status is about one
 *   budget   the same for the end of the budget, shorter if the slot has 8 bits: r1 = slot; b out_of_budget
 *   leave    budget += turns that are not taken; moves; b to a slot
 *   go       moves; b to a slot
 *   thunk    where they go: on to the routine (jit/runtime.c), through the run
 */
#include <string.h>

#include "jit/onepass/loop.h"

void op_call_routine(struct op *c, enum jit_routine routine)
{
	c->colds.used |= 1u << routine;
	jit_branch_link(&c->out, JIT_TO_LABEL, routine);
}

static void stop(struct op *c, uint32_t slot, uint32_t status)
{
	if ((int16_t)status == UB_E_BUDGET && slot < 256) {
		c->colds.used |= 1u << JIT_OUT_OF_BUDGET;
		jit_narrow(&c->out.code, T2_MOVS_R1 | slot);
		jit_branch(&c->out, T2_AL, JIT_TO_LABEL, JIT_OUT_OF_BUDGET);
		return;
	}
	op_call_routine(c, JIT_FAULT);
	jit_narrow(&c->out.code, slot);
	jit_narrow(&c->out.code, status & 0xffff);
}

void op_stop(struct op *c, int32_t status)
{
	stop(c, c->slot, (uint32_t)status);
}

/* A branch under cond to a new piece, for the caller to fill in. */
struct op_cold *op_to_cold(struct op *c, enum t2_cond cond)
{
	struct op_cold *cold = &c->colds.cold[c->colds.n++];
	op_uncover(c);
	cold->fixup = (uint16_t)c->out.nfixups;
	jit_branch(&c->out, cond, JIT_TO_CODE, 0);
	cold->resume = (uint16_t)c->out.code.len;
	cold->slot = (uint16_t)c->slot;
	cold->moves = 0;
	return cold;
}

/* Stops the program under cond. */
void op_stop_if(struct op *c, enum t2_cond cond, int32_t status)
{
	struct op_cold *cold = op_to_cold(c, cond);
	cold->what = (uint16_t)status;
	cold->kind = OP_COLD_STOP;
}

/* Stops the program unless cond holds. `address`: the register it is in, for UB_E_ALIGN. */
void op_stop_unless(struct op *c, enum t2_cond cond, int32_t status, int address)
{
	bool moves = address != T2_R2;
	/* Over what follows: 4 halfwords of the stop, and the move. Counted from the pc, which is one ahead. */
	jit_narrow(&c->out.code, T2_BCC_N | (uint32_t)cond << 8 | (3u + moves));
	jit_mov(&c->out.code, T2_R2, address);
	op_stop(c, status);
}

void op_check_at_once(struct op *c, const struct op_value *at, uint32_t slot, uint32_t what)
{
	op_emit_value(c, T2_IP, at);
	op_call_routine(c, JIT_CHECK);
	jit_narrow(&c->out.code, slot);
	jit_narrow(&c->out.code, what);
	if (at->a == T2_IP && at->imm) { /* the code goes on with a without imm */
		struct op_value back = op_value(OP_SUM, T2_IP, OP_NONE, 0, 0u - (uint32_t)at->imm);
		op_emit_value(c, T2_IP, &back);
	}
}

static void check(struct op *c, const struct op_cold *cold)
{
	op_check_at_once(c, &cold->value, cold->slot, cold->what);
	if (!(cold->kind & OP_COLD_MORE))
		jit_branch(&c->out, T2_AL, JIT_TO_CODE, cold->resume);
}

void op_apart_begin(struct op *c, struct op_apart *a)
{
	const struct jit_code *code = &c->out.code;
	op_reserve_colds(c, 1);
	*a = (struct op_apart){ code->len, code->zero_at, code->zero_of, 0, 0 };
	c->places.nlog = 0;
	c->places.logs = true;
}

bool op_apart_end(struct op *c, struct op_apart *a)
{
	struct jit_code *code = &c->out.code;
	struct op_places *p = &c->places;
	struct op_colds *k = &c->colds;
	uint32_t n = code->len - a->at;
	p->logs = false;
	if (n == 0 || p->nlog > OP_LOG || k->nmoves + n > OP_MOVES || code->len > code->cap)
		return false;
	a->first = (uint8_t)k->nmoves;
	a->moves = (uint8_t)n;
	memcpy(k->moves + k->nmoves, code->at + a->at, n * sizeof *k->moves);
	k->nmoves += n;
	code->len = a->at;
	code->zero_at = a->zero_at;
	code->zero_of = a->zero_of;
	while (p->nlog--)
		op_set_value(c, p->log[p->nlog].var, p->log[p->nlog].was);
	return true;
}

void op_moves(struct op *c, uint32_t first, uint32_t n)
{
	for (; n; n--, first++)
		jit_narrow(&c->out.code, c->colds.moves[first]);
}

/* Pieces wait for a place no control runs through. */
void op_colds(struct op *c)
{
	struct op_colds *k = &c->colds;
	for (uint32_t i = 0; i < k->n; i++) {
		struct op_cold *cold = &k->cold[i];
		if (i == 0 || !(cold[-1].kind & OP_COLD_MORE))
			jit_land(&c->out, cold->fixup);
		switch (cold->kind & ~OP_COLD_MORE) {
		case OP_COLD_CHECK:
			check(c, cold);
			break;
		case OP_COLD_STOP:
			stop(c, cold->slot, cold->what);
			break;
		default:
			if ((cold->kind & ~OP_COLD_MORE) == OP_COLD_LEAVE)
				op_loop_refund(c, &cold->value);
			op_moves(c, cold->first, cold->moves);
			if (!cold->what) {
				jit_branch(&c->out, T2_AL, JIT_TO_SLOT, cold->resume);
				break;
			}
			op_charge(c);
			jit_branch(&c->out, T2_HS, JIT_TO_SLOT, cold->resume);
			stop(c, cold->slot, UB_E_BUDGET);
		}
	}
	k->n = k->nmoves = 0;
	op_uncover(c);
}

/* Makes room for `n` more, where control does run: it goes around those that wait. */
void op_reserve_colds(struct op *c, uint32_t n)
{
	if (c->colds.n + n <= OP_COLDS)
		return;
	uint32_t around = c->out.nfixups;
	jit_branch(&c->out, T2_AL, JIT_TO_CODE, 0);
	op_colds(c);
	jit_land(&c->out, around);
}

/* What is emitted in a loop's fast form stays in it: pieces that go to slots from before it are emitted before it. */
void op_colds_before_loop(struct op *c)
{
	for (uint32_t i = 0; i < c->colds.n; i++)
		if ((c->colds.cold[i].kind & ~OP_COLD_MORE) >= OP_COLD_LEAVE)
			op_reserve_colds(c, OP_COLDS);
}

/* The run's address lies above the words of the frame. */
void op_load_run(struct op *c, int rd)
{
	op_load_word(c, rd, OP_FRAME + (uint32_t)c->map.words);
}

/* The way to the routines in the firmware, at the end of the code. */
void op_thunks(struct op *c)
{
	struct jit_code *code = &c->out.code;
	for (uint32_t left = c->colds.used; left; left &= left - 1) {
		uint32_t routine = (uint32_t)__builtin_ctz(left);
		int run = routine == JIT_CHECK || routine == JIT_FAULT || routine == JIT_OUT_OF_BUDGET ? T2_R3 : T2_IP;
		jit_label(&c->out, routine);
		if (routine == JIT_CHECK) /* keeps all registers */
			jit_push(code, 1u << T2_R3 | 1u << T2_LR);
		/* what was pushed before it is called */
		c->places.sp_moved = routine == JIT_DIVIDE ? 32 : routine == JIT_CHECK ? 8 : routine == JIT_HELPER5 ? 8 : 0;
		if (routine >= JIT_HELPER && routine <= JIT_HELPER5)
			c->places.sp_moved += (int32_t)op_helper_pushes(c);
		op_load_run(c, run);
		jit_mem(code, T2_LDR, T2_PC, run, UB_RUN_ROUTINES + 4 * (int32_t)routine);
	}
	c->places.sp_moved = 0;
}
