/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/vm.h"

#include "vm/state.h"

static int32_t vm_prepare(const struct ub_engine *engine, const struct ub_program *program,
			  struct ub_arena *arena, uint32_t cpu, struct ub_prepared *out,
			  struct ub_fault *where)
{
	(void)engine;
	(void)arena;
	(void)cpu;
	*where = (struct ub_fault){0};
	if (!(program->flags & UB_PROGRAM_VERIFIED))
		where->status = UB_E_ARGUMENT;
	else if (program->flags & UB_PROGRAM_FEMTO)
		where->status = UB_E_UNSUPPORTED;
	else
		*out = (struct ub_prepared){.program = program};
	return where->status;
}

static int32_t vm_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	struct vm vm = {
		.r[1] = run->ctx_addr,
		.r[2] = run->ctx_len,
		.r[UB_R10] = run->stack_top,
		.run = run,
	};

	run->fault = (struct ub_fault){0};
	return vm_interpret(&vm, run, prepared->program);
}

const struct ub_engine vm_engine = {
	.name = "vm",
	.prepare = vm_prepare,
	.run = vm_run,
};
