/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32 (IEEE 802.3, reflected), a bit at a time: shifts and data-dependent masks. */
#include "benchmarks/kernel.h"

struct crc32_ctx {
	uint32_t len; /* bytes of data */
	uint8_t data[];
};

uint64_t UB_KERNEL(crc32)(void *ctx, unsigned long len)
{
	const struct crc32_ctx *in = ctx;
	uint32_t crc = 0xffffffff;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	for (uint32_t i = 0; i < in->len; i++) {
		crc ^= in->data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}
