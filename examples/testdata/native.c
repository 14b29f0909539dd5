/* SPDX-License-Identifier: BSD-2-Clause */
/* Surroundings of an example that is compiled natively, for native_test.go: the helpers of the
 * firmware under the names programs call them by, and a run that has all memory.
 */
#include "firmware/helpers/helpers.h"

int PROGRAM(void *ctx, unsigned long len);

uint8_t native_trace[1024], native_context[256];
uint32_t native_trace_len, native_context_len;
struct helper_env native_env;
uint32_t native_output_at = offsetof(struct helper_env, output), native_output_len;
static struct ub_run run;

#define NATIVE_HELPER(name, id, arguments)                                                            \
	uint64_t bpf_##name(uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5);           \
	uint64_t bpf_##name(uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)            \
	{                                                                                             \
		return helper_##name(&run, r1, r2, r3, r4, r5);                                         \
	}
UB_PLAIN_HELPERS(NATIVE_HELPER)

int native_main(void);
int native_main(void)
{
	run.regions[0] = (struct ub_region){0, UINT32_MAX, UB_READ | UB_WRITE};
	run.nregions = 1;
	run.env = &native_env;
	run.work = UINT32_MAX;
	helper_env_reset(&native_env, native_trace, native_trace_len);
	int result = PROGRAM(native_context, native_context_len);
	helper_env_finish(&native_env);
	native_output_len = native_env.output_len;
	return result;
}
