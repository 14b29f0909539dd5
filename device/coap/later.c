/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that take longer than a handler may. A request is acknowledged when the answer is there, or when it has waited long
 * enough that its client would send it again; then the answer is a message of its own, confirmed by the client.
 */
#include "device/coap/internal.h"

#include <string.h>

static int is_from(const struct coap_later *l, const struct coap_endpoint *from)
{
	return l->resource && !memcmp(&l->from, from, sizeof *from);
}

uint32_t coap_ticket(const struct coap_server *s)
{
	for (uint32_t i = 0; i < COAP_LATERS; i++)
		if (!s->laters[i].resource)
			return i + 1;
	return 0;
}

void coap_wait(struct coap_server *s, const struct coap_asked *a, const struct coap_message *m, uint64_t now)
{
	struct coap_later *l = &s->laters[a->request.ticket - 1];

	*l = (struct coap_later){
		.resource = a->resource, .from = *a->request.from, .who = a->request.who, .bound = a->bound, .token_len = m->token_len,
		.type = m->type, .method = m->code, .block1 = a->block1, .block2 = a->block2, .block1_value = a->block1_value,
		.block2_value = a->block2_value, .id = m->id, .due = now + COAP_PATIENCE_US,
	};
	memcpy(l->token, m->token, m->token_len);
}

int coap_waits(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m)
{
	for (uint32_t i = 0; i < COAP_LATERS; i++) {
		struct coap_later *l = &s->laters[i];
		if (!is_from(l, from) || l->id != m->id || l->answered)
			continue;
		if (l->acknowledged && l->type == COAP_CON)
			coap_empty(s, from, COAP_ACK, l->id);
		return 1;
	}
	return 0;
}

void coap_finish(struct coap_server *s, uint32_t ticket, uint64_t now)
{
	struct coap_later *l = &s->laters[ticket - 1];
	const struct coap_message asked = {.code = l->method, .token = l->token, .token_len = l->token_len};
	struct coap_asked a = {
		.resource = l->resource, .block1 = l->block1, .block2 = l->block2, .block1_value = l->block1_value,
		.block2_value = l->block2_value, .accept = COAP_FORMAT_NONE, .format = COAP_FORMAT_NONE,
		.request = {.message = &asked, .from = &l->from, .who = l->who, .finished = ticket, .more = l->block1 && l->block1_value >> 3 & 1},
	};
	struct coap_message head = asked;

	if (!l->resource || l->answered)
		return;
	int own = l->acknowledged || l->type == COAP_NON;
	head.type = !own ? COAP_ACK : l->type == COAP_CON ? COAP_CON : COAP_NON;
	head.id = own ? s->id++ : l->id;
	uint32_t len = coap_answer(s, &a, &head, -1);
	if (a.request.more)
		coap_uploaded(s, &a, head.code);
	len = coap_out(s, &l->from, l->who, &l->bound, len);
	coap_keep(s, &l->from, l->id, len, now);
	if (head.type == COAP_CON) {
		l->answered = 1;
		l->answer_id = head.id;
		l->due = now + coap_timeout(head.id, 0);
	} else {
		l->resource = 0;
	}
}

void coap_later_confirmed(struct coap_server *s, const struct coap_endpoint *from, uint16_t id)
{
	for (uint32_t i = 0; i < COAP_LATERS; i++)
		if (is_from(&s->laters[i], from) && s->laters[i].answered && s->laters[i].answer_id == id)
			s->laters[i].resource = 0;
}

static void step(struct coap_server *s, struct coap_later *l, uint64_t now)
{
	if (!l->answered) {
		if (l->type == COAP_CON)
			coap_empty(s, &l->from, COAP_ACK, l->id);
		l->acknowledged = 1;
		l->due = UINT64_MAX;
	} else if (l->tries++ == COAP_MAX_RETRANSMIT || !coap_again(s, &l->from, l->id, now)) {
		l->resource = 0; /* nobody there, or so busy here that the answer had to give way */
	} else {
		l->due = now + coap_timeout(l->answer_id, l->tries);
	}
}

uint64_t coap_step_laters(struct coap_server *s, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < COAP_LATERS; i++) {
		struct coap_later *l = &s->laters[i];
		if (l->resource && l->due <= now)
			step(s, l, now);
		if (l->resource && l->due < next)
			next = l->due;
	}
	return next;
}
