/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent: answers requests (abi/wire.h) by loading, verifying, compiling and running programs.
 * It owns no memory but what it is given: one struct agent, one arena. Nothing a host sends can
 * make it fail; a CPU fault of a step is answered as that step's status.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "abi/engine.h"
#include "firmware/agent/frame.h"
#include "firmware/agent/port.h"
#include "firmware/helpers/helpers.h"
#include "maps/maps.h"
#include "ubpf/place.h"

/* What the agent runs on. Outlives the agent. */
struct agent_board {
	const char *name;   /* "netduinoplus2" */
	const char *core;   /* "cortex-m4" */
	uint32_t cpu;       /* UB_CPU_* */
	uint8_t *arena;     /* 8-byte aligned */
	uint32_t arena_addr; /* its device address */
	uint32_t arena_bytes;
	uint32_t alias_bytes; /* so much of the arena is also seen at its address - UB_WIRE_ALIAS; 0: none */
	uint8_t *base;      /* struct ub_run.base */
	uint32_t no_caps;   /* UB_ENGINE_* of engines that can prepare but not run here */
	void *port;         /* for agent_port_* */
};

enum {
	AGENT_GRANTED_MAX = UB_REGIONS_MAX - UB_REGION_GRANTED,
	AGENT_HELPERS_MAX = UB_HELPER_COUNT,
	AGENT_BLOCK_BYTES = 16 << 10, /* at the end of the arena: SRAM2 of STM32F205 and F405 */
};

struct agent_area {
	uint32_t at; /* offset in the arena */
	uint32_t len;
	uint32_t writable; /* by the program; of granted regions */
};

struct agent_counts {
	uint32_t instructions;
	uint32_t cycles;
};

/* The job that is open. */
struct agent_job {
	const struct ub_engine *engine; /* NULL: none is open */
	uint32_t fresh;                 /* the image was written since it was loaded; loading changes it */
	uint32_t format;
	uint32_t entry;
	uint32_t budget;
	struct agent_area context, trace, image, save, stack;
	uint32_t ngranted;
	struct agent_area granted[AGENT_GRANTED_MAX];
	uint32_t helpers_listed;
	uint32_t no_stack; /* its peak is not looked for */
	uint32_t no_alias; /* code runs where it lies */
	uint32_t aliased;  /* code ran through the alias */
	uint32_t nhelpers;
	uint16_t helpers[AGENT_HELPERS_MAX];
	uint16_t allowed[AGENT_HELPERS_MAX]; /* of these and the image's */
	uint32_t mark; /* arena.used before loading */
	/* Loaded, it can run: nothing it was made of has changed since. A native kernel is one without an image. */
	struct ubpf ubpf;
	struct ubpf_options options; /* it was loaded with */
	struct ubpf_place place;
	struct ub_region regions[AGENT_GRANTED_MAX];
	/* What is reported. */
	struct ub_fault fault;
	uint32_t phases; /* 1 << UB_WIRE_PHASE_* */
	struct agent_counts counts[UB_WIRE_PHASES];
	uint32_t stack_bytes;
};

struct agent {
	const struct agent_board *board;
	struct ub_arena arena;
	struct agent_counts overhead; /* of an empty phase */
	uint32_t stack_overhead;
	uint32_t reply_len;           /* of the last answer, which is in reply; 0: do not repeat it */
	struct agent_job job;
	struct helper_env env;
	struct agent_frame request;
	uint8_t last[UB_WIRE_FRAME_BYTES]; /* the request answered last */
	uint8_t reply[UB_WIRE_FRAME_BYTES] __attribute__((aligned(8)));
};

void agent_init(struct agent *a, const struct agent_board *board);

/* Takes a received byte; answers through agent_port_send if it completes a request. */
void agent_receive(struct agent *a, uint8_t byte);

/* Tells the host that the agent itself failed, in the middle of what it was asked last, and has
 * started over: after agent_init, with the sequence number it was at. */
void agent_report_restart(struct agent *a, uint8_t seq, const struct ub_fault *fault);

/* The engines, in the order of their numbers. */
extern const struct ub_engine *const agent_engines[];
extern const uint32_t agent_engine_count;

/* job.c. Each returns 0 or a negative status, with job.fault filled in.
 *
 * agent_open reads a job's declaration (UB_WIRE_JOB_*), lays out and clears its memory. Returns
 * the length of the declaration. */
int32_t agent_open(struct agent *a, const uint8_t *p, uint32_t len);
int32_t agent_load(struct agent *a);
/* What was loaded can no longer run: the image is going to be another. */
void agent_unload(struct agent *a);
int32_t agent_run(struct agent *a);

/* Measures what an empty phase costs. */
void agent_calibrate(struct agent *a);

#endif
