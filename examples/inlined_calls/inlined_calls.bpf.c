// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

BPF_INLINE int first(int value)
{
	bpf_printf("first: called with %d\n", value);
	return value * 100;
}

BPF_INLINE int second(int value)
{
	bpf_printf("second: called with %d\n", value);
	return value + 45;
}

/* Two functions the compiler puts into the one that calls them. */
int inlined_calls(void *ctx)
{
	int result = second(first(123));

	bpf_printf("result: %d\n", result);
	return result;
}
