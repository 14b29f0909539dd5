/* SPDX-License-Identifier: BSD-2-Clause */
/* Edit distance of words from one word (Levenshtein): a row of the table on the stack, minima of three. */
#include "benchmarks/kernel.h"

enum { EDITDIST_MAX = 32 };

struct editdist_ctx {
	uint32_t words;
	uint8_t word[][EDITDIST_MAX]; /* the first is the one the others are compared with; zero-padded */
};

UB_INLINE uint32_t editdist_length(const uint8_t *word)
{
	uint32_t n = 0;

	while (n < EDITDIST_MAX && word[n])
		n++;
	return n;
}

uint64_t UB_KERNEL(editdist)(void *ctx, unsigned long len)
{
	const struct editdist_ctx *in = ctx;
	uint8_t row[EDITDIST_MAX + 1];
	uint32_t best = UINT32_MAX, nearest = 0, sum = 0;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->words, EDITDIST_MAX))
		return UB_KERNEL_REFUSED;
	uint32_t words = in->words;
	if (words == 0)
		return 0;
	const uint8_t *a = in->word[0];
	uint32_t m = editdist_length(a);
	for (uint32_t w = 1; w < words; w++) {
		const uint8_t *b = in->word[w];
		uint32_t n = editdist_length(b);
		for (uint32_t k = 0; k <= m; k++)
			row[k] = (uint8_t)k;
		for (uint32_t i = 0; i < n; i++) {
			uint32_t c = b[i], corner = row[0], left = i + 1;
			row[0] = (uint8_t)left;
			for (uint32_t k = 0; k < m; k++) {
				uint32_t above = row[k + 1];
				uint32_t cost = corner + (a[k] != c);
				if (above + 1 < cost)
					cost = above + 1;
				if (left + 1 < cost)
					cost = left + 1;
				row[k + 1] = (uint8_t)cost;
				corner = above;
				left = cost;
			}
		}
		sum += row[m];
		if (row[m] < best) {
			best = row[m];
			nearest = w;
		}
	}
	return (uint64_t)nearest << 32 | sum;
}
