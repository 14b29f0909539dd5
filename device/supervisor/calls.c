/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs ask for. The number of a helper is its index; whether the program has it is a bit of its grants. */
#include "device/supervisor/internal.h"
#include "firmware/helpers/internal.h"

_Static_assert((int)UB_HELPER_ENTRIES <= (int)OS_WAYS && (int)OS_WAYS <= 32 * UB_HELPER_WORDS, "ways, supervisor_program.open");

/* Neither granted nor there: stops the program. Granted, but not the device it is for: the program can go on. */
static uint64_t refuse(struct supervisor_program *p, uint32_t number)
{
	if (number < UB_HELPER_ENTRIES && ub_helper_in(p->loaded.config.helpers, number))
		return STATUS(HELPER_NO_DEVICE);
	p->user->fault = (struct ub_fault){.status = UB_E_HELPER};
	return 0;
}

/* What the helper left behind: text, a fault. */
static uint64_t __attribute__((noinline)) settle(uint64_t result, struct supervisor_program *p)
{
	if (p->supervisor->env.output_len)
		supervisor_keep_text(p);
	if (p->run.fault.status) { /* the engine finds it there, and stops */
		p->user->fault.status = p->run.fault.status;
		p->user->fault.addr = p->run.fault.addr;
		p->run.fault.status = 0;
	}
	return result;
}

static inline uint64_t serve(struct supervisor_program *p, uint32_t number, const struct os_args *args)
{
	uint64_t result = supervisor_gate_table[number](&p->run, args->r1, args->r2, args->r3, args->r4, args->r5);

	if (__builtin_expect(p->run.fault.status | (int32_t)p->supervisor->env.output_len, 0))
		return settle(result, p);
	return result;
}

/* Not open: watched, or not to be had. */
static uint64_t __attribute__((noinline)) closed(struct supervisor_program *p, uint32_t number, const struct os_args *args)
{
	if (number >= UB_HELPER_ENTRIES || !supervisor_may_call(p, number) || !supervisor_point_helper(p, number, args))
		return refuse(p, number);
	return serve(p, number, args);
}

uint64_t supervisor_gate(void *owner, uint32_t number, const struct os_args *args)
{
	struct supervisor_program *p = owner;

	if (__builtin_expect(number >= UB_HELPER_ENTRIES || !ub_helper_in(p->open, number), 0))
		return closed(p, number, args);
	return serve(p, number, args);
}
