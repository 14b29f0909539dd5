/* SPDX-License-Identifier: BSD-2-Clause */
/* The link of boards without a network: a datagram is a frame (abi/wire.h) on the serial line, kind and sequence
 * number before its payload. The interrupt fills a ring; os_receive looks for frames in it. */
#include "device/boards/board.h"

#include <string.h>

#include "device/kernel/kernel.h"
#include "firmware/agent/frame.h"

enum { RING = 512 };

static struct {
	volatile uint32_t head, tail; /* written by the interrupt, by the thread */
	uint8_t bytes[RING];
	struct agent_frame frame;
	uint8_t out[UB_WIRE_FRAME_BYTES] __attribute__((aligned(8)));
} serial;

os_filter_frames board_link_start(void)
{
	board_serial_listen();
	return NULL;
}

void board_link_interrupt(void)
{
	int32_t byte;

	kernel_point(OS_POINT_IRQ_ENTER);
	while ((byte = board_serial_get()) >= 0) {
		if (serial.head - serial.tail < RING) /* what does not fit is lost, and its frame with it */
			serial.bytes[serial.head++ % RING] = (uint8_t)byte;
	}
	kernel_interrupt();
}

uint32_t os_receive(struct os_peer *from, uint8_t *to, uint32_t size)
{
	uint8_t seq;

	while (serial.tail != serial.head) {
		if (!agent_frame_push(&serial.frame, serial.bytes[serial.tail++ % RING]))
			continue;
		int32_t status;
		while ((status = agent_frame_poll(&serial.frame, &seq)) < 0)
			;
		if (!status)
			continue;
		const uint8_t *f = serial.frame.bytes;
		uint32_t len = 2 + agent_get16(f + UB_WIRE_LENGTH);
		if (len > size)
			len = size;
		memcpy(to, f + UB_WIRE_KIND, 2);
		memcpy(to + 2, f + UB_WIRE_HEADER_BYTES, len - 2);
		agent_frame_drop(&serial.frame);
		memset(from, 0, sizeof *from);
		return len;
	}
	return 0;
}

void os_send(const struct os_peer *to, const uint8_t *bytes, uint32_t len)
{
	(void)to;
	if (len < 2 || len - 2 > UB_WIRE_PAYLOAD_BYTES)
		return;
	memcpy(serial.out + UB_WIRE_HEADER_BYTES, bytes + 2, len - 2);
	uint32_t n = agent_frame_seal(serial.out, bytes[0], bytes[1], len - 2);
	for (uint32_t i = 0; i < n; i++)
		board_serial_put(serial.out[i]);
}
