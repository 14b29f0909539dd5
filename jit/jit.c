// SPDX-License-Identifier: BSD-2-Clause
/* The driver: phases in their order, instructions one after the other. */
#include "jit/jit.h"

#include <string.h>

#include "abi/port.h"
#include "jit/loops.h"

/* What is needed around the instruction. */
static inline __attribute__((always_inline)) void look_around(struct jit *j, uint32_t out)
{
	j->live = j->keep = out;
	j->held = out | j->live_in[j->slot];
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
		jit_set(j, d, jit_value(lo == jit_data(j) ? JIT_COPY : JIT_ADDR, j->home[JIT_DATA], JIT_NOWHERE, 0,
					lo - jit_data(j)));
	else
		jit_set_const(j, d, lo);
	if (j->live & JIT_HI(d))
		jit_set_const(j, d + JIT_HIGH, hi);
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
	j->out.offset[++j->slot] = (uint16_t)j->out.code.len;
	look_around(j, j->live_in[j->slot + 1]);
	jit_alu(j, &move);
}

/* A jump, call or exit. Returns whether control reaches the code behind it: a jump over nothing emits nothing. */
static bool control(struct jit *j, const struct ub_insn *insn)
{
	uint32_t op = UB_OP(insn->opcode);
	look_around(j, jit_live_after_jump(j, j->slot));
	j->result = JIT_NOWHERE;
	if (op == UB_CALL) {
		jit_call(j, insn);
	} else if (insn->opcode == (UB_JMP | UB_EXIT)) {
		jit_exit(j, insn);
		return false;
	} else {
		jit_jump(j, insn);
	}
	return op != UB_JA || jit_target(insn, j->slot) == j->slot + 1;
}

/* Whether emitting is to stop. */
static bool failed(const struct jit *j)
{
	return j->out.code.len > j->out.code.cap || (j->short_of && !j->borrows); /* after an error, cap is 0 */
}

/* An instruction. Returns whether control reaches the code behind it. */
static bool lower(struct jit *j, const struct ub_insn *insn)
{
	uint32_t class = UB_CLASS(insn->opcode), slot = j->slot;
	if (class == UB_JMP || class == UB_JMP32)
		return control(j, insn);
	look_around(j, j->live_in[slot + 1]);
	if (j->fast)
		jit_find_move(j, insn);
	if (class > UB_STX) {
		if (insn->imm == 32 && jit_is_extension(j, slot))
			extend(j, insn);
		else
			jit_alu(j, insn);
	} else if (class != UB_LD) {
		jit_memory(j, insn);
	} else {
		if (j->live & JIT_BOTH(UB_DST(insn)))
			load_constant(j, insn);
		if (!failed(j))
			j->out.offset[++j->slot] = (uint16_t)j->out.code.len;
	}
	return true;
}

static bool starts_function(const struct jit *j)
{
	return j->local_calls && j->program->funcs[jit_func_at(j, j->slot)] == j->slot;
}

/* At a slot where a block begins. `on`: control comes from above, too. */
static void lead(struct jit *j, bool on, struct jit_loop *loop)
{
	jit_begin_block(j, on);
	if (j->facts[j->slot] & JIT_HEAD)
		jit_align(j);
	if (starts_function(j))
		jit_function(j);
	j->out.offset[j->slot] = (uint16_t)j->out.code.len; /* jumps to a function's start do not call it */
	if (j->facts[j->slot] & JIT_HEAD && j->plain)
		jit_begin_fast(j, loop);
}

/* Slots before one where control can come from elsewhere. */
static void skip(struct jit *j, uint32_t leader)
{
	while (j->slot + 1 < leader)
		j->out.offset[++j->slot] = (uint16_t)j->out.code.len;
}

/* Gives loops in two forms up where there is clearly no room for them, rather than at the end: of large programs, after an
 * eighth, which in the long run is as long as the others. */
static void foresee(struct jit *j)
{
	struct jit_code *c = &j->out.code;
	uint32_t used = c->len + j->out.nfixups * JIT_FIXUP_HALFWORDS, left = c->cap - c->len;
	if (j->loops && j->slots >= 1024 && !j->out.error && left < 7 * used) {
		j->out.error = UB_E_COMPILE_CODE;
		c->cap = 0;
	}
}

static void emit(struct jit *j)
{
	struct jit_loop loop;
	bool on = j->program->entry == 0 && !j->local_calls; /* control comes from the slot before */
	uint32_t leader = jit_next_leader(j, 0);
	jit_prologue(j);
	jit_forget(j);
	j->slot = ~0u;
	if (!on)
		skip(j, leader);
	while (++j->slot < j->slots) {
		uint32_t slot = j->slot;
		if (slot == leader) {
			leader = jit_next_leader(j, slot + 1);
			lead(j, on, &loop);
		} else {
			j->out.offset[slot] = (uint16_t)j->out.code.len;
		}
		if (slot == j->slots / 8)
			foresee(j);
		on = lower(j, j->text + slot);
		jit_release(j);
		if (failed(j)) { /* once_more() knows */
			if (j->fast)
				jit_leave_fast(j);
			return;
		}
		if (!on) {
			if (j->slot + 1 < j->slots)
				jit_stubs(j);
			skip(j, leader);
		}
		if (slot == j->latch)
			jit_end_form(j, &loop);
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
		m->code = jit_place(&j->out, m->test ? m->code : j->out.offset[slot]) * 2;
		m->test = jit_place(&j->out, m->test) * 2;
		m->fast = jit_place(&j->out, m->fast) * 2;
	}
}

static void emit_all(struct jit *j, uint32_t room)
{
	if (j->map)
		memset(j->map, 0, j->slots * sizeof(*j->map));
	j->out.code.len = j->out.nfixups = j->nstubs = j->used = 0;
	j->out.code.cap = room;
	j->temps = j->borrowed = j->pinned = j->settling = 0;
	jit_all_at_home(j);
	if (j->bias && jit_in_register(j, UB_R10))
		j->val[UB_R10] = jit_value(JIT_ADDR, j->home[UB_R10], JIT_NOWHERE, 0, j->bias);
	j->val[JIT_IMM].kind = j->val[JIT_IMM + JIT_HIGH].kind = JIT_CONST;
	j->out.growing = j->short_of = j->loops = false;
	j->fast = NULL;
	j->latch = ~0u;
	j->result = JIT_NOWHERE;
	emit(j);
	if (!j->short_of || j->borrows)
		jit_patch(&j->out);
}

/* Whether emitting differently may do better: with room to borrow registers; where there is none for loops in two
 * forms, in one; where there is nothing left to borrow, with fewer values that are lazy. */
static bool once_more(struct jit *j)
{
	if (j->short_of && !j->out.error && !j->borrows) {
		j->borrows = JIT_BORROWS;
		jit_frame(j);
		return true;
	}
	if (j->loops && (j->out.error == UB_E_COMPILE_CODE || j->out.error == UB_E_COMPILE_RANGE)) {
		j->plain = false;
		j->out.error = 0;
		j->borrows = 0; /* how far it came does not matter */
		jit_frame(j);
		return true;
	}
	j->out.code.broken |= j->short_of;
	if (j->out.code.broken && !j->out.error && j->lazy_max > 1) { /* no register was left to borrow */
		j->lazy_max = 1;
		j->spilled = 0;
		j->out.code.broken = false;
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
	j.without = options / JIT_WITHOUT;
	j.walled = options & JIT_WALLED;
	j.local_calls = program->flags & UB_PROGRAM_LOCAL_CALLS;
	j.bias = program->stack_use < UB_FRAME_BYTES ? program->stack_use : UB_FRAME_BYTES;
	*where = (struct ub_fault){ 0 };
	j.out.error = program->slots > JIT_SLOTS_MAX ? UB_E_COMPILE_RANGE : jit_scan(&j, mem, bytes);
	if (!j.out.error)
		jit_ranges(&j);
	if (options & JIT_COMPACT)
		j.plain = false;
	if (!j.out.error) {
		jit_loops(&j);
		jit_live(&j);
		jit_alloc(&j);
		uint32_t room = j.out.code.cap;
		do
			emit_all(&j, room);
		while (once_more(&j));
	}
	if (!j.out.error && j.out.code.broken)
		j.out.error = UB_E_INTERNAL;
	if (j.out.error) {
		*where = (struct ub_fault){ .status = j.out.error, .pc = j.slot < j.slots ? j.slot : 0 };
		return j.out.error;
	}
	if (map)
		place_all(&j);
	return (int32_t)j.out.code.len * 2;
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
