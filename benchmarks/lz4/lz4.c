/* SPDX-License-Identifier: BSD-2-Clause */
/* Decodes one block of the LZ4 format: runs of literals, and copies of what was decoded before, which
 * may overlap what they make. Firmware updates come packed like this. */
#include "benchmarks/kernel.h"

struct lz4_ctx {
	uint32_t packed, room; /* bytes of the block, and of the output behind it */
	uint8_t data[];
};

uint64_t UB_KERNEL(lz4)(void *ctx, unsigned long len)
{
	struct lz4_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->packed, 1) ||
	    !ub_kernel_fits(len, sizeof *in + in->packed, in->room, 1))
		return UB_KERNEL_REFUSED;
	const uint8_t *p = in->data, *end = p + in->packed;
	uint8_t *start = in->data + in->packed, *out = start, *limit = start + in->room;
	while (p < end) {
		uint32_t token = *p++, n = token >> 4, more;
		if (n == 15) {
			do {
				if (p == end)
					return UB_KERNEL_REFUSED;
				more = *p++;
				n += more;
			} while (more == 255);
		}
		if (n > (uint32_t)(end - p) || n > (uint32_t)(limit - out))
			return UB_KERNEL_REFUSED;
		for (; n; n--)
			*out++ = *p++;
		if (p == end) /* the last run has no copy */
			break;
		if (end - p < 2)
			return UB_KERNEL_REFUSED;
		uint32_t back = p[0] | (uint32_t)p[1] << 8;
		p += 2;
		if (back == 0 || back > (uint32_t)(out - start))
			return UB_KERNEL_REFUSED;
		n = token & 15;
		if (n == 15) {
			do {
				if (p == end)
					return UB_KERNEL_REFUSED;
				more = *p++;
				n += more;
			} while (more == 255);
		}
		n += 4;
		if (n > (uint32_t)(limit - out))
			return UB_KERNEL_REFUSED;
		const uint8_t *from = out - back;
		for (; n; n--)
			*out++ = *from++;
	}
	return (uint64_t)(out - start);
}
