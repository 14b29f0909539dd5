// SPDX-License-Identifier: BSD-2-Clause
/* Code off the straight line: what follows a failed check, and how a program is stopped.
 *
 *   stub     ip = address; bl check; .hword slot, what; b back
 *   trap     bl fault; .hword slot, status; r2: address, if the status is about one
 *   thunk    where they go: on to the routine (runtime.c), through the run
 */
#include "jit/compile.h"

/* Stubs wait for a place no control runs through. */
void jit_stubs(struct jit *j)
{
	uint32_t temps = j->temps;
	j->temps = 1u << T2_IP; /* lr is what there is for constants */
	for (uint32_t i = 0; i < j->nstubs; i++) {
		struct jit_stub *stub = &j->stubs[i];
		const struct jit_val *at = &stub->addr;
		j->fixups[-1 - (int32_t)stub->fixup].target = (uint16_t)j->code.len;
		jit_sum(j, T2_IP, at);
		jit_call_routine(j, JIT_CHECK);
		jit_narrow(&j->code, stub->slot);
		jit_narrow(&j->code, stub->what);
		if (at->a == T2_IP && at->imm) { /* the code goes on with a without imm */
			struct jit_val back = { JIT_ADDR, T2_IP, JIT_NOWHERE, 0,
						(int32_t)(0u - (uint32_t)at->imm) };
			jit_sum(j, T2_IP, &back);
		}
		jit_branch(j, T2_AL, JIT_TO_CODE, stub->resume);
	}
	j->nstubs = 0;
	j->temps = temps;
}

/* The same where control does run: it goes around. */
void jit_stubs_inline(struct jit *j)
{
	uint32_t around = j->nfixups;
	jit_branch(j, T2_AL, JIT_TO_CODE, 0);
	jit_stubs(j);
	j->fixups[-1 - (int32_t)around].target = (uint16_t)j->code.len;
}

/* Bytes on the stack at a thunk, above what the frame ends with. */
static int32_t pushed(uint32_t routine)
{
	return routine == JIT_CHECK ? 8 : routine == JIT_DIVIDE ? 16 : 0;
}

void jit_call_routine(struct jit *j, enum jit_routine routine)
{
	j->used |= 1u << routine;
	jit_branch_link(j, JIT_TO_LABEL, routine);
}

/* The way to the routines in the firmware, at the end of the code. */
void jit_thunks(struct jit *j)
{
	struct jit_code *c = &j->code;
	int32_t at = (int32_t)j->run * 4;
	int base = j->local_calls ? T2_R11 : T2_SP;
	for (uint32_t routine = 0; routine < UB_ROUTINES; routine++) {
		int run = routine == JIT_CHECK || routine == JIT_FAULT ? T2_R3 : T2_IP;
		if (!(j->used >> routine & 1))
			continue;
		jit_label(j, routine);
		if (routine == JIT_CHECK) /* keeps all registers */
			jit_push(c, 1u << T2_R3 | 1u << T2_LR);
		jit_mem(c, T2_LDR, run, base, at + (base == T2_SP ? pushed(routine) : 0));
		jit_mem(c, T2_LDR, T2_PC, run, UB_RUN_ROUTINES + 4 * (int32_t)routine);
	}
}

/* Stops the program. */
void jit_trap(struct jit *j, int32_t status)
{
	jit_call_routine(j, JIT_FAULT);
	jit_narrow(&j->code, j->slot);
	jit_narrow(&j->code, (uint32_t)status & 0xffff);
}

/* Stops the program unless cond holds. */
void jit_trap_unless(struct jit *j, enum t2_cond cond, int32_t status, int address)
{
	bool moves = address != JIT_NOWHERE && address != T2_R2;
	/* Over what follows: 4 halfwords of the trap, and the move. Counted from the pc, which is one ahead. */
	jit_narrow(&j->code, T2_BCC_N | (uint32_t)cond << 8 | (3u + moves));
	if (moves)
		jit_mov(&j->code, T2_R2, address);
	jit_trap(j, status);
}
