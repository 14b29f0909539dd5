/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds frames in a stream of bytes (abi/wire.h) and makes them. Knows nothing of what they say.
 *
 * Bytes that are not part of a frame are skipped. A frame that turns out bad gives up its first
 * byte only: a good frame that a damaged length had swallowed is still found in the rest.
 */
#ifndef AGENT_FRAME_H
#define AGENT_FRAME_H

#include <stdint.h>

#include "abi/status.h"
#include "abi/wire.h"

/* A frame being received, at bytes[0] when complete. All zero to begin with. */
struct agent_frame {
	uint8_t bytes[UB_WIRE_FRAME_BYTES] __attribute__((aligned(8)));
	uint32_t have;  /* bytes received */
	uint32_t need;  /* with fewer there is nothing to do */
	uint32_t quiet; /* a bad frame was reported and these are its remains */
};

static inline uint32_t agent_get16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t agent_get32(const uint8_t *p)
{
	return agent_get16(p) | agent_get16(p + 2) << 16;
}

static inline void agent_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void agent_put32(uint8_t *p, uint32_t v)
{
	agent_put16(p, v);
	agent_put16(p + 2, v >> 16);
}

/* Appends a received byte. Only after agent_frame_poll returned 0. Returns whether to poll now. */
static inline int agent_frame_push(struct agent_frame *f, uint8_t byte)
{
	f->bytes[f->have++] = byte;
	return f->have >= f->need;
}

/* What the bytes received so far amount to: 0 if more are needed, 1 if a frame is complete, or
 * UB_E_FRAME_CRC, UB_E_FRAME_LENGTH for a bad one, which is dropped, and reported once however many
 * frames its remains look like; bytes[UB_WIRE_SEQ] was then at *seq. Poll until 0 before pushing
 * again, with agent_frame_drop after each 1. */
int32_t agent_frame_poll(struct agent_frame *f, uint8_t *seq);

/* Removes the complete frame. */
void agent_frame_drop(struct agent_frame *f);

/* Makes a frame of the `length` payload bytes at frame[UB_WIRE_HEADER_BYTES]. Returns its length. */
uint32_t agent_frame_seal(uint8_t *frame, uint8_t kind, uint8_t seq, uint32_t length);

/* CRC-32 (IEEE 802.3) of `len` bytes. */
uint32_t agent_crc32(const uint8_t *p, uint32_t len);

#endif
