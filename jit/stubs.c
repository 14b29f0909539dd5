// SPDX-License-Identifier: BSD-2-Clause
/* Code off the straight line: what follows a failed check, and how a program is stopped.
 *
 *   stub     ip = address; bl check; .word slot | what << 16; b back
 *   check    walks run->regions; back behind the word if the access is inside one
 *   trap     bl fault; .word slot | status << 16; ip: address, if the status is about one
 *   fault    run->fault = status, slot, address; unwinds and returns the status
 */
#include "jit/compile.h"

/* Stubs wait for a place no control runs through. */
void jit_stubs(struct jit *j)
{
	for (uint32_t i = 0; i < j->nstubs; i++) {
		struct jit_stub *stub = &j->stubs[i];
		const struct jit_val *at = &stub->addr;
		j->fixups[-1 - (int32_t)stub->fixup].target = (uint16_t)j->code.len;
		j->used |= 1u << JIT_L_CHECK;
		if (at->b != JIT_NOWHERE)
			jit_dp_shift(&j->code, T2_ADD, T2_IP, at->a, at->b, T2_LSL, at->shift, JIT_ANY);
		else
			jit_mov(&j->code, T2_IP, at->a);
		if (at->imm && !jit_dp_imm(&j->code, T2_ADD, T2_IP, T2_IP, (uint32_t)at->imm, JIT_ANY)) {
			jit_const(&j->code, T2_LR, (uint32_t)at->imm, JIT_ANY);
			jit_dp(&j->code, T2_ADD, T2_IP, T2_IP, T2_LR, JIT_ANY);
		}
		jit_branch_link(j, JIT_TO_LABEL, JIT_L_CHECK);
		jit_narrow(&j->code, stub->slot);
		jit_narrow(&j->code, stub->what);
		if (at->a == T2_IP && at->imm) { /* the code goes on with a without imm */
			if (!jit_dp_imm(&j->code, T2_SUB, T2_IP, T2_IP, (uint32_t)at->imm, JIT_ANY)) {
				jit_const(&j->code, T2_LR, (uint32_t)at->imm, JIT_ANY);
				jit_dp(&j->code, T2_SUB, T2_IP, T2_IP, T2_LR, JIT_ANY);
			}
		}
		jit_branch(j, T2_AL, JIT_TO_CODE, stub->resume);
	}
	j->nstubs = 0;
}

/* The same where control does run: it goes around. */
void jit_stubs_inline(struct jit *j)
{
	uint32_t around = j->nfixups;
	jit_branch(j, T2_AL, JIT_TO_CODE, 0);
	jit_stubs(j);
	j->fixups[-1 - (int32_t)around].target = (uint16_t)j->code.len;
}


static void load_run(struct jit *j, int rt, int32_t pushed)
{
	int32_t at = (int32_t)(j->home[JIT_RUN] - JIT_SPILL) * 4;
	if (j->local_calls)
		jit_mem(&j->code, T2_LDR, rt, T2_R11, at);
	else
		jit_mem(&j->code, T2_LDR, rt, T2_SP, at + pushed);
}

/* A 16-bit conditional branch back to, or on to, a halfword that is known. */
static void near(struct jit *j, enum t2_cond cond, uint32_t target)
{
	jit_narrow(&j->code, T2_BCC_N | (uint32_t)cond << 8 | ((target - j->code.len - 2) & 0xff));
}

/* The rest of the program's frame, and back to the caller with r0. */
void jit_return(struct jit *j)
{
	jit_sp_add(&j->code, (int32_t)(j->home[JIT_RUN] - JIT_SPILL + 1) * 4);
	jit_pop(&j->code, j->saved | 1u << T2_PC);
}

/* r0 = status, 0 for one a helper has left in the run; r1 = slot, r2 = address. */
static void stop(struct jit *j)
{
	if (j->local_calls)
		jit_mov(&j->code, T2_SP, T2_R11);
	load_run(j, T2_R3, 0);
	if (j->program->flags & UB_PROGRAM_HELPER_CALLS) {
		jit_dp_imm(&j->code, T2_SUB, T2_PC, T2_R0, 0, JIT_SET);
		jit_itt(&j->code, T2_EQ);
		jit_mem(&j->code, T2_LDR, T2_R0, T2_R3, UB_RUN_STATUS);
		jit_mem(&j->code, T2_LDR, T2_R2, T2_R3, UB_RUN_ADDR);
	}
	jit_narrow(&j->code, 0xc307); /* stm r3!, {r0, r1, r2} */
	jit_return(j);
}

static void check_routine(struct jit *j, uint32_t stop_at)
{
	struct jit_code *c = &j->code;
	jit_label(j, JIT_L_CHECK);
	jit_dp_imm(c, T2_ADD, T2_LR, T2_LR, 4, JIT_KEEP);
	jit_push(c, 0x407f);
	load_run(j, T2_R6, 32);
	jit_mem(c, T2_LDR, T2_R5, T2_LR, -5);
	jit_bitfield(c, T2_UBFX, T2_R4, T2_R5, 16, 4);                      /* size */
	jit_shift_imm(c, T2_LSR, T2_R5, T2_R5, 16 + JIT_CHECK_RIGHTS, JIT_ANY); /* rights */
	jit_mem(c, T2_LDR, T2_R3, T2_R6, UB_RUN_NREGIONS);
	jit_dp_imm(c, T2_ADD, T2_R6, T2_R6, UB_RUN_REGIONS, JIT_ANY);
	uint32_t next = c->len;
	jit_dp_imm(c, T2_SUB, T2_R3, T2_R3, 1, JIT_SET);
	near(j, T2_MI, c->len + 12);
	jit_narrow(c, 0xce07); /* ldm r6!, {r0, r1, r2}: start, length, rights */
	jit_dp(c, T2_AND, T2_R2, T2_R2, T2_R5, JIT_ANY);
	jit_cmp(c, T2_R2, T2_R5);
	near(j, T2_NE, next);
	jit_dp(c, T2_SUB, T2_R0, T2_IP, T2_R0, JIT_ANY);
	jit_dp(c, T2_SUB, T2_R1, T2_R1, T2_R4, JIT_SET);
	near(j, T2_LO, next);
	jit_cmp(c, T2_R0, T2_R1);
	near(j, T2_HI, next);
	jit_pop(c, 0x807f);
	/* Outside all of them. */
	jit_shift_imm(c, T2_LSL, T2_R5, T2_R5, 30, JIT_SET); /* MI: UB_WRITE, bit 1 */
	jit_pop(c, 0x407f);
	jit_mem(c, T2_LDRH, T2_R1, T2_LR, -5);
	jit_mov(c, T2_R2, T2_IP);
	jit_const(c, T2_R0, (uint32_t)UB_E_READ, JIT_KEEP);
	jit_it(c, T2_MI);
	jit_const(c, T2_R0, (uint32_t)UB_E_WRITE, JIT_KEEP);
	jit_branch(j, T2_AL, JIT_TO_CODE, stop_at);
}

/* The routines that stubs and traps need, at the end of the code. */
void jit_fault_routines(struct jit *j)
{
	struct jit_code *c = &j->code;
	if (!(j->used & (1u << JIT_L_FAULT | 1u << JIT_L_CHECK)))
		return;
	jit_label(j, JIT_L_FAULT);
	jit_mem(c, T2_LDRSH, T2_R0, T2_LR, 1);
	jit_mem(c, T2_LDRH, T2_R1, T2_LR, -1);
	jit_const(c, T2_R2, 0, JIT_ANY);
	jit_dp_imm(c, T2_SUB, T2_PC, T2_R0, (uint32_t)UB_E_ALIGN, JIT_SET);
	jit_it(c, T2_EQ);
	jit_mov(c, T2_R2, T2_IP);
	uint32_t stop_at = c->len;
	stop(j);
	if (j->used & 1u << JIT_L_CHECK)
		check_routine(j, stop_at);
}

/* Stops the program. */
void jit_trap(struct jit *j, int32_t status)
{
	j->used |= 1u << JIT_L_FAULT;
	jit_branch_link(j, JIT_TO_LABEL, JIT_L_FAULT);
	jit_narrow(&j->code, j->slot);
	jit_narrow(&j->code, (uint32_t)status & 0xffff);
}

/* Stops the program unless cond holds. */
void jit_trap_unless(struct jit *j, enum t2_cond cond, int32_t status)
{
	near(j, cond, j->code.len + 5);
	jit_trap(j, status);
}
