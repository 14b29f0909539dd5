/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One program on one engine on the host: what the agent does on a device, without the agent. */
#ifndef ENGINETEST_RUN_H
#define ENGINETEST_RUN_H

#include "abi/engine.h"

struct enginetest_job {
	const struct ub_engine *engine;
	uint8_t *base;       /* of the device's address space */
	uint32_t arena_addr; /* for what verifier and engine take; the text lies before it */
	uint32_t arena_bytes;
	uint32_t text_addr;
	uint32_t slots, entry;
	uint32_t femto; /* lddwd and lddwr may occur */
	uint32_t budget;
	uint32_t stack_top;
	uint32_t all_helpers; /* allowed and present, else none */
	const uint8_t *trace;
	uint32_t trace_len;
	uint32_t nregions;
	struct ub_region regions[UB_REGIONS_MAX]; /* the stack's length is set by the run */
};

struct enginetest_result {
	struct ub_fault fault;
	uint32_t refused; /* by the verifier or prepare */
	uint32_t stack_use;
	uint64_t r0;
};

void enginetest_run(const struct enginetest_job *job, struct enginetest_result *result);

#endif
