/* SPDX-License-Identifier: BSD-2-Clause */
/* Fibonacci numbers by plain recursion, at most seven calls deep: the cost of calls. */
#include "benchmarks/kernel.h"

struct fib_ctx {
	uint32_t rounds;
};

enum { FIB_DEEPEST = 7 }; /* eBPF programs have eight frames, the kernel's own included */

UB_NOINLINE uint32_t fib_of(uint32_t n)
{
	return n < 2 ? n : fib_of(n - 1) + fib_of(n - 2);
}

uint64_t UB_KERNEL(fib)(void *ctx, unsigned long len)
{
	const struct fib_ctx *f = ctx;
	uint64_t sum = 0;

	if (len < sizeof *f)
		return UB_KERNEL_REFUSED;
	for (uint32_t i = 0; i < f->rounds; i++)
		sum += fib_of(i % (FIB_DEEPEST + 1));
	return sum;
}
