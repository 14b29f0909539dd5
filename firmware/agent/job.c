/* SPDX-License-Identifier: BSD-2-Clause */
/* One job, from its declaration to its result. Memory is laid out the same wherever the agent
 * runs, from the start of the arena, every part 8-byte aligned, the stack 16:
 *
 *   context | granted regions | trace | save area | stack | image | sections, functions | engine, code
 */
#include <string.h>

#include "firmware/agent/agent.h"
#include "image/image.h"
#include "ubpf/ubpf.h"
#include "verify/verify.h"

#define HELPER_ID(name, id, arguments) id,
static const uint16_t all_helpers[] = {UB_HELPERS(HELPER_ID)};
#undef HELPER_ID

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

static int32_t lay_out_job(struct ub_arena *arena, struct agent_job *j)
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
	if (!err)
		err = lay_out(arena, &j->image, j->image.len);
	return err;
}

int32_t agent_open(struct agent *a, const uint8_t *p, uint32_t len)
{
	struct agent_job *j = &a->job;
	memset(j, 0, sizeof *j);
	a->arena.used = 0;
	a->env.output_len = 0;

	if (len < UB_WIRE_JOB_BYTES)
		return refuse(j, UB_E_FRAME_SHORT);
	uint32_t engine = p[UB_WIRE_JOB_ENGINE];
	j->format = p[UB_WIRE_JOB_FORMAT];
	uint32_t flags = p[UB_WIRE_JOB_FLAGS];
	j->helpers_listed = flags & UB_WIRE_FLAG_HELPERS;
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
	memset(a->arena.mem, 0, j->save.at);
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
	return image_load(j->format, a->arena.mem + j->image.at, j->image.len, j->entry,
			  j->engine->caps, &a->arena, &j->program, &j->fault);
}

static int32_t step_verify(void *arg)
{
	struct agent *a = arg;
	struct agent_job *j = &a->job;
	return verify_program(&j->program, j->engine->caps, &a->arena, &j->fault);
}

static int32_t step_prepare(void *arg)
{
	struct agent *a = arg;
	struct agent_job *j = &a->job;
	return j->engine->prepare(j->engine, &j->program, &a->arena, a->board->cpu, &j->prepared,
				  &j->fault);
}

static int32_t step_execute(void *arg)
{
	struct agent *a = arg;
	struct agent_job *j = &a->job;
	uint32_t use = j->program.stack_use;
	if (use)
		memset(a->arena.mem + j->stack.at + j->stack.len - use, 0, use);
	return j->engine->run(&j->prepared, &j->run);
}

/* Helpers the program may call: those the job allows, of those the image asks for. Either may have no
 * list, which stands for all. */
static void allow_helpers(struct agent_job *j)
{
	struct ub_program *p = &j->program;
	uint16_t ids[UB_HELPER_COUNT];

	j->nallowed = ubpf_allow(all_helpers, UB_HELPER_COUNT, p->helpers, p->nhelpers,
				 j->helpers_listed ? j->helpers : NULL, j->nhelpers, ids);
	memcpy(j->allowed, ids, sizeof ids);
	p->helpers = j->allowed;
	p->nhelpers = j->nallowed;
}

static int32_t load_phases(struct agent *a)
{
	struct agent_job *j = &a->job;
	if (j->engine->caps & UB_ENGINE_NATIVE) {
		j->program.entry = j->entry;
		return step_prepare(a);
	}
	int32_t err = phase(a, UB_WIRE_PHASE_LOAD, step_load);
	if (err)
		return err;
	allow_helpers(j);
	err = phase(a, UB_WIRE_PHASE_VERIFY, step_verify);
	if (err)
		return err;
	return phase(a, UB_WIRE_PHASE_COMPILE, step_prepare);
}

/* Forgets what the last run left, so that no report tells of it once more. */
static void forget_run(struct agent *a)
{
	struct agent_job *j = &a->job;
	j->phases &= ~(1u << UB_WIRE_PHASE_EXECUTE);
	j->counts[UB_WIRE_PHASE_EXECUTE] = (struct agent_counts){0};
	j->stack_bytes = 0;
	j->fault = (struct ub_fault){0};
	memset(&j->run, 0, sizeof j->run);
	a->env.output_len = 0;
}

void agent_unload(struct agent *a)
{
	struct agent_job *j = &a->job;
	if (j->loaded && j->engine->release)
		j->engine->release(&j->prepared);
	j->loaded = 0;
	j->fresh = 1;
	j->phases = 0;
	memset(&j->program, 0, sizeof j->program);
	memset(&j->prepared, 0, sizeof j->prepared);
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
	j->fault.status = err;
	j->loaded = !err;
	return err;
}

static struct ub_region region(const struct agent *a, const struct agent_area *area, uint32_t rights)
{
	return (struct ub_region){.start = a->arena.addr + area->at, .len = area->len, .rights = rights};
}

/* Grants a run what the job declared and the program has. */
static void grant(struct agent *a)
{
	struct agent_job *j = &a->job;
	const struct ub_program *p = &j->program;
	struct ub_run *r = &j->run;
	memset(r, 0, sizeof *r);
	r->budget = r->work = j->budget;
	r->ctx_addr = a->arena.addr + j->context.at;
	r->ctx_len = j->context.len;
	r->stack_top = a->arena.addr + j->stack.at + j->stack.len;
	r->regions[UB_REGION_STACK] =
		(struct ub_region){r->stack_top - p->stack_use, p->stack_use, UB_READ | UB_WRITE};
	r->regions[UB_REGION_CTX] = region(a, &j->context, UB_READ | UB_WRITE);
	r->regions[UB_REGION_RODATA] = (struct ub_region){p->rodata_addr, p->rodata_len, UB_READ};
	r->regions[UB_REGION_DATA] = (struct ub_region){p->data_addr, p->data_len, UB_READ | UB_WRITE};
	for (uint32_t i = 0; i < j->ngranted; i++)
		r->regions[UB_REGION_GRANTED + i] =
			region(a, &j->granted[i], j->granted[i].writable ? UB_READ | UB_WRITE : UB_READ);
	r->nregions = UB_REGION_GRANTED + j->ngranted;
	r->helpers = helper_table;
	r->env = &a->env;
	r->base = a->board->base;
}

int32_t agent_run(struct agent *a)
{
	struct agent_job *j = &a->job;
	forget_run(a);
	if (!j->engine || !j->loaded)
		return refuse(j, UB_E_STATE);
	if (j->engine->caps & a->board->no_caps)
		return refuse(j, UB_E_UNSUPPORTED);
	if (j->program.ctx_min > j->context.len)
		return refuse(j, UB_E_CONTEXT);
	grant(a);
	int32_t err = helper_env_reset(&a->env, a->arena.mem + j->trace.at, j->trace.len);
	if (err)
		return refuse(j, err);

	agent_port_paint_stack(a->board->port);
	int32_t status = phase(a, UB_WIRE_PHASE_EXECUTE, step_execute);
	j->stack_bytes = less(agent_port_stack_peak(a->board->port), a->stack_overhead);
	helper_env_finish(&a->env);
	if (!j->fault.status)
		j->fault = j->run.fault;
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
	j->engine = &empty;
	agent_port_paint_stack(a->board->port);
	phase(a, UB_WIRE_PHASE_EXECUTE, step_execute);
	a->overhead = j->counts[UB_WIRE_PHASE_EXECUTE];
	a->stack_overhead = agent_port_stack_peak(a->board->port);
	j->engine = NULL;
}
