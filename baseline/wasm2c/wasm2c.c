// SPDX-License-Identifier: BSD-2-Clause
/* What wasm2c's code needs from its host, and the engine.
 *
 * Linear memory is one page, 64 KB of the arena from its first byte, so that the context, which the agent
 * lays out there, is in it without being copied. Stack and constants lie above 48 KB (wasm2c.mk).
 */
#include "baseline/wasm2c/wasm2c.h"

#include "abi/port.h"

#if UB_HOST

/* The host has no code of this engine. */
static int32_t prepare(const struct ub_engine *engine, const struct ub_program *program, struct ub_arena *arena,
		       uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	(void)engine;
	(void)arena;
	(void)cpu;
	(void)where;
	*out = (struct ub_prepared){ .program = program };
	return 0;
}

static int32_t run_kernel(const struct ub_prepared *prepared, struct ub_run *run)
{
	(void)prepared;
	return run->fault.status = UB_E_UNSUPPORTED;
}

#else

#include <string.h>

#include "baseline/native/kernels.h"
#include "build/wasm2c/kernels.h"

enum { PAGE = 65536, PRIVATE = 49152 /* --global-base of wasm2c.mk: from here on memory is not the context's */ };

/* What imported functions get. */
struct Z_env_instance_t {
	struct ub_run *run;
	uint32_t base; /* device address of linear memory */
};

struct wasm2c_state {
	Z_kernels_instance_t instance;
	wasm_rt_funcref_t table[4]; /* element 0 is null; kernels make no indirect calls */
	struct Z_env_instance_t env;
	uint8_t *memory;
	void *stopped[5]; /* where a trap goes */
};

/* wasm_rt_trap is given nothing to find the instance by. */
static struct wasm2c_state *wasm2c_running;

void wasm_rt_trap(wasm_rt_trap_t trap)
{
	wasm2c_running->env.run->fault.status = trap == WASM_RT_TRAP_OOB ? UB_E_READ : UB_E_INTERNAL;
	__builtin_longjmp(wasm2c_running->stopped, 1);
}

bool wasm_rt_is_initialized(void)
{
	return true;
}

uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...)
{
	return parameters << 8 | results;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t max_pages)
{
	memory->data = wasm2c_running->memory;
	memory->pages = pages;
	memory->max_pages = max_pages;
	memory->size = pages * PAGE;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
	(void)memory;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements, uint32_t max_elements)
{
	table->data = wasm2c_running->table;
	table->size = elements;
	table->max_size = max_elements;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table)
{
	(void)table;
}

u64 Z_envZ_helper(struct Z_env_instance_t *env, u32 index, u32 r1, u32 r2)
{
	return env->run->helpers[index](env->run, r1, r2, 0, 0, 0);
}

u32 Z_envZ_address(struct Z_env_instance_t *env, u32 p)
{
	return env->base + p;
}

typedef u64 (*wasm2c_kernel)(Z_kernels_instance_t *, u32, u32);

static const wasm2c_kernel kernels[] = {
#define WASM2C_KERNEL(name) Z_kernelsZ_##name,
	NATIVE_KERNELS(WASM2C_KERNEL, WASM2C_KERNEL)
};

static int32_t prepare(const struct ub_engine *engine, const struct ub_program *program, struct ub_arena *arena,
		       uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	(void)engine;
	(void)cpu;
	if (program->entry >= sizeof kernels / sizeof kernels[0])
		return where->status = UB_E_KERNEL;
	if (arena->used > PRIVATE)
		return where->status = UB_E_MEMORY;
	if (!ub_arena_take(arena, PAGE - ((arena->used + 7) & ~7u)))
		return where->status = UB_E_MEMORY;
	struct wasm2c_state *s = ub_arena_take(arena, sizeof *s);
	if (!s)
		return where->status = UB_E_MEMORY;
	memset(s, 0, sizeof *s);
	s->memory = arena->mem;
	s->env.base = arena->addr;
	wasm2c_running = s;
	Z_kernels_init_module();
	Z_kernels_instantiate(&s->instance, &s->env);
	*out = (struct ub_prepared){ .program = program, .state = s, .ram_bytes = PAGE - PRIVATE + sizeof *s };
	return 0;
}

static int32_t run_kernel(const struct ub_prepared *prepared, struct ub_run *run)
{
	struct wasm2c_state *s = prepared->state;
	u32 ctx = run->ctx_addr - s->env.base;

	if (run->ctx_len > PRIVATE || ctx > PRIVATE - run->ctx_len)
		return run->fault.status = UB_E_MEMORY;
	run->fault = (struct ub_fault){ 0 };
	s->env.run = run;
	wasm2c_running = s;
	if (!__builtin_setjmp(s->stopped))
		run->r0 = kernels[prepared->program->entry](&s->instance, ctx, run->ctx_len);
	return run->fault.status;
}

#endif

const struct ub_engine wasm2c_engine = {
	.name = "wasm2c",
	.caps = UB_ENGINE_NATIVE | UB_ENGINE_DEVICE,
	.prepare = prepare,
	.run = run_kernel,
};
