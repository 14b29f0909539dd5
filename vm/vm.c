/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/vm.h"

#include "vm/layout.h"
#include "vm/state.h"
#include "vm/threaded.h"

static int32_t vm_check(const struct ub_program *program, struct ub_prepared *out, struct ub_fault *where)
{
	*where = (struct ub_fault){0};
	if (!(program->flags & UB_PROGRAM_VERIFIED))
		where->status = UB_E_ARGUMENT;
	else if (program->flags & UB_PROGRAM_FEMTO)
		where->status = UB_E_UNSUPPORTED;
	*out = (struct ub_prepared){.program = program};
	return where->status;
}

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
#else
/* Without memory for what the threaded form needs, the program runs as it is. */
static int32_t vm_prepare(const struct ub_engine *engine, const struct ub_program *program, struct ub_arena *arena,
			  uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	(void)engine;
	(void)cpu;
	if (vm_check(program, out, where))
		return where->status;
	vm_threaded_prepare(program, arena, out);
	return 0;
}

static int32_t vm_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	return prepared->state ? vm_threaded_run(prepared, run) : vm_portable_run(prepared, run);
}

static void vm_release(const struct ub_prepared *prepared)
{
	if (prepared->state)
		vm_threaded_release(prepared);
}

const struct ub_engine vm_engine = {
	.name = "vm",
	.prepare = vm_prepare,
	.run = vm_run,
	.release = vm_release,
};
#endif
