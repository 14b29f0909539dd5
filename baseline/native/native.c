/* SPDX-License-Identifier: BSD-2-Clause */
#include "baseline/native/native.h"

#include "abi/port.h"
#include "baseline/native/kernels.h"

const char *const native_kernels[] = {
#define NATIVE_KERNEL_NAME(name) #name,
	NATIVE_KERNELS(NATIVE_KERNEL_NAME, NATIVE_KERNEL_NAME)
};

const uint32_t native_kernel_count = sizeof native_kernels / sizeof native_kernels[0];

int32_t native_prepare(const struct ub_engine *engine, const struct ub_program *program,
		       struct ub_arena *arena, uint32_t cpu, struct ub_prepared *out,
		       struct ub_fault *where)
{
	(void)engine;
	(void)arena;
	(void)cpu;
	if (program->entry >= native_kernel_count) {
		*where = (struct ub_fault){.status = UB_E_KERNEL};
		return UB_E_KERNEL;
	}
	*out = (struct ub_prepared){.program = program};
	return 0;
}

int32_t native_run(const struct native_entry *kernels, const struct ub_prepared *prepared,
		   struct ub_run *run)
{
	const struct native_entry *k = &kernels[prepared->program->entry];
	void *ctx = ub_at(run, run->ctx_addr);

	run->r0 = k->plain ? k->plain(ctx, run->ctx_len) : k->with_helpers(ctx, run->ctx_len, run);
	return run->fault.status;
}
