/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/agent/host.h"

#if UB_HOST

#include <stdlib.h>
#include <string.h>

#include "jit/jit.h"
#include "jit/onepass/onepass.h"

struct agent_host *agent_host_new(uint8_t *base, uint32_t arena_addr, uint32_t arena_bytes)
{
	struct agent_host *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->board = (struct agent_board){
		.name = "host",
		.core = "host",
		.arena = base + arena_addr,
		.arena_addr = arena_addr,
		.arena_bytes = arena_bytes,
		.base = base,
		.cpu = UB_CPU_DSP, /* as on the Cortex-M4, so that compilers make the same code */
		.no_caps = UB_ENGINE_DEVICE,
		.port = h,
	};
	agent_init(&h->agent, &h->board);
	return h;
}

void agent_host_free(struct agent_host *h)
{
	if (h)
		free(h->out);
	free(h);
}

void agent_host_receive(struct agent_host *h, const uint8_t *bytes, uint32_t len)
{
	h->out_len = 0;
	while (len--)
		agent_receive(&h->agent, *bytes++);
}

static int32_t compile_in_one_pass(const struct ub_program *program, uint32_t options, uint8_t *code, uint32_t bytes,
				   struct jit_map *map, struct ub_fault *where)
{
	struct onepass_report report = { .code = calloc(program->slots, sizeof *report.code) };
	if (!report.code)
		return UB_E_MEMORY;
	int32_t n = onepass_compile(program, options, code, bytes, &report, where);
	for (uint32_t slot = 0; slot < program->slots; slot++)
		map[slot] = (struct jit_map){ .code = report.code[slot] & 0xffff, .fast = report.code[slot] >> 16 };
	free(report.code);
	return n;
}

int32_t agent_host_compile(const struct agent_host *h, uint32_t cpu, uint8_t *code, uint32_t bytes,
			   struct jit_map *map)
{
	const struct agent_job *job = &h->agent.job;
	struct ub_fault where;
	if (!job->engine || !job->ubpf.loaded || !(job->engine->caps & UB_ENGINE_COMPILES))
		return UB_E_UNSUPPORTED;
	struct ub_program program = job->ubpf.program;
	struct ub_map_place places[UB_MAPS_MAX];
	if (job->ubpf.run.maps) {
		maps_places(job->ubpf.run.maps, places);
		program.map_places = places;
	}
	if (job->engine == &jit_plan_engine || job->engine == &jit_plan_unchecked_engine)
		return compile_in_one_pass(&program, job->engine == &jit_plan_engine ? 0 : ONEPASS_UNCHECKED, code, bytes, map, &where);
	return jit_compile(&program, cpu, jit_options(job->engine), code, bytes, map, &where);
}

void agent_port_send(void *port, const uint8_t *bytes, uint32_t len)
{
	struct agent_host *h = port;
	if (len > h->out_size - h->out_len) {
		h->out_size = 2 * (h->out_len + len);
		h->out = realloc(h->out, h->out_size);
		if (!h->out)
			abort();
	}
	memcpy(h->out + h->out_len, bytes, len);
	h->out_len += len;
}

/* A fault on the host is a bug that must be seen. */
int32_t agent_port_protect(void *port, agent_step step, void *arg, struct ub_fault *fault)
{
	(void)port;
	(void)fault;
	return step(arg);
}

void agent_port_paint_stack(void *port)
{
	(void)port;
}

uint32_t agent_port_stack_peak(void *port)
{
	(void)port;
	return 0;
}

uint32_t agent_port_counters(void *port)
{
	(void)port;
	return 0;
}

void agent_port_trap(void *port, uint32_t kind)
{
	(void)port;
	(void)kind;
}

uint32_t ub_port_instructions(void)
{
	return 0;
}

uint32_t ub_port_cycles(void)
{
	return 0;
}

#endif
