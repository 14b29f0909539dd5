/* SPDX-License-Identifier: BSD-2-Clause */
/* Base64 (RFC 4648): bits regrouped, an alphabet in .rodata, bytes stored one by one. */
#include "benchmarks/kernel.h"

struct base64_ctx {
	uint32_t len; /* bytes of data; the text follows them */
	uint8_t data[];
};

static const char base64_alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint64_t UB_KERNEL(base64)(void *ctx, unsigned long len)
{
	struct base64_ctx *in = ctx;

	/* Three bytes of data take seven of the context; the last group may be shorter. */
	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1) ||
	    (in->len + 2) / 3 > (len - sizeof *in - in->len) / 4)
		return UB_KERNEL_REFUSED;
	const uint8_t *p = in->data, *end = p + in->len;
	uint8_t *start = in->data + in->len, *out = start;
	for (; end - p >= 3; p += 3) {
		uint32_t bits = (uint32_t)p[0] << 16 | p[1] << 8 | p[2];
		*out++ = base64_alphabet[bits >> 18];
		*out++ = base64_alphabet[bits >> 12 & 63];
		*out++ = base64_alphabet[bits >> 6 & 63];
		*out++ = base64_alphabet[bits & 63];
	}
	if (p < end) {
		int two = end - p == 2;
		uint32_t bits = (uint32_t)p[0] << 16 | (two ? p[1] << 8 : 0);
		*out++ = base64_alphabet[bits >> 18];
		*out++ = base64_alphabet[bits >> 12 & 63];
		*out++ = two ? base64_alphabet[bits >> 6 & 63] : '=';
		*out++ = '=';
	}
	return (uint64_t)(out - start);
}
