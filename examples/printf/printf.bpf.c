// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

/* Prints with one to four arguments. */
int printf_test(void *ctx)
{
	uint32_t a = 1, b = 2, c = 3, d = 4;

	bpf_printf("One argument: %d\n", a);
	bpf_printf("Two arguments: %d, %d\n", a, b);
	bpf_printf("Three arguments: %d, %d, %d\n", a, b, c);
	bpf_printf("Four arguments: %d, %d, %d, %d\n", a, b, c, d);
	return 0;
}
