/* SPDX-License-Identifier: BSD-2-Clause */
/* One job, from its declaration to its result. Memory is laid out the same wherever the agent
 * runs, every part 8-byte aligned, the stack 16:
 *
 *   image | sections, functions | maps | engine, code ...      context | granted regions | trace | save area | stack
 *   from the start of the arena                                its last block
 *
 * The last block of the arena is an SRAM of its own on the boards, so that what a program reads and writes most is not in the
 * way of its code. Where the right half is larger than that, or the image is large or there is none (native kernels), all is in
 * one row, the right half first.
 */
#include <string.h>

#include "firmware/agent/agent.h"

static int32_t refuse(struct agent_job *j, int32_t status)
{
	j->fault = (struct ub_fault){.status = status};
	return status;
}

static int32_t lay_out(struct ub_arena *arena, struct agent_area *area, uint32_t len)
{
	void *p = ub_arena_take(arena, len);
	if (!p)
		return UB_E_MEMORY;
	area->at = arena->used - len;
	area->len = len;
	return 0;
}

/* What the program reads and writes, from arena->used on. */
static int32_t lay_out_data(struct ub_arena *arena, struct agent_job *j)
{
	int32_t err = lay_out(arena, &j->context, j->context.len);
	for (uint32_t i = 0; !err && i < j->ngranted; i++)
		err = lay_out(arena, &j->granted[i], j->granted[i].len);
	if (!err)
		err = lay_out(arena, &j->trace, j->trace.len);
	arena->used = (arena->used + 15) & ~15u; /* compilers count on a stack that is aligned to 16 */
	if (!err)
		err = lay_out(arena, &j->save, UB_SAVE_BYTES);
	if (!err)
		err = lay_out(arena, &j->stack, UB_STACK_BYTES);
	return err;
}

static int32_t lay_out_job(struct ub_arena *arena, struct agent_job *j)
{
	enum { LARGE_IMAGE = 8 << 10 }; /* its code may need the last block as well */
	uint32_t block = arena->size - AGENT_BLOCK_BYTES;
	arena->used = block;
	if (j->image.len && j->image.len <= LARGE_IMAGE && !lay_out_data(arena, j)) {
		arena->used = 0;
		arena->size = block;
	} else {
		arena->used = 0;
		int32_t err = lay_out_data(arena, j);
		if (err)
			return err;
	}
	return lay_out(arena, &j->image, j->image.len);
}

int32_t agent_open(struct agent *a, const uint8_t *p, uint32_t len)
{
	struct agent_job *j = &a->job;
	memset(j, 0, sizeof *j);
	a->arena.used = 0;
	a->arena.size = a->board->arena_bytes;
	a->env.output_len = 0;

	if (len < UB_WIRE_JOB_BYTES)
		return refuse(j, UB_E_FRAME_SHORT);
	uint32_t engine = p[UB_WIRE_JOB_ENGINE];
	j->format = p[UB_WIRE_JOB_FORMAT];
	uint32_t flags = p[UB_WIRE_JOB_FLAGS];
	j->helpers_listed = flags & UB_WIRE_FLAG_HELPERS;
	j->no_stack = flags & UB_WIRE_FLAG_NO_STACK;
	j->no_alias = flags & UB_WIRE_FLAG_NO_ALIAS;
	j->ngranted = p[UB_WIRE_JOB_GRANTED];
	j->entry = agent_get16(p + UB_WIRE_JOB_ENTRY);
	j->nhelpers = agent_get16(p + UB_WIRE_JOB_HELPERS);
	j->budget = agent_get32(p + UB_WIRE_JOB_BUDGET);
	j->context.len = agent_get32(p + UB_WIRE_JOB_CONTEXT);
	j->trace.len = agent_get32(p + UB_WIRE_JOB_TRACE);
	j->image.len = agent_get32(p + UB_WIRE_JOB_IMAGE);
	if (engine >= agent_engine_count)
		return refuse(j, UB_E_ENGINE);
	if (j->ngranted > AGENT_GRANTED_MAX || j->nhelpers > AGENT_HELPERS_MAX)
		return refuse(j, UB_E_ARGUMENT);
	uint32_t declared = UB_WIRE_JOB_BYTES + 4 * j->ngranted + 2 * j->nhelpers;
	if (len < declared)
		return refuse(j, UB_E_FRAME_SHORT);

	p += UB_WIRE_JOB_BYTES;
	for (uint32_t i = 0; i < j->ngranted; i++, p += 4) {
		uint32_t v = agent_get32(p);
		j->granted[i].len = v & ~UB_WIRE_WRITABLE;
		j->granted[i].writable = v & UB_WIRE_WRITABLE;
	}
	for (uint32_t i = 0; i < j->nhelpers; i++, p += 2) {
		j->helpers[i] = (uint16_t)agent_get16(p);
		if (i && j->helpers[i] <= j->helpers[i - 1])
			return refuse(j, UB_E_ARGUMENT);
	}
	const struct ub_engine *e = agent_engines[engine];
	if ((e->caps & UB_ENGINE_UNSAFE) && !(flags & UB_WIRE_FLAG_UNSAFE))
		return refuse(j, UB_E_UNSAFE);
	if ((e->caps & UB_ENGINE_NATIVE) && j->image.len)
		return refuse(j, UB_E_ARGUMENT);

	int32_t err = lay_out_job(&a->arena, j);
	if (err)
		return refuse(j, err);
	memset(a->arena.mem + j->context.at, 0, j->save.at - j->context.at);
	memset(a->arena.mem + j->image.at, 0, j->image.len);
	j->mark = a->arena.used;
	j->fresh = 1;
	j->engine = e;
	return (int32_t)declared;
}

/* A step between two readings of the counters. */
struct measurement {
	struct agent *agent;
	agent_step step;
	struct agent_counts counts;
};

static int32_t measured(void *arg)
{
	struct measurement *m = arg;
	uint32_t cycles = ub_port_cycles();
	uint32_t instructions = ub_port_instructions();
	int32_t status = m->step(m->agent);
	m->counts.instructions = ub_port_instructions() - instructions;
	m->counts.cycles = ub_port_cycles() - cycles;
	return status;
}

static uint32_t less(uint32_t count, uint32_t overhead)
{
	return count > overhead ? count - overhead : 0;
}

/* Does a phase of the job, guarded and counted. A CPU fault in it leaves it without counts. */
static int32_t phase(struct agent *a, uint32_t which, agent_step step)
{
	struct agent_job *j = &a->job;
	struct measurement m = {.agent = a, .step = step};
	struct ub_fault cpu = {0};
	int32_t status = agent_port_protect(a->board->port, measured, &m, &cpu);
	if (cpu.status) {
		j->fault = cpu;
		if (cpu.pc - (a->arena.addr - UB_WIRE_ALIAS) < a->board->alias_bytes)
			j->fault.pc += UB_WIRE_ALIAS; /* code is told by where it lies */
		return cpu.status;
	}
	j->phases |= 1u << which;
	j->counts[which].instructions = less(m.counts.instructions, a->overhead.instructions);
	j->counts[which].cycles = less(m.counts.cycles, a->overhead.cycles);
	return status;
}

static int32_t step_load(void *arg)
{
	struct agent *a = arg;
	struct agent_job *j = &a->job;
	return ubpf_read(&j->ubpf, &j->options, a->arena.mem + j->image.at, j->image.len);
}

static int32_t step_verify(void *arg)
{
	struct agent_job *j = &((struct agent *)arg)->job;
	return ubpf_verify(&j->ubpf, &j->options);
}

static int32_t step_prepare(void *arg)
{
	struct agent_job *j = &((struct agent *)arg)->job;
	return ubpf_prepare(&j->ubpf, &j->options);
}

static int32_t step_execute(void *arg)
{
	return ubpf_execute(&((struct agent *)arg)->job.ubpf);
}

static struct ub_region region(const struct agent *a, const struct agent_area *area)
{
	return (struct ub_region){a->arena.addr + area->at, area->len, area->writable ? UB_READ | UB_WRITE : UB_READ};
}

/* How the job's program is loaded: in the arena behind what was laid out, with the helpers that the job allows. */
static void choose_options(struct agent *a)
{
	struct agent_job *j = &a->job;
	struct ubpf_place *place = &j->place;

	for (uint32_t i = 0; i < j->ngranted; i++)
		j->regions[i] = region(a, &j->granted[i]);
	*place = (struct ubpf_place){
		.arena = a->arena,
		.base = (uintptr_t)a->board->base,
		.stack_top = a->arena.addr + j->stack.at + j->stack.len,
		.cpu = a->board->cpu,
		.calls = helper_table,
		.known = helper_ids,
		.nknown = UB_HELPER_COUNT,
		.ids = j->allowed,
	};
	j->options = (struct ubpf_options){
		.engine = j->engine,
		.format = j->format,
		.entry = j->entry,
		.budget = j->budget,
		.allowed = j->helpers_listed ? j->helpers : NULL,
		.nallowed = j->nhelpers,
		.regions = j->regions,
		.nregions = j->ngranted,
		.seed = HELPER_SEED,
		.env = &a->env,
		.place = place,
	};
}

static int32_t load_phases(struct agent *a)
{
	struct agent_job *j = &a->job;

	choose_options(a);
	int32_t err = ubpf_open(&j->ubpf, &j->options, NULL, 0);
	if (err)
		return err;
	if (!(j->engine->caps & UB_ENGINE_NATIVE)) {
		err = phase(a, UB_WIRE_PHASE_LOAD, step_load);
		if (!err)
			err = phase(a, UB_WIRE_PHASE_VERIFY, step_verify);
		return err ? err : phase(a, UB_WIRE_PHASE_COMPILE, step_prepare);
	}
	j->ubpf.program.entry = j->entry; /* the number of a kernel; there is nothing to read */
	return step_prepare(a);
}

/* Forgets what the last run left, so that no report tells of it once more. */
static void forget_run(struct agent *a)
{
	struct agent_job *j = &a->job;
	j->phases &= ~(1u << UB_WIRE_PHASE_EXECUTE);
	j->counts[UB_WIRE_PHASE_EXECUTE] = (struct agent_counts){0};
	j->stack_bytes = 0;
	j->aliased = 0;
	j->fault = (struct ub_fault){0};
	j->ubpf.run.r0 = 0;
	a->env.output_len = 0;
}

void agent_unload(struct agent *a)
{
	struct agent_job *j = &a->job;
	ubpf_unload(&j->ubpf);
	j->fresh = 1;
	j->phases = 0;
	memset(&j->ubpf, 0, sizeof j->ubpf);
	memset(j->counts, 0, sizeof j->counts);
}

int32_t agent_load(struct agent *a)
{
	struct agent_job *j = &a->job;
	forget_run(a);
	if (!j->engine || !j->fresh)
		return refuse(j, UB_E_STATE);
	agent_unload(a);
	a->arena.used = j->mark;
	j->fresh = j->engine->caps & UB_ENGINE_NATIVE; /* which have none */
	int32_t err = load_phases(a);
	j->fault = j->fault.status ? j->fault : j->ubpf.fault; /* the CPU's or the loader's */
	j->fault.status = err;
	return err;
}

/* Whether code in the arena can be fetched through the alias, all of it. */
static int has_alias(const struct agent *a, const struct ub_prepared *code)
{
	uint32_t at = code->code_addr - a->arena.addr, bytes = a->board->alias_bytes;
	return code->code_bytes && at < bytes && code->code_bytes <= bytes - at;
}

/* The engine runs code from where it is fetched fastest; everything else knows it by where it lies. */
static int32_t execute(struct agent *a)
{
	struct agent_job *j = &a->job;
	struct ub_prepared *code = &j->ubpf.prepared;
	uint32_t shift = !j->no_alias && has_alias(a, code) ? UB_WIRE_ALIAS : 0;
	j->aliased = shift != 0;
	code->code_addr -= shift;
	int32_t status = phase(a, UB_WIRE_PHASE_EXECUTE, step_execute);
	code->code_addr += shift;
	return status;
}

int32_t agent_run(struct agent *a)
{
	struct agent_job *j = &a->job;
	forget_run(a);
	if (!j->engine || !j->ubpf.loaded)
		return refuse(j, UB_E_STATE);
	if (j->engine->caps & a->board->no_caps)
		return refuse(j, UB_E_UNSUPPORTED);
	int32_t err = ubpf_begin(&j->ubpf, a->arena.mem + j->context.at, j->context.len);
	if (!err)
		err = helper_env_reset(&a->env, a->arena.mem + j->trace.at, j->trace.len);
	if (err)
		return refuse(j, err);

	if (!j->no_stack)
		agent_port_paint_stack(a->board->port);
	int32_t status = execute(a);
	if (!j->no_stack)
		j->stack_bytes = less(agent_port_stack_peak(a->board->port), a->stack_overhead);
	helper_env_finish(&a->env);
	if (!j->fault.status)
		j->fault = j->ubpf.run.fault;
	j->fault.status = status;
	return status;
}

static int32_t empty_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	(void)prepared;
	(void)run;
	return 0;
}

void agent_calibrate(struct agent *a)
{
	static const struct ub_engine empty = {.name = "empty", .run = empty_run};
	struct agent_job *j = &a->job;
	memset(j, 0, sizeof *j);
	a->arena.used = 0;
	a->env.output_len = 0;
	a->overhead = (struct agent_counts){0};
	a->stack_overhead = 0;
	j->ubpf.engine = &empty;
	agent_port_paint_stack(a->board->port);
	phase(a, UB_WIRE_PHASE_EXECUTE, step_execute);
	a->overhead = j->counts[UB_WIRE_PHASE_EXECUTE];
	a->stack_overhead = agent_port_stack_peak(a->board->port);
	j->ubpf.engine = NULL;
}
