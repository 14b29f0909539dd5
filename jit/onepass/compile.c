// SPDX-License-Identifier: BSD-2-Clause
/* The driver: one pass over the instructions. If the plan turns out not to be one to follow, once more without it. */
#include <string.h>

#include "abi/port.h"
#include "jit/onepass/loop.h"
#include "jit/onepass/plan.h"

enum { SLOTS_MAX = 0x4000 };

/* Returns whether control reaches the code behind the instruction. */
static bool lower(struct op *c, const struct ub_insn *insn)
{
	uint32_t class = UB_CLASS(insn->opcode), op = UB_OP(insn->opcode);
	switch (class) {
	case UB_ALU32:
	case UB_ALU64:
		op_alu(c, insn);
		return true;
	case UB_LD:
		op_load_constant(c, insn);
		return true;
	case UB_JMP:
	case UB_JMP32:
		if (op == UB_CALL) {
			op_call(c, insn);
			return true;
		}
		if (op == UB_EXIT) {
			op_exit(c);
			return false;
		}
		op_jump(c, insn);
		return op != UB_JA || op_target(insn, c->slot) == c->slot + 1;
	case UB_STX:
		if (UB_MODE(insn->opcode) == UB_ATOMIC) {
			op_atomic(c, insn);
			return true;
		} /* fall through */
	default:
		op_memory(c, insn);
		return true;
	}
}

/* Paths meet at a slot. */
static void join(struct op *c, bool on)
{
	const struct ub_program *p = c->program;
	bool starts = p->funcs[op_function_at(c, c->slot)] == c->slot;
	if (on)
		op_loop_edge(c, c->slot);
	if (on && starts && c->map.calls) /* verify/ has made sure that functions do not run into each other */
		op_refuse(c, ONEPASS_NOT_THERE);
	if (starts)
		op_enter_function(c);
	op_frame(c, c->slot, on ? OP_THROUGH : OP_ENTER);
	if (on)
		op_predicate(c);
	c->entered = c->out.code.len;
	op_forget_keys(c);
	op_cover_join(c);
	c->out.code.zero_at = ~0u;
}

static void note_place(struct op *c)
{
#if UB_HOST
	uint32_t *code = c->report->code;
	if (code && c->loop.active && c->loop.fast)
		code[c->slot] |= c->out.code.len << 16;
	else if (code)
		code[c->slot] = (code[c->slot] & 0xffff0000) | c->out.code.len;
#else
	(void)c;
#endif
}

/* What there is to a slot beside its instruction: a loop that has two forms, paths that meet. */
enum { OFF, ON, HOLE };
static NOINLINE uint32_t enter(struct op *c, uint32_t on)
{
	if (c->loop.active) {
		if (c->loop.fast && op_loop_hole(c, on))
			return HOLE;
		if (c->slot == c->loop.start) { /* the slow form begins */
			op_forget_keys(c);
			return on;
		}
	}
	if (op_is_join(c, c->slot)) {
		join(c, on);
		on = !c->plan.never;
	}
	if (!c->loop.active || !op_loop_head(c))
		c->out.offset[c->slot] = (uint16_t)c->out.code.len;
	return on;
}

static void emit(struct op *c)
{
	bool on = false;
	c->slot = c->program->entry;
	op_prologue(c);
	on = c->program->entry == 0 && !c->map.calls;
	for (uint32_t slot = 0; slot < c->slots && !c->refused && c->out.code.len <= c->out.code.cap;) {
		const struct ub_insn *insn = c->text + slot;
		uint32_t class = UB_CLASS(insn->opcode), state = on;
		uint16_t *offset = &c->out.offset[slot];
		bool fell = true;
		c->slot = slot;
		if (!on) {
			fell = c->runs_on;
			c->runs_on = false;
		}
		if (*offset == OP_JOINS || (c->loop.active && (op_is_join(c, slot) || c->loop.nholes))) { /* a loop's head and its first slot are joins */
			state = enter(c, state);
			on = state == ON;
		} else {
			*offset = (uint16_t)c->out.code.len;
		}
		op_plan_insn(c, insn, !on);
		if (on) {
			if (c->plan.say.loop)
				op_loop_begin(c, fell);
			note_place(c);
			on = lower(c, insn);
		}
		if (!on && !c->runs_on)
			op_colds(c);
		slot++;
		if (class == UB_LD) {
			if (slot < c->slots && state != HOLE)
				c->out.offset[slot] = (uint16_t)c->out.code.len;
			slot++;
		}
		if (c->loop.active && c->slot == c->loop.end && !op_loop_end(c, on)) {
			slot = c->loop.start;
			on = true;
		}
	}
	if (c->plan.bits.bytes)
		op_read_all(c);
	op_colds(c);
	op_thunks(c);
}

static void begin(struct op *c, const struct ub_program *program, uint32_t options, struct onepass_report *report)
{
	memset(c, 0, sizeof *c);
	c->program = program;
	c->text = program->text;
	c->slots = program->slots;
	c->report = report;
	c->checked = !(options & ONEPASS_UNCHECKED);
	c->walled = options & ONEPASS_WALLED;
	c->map.calls = program->flags & UB_PROGRAM_LOCAL_CALLS;
	c->map.entered_once = !(program->flags & UB_PROGRAM_CALLX);
#if UB_HOST
	if (report->code) /* of an attempt before */
		memset(report->code, 0, c->slots * sizeof *report->code);
#endif
}

/* Whether something calls the function that the program starts in. */
static bool is_entry_called(const struct ub_program *p)
{
	for (uint32_t slot = 0; slot < p->slots; slot++) {
		const struct ub_insn *insn = p->text + slot;
		if (insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_LOCAL && slot + 1 + (uint32_t)insn->imm == p->entry)
			return true;
		slot += UB_CLASS(insn->opcode) == UB_LD;
	}
	return false;
}

/* One pass, with the plan or without. */
static int32_t pass(struct op *c, uint8_t *mem, uint32_t bytes)
{
	struct op_map *m = &c->map;
	if (m->calls && is_entry_called(c->program))
		m->entered_once = false;
	int32_t status = op_scan(c, mem, bytes);
	if (status || c->refused)
		return status;
	c->below = 7u * 4 * m->call_words;
	c->bias = m->home[UB_R10] >= OP_REGS ? 0 : c->program->stack_use < UB_FRAME_BYTES ? c->program->stack_use : UB_FRAME_BYTES;
	memset(c->places.owner, OP_NONE, sizeof c->places.owner);
	memcpy(c->places.home, m->home, sizeof m->home);
	op_uncover(c);
	c->places.writable = ~(op_set)0;
	c->out.code.zero_at = ~0u;
	/* words of the frame are variables only if nobody else can reach them, in any function, and there is one such frame */
	if (m->nwords && (c->program->flags & UB_PROGRAM_FRAME_ESCAPES || (m->calls && !m->entered_once)))
		op_refuse(c, ONEPASS_FRAME_WORD);
	emit(c);
	if (c->refused)
		return 0;
	jit_patch(&c->out);
	return c->out.error;
}

int32_t onepass_compile(const struct ub_program *program, uint32_t options, uint8_t *mem, uint32_t bytes, struct onepass_report *report,
			struct ub_fault *where)
{
	struct op c;
	struct onepass_report nobody = { 0 };
	if (!report)
		report = &nobody;
	*where = (struct ub_fault){ 0 };
	report->plan = program->plan ? ONEPASS_FOLLOWED : ONEPASS_NO_PLAN;
	report->slot = 0;
	report->again = false;
	begin(&c, program, options, report);
	int32_t status = program->slots > SLOTS_MAX ? UB_E_COMPILE_RANGE : pass(&c, mem, bytes);
	if (program->plan && (c.refused || status == UB_E_COMPILE_CODE || status == UB_E_COMPILE_RANGE || (!status && c.out.code.broken))) {
		report->plan = c.refused ? (enum onepass_reason)c.refused : ONEPASS_TOO_LARGE;
		report->slot = c.slot;
		begin(&c, program, options, report);
		c.plan.bits.bad = true;
		status = program->slots > SLOTS_MAX ? UB_E_COMPILE_RANGE : pass(&c, mem, bytes);
	}
	if (c.refused) { /* what default.c claims does not hold */
		report->again = true;
		begin(&c, program, options, report);
		c.plan.bits.bad = c.map.plain = true;
		status = pass(&c, mem, bytes);
	}
	if (!status && (c.out.code.broken || c.refused)) /* a map of our own is one to follow */
		status = UB_E_INTERNAL;
	if (status) {
		*where = (struct ub_fault){ .status = status, .pc = c.slot < c.slots ? c.slot : 0, .addr = c.refused };
		return status;
	}
	if (report->code)
		for (uint32_t i = 0; i < program->slots; i++)
			report->code[i] = jit_place(&c.out, report->code[i] & 0xffff) * 2 |
					  (report->code[i] >> 16 ? jit_place(&c.out, report->code[i] >> 16) * 2 : 0) << 16;
	return (int32_t)c.out.code.len * 2;
}

static int32_t prepare(const struct ub_engine *engine, const struct ub_program *program, struct ub_arena *arena,
		       uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	uint32_t options = engine == &jit_plan_unchecked_engine ? ONEPASS_UNCHECKED : 0;
	(void)cpu;
	*where = (struct ub_fault){ 0 };
	if (!(program->flags & UB_PROGRAM_VERIFIED) || program->flags & UB_PROGRAM_FEMTO) {
		where->status = program->flags & UB_PROGRAM_FEMTO ? UB_E_UNSUPPORTED : UB_E_ARGUMENT;
		return where->status;
	}
	uint8_t *mem = ub_arena_take(arena, 0);
	if (!mem)
		return where->status = UB_E_MEMORY;
	int32_t bytes = onepass_compile(program, options, mem, arena->size - arena->used, NULL, where);
	if (bytes < 0)
		return bytes;
	ub_arena_take(arena, (uint32_t)bytes);
	*out = (struct ub_prepared){
		.program = program,
		.state = mem,
		.code_addr = ub_arena_addr(arena, mem),
		.code_bytes = (uint32_t)bytes,
		.ram_bytes = (uint32_t)bytes,
	};
#if !UB_HOST
	__asm__ volatile("dsb\n\tisb" ::: "memory"); /* what was written is what is fetched */
#endif
	return 0;
}

static int32_t run_code(const struct ub_prepared *prepared, struct ub_run *run)
{
	run->fault = (struct ub_fault){ 0 };
#if UB_HOST
	(void)prepared;
	return run->fault.status = UB_E_UNSUPPORTED;
#else
	if (prepared->program->flags & UB_PROGRAM_HELPER_CALLS && !run->helpers)
		return run->fault.status = UB_E_ARGUMENT; /* the code looks for no table */
	jit_set_routines(run);
	return jit_enter(run, prepared->code_addr | 1);
#endif
}

const struct ub_engine jit_plan_engine = {
	.name = "jit-plan",
	.caps = UB_ENGINE_COMPILES | UB_ENGINE_DEVICE,
	.prepare = prepare,
	.run = run_code,
};

const struct ub_engine jit_plan_unchecked_engine = {
	.name = "jit-plan-unchecked",
	.caps = UB_ENGINE_COMPILES | UB_ENGINE_DEVICE | UB_ENGINE_UNSAFE,
	.prepare = prepare,
	.run = run_code,
};
