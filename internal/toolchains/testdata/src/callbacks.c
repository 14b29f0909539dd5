// SPDX-License-Identifier: GPL-2.0-or-later

/* Pointers to functions, in tables and in structs. bpf-gcc has no indirect calls. */
#include "types.h"

NOINLINE static u64 plus(u64 a, u64 b)
{
	return a + b;
}

NOINLINE u64 times(u64 a, u64 b)
{
	return a * (b | 1);
}

__attribute__((section("library"))) NOINLINE static u64 less(u64 a, u64 b)
{
	return a - b;
}

static u64 (*const table[])(u64, u64) = {plus, times, less};
struct step {
	u64 (*call)(u64, u64);
	u64 with;
} steps[2] = {{less, 5}, {times, 7}};

u64 prog(u8 *ctx, u64 len)
{
	u64 sum = 1;
	for (u64 i = 0; i < len; i++) {
		sum = table[ctx[i] % 3](sum, ctx[i]);
		sum = steps[i & 1].call(sum, steps[i & 1].with);
		u64 (*f)(u64, u64) = ctx[i] & 1 ? plus : less;
		sum += f(i, ctx[i]) == plus(i, ctx[i]);
	}
	return sum;
}
