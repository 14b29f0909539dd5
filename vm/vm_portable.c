/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/state.h"
#include "vm/vm.h"

static int32_t vm_portable_prepare(const struct ub_engine *engine, const struct ub_program *program,
				   struct ub_arena *arena, uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	(void)engine;
	(void)arena;
	(void)cpu;
	return vm_check(program, out, where);
}

static int32_t vm_portable_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	struct vm vm = {
		.r[1] = run->ctx_addr,
		.r[2] = run->ctx_len,
		.r[UB_R10] = run->stack_top,
		.run = run,
	};

	run->fault = (struct ub_fault){0};
	return vm_portable(&vm, prepared->program);
}

const struct ub_engine vm_portable_engine = {
	.name = "vm-portable",
	.prepare = vm_portable_prepare,
	.run = vm_portable_run,
};

#if !UB_VM_THREADED
const struct ub_engine vm_engine = {
	.name = "vm",
	.prepare = vm_portable_prepare,
	.run = vm_portable_run,
};
#endif
