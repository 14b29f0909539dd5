/* SPDX-License-Identifier: BSD-2-Clause */
/* Decodes a canonical Huffman code bit by bit, by the counts of codes of each length (as in RFC 1951). */
#include "benchmarks/kernel.h"

enum { HUFFMAN_BITS = 15 };

struct huffman_ctx {
	uint32_t symbols, packed;            /* symbols to decode, bytes of packed bits */
	uint16_t count[HUFFMAN_BITS + 1];    /* codes of each length */
	uint8_t order[256];                  /* symbols by ascending code */
	uint8_t data[];                      /* packed bits, lowest first, then room for the symbols */
};

uint64_t UB_KERNEL(huffman)(void *ctx, unsigned long len)
{
	struct huffman_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->packed, 1) ||
	    !ub_kernel_fits(len, sizeof *in + in->packed, in->symbols, 1))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->symbols, bits = 8 * in->packed, at = 0, hash = 0;
	const uint8_t *p = in->data;
	uint8_t *out = in->data + in->packed;
	if (in->packed > 1 << 20)
		return UB_KERNEL_REFUSED;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t code = 0, first = 0, index = 0, length = 1, symbol;
		for (;; length++) {
			if (at == bits || length > HUFFMAN_BITS)
				return UB_KERNEL_REFUSED;
			code |= p[at / 8] >> at % 8 & 1;
			at++;
			uint32_t count = in->count[length];
			if (code - first < count) {
				symbol = index + (code - first);
				break;
			}
			index += count;
			first = (first + count) << 1;
			code <<= 1;
		}
		if (symbol > 255)
			return UB_KERNEL_REFUSED;
		out[i] = in->order[symbol];
		hash = hash * 31 + out[i];
	}
	return (uint64_t)at << 32 | hash;
}
