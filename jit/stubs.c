// SPDX-License-Identifier: BSD-2-Clause
/* Code off the straight line: what follows a failed check, and how a program is stopped.
 *
 *   check    ip = address; bl check; .hword slot, what; b back
 *   leave    homes = values; b to a slot
 *   trap     bl fault; .hword slot, status; r2: address, if the status is about one
 *   thunk    where they go: on to the routine (runtime.c), through the run
 */
#include "jit/loops.h"

void jit_call_routine(struct jit *j, enum jit_routine routine)
{
	j->used |= 1u << routine;
	jit_branch_link(&j->out, JIT_TO_LABEL, routine);
}

static void trap(struct jit *j, uint32_t slot, uint32_t status)
{
	jit_call_routine(j, JIT_FAULT);
	jit_narrow(&j->out.code, slot);
	jit_narrow(&j->out.code, status & 0xffff);
}

/* Stops the program. */
void jit_trap(struct jit *j, int32_t status)
{
	trap(j, j->slot, (uint32_t)status);
}

/* Stops the program under cond. */
void jit_trap_if(struct jit *j, enum t2_cond cond, int32_t status)
{
	struct jit_stub *stub = jit_to_stub(j, cond);
	stub->what = (uint16_t)status;
	stub->kind = JIT_STOPS;
}

/* A branch under cond to a new stub, for the caller to fill in. */
struct jit_stub *jit_to_stub(struct jit *j, enum t2_cond cond)
{
	struct jit_stub *stub = &j->stubs[j->nstubs++];
	stub->fixup = (uint16_t)j->out.nfixups;
	jit_branch(&j->out, cond, JIT_TO_CODE, 0);
	stub->resume = (uint16_t)j->out.code.len;
	stub->slot = (uint16_t)j->slot;
	return stub;
}

/* Branches under cond, out of a fast form or where it is rarely taken, to a slot, where halves are expected at home:
 * they go there on the way. */
void jit_leave(struct jit *j, enum t2_cond cond, uint32_t halves, uint32_t target)
{
	struct jit_stub *stub = jit_to_stub(j, cond);
	uint16_t slot = stub->slot;
	if (j->fast && j->fast->prepaid) {
		stub->kind = JIT_REFUNDS | JIT_MORE;
		stub++->value = j->val[j->fast->counter];
	}
	for (; halves; halves &= halves - 1) {
		stub->kind = JIT_LEAVES | JIT_MORE;
		stub->what = (uint16_t)__builtin_ctz(halves);
		stub->value = j->val[stub->what];
		stub++;
	}
	stub[-1].kind &= (uint8_t)~JIT_MORE;
	stub[-1].resume = (uint16_t)target;
	stub[-1].slot = slot;
	j->nstubs = (uint32_t)(stub - j->stubs);
}

static void check_stub(struct jit *j, const struct jit_stub *stub)
{
	const struct jit_val *at = &stub->value;
	jit_sum(j, T2_IP, at);
	jit_call_routine(j, JIT_CHECK);
	jit_narrow(&j->out.code, stub->slot);
	jit_narrow(&j->out.code, stub->what);
	if (at->a == T2_IP && at->imm) { /* the code goes on with a without imm */
		struct jit_val back = jit_value(JIT_ADDR, T2_IP, JIT_NOWHERE, 0, 0u - (uint32_t)at->imm);
		jit_sum(j, T2_IP, &back);
	}
	if (!(stub->kind & JIT_MORE))
		jit_branch(&j->out, T2_AL, JIT_TO_CODE, stub->resume);
}

/* Gives back what was paid for turns that are not taken. The counter says how many turns are left: bound - counter - 1, or
 * counter - bound - 1, as the turn began. */
static void refund(struct jit *j, const struct jit_stub *stub)
{
	const struct jit_loop *l = j->fast;
	struct jit_code *c = &j->out.code;
	uint32_t limit = l->limit + 1, k = 0; /* what the counter was, is a + k */
	int a = stub->value.a, budget = j->home[JIT_BUDGET];
	if (stub->value.kind == JIT_ADDR)
		k = (uint32_t)stub->value.imm;
	for (uint32_t slot = l->head; slot < stub->slot; slot++) {
		const struct ub_insn *insn = j->text + slot;
		if (jit_writes(insn) && UB_DST(insn) == l->counter)
			k -= UB_OP(insn->opcode) == UB_ADD ? (uint32_t)insn->imm : 0u - (uint32_t)insn->imm;
	}
	if (a >= JIT_SPILL)
		jit_load_spilled(j, l->counter, a = T2_LR);
	if (l->bound != JIT_NOWHERE) {
		int b = j->home[l->bound];
		if (b >= JIT_SPILL)
			jit_load_spilled(j, l->bound, b = T2_IP);
		jit_dp(c, T2_SUB, T2_IP, l->down ? a : b, l->down ? b : a, JIT_ANY);
		a = T2_IP;
		limit = 1;
	} else if (!l->down) {
		jit_dp_imm(c, T2_RSB, T2_IP, a, 0, JIT_ANY);
		a = T2_IP;
		limit = 2 - limit;
	}
	struct jit_val turns = jit_value(JIT_ADDR, (uint32_t)a, JIT_NOWHERE, 0, (l->down ? k : 0u - k) - limit);
	jit_sum(j, T2_IP, &turns);
	if (budget >= JIT_SPILL)
		jit_load_spilled(j, JIT_BUDGET, budget = T2_LR);
	jit_dp(c, T2_ADD, budget, budget, T2_IP, JIT_ANY);
	jit_store_half(j, JIT_BUDGET, budget);
}

/* Stubs wait for a place no control runs through. */
void jit_stubs(struct jit *j)
{
	const uint32_t temps = j->temps;
	const uint8_t cached[] = { j->cached[0], j->cached[1] };
	j->temps = 1u << T2_IP; /* lr is what there is for constants */
	for (uint32_t i = 0; i < j->nstubs; i++) {
		struct jit_stub *stub = &j->stubs[i];
		if (i == 0 || !(stub[-1].kind & JIT_MORE))
			jit_land(&j->out, stub->fixup);
		switch (stub->kind & ~JIT_MORE) {
		case JIT_CHECKS:
			check_stub(j, stub);
			continue;
		case JIT_STOPS:
			trap(j, stub->slot, stub->what);
			continue;
		case JIT_REFUNDS:
			refund(j, stub);
			break;
		case JIT_LEAVES:
			jit_emit_value(j, j->home[stub->what], &stub->value);
		}
		if (!(stub->kind & JIT_MORE))
			jit_branch(&j->out, T2_AL, JIT_TO_SLOT, stub->resume);
	}
	j->nstubs = 0;
	j->vouched = JIT_NOWHERE;
	j->temps = temps; /* control that goes around finds ip and lr as they were */
	j->cached[0] = cached[0];
	j->cached[1] = cached[1];
}

/* Makes room for `n` more, where control does run: it goes around those that wait. */
void jit_reserve_stubs(struct jit *j, uint32_t n)
{
	if (j->nstubs + n <= JIT_STUBS)
		return;
	uint32_t around = j->out.nfixups;
	jit_branch(&j->out, T2_AL, JIT_TO_CODE, 0);
	jit_stubs(j);
	jit_land(&j->out, around);
}

/* The way to the routines in the firmware, at the end of the code. */
void jit_thunks(struct jit *j)
{
	struct jit_code *c = &j->out.code;
	for (uint32_t left = j->used; left; left &= left - 1) {
		uint32_t routine = (uint32_t)__builtin_ctz(left);
		int run = routine == JIT_CHECK || routine == JIT_FAULT ? T2_R3 : T2_IP;
		jit_label(&j->out, routine);
		if (routine == JIT_CHECK) /* keeps all registers */
			jit_push(c, 1u << T2_R3 | 1u << T2_LR);
		j->sp_moved = routine == JIT_DIVIDE ? 16 : routine == JIT_CHECK || routine == JIT_HELPER5 ? 8 : 0;
		jit_load_run(j, run);
		jit_mem(c, T2_LDR, T2_PC, run, UB_RUN_ROUTINES + 4 * (int32_t)routine);
	}
	j->sp_moved = 0;
}

/* Stops the program unless cond holds. `address`: the register it is in, for UB_E_ALIGN. */
void jit_trap_unless(struct jit *j, enum t2_cond cond, int32_t status, int address)
{
	bool moves = address != T2_R2;
	/* Over what follows: 4 halfwords of the trap, and the move. Counted from the pc, which is one ahead. */
	jit_narrow(&j->out.code, T2_BCC_N | (uint32_t)cond << 8 | (3u + moves));
	jit_mov(&j->out.code, T2_R2, address);
	jit_trap(j, status);
}
