/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal/enginetest/run.h"

#include <string.h>

#include "abi/port.h"
#include "firmware/helpers/helpers.h"
#include "verify/verify.h"

#define HELPER_ID(name, id, arguments) id,
static const uint16_t all_helpers[] = {UB_HELPERS(HELPER_ID)};

void enginetest_run(const struct enginetest_job *job, struct enginetest_result *result)
{
	struct ub_arena arena = {job->base + job->arena_addr, job->arena_addr, job->arena_bytes, 0};
	struct ub_program program = {
		.text = (const struct ub_insn *)(job->base + job->text_addr),
		.slots = job->slots,
		.entry = job->entry,
		.flags = job->femto ? UB_PROGRAM_FEMTO : 0,
		.rodata_addr = job->regions[UB_REGION_RODATA].start,
		.rodata_len = job->regions[UB_REGION_RODATA].len,
		.data_addr = job->regions[UB_REGION_DATA].start,
		.data_len = job->regions[UB_REGION_DATA].len,
		.helpers = job->all_helpers ? all_helpers : NULL,
		.nhelpers = job->all_helpers ? UB_HELPER_COUNT : 0,
	};
	struct ub_prepared prepared = {0};
	struct helper_env env;
	int32_t err = 0;

	memset(result, 0, sizeof *result);
	if (!(job->engine->caps & UB_ENGINE_NATIVE))
		err = verify_program(&program, job->engine->caps, &arena, &result->fault);
	if (!err)
		err = job->engine->prepare(job->engine, &program, &arena, 0, &prepared, &result->fault);
	if (err) {
		result->fault.status = err;
		result->refused = 1;
		return;
	}
	helper_env_reset(&env, job->trace, job->trace_len);
	struct ub_run run = {
		.budget = job->budget,
		.work = job->budget,
		.ctx_addr = job->regions[UB_REGION_CTX].start,
		.ctx_len = job->regions[UB_REGION_CTX].len,
		.stack_top = job->stack_top,
		.nregions = job->nregions,
		.helpers = job->all_helpers ? helper_table : NULL,
		.env = &env,
		.base = (uintptr_t)job->base,
	};
	memcpy(run.regions, job->regions, sizeof run.regions);
	run.regions[UB_REGION_STACK] =
		(struct ub_region){job->stack_top - program.stack_use, program.stack_use, UB_READ | UB_WRITE};
	memset(job->base + job->stack_top - program.stack_use, 0, program.stack_use);
	job->engine->run(&prepared, &run);
	result->fault = run.fault;
	result->r0 = run.r0;
	result->stack_use = program.stack_use;
}
