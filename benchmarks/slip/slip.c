/* SPDX-License-Identifier: BSD-2-Clause */
/* Receives frames from a serial line (SLIP, RFC 1055), each with a CRC-16 at its end: a state machine
 * that takes a byte at a time. */
#include "benchmarks/kernel.h"

struct slip_ctx {
	uint32_t len;
	uint8_t data[];
};

enum slip_state { SLIP_OUTSIDE, SLIP_INSIDE, SLIP_ESCAPED, SLIP_DAMAGED };
enum { SLIP_END = 0xc0, SLIP_ESC = 0xdb, SLIP_ESC_END = 0xdc, SLIP_ESC_ESC = 0xdd };

/* CRC-16/X-25 of one more byte: with its own complement behind it, a frame gives 0xf0b8. */
UB_INLINE uint32_t slip_crc(uint32_t crc, uint32_t byte)
{
	uint32_t x = (crc ^ byte) & 0xff;

	x ^= x << 4 & 0xff;
	return crc >> 8 ^ x << 8 ^ x << 3 ^ x >> 4;
}

uint64_t UB_KERNEL(slip)(void *ctx, unsigned long len)
{
	const struct slip_ctx *in = ctx;
	uint32_t good = 0, bad = 0, bytes = 0;
	uint32_t state = SLIP_OUTSIDE, crc = 0xffff, length = 0;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->len;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t c = in->data[i];
		switch (state) {
		case SLIP_OUTSIDE:
		case SLIP_DAMAGED:
			if (c == SLIP_END) {
				state = SLIP_INSIDE;
				crc = 0xffff;
				length = 0;
			}
			continue;
		case SLIP_INSIDE:
			if (c == SLIP_END) {
				if (length == 0) /* two ends in a row: the second begins a frame */
					continue;
				if (length > 2 && crc == 0xf0b8) {
					good++;
					bytes += length - 2;
				} else {
					bad++;
				}
				state = SLIP_OUTSIDE;
				continue;
			}
			if (c == SLIP_ESC) {
				state = SLIP_ESCAPED;
				continue;
			}
			break;
		case SLIP_ESCAPED:
			if (c != SLIP_ESC_END && c != SLIP_ESC_ESC) {
				bad++;
				state = SLIP_DAMAGED;
				continue;
			}
			c = c == SLIP_ESC_END ? SLIP_END : SLIP_ESC;
			state = SLIP_INSIDE;
			break;
		}
		crc = slip_crc(crc, c);
		length++;
	}
	return (uint64_t)(good << 16 | (bad & 0xffff)) << 32 | bytes;
}
