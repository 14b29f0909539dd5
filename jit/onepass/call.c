// SPDX-License-Identifier: BSD-2-Clause
/* Entry, exit and calls.
 *
 *   uint64_t code(struct ub_run *run)    r0 of the program; every register may change (jit/runtime.c)
 *
 *   the frame, from sp up          a function's, from its sp up
 *     words that are places          padding: functions that call others take map.call_words words
 *     run                            words it saves
 *     lr                             registers it saves, lr
 *
 * Without local calls the frame is reached from sp. With them r11 holds its address - c->below, and as every function
 * that calls others takes as many words, that is how low sp may be where one more is called. r10 moves by 512 bytes around each call.
 */
#include "jit/onepass/loop.h"

/* A field of the run, which is in r0, goes to a place. */
static void load_field(struct op *c, uint32_t place, int32_t field, uint32_t less)
{
	struct jit_code *code = &c->out.code;
	if (place == OP_NONE)
		return;
	int rd = place < OP_REGS ? (int)place : T2_IP;
	jit_mem(code, T2_LDR, rd, T2_R0, field);
	if (field == UB_RUN_REGIONS + 12 * UB_REGION_CTX + 4 && less) { /* the limit */
		jit_dp_imm(code, T2_SUB, rd, rd, less, JIT_SET);
		jit_it(code, T2_LO);
		jit_const(code, rd, 0, JIT_KEEP);
	} else if (less) {
		jit_dp_imm(code, T2_SUB, rd, rd, less, JIT_ANY);
	}
	if (place >= OP_FRAME)
		op_store_word(c, rd, place);
}

/* Where everything is when the program starts: registers are 0 but for r1, r2 and r10, and so is its stack. */
static void begin_values(struct op *c)
{
	struct op_places *p = &c->places;
	for (uint32_t v = 0; v < op_variables(c); v++)
		p->val[v] = op_value(v < UB_R10 || v >= OP_HIGH ? OP_CONST : OP_LOST, 0, 0, 0, 0);
	p->said[0].known = p->said[0].zero = ~0u << OP_HIGH | ((1u << UB_R10) - 1);
	p->said[1].known = p->said[1].zero = ~0u;
	for (uint32_t v = 1; v <= 2; v++)
		op_hold(c, v, c->map.home[v]);
	for (uint32_t v = UB_R10; v <= OP_MEMORY; v++) {
		uint32_t at = c->map.home[v];
		if (at == OP_NONE)
			continue;
		if (p->owner[at] != OP_NONE) /* two in one place */
			op_refuse(c, ONEPASS_MALFORMED);
		op_set_value(c, v, op_value(OP_HELD, at, OP_NONE, 0, 0));
		if (v == UB_R10 && at < OP_REGS)
			p->val[v] = op_value(OP_SUM, at, OP_NONE, 0, c->bias);
	}
	c->facts.there = (struct op_vars){ { 0, 0 } };
	c->facts.length = c->program->ctx_min;
	struct op_fact context = op_fact(OP_CONTEXT, 0, 0), length = op_fact(OP_NUMBER, c->facts.length, UINT32_MAX);
	context.bounded = true;
	context.slack = c->facts.length < 1u << 30 ? (int32_t)c->facts.length : 0;
	length.bounded = length.exact = true;
	op_learn(c, 1, &context);
	op_learn(c, 2, &length);
}

void op_prologue(struct op *c)
{
	const struct op_map *m = &c->map;
	struct jit_code *code = &c->out.code;
	const struct { uint8_t var; uint16_t field; uint32_t less; } fields[] = {
		{ 1, UB_RUN_CTX_ADDR, 0 }, { 2, UB_RUN_CTX_LEN, 0 }, { UB_R10, UB_RUN_STACK_TOP, c->bias },
		{ OP_BUDGET, UB_RUN_BUDGET, 0 }, { OP_BASE, UB_RUN_REGIONS + 12 * UB_REGION_CTX, 0 },
		{ OP_LIMIT, UB_RUN_REGIONS + 12 * UB_REGION_CTX + 4, m->window - 1u },
	};
	const uint32_t n = sizeof fields / sizeof fields[0];
	uint32_t last = n;

	jit_push(code, 1u << T2_R0 | 1u << T2_LR);
	jit_sp_add(code, -(int32_t)m->words * 4);
	if (m->calls)
		jit_dp_imm(code, T2_SUB, T2_R11, T2_SP, c->below, JIT_ANY);
	for (uint32_t i = 0; i < n; i++) {
		if (m->home[fields[i].var] == T2_R0)
			last = i;
		else
			load_field(c, m->home[fields[i].var], fields[i].field, fields[i].less);
	}
	if (last < n)
		load_field(c, T2_R0, fields[last].field, fields[last].less);
	if (m->home[OP_MEMORY] < OP_REGS)
		jit_const(code, m->home[OP_MEMORY], op_memory_start(c), JIT_ANY);
	begin_values(c);
	op_frame(c, c->program->entry, OP_EDGE);
	if (m->calls) {
		jit_branch_link(&c->out, JIT_TO_LABEL, UB_ROUTINES + 1 + op_function_at(c, c->program->entry));
		uint32_t returns, registers;
		op_set words;
		op_function(c, op_function_at(c, c->program->entry), &returns, &registers, &words);
		for (uint32_t half = 0; half <= OP_HIGH; half += OP_HIGH)
			if (m->home[half] != OP_NONE && !(returns >> (half ? 6 : 0) & 1))
				op_refuse(c, ONEPASS_NOT_SAVED); /* the result is lost */
			else if (m->home[half] != OP_NONE)
				op_hold(c, half, m->home[half]);
			else
				op_set_const(c, half, 0);
		c->map.calls = false; /* the way out is the program's, not a function's */
		c->places.sp_moved = 0;
		op_exit(c);
		c->map.calls = true;
	} else if (c->program->entry) {
		jit_branch(&c->out, T2_AL, JIT_TO_SLOT, c->program->entry);
	}
}

/* What the function at hand saves. */
static uint32_t saves(struct op *c, op_set *words, uint32_t *returns, int32_t *padding)
{
	uint32_t registers;
	op_function(c, c->function, returns, &registers, words);
	if (!c->called) { /* nobody is above it */
		registers = 0;
		*words = 0;
	}
	*padding = (int32_t)(c->map.call_words - 1 - op_count_bits(registers) - op_count_bits((uint32_t)*words) - op_count_bits((uint32_t)(*words >> 32)));
	if (*padding < 0)
		op_refuse(c, ONEPASS_MALFORMED);
	if (c->leaf)
		*padding = 0;
	return registers;
}

/* Whether a function calls no other. */
static bool is_leaf(const struct op *c, uint32_t function)
{
	const struct ub_program *p = c->program;
	uint32_t end = function + 1 < p->nfuncs ? p->funcs[function + 1] : c->slots;
	for (uint32_t slot = p->funcs[function]; slot < end; slot++) {
		const struct ub_insn *insn = c->text + slot;
		if ((insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_LOCAL) || insn->opcode == (UB_JMP | UB_CALL | UB_X))
			return false;
	}
	return true;
}

/* The start of a function. */
void op_enter_function(struct op *c)
{
	uint32_t registers, returns;
	op_set words;
	int32_t padding;
	c->function = op_function_at(c, c->slot);
	c->called = c->map.calls && !(c->map.entered_once && c->program->funcs[c->function] == c->program->entry);
	c->places.writable = ~(op_set)0;
	if (!c->map.calls)
		return;
	c->leaf = is_leaf(c, c->function);
	registers = saves(c, &words, &returns, &padding);
	if (c->called) {
		c->places.writable = registers | c->map.shared | words;
		for (uint32_t half = 0; half < 12; half++) {
			uint32_t at = c->map.home[half < 6 ? half : half - 6 + OP_HIGH];
			if (returns >> half & 1 && at != OP_NONE)
				c->places.writable |= OP_BIT(at);
		}
	}
	jit_label(&c->out, UB_ROUTINES + 1 + c->function);
	jit_push(&c->out.code, registers | 1u << T2_LR);
	for OP_EACH(word, words) {
		op_load_word(c, T2_IP, (uint32_t)word);
		jit_push(&c->out.code, 1u << T2_IP);
	}
	jit_sp_add(&c->out.code, -padding * 4);
}

static void leave_function(struct op *c)
{
	uint32_t returns, registers;
	op_set words;
	int32_t padding;
	registers = saves(c, &words, &returns, &padding);
	for (uint32_t half = 0; half <= OP_HIGH && c->program->funcs[c->function] == c->program->entry; half += OP_HIGH)
		if (c->map.home[half] == OP_NONE && !op_is_zero(c, half)) /* the program's result is 0 there */
			op_doubt(c, c->slot, ONEPASS_ZERO, half);
	for (uint32_t half = 0; half < 12; half++) {
		uint32_t var = half < 6 ? half : half - 6 + OP_HIGH;
		uint32_t at = c->map.home[var];
		if (!c->plan.bits.bytes && half >= 6 && c->map.zero >> (half - 6) & 1 && !op_is_zero(c, var)) /* the caller takes it for that */
			op_doubt(c, c->slot, ONEPASS_ZERO, var);
		if (!(returns >> half & 1))
			continue;
		if (at != OP_NONE && (words | registers) >> at & 1) /* what is put back there now is the caller's */
			op_refuse(c, ONEPASS_NOT_SAVED);
		op_settle(c, var, at);
	}
	for (uint32_t half = 0; half < 12; half++) {
		uint32_t var = half < 6 ? half : half - 6 + OP_HIGH;
		if (returns >> half & 1 && c->map.home[var] != OP_NONE && !op_known(c, var)) /* another one was brought to where it was */
			op_refuse(c, ONEPASS_NOT_SAVED);
	}
	jit_sp_add(&c->out.code, padding * 4);
	while (words) {
		uint32_t word = 63 - (uint32_t)__builtin_clzll(words);
		words &= ~OP_BIT(word);
		jit_pop(&c->out.code, 1u << T2_IP);
		op_store_word(c, T2_IP, word);
	}
	jit_pop(&c->out.code, registers | 1u << T2_PC);
}

/* The result to r0, r1, and back. */
void op_exit(struct op *c)
{
	struct jit_code *code = &c->out.code;
	if (op_loop_refunds(c, ~0u)) {
		struct op_value counter = op_loop_counter(c);
		op_loop_refund(c, &counter);
	}
	if (c->map.calls) {
		leave_function(c);
		return;
	}
	const struct op_value *low = op_val(c, 0), *high = op_val(c, OP_HIGH);
	bool first = op_reads(high, T2_R0);
	int at = !first || !op_reads(low, T2_R1) ? T2_R1 : T2_IP;
	if (first)
		op_emit_value(c, at, high);
	op_emit_value(c, T2_R0, low);
	if (!first)
		op_emit_value(c, at, high);
	jit_mov(code, T2_R1, at);
	jit_sp_add(code, (int32_t)c->map.words * 4);
	jit_pop(code, 1u << T2_R2 | 1u << T2_PC); /* the run, and back */
}

/* Whether what an argument is made of is not in r1..r3, which others are written to. */
static bool apart(const struct op_value *v)
{
	return v->kind == OP_CONST || (v->a > T2_R3 && (v->kind < OP_SUM || v->b > T2_R3));
}

/* Loads r1..rn, n <= 3, into ARM registers 1..n at once. What reads no register that others write comes last. */
static void load_arguments(struct op *c, uint32_t n)
{
	struct jit_code *code = &c->out.code;
	uint8_t from[4];
	uint32_t moves = 0, others = 0;
	for (uint32_t i = 1; i <= n; i++) {
		const struct op_value *v = op_val(c, i);
		bool there = (v->kind == OP_HELD || v->kind == OP_COPY) && v->a < OP_REGS;
		from[i] = v->a;
		if (!there)
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
			jit_mov(code, (int)next, from[next]);
			moves &= ~(1u << next);
			continue;
		}
		jit_mov(code, T2_LR, (int)next); /* a cycle: one of its registers goes through lr */
		for (uint32_t i = 1; i <= n; i++)
			if (from[i] == next)
				from[i] = T2_LR;
	}
	for (; others; others &= others - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(others);
		op_emit_value(c, (int)i, op_val(c, i));
	}
}

/* Without a plan, r1..r3 are where helpers take their arguments, and keep their values. */
enum { KEPT = 1 << T2_R1 | 1 << T2_R2 | 1 << T2_R3 | 1 << T2_IP };

/* Results r0, r1 to where r0 lives. */
static void take_result(struct op *c)
{
	int high = T2_R1;
	if (!c->plan.say.dead_high && c->places.home[0] == T2_R1) {
		jit_mov(&c->out.code, T2_LR, T2_R1);
		high = T2_LR;
	}
	op_done(c, 0, T2_R0);
	if (c->plan.say.dead_high)
		op_lose(c, OP_HIGH);
	else
		op_done(c, OP_HIGH, high);
}

static void call_helper(struct op *c, int32_t id)
{
	uint32_t index = (uint32_t)ub_helper_index(id), n = op_helper_arguments(c, id);
	struct jit_code *code = &c->out.code;
	bool plan = c->plan.bits.bytes;
	int32_t pushed = n > 3 ? 8 : 0;

	if (op_lookup(c, id)) {
		op_loop_forget(c, 0);
		op_uncover(c);
		return;
	}
	struct op_fact returned = op_returned(c, id);
	for (uint32_t i = 1; i <= n && i <= 3; i++)
		if (op_val(c, i)->kind > OP_COPY && !apart(op_val(c, i)))
			op_settle(c, i, c->places.home[i]);
	if (!plan) {
		jit_push(code, KEPT);
		c->places.sp_moved += 16;
	}
	jit_sp_add(code, -pushed);
	c->places.sp_moved += pushed;
	for (uint32_t i = 4; i <= n; i++)
		jit_mem(code, T2_STR, op_reg(c, i, T2_LR), T2_SP, (int32_t)(i - 4) * 4);
	load_arguments(c, n < 3 ? n : 3);
	op_call_routine(c, n > 3 ? JIT_HELPER5 : JIT_HELPER);
	jit_narrow(code, c->slot);
	jit_narrow(code, index);
	jit_sp_add(code, pushed);
	c->places.sp_moved -= pushed;
	if (plan) { /* r0..r3 are not what they were */
		for (uint32_t r = 0; r <= T2_R3; r++)
			op_change(c, r);
		op_loop_forget(c, 0);
		take_result(c);
	} else {
		op_change(c, T2_R0);
		take_result(c);
		jit_pop(code, KEPT);
		c->places.sp_moved -= 16;
	}
	op_forget(c, 0);
	if (returned.null) { /* addresses have 32 bits */
		op_set_const(c, OP_HIGH, 0);
		op_learn(c, 0, &returned);
	}
	op_uncover(c);
}

/* Moves r10 to the callee's frame, or back. */
static void move_frame(struct op *c, int32_t bytes)
{
	uint32_t home = c->map.home[UB_R10];
	if (home == OP_NONE || c->map.still)
		return;
	int reg = home < OP_REGS ? (int)home : T2_IP;
	if (home >= OP_FRAME)
		op_load_word(c, reg, home);
	jit_dp_imm(&c->out.code, T2_ADD, reg, reg, (uint32_t)bytes, JIT_ANY);
	if (home >= OP_FRAME)
		op_store_word(c, reg, home);
}

/* Compares the function pointer in d with every function: calls the one it names, or, with `call` false, only makes
 * sure that there is one. */
static void dispatch(struct op *c, uint32_t d, bool call)
{
	const struct ub_program *p = c->program;
	struct jit_code *code = &c->out.code;
	uint32_t first = c->out.nfixups;
	if (d == UB_R10) { /* no function lies where a stack does */
		op_stop(c, UB_E_CALLX);
		return;
	}
	jit_dp_imm(code, T2_SUB, T2_IP, op_reg(c, d, T2_IP), UB_CODE_BASE, JIT_ANY);
	for (uint32_t i = 0; i < p->nfuncs; i++) {
		op_dp(c, T2_SUB, T2_PC, T2_IP, op_imm(p->funcs[i] * UB_SLOT_BYTES), JIT_SET);
		if (!call) {
			jit_branch(&c->out, T2_EQ, JIT_TO_CODE, 0);
			continue;
		}
		uint32_t next = c->out.nfixups;
		jit_branch(&c->out, T2_NE, JIT_TO_CODE, 0);
		jit_branch_link(&c->out, JIT_TO_LABEL, UB_ROUTINES + 1 + i);
		jit_branch(&c->out, T2_AL, JIT_TO_CODE, 0);
		jit_land(&c->out, next);
	}
	if (!call)
		op_stop(c, UB_E_CALLX);
	for (uint32_t i = first; i < c->out.nfixups; i++) {
		const struct jit_fixup *f = &c->out.fixups[-1 - (int32_t)i];
		if (f->kind == JIT_TO_CODE && f->target == 0)
			jit_land(&c->out, i);
	}
}

/* After a call: what the callee may have changed is lost, what it returns is where it lives. */
static void return_to(struct op *c, uint32_t returns)
{
	for (uint32_t half = 0; half < 12; half++) {
		uint32_t var = half < 6 ? half : half - 6 + OP_HIGH, at = c->map.home[var];
		op_lose(c, var);
		if (half < 6) {
			op_forget(c, var);
			op_loop_forget(c, var);
		}
		if (returns >> half & 1 && at != OP_NONE)
			op_change(c, at);
	}
	for (uint32_t left = c->map.shared; left; left &= left - 1)
		op_change(c, (uint32_t)__builtin_ctz(left));
	for (uint32_t half = 0; half < 12; half++) {
		uint32_t var = half < 6 ? half : half - 6 + OP_HIGH;
		if (returns >> half & 1)
			op_hold(c, var, c->map.home[var]);
		else if (!c->plan.bits.bytes && c->map.home[var] == OP_NONE && half >= 6 && c->map.zero >> (half - 6) & 1)
			op_set_const(c, var, 0);
	}
}

static void call_local(struct op *c, const struct ub_insn *insn)
{
	const struct ub_program *p = c->program;
	bool indirect = insn->opcode & UB_X;
	uint32_t d = UB_DST(insn), returns, registers, all = 0xfff;
	uint32_t callee = indirect ? 0 : op_function_at(c, c->slot + 1 + (uint32_t)insn->imm);
	op_set words;

	for (uint32_t i = indirect ? 0 : callee; i < (indirect ? p->nfuncs : callee + 1); i++) {
		op_frame(c, p->funcs[i], OP_CALL);
		op_function(c, i, &returns, &registers, &words);
		all &= returns;
	}
	for (uint32_t i = 0; indirect && i < p->nfuncs; i++) /* what one of them wants somewhere may have taken another's place */
		op_frame(c, p->funcs[i], OP_CALL | OP_STAYS);
	if (indirect)
		dispatch(c, d, false);
	op_reserve_colds(c, 2);
	if (c->checked && c->called) { /* the first call is never one too many */
		jit_cmp(&c->out.code, T2_SP, T2_R11);
		op_stop_if(c, T2_LO, UB_E_DEPTH);
	}
	if (c->checked) {
		op_charge(c);
		op_stop_if(c, T2_LO, UB_E_BUDGET);
	}
	move_frame(c, -UB_FRAME_BYTES);
	if (indirect)
		dispatch(c, d, true);
	else
		jit_branch_link(&c->out, JIT_TO_LABEL, UB_ROUTINES + 1 + callee);
	move_frame(c, UB_FRAME_BYTES);
	op_forget_keys(c);
	return_to(c, all);
	op_uncover(c);
}

void op_call(struct op *c, const struct ub_insn *insn)
{
	if (insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_HELPER)
		call_helper(c, insn->imm);
	else
		call_local(c, insn);
}
