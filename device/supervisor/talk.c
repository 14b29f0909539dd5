/* SPDX-License-Identifier: BSD-2-Clause */
/* Mailboxes. Messages are whole or not there; a full mailbox is the sender's to deal with. */
#include "device/supervisor/internal.h"
#include "firmware/helpers/internal.h"

static void put(struct supervisor_program *p, const uint8_t *bytes, uint32_t len)
{
	const struct supervisor_mailbox *m = &p->mailbox;
	uint8_t *ring = supervisor_memory(p->supervisor, m->ring.addr);

	for (uint32_t i = 0; i < len; i++)
		ring[(m->head + i) % m->ring.len] = bytes[i];
}

static void get(const struct supervisor_program *p, uint32_t from, uint8_t *bytes, uint32_t len)
{
	const struct supervisor_mailbox *m = &p->mailbox;
	const uint8_t *ring = supervisor_memory(p->supervisor, m->ring.addr);

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = ring[(from + i) % m->ring.len];
}

static uint32_t taken(uint32_t len)
{
	return 4 + ((len + 3) & ~3u);
}

uint64_t supervisor_send(struct supervisor *s, uint32_t number, const uint8_t *bytes, uint32_t len)
{
	struct supervisor_program *p = supervisor_at(s, number);
	uint8_t head[4] = {(uint8_t)len, (uint8_t)(len >> 8), 0, 0};

	if (!p || !p->mailbox.ring.len)
		return STATUS(HELPER_NO_DEVICE);
	struct supervisor_mailbox *m = &p->mailbox;
	if (len > 0xffff || taken(len) > m->ring.len - (m->head - m->tail))
		return STATUS(HELPER_NO_MEMORY);
	put(p, head, sizeof head);
	m->head += sizeof head;
	put(p, bytes, len);
	m->head += taken(len) - (uint32_t)sizeof head;
	p->pending |= UB_EVENT_MESSAGE;
	if (p->state == SUPERVISOR_RUNNING)
		os_wake(&p->thread, UB_EVENT_MESSAGE);
	os_wake(s->server, 1u << number);
	return 0;
}

uint64_t supervisor_receive(struct supervisor_program *p, uint8_t *to, uint32_t size)
{
	struct supervisor_mailbox *m = &p->mailbox;
	uint8_t head[4];

	if (m->head == m->tail)
		return STATUS(HELPER_NO_DATA);
	get(p, m->tail, head, sizeof head);
	uint32_t len = helper_u16(head);
	if (len > size)
		return STATUS(HELPER_NO_MEMORY);
	get(p, m->tail + (uint32_t)sizeof head, to, len);
	m->tail += taken(len);
	return len;
}
