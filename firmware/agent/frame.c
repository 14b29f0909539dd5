/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/agent/frame.h"

#include <string.h>

uint32_t agent_crc32(const uint8_t *p, uint32_t len)
{
	/* Of each 4-bit value: small, and fast enough for a UART. */
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;
	while (len--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static uint32_t header_check(const uint8_t *frame)
{
	return agent_crc32(frame + UB_WIRE_KIND, UB_WIRE_CHECK - UB_WIRE_KIND) & 0xffff;
}

/* Drops n bytes, and what follows them up to the next that can begin a frame. */
static void discard(struct agent_frame *f, uint32_t n)
{
	while (n < f->have && !(f->bytes[n] == UB_WIRE_SYNC0 &&
				(n + 1 == f->have || f->bytes[n + 1] == UB_WIRE_SYNC1)))
		n++;
	f->have -= n;
	memmove(f->bytes, f->bytes + n, f->have);
	f->need = UB_WIRE_HEADER_BYTES;
	if (!f->have) {
		f->need = 1;
		f->quiet = 0;
	}
}

/* Drops a bad frame. Returns its status, or 0 if it was reported already. */
static int32_t reject(struct agent_frame *f, int32_t status, uint8_t *seq)
{
	*seq = f->bytes[UB_WIRE_SEQ];
	uint32_t quiet = f->quiet;
	f->quiet = 1;
	discard(f, 1);
	return quiet ? 0 : status;
}

int32_t agent_frame_poll(struct agent_frame *f, uint8_t *seq)
{
	while (f->have && f->have >= f->need) {
		const uint8_t *b = f->bytes;
		if (b[0] != UB_WIRE_SYNC0 || (f->have > 1 && b[1] != UB_WIRE_SYNC1)) {
			discard(f, 1);
			continue;
		}
		int32_t status;
		uint32_t length = agent_get16(b + UB_WIRE_LENGTH);
		uint32_t body = UB_WIRE_HEADER_BYTES + length; /* where the CRC is */
		if (f->have < UB_WIRE_HEADER_BYTES) {
			f->need = UB_WIRE_HEADER_BYTES;
			return 0;
		} else if (agent_get16(b + UB_WIRE_CHECK) != header_check(b)) {
			status = UB_E_FRAME_CRC;
		} else if (length > UB_WIRE_PAYLOAD_BYTES) {
			status = UB_E_FRAME_LENGTH;
		} else if (f->have < body + UB_WIRE_CRC_BYTES) {
			f->need = body + UB_WIRE_CRC_BYTES;
			return 0;
		} else if (agent_get32(b + body) != agent_crc32(b + UB_WIRE_KIND, body - UB_WIRE_KIND)) {
			status = UB_E_FRAME_CRC;
		} else {
			f->quiet = 0;
			return 1;
		}
		status = reject(f, status, seq);
		if (status)
			return status;
	}
	return 0;
}

void agent_frame_drop(struct agent_frame *f)
{
	discard(f, UB_WIRE_HEADER_BYTES + agent_get16(f->bytes + UB_WIRE_LENGTH) + UB_WIRE_CRC_BYTES);
}

uint32_t agent_frame_seal(uint8_t *frame, uint8_t kind, uint8_t seq, uint32_t length)
{
	uint32_t body = UB_WIRE_HEADER_BYTES + length;
	frame[0] = UB_WIRE_SYNC0;
	frame[1] = UB_WIRE_SYNC1;
	frame[UB_WIRE_KIND] = kind;
	frame[UB_WIRE_SEQ] = seq;
	agent_put16(frame + UB_WIRE_LENGTH, length);
	agent_put16(frame + UB_WIRE_CHECK, header_check(frame));
	agent_put32(frame + body, agent_crc32(frame + UB_WIRE_KIND, body - UB_WIRE_KIND));
	return body + UB_WIRE_CRC_BYTES;
}
