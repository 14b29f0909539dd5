/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/vm.h"

#include "vm/layout.h"
#include "vm/state.h"
#include "vm/threaded.h"

#if UB_VM_THREADED
/* Programs for whose text there is no memory run on it, where it is linked. */
extern const struct ub_engine vm_portable_engine __attribute__((weak));

static int32_t vm_prepare(const struct ub_engine *engine, const struct ub_program *program, struct ub_arena *arena,
			  uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	(void)engine;
	(void)cpu;
	if (vm_check(program, out, where))
		return where->status;
	if (vm_threaded_prepare(program, arena, out) && !&vm_portable_engine)
		where->status = UB_E_MEMORY;
	return where->status;
}

static int32_t vm_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	return prepared->state ? vm_threaded_run(prepared, run) : vm_portable_engine.run(prepared, run);
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
