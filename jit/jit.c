// SPDX-License-Identifier: BSD-2-Clause
/* The driver: phases in their order, instructions one after the other. */
#include "jit/jit.h"

#include <string.h>

#include "abi/port.h"
#include "jit/loops.h"

/* Nobody may have cared so far, so whatever it was is stale, but if it is needed later on its home says so. */
static void prove_zero(struct jit *j, uint32_t half)
{
	uint32_t bit = 1u << half;
	if (jit_is_zero(j, half))
		return;
	bool there = j->live_in[j->slot] & ~j->lazy & bit;
	j->val[half] = (struct jit_val){ JIT_CONST, JIT_NOWHERE, there, 0, 0 };
	j->lazy |= bit;
	j->reading &= ~bit;
}

void jit_prove_zeros(struct jit *j, const struct ub_insn *insn)
{
	uint32_t fact = j->facts[j->slot];
	if (fact & JIT_DST_ZX)
		prove_zero(j, UB_DST(insn) + JIT_HIGH);
	if (fact & JIT_SRC_ZX)
		prove_zero(j, insn->opcode == (UB_JMP | UB_EXIT) ? JIT_HIGH : UB_SRC(insn) + JIT_HIGH);
}

/* What is needed around the instruction. */
static void look_at(struct jit *j)
{
	j->live = j->keep = jit_live_out(j, j->slot);
	j->held = j->live | j->live_in[j->slot];
}

/* lddw: constants, or an address that one addition makes. */
static void load_constant(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), lo = (uint32_t)insn->imm, hi = (uint32_t)insn[1].imm;
	if (UB_SRC(insn) == UB_LDDW_FUNC) {
		lo = UB_CODE_ADDR(j->slot + 1 + lo);
		hi = 0;
	}
	if (j->home[JIT_DATA] != JIT_NOWHERE && hi == 0 && jit_is_data(j, lo))
		jit_set(j, d, (struct jit_val){ lo == jit_data(j) ? JIT_COPY : JIT_ADDR, j->home[JIT_DATA], JIT_NOWHERE, 0,
						(int32_t)(lo - jit_data(j)) });
	else
		jit_set_const(j, d, lo);
	if (j->live & JIT_HI(d))
		jit_set_const(j, d + JIT_HIGH, hi);
}

static void arithmetic(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn);
	if (!(j->live & JIT_BOTH(d)))
		return;
	if (j->facts[j->slot] & JIT_NO_EFFECT) {
		if (j->live & JIT_HI(d))
			jit_set_const(j, d + JIT_HIGH, 0);
		return;
	}
	jit_pin_both(j, d); /* what the result goes to is not lent out meanwhile, nor are operands of its high half */
	if (insn->opcode & UB_X && UB_OP(insn->opcode) != UB_END)
		jit_pin_both(j, UB_SRC(insn));
	jit_alu(j, insn);
}

/* An extension of the low half, two slots. */
static void extend(struct jit *j, const struct ub_insn *insn)
{
	uint32_t r = UB_DST(insn);
	struct ub_insn move = { UB_ALU64 | UB_X | UB_MOV, (uint8_t)(r << 4 | r), 32, 0 };
	if (UB_OP(insn[1].opcode) == UB_RSH) {
		move.opcode = UB_ALU32 | UB_X | UB_MOV;
		move.offset = 0;
	}
	j->offset[++j->slot] = (uint16_t)j->code.len;
	look_at(j);
	arithmetic(j, &move);
}

static void lower(struct jit *j, const struct ub_insn *insn)
{
	j->result = JIT_NOWHERE;
	if (j->fast && jit_writes(insn))
		jit_find_move(j, UB_DST(insn));
	switch (UB_CLASS(insn->opcode)) {
	case UB_ALU32:
	case UB_ALU64:
		if (jit_is_extension(j, j->slot))
			extend(j, insn);
		else
			arithmetic(j, insn);
		break;
	case UB_LD:
		if (j->live & JIT_BOTH(UB_DST(insn)))
			load_constant(j, insn);
		break;
	case UB_LDX:
	case UB_ST:
	case UB_STX:
		jit_memory(j, insn);
		break;
	default:
		if (UB_OP(insn->opcode) == UB_CALL)
			jit_call(j, insn);
		else if (insn->opcode == (UB_JMP | UB_EXIT))
			jit_exit(j, insn);
		else
			jit_jump(j, insn);
	}
}

void jit_begin_block(struct jit *j, bool on)
{
	if (on) {
		j->live = j->held = j->live_in[j->slot];
		jit_flush(j, j->live);
		jit_release(j);
	}
	jit_at_home(j, j->lazy);
	j->code.zero_at = ~0u;
	jit_forget(j);
}

static bool starts_function(const struct jit *j)
{
	return j->local_calls && j->program->funcs[jit_func_at(j, j->slot)] == j->slot;
}

/* Whether control reaches the code behind an instruction: a jump over nothing emits nothing. */
static bool goes_on(const struct jit *j, const struct ub_insn *insn)
{
	if (jit_goes_straight(insn->opcode))
		return true;
	if (insn->opcode == (UB_JMP | UB_JA) || insn->opcode == (UB_JMP32 | UB_JA))
		return jit_target(insn, j->slot) == j->slot + 1;
	return insn->opcode != (UB_JMP | UB_EXIT);
}

static void emit(struct jit *j)
{
	struct jit_loop loop;
	bool on = false; /* control comes from the slot before */
	jit_prologue(j);
	jit_forget(j);
	if (j->program->entry == 0 && !j->local_calls)
		on = true;
	for (j->slot = 0; j->slot < j->slots; j->slot++) {
		const struct ub_insn *insn = j->text + j->slot;
		if (jit_is_leader(j, j->slot) && j->slot != j->usual) {
			jit_begin_block(j, on);
			if (j->facts[j->slot] & JIT_HEAD)
				jit_align(j);
			if (starts_function(j))
				jit_function(j);
			on = true;
			j->offset[j->slot] = (uint16_t)j->code.len; /* jumps to a function's start do not call it */
			if (j->facts[j->slot] & JIT_HEAD && j->plain)
				jit_begin_fast(j, &loop);
		} else if (j->slot != j->usual) {
			j->offset[j->slot] = (uint16_t)j->code.len;
		}
		if (j->fast && j->map)
			j->map[j->slot].fast = j->code.len;
		if (on) { /* or control never comes here */
			look_at(j);
			lower(j, insn);
			jit_release(j);
			on = goes_on(j, insn);
		}
		if (j->error || j->code.len > j->code.cap || (j->short_of && !j->borrows)) { /* once_more() knows */
			if (j->fast)
				jit_leave_fast(j);
			return;
		}
		if (UB_CLASS(insn->opcode) == UB_LD)
			j->offset[++j->slot] = (uint16_t)j->code.len;
		if (!on && j->nstubs && j->slot + 1 < j->slots)
			jit_stubs(j);
		if (j->fast && j->slot == j->latch) {
			jit_end_fast(j);
			j->slot--;
		}
	}
	jit_epilogue(j);
	jit_stubs(j);
	jit_thunks(j);
}

/* The map, which has halfwords of loops in two forms, in bytes of the code as it is now. */
static void place_all(const struct jit *j)
{
	for (uint32_t slot = 0; slot < j->slots; slot++) {
		struct jit_map *m = j->map + slot;
		m->code = jit_place(j, m->test ? m->code : j->offset[slot]) * 2;
		m->test = jit_place(j, m->test) * 2;
		m->fast = jit_place(j, m->fast) * 2;
	}
}

static void emit_all(struct jit *j, uint32_t room)
{
	if (j->map)
		memset(j->map, 0, j->slots * sizeof(*j->map));
	j->code.len = j->nfixups = j->nstubs = j->used = 0;
	j->code.cap = room;
	j->temps = j->borrowed = j->pinned = j->settling = 0;
	jit_at_home(j, ~0u);
	if (j->bias && jit_in_register(j, UB_R10))
		j->val[UB_R10] = (struct jit_val){ JIT_ADDR, j->home[UB_R10], JIT_NOWHERE, 0, (int32_t)j->bias };
	j->val[JIT_IMM].kind = j->val[JIT_IMM + JIT_HIGH].kind = JIT_CONST;
	j->growing = j->short_of = j->loops = false;
	j->fast = NULL;
	j->latch = j->usual = ~0u;
	emit(j);
	if (!j->short_of || j->borrows)
		jit_patch(j);
}

/* Whether emitting differently may do better: with room to borrow registers; where there is none for loops in two
 * forms, in one; where there is nothing left to borrow, with fewer values that are lazy. */
static bool once_more(struct jit *j)
{
	if (j->short_of && !j->error && !j->borrows) {
		j->borrows = JIT_BORROWS;
		jit_frame(j);
		return true;
	}
	if (j->loops && (j->error == UB_E_COMPILE_CODE || j->error == UB_E_COMPILE_RANGE)) {
		j->plain = false;
		j->error = 0;
		j->borrows = 0; /* how far it came does not matter */
		jit_frame(j);
		return true;
	}
	j->code.broken |= j->short_of;
	if (j->code.broken && !j->error && j->lazy_max > 1) { /* no register was left to borrow */
		j->lazy_max = 1;
		j->code.broken = false;
		return true;
	}
	return false;
}

int32_t jit_compile(const struct ub_program *program, uint32_t cpu, uint32_t options, uint8_t *mem,
		    uint32_t bytes, struct jit_map *map, struct ub_fault *where)
{
	struct jit j;
	struct jit_loop first;
	memset(&j, 0, offsetof(struct jit, val)); /* what follows is filled in before it is read */
	j.program = program;
	j.text = program->text;
	j.slots = program->slots;
	j.first = &first;
	j.lazy_max = 6;
	j.map = map;
	j.cpu = cpu;
	j.checked = !(options & JIT_UNCHECKED);
	j.local_calls = program->flags & UB_PROGRAM_LOCAL_CALLS;
	j.bias = program->stack_use < UB_FRAME_BYTES ? program->stack_use : UB_FRAME_BYTES;
	*where = (struct ub_fault){ 0 };
	j.error = program->slots > JIT_SLOTS_MAX ? UB_E_COMPILE_RANGE : jit_scan(&j, mem, bytes);
	if (!j.error)
		jit_ranges(&j);
	if (options & JIT_COMPACT)
		j.plain = false;
	if (!j.error) {
		jit_loops(&j);
		jit_live(&j);
		jit_alloc(&j);
		uint32_t room = j.code.cap;
		do
			emit_all(&j, room);
		while (once_more(&j));
	}
	if (!j.error && j.code.broken)
		j.error = UB_E_INTERNAL;
	if (j.error) {
		*where = (struct ub_fault){ .status = j.error, .pc = j.slot < j.slots ? j.slot : 0 };
		return j.error;
	}
	if (map)
		place_all(&j);
	return (int32_t)j.code.len * 2;
}

uint32_t jit_options(const struct ub_engine *engine)
{
	return engine == &jit_unchecked_engine ? JIT_UNCHECKED : engine == &jit_compact_engine ? JIT_COMPACT : 0;
}

static int32_t prepare(const struct ub_engine *engine, const struct ub_program *program, struct ub_arena *arena,
		       uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	*where = (struct ub_fault){ 0 };
	if (!(program->flags & UB_PROGRAM_VERIFIED) || program->flags & UB_PROGRAM_FEMTO) {
		where->status = program->flags & UB_PROGRAM_FEMTO ? UB_E_UNSUPPORTED : UB_E_ARGUMENT;
		return where->status;
	}
	uint8_t *mem = ub_arena_take(arena, 0);
	if (!mem)
		return where->status = UB_E_MEMORY;
	int32_t bytes = jit_compile(program, cpu, jit_options(engine), mem,
				    arena->size - arena->used, NULL, where);
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

const struct ub_engine jit_engine = {
	.name = "jit",
	.caps = UB_ENGINE_COMPILES | UB_ENGINE_DEVICE,
	.prepare = prepare,
	.run = run_code,
};

const struct ub_engine jit_compact_engine = {
	.name = "jit-compact",
	.caps = UB_ENGINE_COMPILES | UB_ENGINE_DEVICE,
	.prepare = prepare,
	.run = run_code,
};

const struct ub_engine jit_unchecked_engine = {
	.name = "jit-unchecked",
	.caps = UB_ENGINE_COMPILES | UB_ENGINE_DEVICE | UB_ENGINE_UNSAFE,
	.prepare = prepare,
	.run = run_code,
};
