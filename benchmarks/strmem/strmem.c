/* SPDX-License-Identifier: BSD-2-Clause */
/* strlen and memcpy written as loops: strings are measured, then copied without their zeros. */
#include "benchmarks/kernel.h"

struct strmem_ctx {
	uint32_t len; /* bytes of text: strings, each ending in a zero; as much room follows */
	uint8_t text[];
};

UB_INLINE uint32_t strmem_length(const uint8_t *s, const uint8_t *end)
{
	const uint8_t *p = s;

	while (p < end && *p)
		p++;
	return (uint32_t)(p - s);
}

UB_INLINE void strmem_copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		to[i] = from[i];
}

uint64_t UB_KERNEL(strmem)(void *ctx, unsigned long len)
{
	struct strmem_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 2))
		return UB_KERNEL_REFUSED;
	const uint8_t *s = in->text, *end = s + in->len;
	uint8_t *out = in->text + in->len;
	uint32_t strings = 0, copied = 0;
	while (s < end) {
		uint32_t n = strmem_length(s, end);
		strmem_copy(out + copied, s, n);
		copied += n;
		strings++;
		s += n + 1;
	}
	return (uint64_t)strings << 32 | copied;
}
