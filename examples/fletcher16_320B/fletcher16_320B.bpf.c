// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

/* 320 bytes of read-only data, and the zero that ends them. */
static const char text[] =
	"The quick brown fox jumps over the lazy dog, then checks the sum of every byte "
	"it left behind. A microcontroller has little memory and less time, so each "
	"program that is sent to it over the air must be small, must be safe, and must "
	"be done soon. Fletcher's sum is cheap: two counters, one pass, and no table at "
	"all......";

/* Fletcher-16 of a string: two sums of bytes, modulo 255. */
int fletcher16(void *ctx)
{
	uint32_t sum1 = 0, sum2 = 0;

	for (uint32_t i = 0; i < sizeof text - 1; i++) {
		sum1 = (sum1 + (uint8_t)text[i]) % 255;
		sum2 = (sum2 + sum1) % 255;
	}
	return sum2 << 8 | sum1;
}
