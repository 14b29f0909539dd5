// SPDX-License-Identifier: BSD-2-Clause
/* Entry, exit and calls.
 *
 *   uint64_t code(struct ub_run *run)    r0 of the program; every register may change (runtime.c)
 *
 *   the frame, from sp up          a function's, from its sp up
 *     spilled halves                 padding: all functions take j->call_words words
 *     words for borrowed registers   halves of r6..r9 it changes that callers need again: spilled ones,
 *     run                            those in registers
 *     lr                             lr
 *
 * Without local calls the frame is reached from sp. With them r11 holds its address - j->below, and as every
 * function takes as many words, that is how low sp may be where one more is called. r10, where it is used at all,
 * moves by 512 bytes around each call.
 */
#include "jit/value.h"

/* Puts the first value of a half where it lives. r0 is the run, until the last one. */
static void load_initial(struct jit *j, uint32_t half)
{
	/* What of the run a half is when the program starts; 0: not of the run. */
	static const uint8_t field[JIT_HALVES] = {
		[1] = UB_RUN_CTX_ADDR,
		[2] = UB_RUN_CTX_LEN,
		[UB_R10] = UB_RUN_STACK_TOP,
		[JIT_BUDGET] = UB_RUN_BUDGET,
		[JIT_BASE] = UB_RUN_REGIONS + 12 * UB_REGION_CTX,
		[JIT_LIMIT] = UB_RUN_REGIONS + 12 * UB_REGION_CTX + 4,
	};
	struct jit_code *c = &j->out.code;
	int rd = jit_in_register(j, half) ? j->home[half] : T2_IP;
	if (field[half])
		jit_mem(c, T2_LDR, rd, T2_R0, field[half]);
	else
		jit_const(c, rd, half == JIT_DATA ? jit_data(j) : 0, JIT_ANY);
	if (half == JIT_LIMIT && j->window > 1) {
		jit_dp_imm(c, T2_SUB, rd, rd, j->window - 1, JIT_SET);
		jit_it(c, T2_LO);
		jit_const(c, rd, 0, JIT_ANY);
	}
	if (half == UB_R10 && rd != T2_IP)
		jit_dp_imm(c, T2_SUB, rd, rd, j->bias, JIT_ANY);
	jit_store_half(j, half, rd);
}

void jit_prologue(struct jit *j)
{
	const struct ub_program *p = j->program;
	uint32_t spilled = j->run, last = JIT_HALVES;
	uint32_t needed = j->live_in[p->entry] | JIT_OWN;

	jit_push(&j->out.code, 1u << T2_R0 | 1u << T2_LR);
	jit_sp_add(&j->out.code, -(int32_t)spilled * 4);
	if (j->local_calls) {
		jit_dp_imm(&j->out.code, T2_SUB, T2_R11, T2_SP, j->below, JIT_ANY);
		needed |= JIT_LO(UB_R10);
	}
	for (; needed; needed &= needed - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(needed);
		if (j->home[half] == T2_R0)
			last = half;
		else if (j->home[half] != JIT_NOWHERE)
			load_initial(j, half);
	}
	if (last < JIT_HALVES)
		load_initial(j, last);
	if (j->local_calls) {
		jit_branch_link(&j->out, JIT_TO_LABEL, JIT_L_FUNCS + jit_func_at(j, p->entry));
		jit_branch(&j->out, T2_AL, JIT_TO_LABEL, JIT_L_EXIT);
	} else if (p->entry) {
		jit_branch(&j->out, T2_AL, JIT_TO_SLOT, p->entry);
	}
}

/* Registers that the function being lowered saves, and words of padding below them. */
static uint32_t saved_registers(const struct jit *j, int32_t *padding)
{
	uint32_t registers = 0;
	for (uint32_t left = j->saved; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left);
		if (jit_in_register(j, half))
			registers |= 1u << j->home[half];
	}
	*padding = (int32_t)(j->call_words - 1 - jit_count(j->saved));
	return registers;
}

/* The start of a function that is called. */
void jit_function(struct jit *j)
{
	uint32_t function = jit_func_at(j, j->slot);
	int32_t padding;
	j->saved = jit_saved(j, function);
	jit_label(&j->out, JIT_L_FUNCS + function);
	jit_push(&j->out.code, saved_registers(j, &padding) | 1u << T2_LR);
	for (uint32_t left = j->saved; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left);
		if (jit_in_register(j, half))
			continue;
		jit_load_spilled(j, half, T2_IP);
		jit_push(&j->out.code, 1u << T2_IP);
	}
	jit_sp_add(&j->out.code, -padding * 4);
	jit_forget(j);
}

static void leave_function(struct jit *j)
{
	int32_t padding;
	uint32_t registers = saved_registers(j, &padding);
	jit_sp_add(&j->out.code, padding * 4);
	for (uint32_t left = j->saved; left;) {
		uint32_t half = 31 - (uint32_t)__builtin_clz(left);
		left &= ~(1u << half);
		if (jit_in_register(j, half))
			continue;
		jit_pop(&j->out.code, 1u << T2_IP);
		jit_store_half(j, half, T2_IP);
	}
	jit_pop(&j->out.code, registers | 1u << T2_PC);
}

void jit_exit(struct jit *j, const struct ub_insn *insn)
{
	jit_prove_zeros(j, insn);
	j->live = j->held = jit_exit_set(j, j->slot);
	jit_flush(j, j->live);
	jit_release(j);
	if (j->local_calls)
		leave_function(j);
	else if (j->slot + 1 < j->slots)
		jit_branch(&j->out, T2_AL, JIT_TO_LABEL, JIT_L_EXIT);
}

/* Where exits meet: the result to r0, r1, and back. */
void jit_epilogue(struct jit *j)
{
	struct jit_code *c = &j->out.code;
	int lo = j->home[0], hi = j->home[JIT_HIGH];
	jit_label(&j->out, JIT_L_EXIT);
	if (hi == T2_R0) {
		jit_mov(c, T2_IP, T2_R0);
		hi = T2_IP;
	}
	if (lo < JIT_SPILL)
		jit_mov(c, T2_R0, lo);
	else if (lo != JIT_NOWHERE || !jit_repaired(j, JIT_REPAIR_NO_EXIT)) /* no exit leads here if it has no home */
		jit_load_spilled(j, 0, T2_R0);
	if (hi == JIT_NOWHERE)
		jit_const(c, T2_R1, 0, JIT_ANY);
	else if (hi < JIT_SPILL)
		jit_mov(c, T2_R1, hi);
	else
		jit_load_spilled(j, JIT_HIGH, T2_R1);
	jit_sp_add(c, (int32_t)j->run * 4);
	jit_pop(c, 1u << T2_R2 | 1u << T2_PC); /* the run, and back */
}

/* Loads halves 1..n, n <= 3, into ARM registers 1..n at once. Constants and spilled ones come last:
 * they read no register that others write. */
static void load_arguments(struct jit *j, uint32_t n)
{
	uint8_t from[4];
	uint32_t moves = 0, others = 0;
	for (uint32_t i = 1; i <= n; i++) {
		from[i] = j->val[i].a;
		if (!jit_has_register(j, i))
			others |= 1u << i;
		else if (from[i] != i)
			moves |= 1u << i;
	}
	while (moves) {
		uint32_t wanted = 0;
		for (uint32_t i = 1; i <= n; i++)
			if (moves >> i & 1)
				wanted |= 1u << from[i];
		uint32_t ready = moves & ~wanted, next = (uint32_t)__builtin_ctz(ready ? ready : moves);
		if (ready) {
			jit_mov(&j->out.code, (int)next, from[next]);
			moves &= ~(1u << next);
			continue;
		}
		jit_mov(&j->out.code, T2_LR, (int)next); /* a cycle: one of its registers goes through lr */
		for (uint32_t i = 1; i <= n; i++)
			if (from[i] == next)
				from[i] = T2_LR;
	}
	for (; others; others &= others - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(others);
		if (jit_is_const(j, i))
			jit_const(&j->out.code, (int)i, (uint32_t)j->val[i].imm, JIT_ANY);
		else
			jit_load_spilled(j, i, (int)i);
	}
}

/* Results r0, r1 to the home of BPF r0. */
static void take_result(struct jit *j)
{
	bool lo = j->live & JIT_LO(0), hi = j->live & JIT_HI(0);
	int high = T2_R1;
	jit_at_home(j, JIT_BOTH(0));
	if (lo && hi && j->home[0] == T2_R1) {
		jit_mov(&j->out.code, T2_LR, T2_R1);
		high = T2_LR;
	}
	if (lo)
		jit_store_half(j, 0, T2_R0);
	if (hi)
		jit_store_half(j, JIT_HIGH, high);
}

/* Whether no operand of a call is in the ARM register that calls need for themselves in the end. */
static bool r0_is_free(const struct jit *j)
{
	for (uint32_t left = j->live_in[j->slot]; left; left &= left - 1)
		if (j->home[__builtin_ctz(left)] == T2_R0)
			return false;
	for (uint32_t left = j->reading; left; left &= left - 1) {
		const struct jit_val *v = &j->val[__builtin_ctz(left)];
		if (v->a == T2_R0 || v->b == T2_R0)
			return false;
	}
	return true;
}

/* Arguments go to r1..r3 and the stack, the result is in r0, r1. What lives over the call is in r4 and up or
 * in the frame (alloc.c), and stays there. */
static void call_helper(struct jit *j, int32_t id)
{
	uint32_t n = jit_arguments(j, j->slot), kept = j->live & ~(uint32_t)JIT_BOTH(0);
	int32_t pushed = n > 3 ? 8 : 0;
	struct jit_code *c = &j->out.code;

	/* Nothing lazy outlives a call but constants; arguments may be copies or constants. */
	for (uint32_t i = 1; i <= n; i++)
		jit_prepare(j, i);
	jit_flush(j, j->reading & kept);
	jit_sp_add(c, -pushed);
	j->sp_moved += pushed;
	for (uint32_t i = 4; i <= n; i++) {
		uint32_t held = j->temps;
		int reg = T2_R0;
		if (jit_is_const(j, i) && r0_is_free(j))
			jit_const(c, reg, (uint32_t)j->val[i].imm, JIT_ANY);
		else
			reg = jit_reg(j, i);
		jit_mem(c, T2_STR, reg, T2_SP, (int32_t)(i - 4) * 4);
		j->temps = held;
	}
	load_arguments(j, n < 3 ? n : 3);
	jit_call_routine(j, n > 3 ? JIT_HELPER5 : JIT_HELPER);
	jit_narrow(c, j->slot);
	jit_narrow(c, (uint32_t)ub_helper_index(id));
	jit_sp_add(c, pushed);
	j->sp_moved -= pushed;
	for (uint32_t left = j->lazy & ~j->reading; left; left &= left - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(left);
		if (j->home[half] <= T2_R3) /* it does not say so any more */
			j->val[half].b = 0;
	}
	jit_at_home(j, j->reading & kept); /* guests, too */
	take_result(j);
	jit_forget(j);
}

/* Moves r10 to the callee's frame, or back. */
static void move_frame(struct jit *j, int32_t bytes)
{
	if (j->home[10] == JIT_NOWHERE)
		return;
	int reg = j->home[10];
	if (!jit_in_register(j, 10))
		jit_load_spilled(j, 10, reg = T2_IP);
	jit_dp_imm(&j->out.code, T2_ADD, reg, reg, (uint32_t)bytes, JIT_ANY);
	jit_store_half(j, 10, reg);
	j->temps = 0;
}

/* Compares the function pointer in d with every function: calls the one it names, or, with `call`
 * false, only makes sure that there is one. */
static void dispatch(struct jit *j, uint32_t d, bool call)
{
	const struct ub_program *p = j->program;
	uint32_t first = j->out.nfixups;
	jit_dp_imm(&j->out.code, T2_SUB, T2_IP, jit_reg(j, d), UB_CODE_BASE, JIT_ANY);
	for (uint32_t i = 0; i < p->nfuncs; i++) {
		uint32_t at = p->funcs[i] * UB_SLOT_BYTES;
		if (!jit_dp_imm(&j->out.code, T2_SUB, T2_PC, T2_IP, at, JIT_SET)) {
			jit_const(&j->out.code, T2_LR, at, JIT_ANY);
			jit_cmp(&j->out.code, T2_IP, T2_LR);
		}
		if (!call) {
			jit_branch(&j->out, T2_EQ, JIT_TO_CODE, 0);
			continue;
		}
		uint32_t next = j->out.nfixups;
		jit_branch(&j->out, T2_NE, JIT_TO_CODE, 0);
		jit_branch_link(&j->out, JIT_TO_LABEL, JIT_L_FUNCS + i);
		jit_branch(&j->out, T2_AL, JIT_TO_CODE, 0);
		jit_land(&j->out, next);
	}
	if (!call)
		jit_trap(j, UB_E_CALLX);
	for (uint32_t i = first; i < j->out.nfixups; i++) {
		const struct jit_fixup *f = &j->out.fixups[-1 - (int32_t)i];
		if (f->kind == JIT_TO_CODE && f->target == 0)
			jit_land(&j->out, i);
	}
}

static void call_local(struct jit *j, const struct ub_insn *insn)
{
	bool indirect = insn->opcode & UB_X;
	uint32_t kept = j->live & JIT_SAVED, d = UB_DST(insn);

	if (indirect)
		jit_prepare(j, d);
	jit_flush(j, j->entry_live | kept | (indirect ? JIT_LO(d) : 0));
	jit_forget(j);
	if (indirect)
		dispatch(j, d, false);
	j->temps = 0;
	jit_reserve_stubs(j, 2);
	if (j->checked) {
		jit_cmp(&j->out.code, T2_SP, T2_R11);
		jit_trap_if(j, T2_LO, UB_E_DEPTH);
		jit_charge(j);
		jit_trap_if(j, T2_LO, UB_E_BUDGET);
	}
	jit_forget(j);
	move_frame(j, -UB_FRAME_BYTES);
	if (indirect)
		dispatch(j, d, true);
	else
		jit_branch_link(&j->out, JIT_TO_LABEL, JIT_L_FUNCS + jit_func_at(j, j->slot + 1 + (uint32_t)insn->imm));
	jit_forget(j);
	move_frame(j, UB_FRAME_BYTES);
	jit_forget(j);
	jit_at_home(j, j->lazy);
}

void jit_call(struct jit *j, const struct ub_insn *insn)
{
	if (insn->opcode != (UB_JMP | UB_CALL) || UB_SRC(insn) != UB_CALL_HELPER)
		call_local(j, insn);
	else if (!jit_lookup(j))
		call_helper(j, insn->imm);
}
