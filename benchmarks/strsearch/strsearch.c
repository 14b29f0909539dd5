/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts where a pattern occurs in a text (Horspool, 1980): a table of skips on the stack, indexed by
 * characters of the text. */
#include "benchmarks/kernel.h"

struct strsearch_ctx {
	uint32_t pattern, text; /* bytes */
	uint8_t data[];         /* the pattern, then the text */
};

enum { STRSEARCH_PATTERN_MAX = 64 };

uint64_t UB_KERNEL(strsearch)(void *ctx, unsigned long len)
{
	const struct strsearch_ctx *in = ctx;
	uint8_t skip[256];

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->pattern, 1) ||
	    !ub_kernel_fits(len, sizeof *in + in->pattern, in->text, 1))
		return UB_KERNEL_REFUSED;
	uint32_t m = in->pattern, n = in->text, found = 0, last = 0;
	if (m == 0 || m > STRSEARCH_PATTERN_MAX)
		return UB_KERNEL_REFUSED;
	const uint8_t *pattern = in->data, *text = in->data + m;
	for (uint32_t i = 0; i < 256; i++)
		skip[i] = (uint8_t)m;
	for (uint32_t i = 0; i + 1 < m; i++)
		skip[pattern[i]] = (uint8_t)(m - 1 - i);
	for (uint32_t at = 0; at + m <= n; at += skip[text[at + m - 1]]) {
		uint32_t i = m;
		while (i > 0 && pattern[i - 1] == text[at + i - 1])
			i--;
		if (i == 0) {
			found++;
			last = at;
		}
	}
	return (uint64_t)found << 32 | last;
}
