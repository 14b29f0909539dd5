/* SPDX-License-Identifier: BSD-2-Clause */
/* The link of the field on boards without a network: messages of CoAP on the serial line, framed by slipmux. At the other
 * end is whoever holds the line, as a bridge to a network does (ubench device bridge). */
#include <string.h>

#include "device/boards/board.h"
#include "device/kernel/kernel.h"
#include "device/slipmux/slipmux.h"

enum { RING = 512 };

static struct {
	volatile uint32_t head, tail; /* written by the interrupt, by the thread */
	uint8_t bytes[RING];
	struct slipmux slipmux;
} line;

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
		if (line.head - line.tail < RING) /* what does not fit is lost, and its frame with it */
			line.bytes[line.head++ % RING] = (uint8_t)byte;
	}
	kernel_interrupt();
}

uint32_t os_receive(struct os_peer *from, uint8_t *to, uint32_t size)
{
	const uint8_t *payload;
	uint32_t len;

	/* A frame is put together where the datagram is to be: there is no other memory for it. */
	line.slipmux.bytes = to;
	line.slipmux.size = size;
	while (line.tail != line.head) {
		if (slipmux_take(&line.slipmux, line.bytes[line.tail++ % RING], &payload, &len) != SLIPMUX_COAP || !len || len > size)
			continue;
		memmove(to, payload, len);
		memset(from, 0, sizeof *from);
		return len;
	}
	return 0;
}

static void put(void *arg, uint8_t byte)
{
	(void)arg;
	board_serial_put(byte);
}

void os_send(const struct os_peer *to, const uint8_t *bytes, uint32_t len)
{
	(void)to;
	slipmux_send(put, NULL, SLIPMUX_COAP, bytes, len);
}
