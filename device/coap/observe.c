/* SPDX-License-Identifier: BSD-2-Clause */
/* Observers (RFC 7641). Each has the options it asked with, and is answered anew when something has changed: what it gets
 * is the latest state, and states in between are passed over while one notification waits to be confirmed.
 */
#include "device/coap/internal.h"

#include <string.h>

static int same(const struct coap_endpoint *a, const struct coap_endpoint *b)
{
	return !memcmp(a, b, sizeof *a);
}

static struct coap_observer *find(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m)
{
	for (uint32_t i = 0; i < COAP_OBSERVERS; i++) {
		struct coap_observer *o = &s->observers[i];
		if (o->resource && same(&o->from, from) && o->token_len == m->token_len && !memcmp(o->token, m->token, m->token_len))
			return o;
	}
	return 0;
}

static int64_t next_number(struct coap_server *s)
{
	return s->sequence = (s->sequence + 1) & 0xffffff;
}

int64_t coap_observe(struct coap_server *s, const struct coap_asked *a, const struct coap_endpoint *from, uint64_t now)
{
	const struct coap_message *m = a->request.message;
	struct coap_observer *o = find(s, from, m);

	if (m->options_len > COAP_OBSERVED_BYTES)
		return -1;
	for (uint32_t i = 0; !o && i < COAP_OBSERVERS; i++)
		if (!s->observers[i].resource)
			o = &s->observers[i];
	if (!o)
		return -1;
	memset(o, 0, sizeof *o);
	o->from = *from;
	o->resource = a->resource;
	o->who = a->request.who;
	o->bound = a->bound;
	o->token_len = m->token_len;
	memcpy(o->token, m->token, m->token_len);
	o->options_len = m->options_len;
	memcpy(o->options, m->options, m->options_len);
	o->id = m->id;
	o->state = o->resource->state(s->owner);
	o->confirmed = now;
	return next_number(s);
}

void coap_forget(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m)
{
	struct coap_observer *o = find(s, from, m);

	if (o)
		o->resource = 0;
}

void coap_told(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m, const struct coap_asked *a)
{
	struct coap_observer *o = find(s, from, m);

	if (o) {
		o->hash = a->hash;
		o->bound = a->bound;
	}
}

void coap_confirmed(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m, uint64_t now)
{
	for (uint32_t i = 0; i < COAP_OBSERVERS; i++) {
		struct coap_observer *o = &s->observers[i];
		if (!o->resource || o->id != m->id || !same(&o->from, from))
			continue;
		if (m->type == COAP_RST) { /* it does not know what this is about, or no longer wants to */
			o->resource = 0;
		} else {
			o->unconfirmed = 0;
			o->confirmed = now;
		}
	}
}

uint64_t coap_timeout(uint16_t id, uint32_t tries)
{
	/* Between one and one and a half, so that devices do not keep step. */
	uint32_t jitter = (id * 2654435761u >> 12) % (COAP_ACK_TIMEOUT_US / 2);

	return (uint64_t)(COAP_ACK_TIMEOUT_US + jitter) << tries;
}

static void notify(struct coap_server *s, struct coap_observer *o, uint64_t now)
{
	struct coap_message asked = {
		.code = COAP_GET, .token = o->token, .token_len = o->token_len, .options = o->options, .options_len = o->options_len,
	};
	struct coap_message head = asked;
	struct coap_asked a = {0};

	a.request.from = &o->from;
	a.request.who = o->who;
	coap_ask(&a, &asked); /* was in order when it came */
	a.resource = o->resource;
	int confirm = o->unconfirmed || now - o->confirmed >= COAP_PROBE_US || (o->sent && now - o->sent < COAP_PACE_US);
	head.type = confirm ? COAP_CON : COAP_NON;
	head.id = o->id = s->id++;
	uint32_t len = coap_answer(s, &a, &head, next_number(s));
	o->state = o->resource->state(s->owner);
	if (a.hash == o->hash && !o->unconfirmed && head.code == COAP_CONTENT)
		return; /* what changed is not what it sees */
	o->hash = a.hash;
	o->sent = now;
	if (head.code >> 5 != 2) { /* there is nothing to observe any more, and this says so */
		o->resource = 0;
	} else if (confirm) {
		if (!o->unconfirmed)
			o->tries = 0;
		o->unconfirmed = 1;
		o->due = now + coap_timeout(o->id, o->tries);
	}
	coap_out(s, &o->from, o->who, &o->bound, len);
}

uint64_t coap_step_observers(struct coap_server *s, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < COAP_OBSERVERS; i++) {
		struct coap_observer *o = &s->observers[i];
		if (!o->resource)
			continue;
		if (o->unconfirmed && o->due <= now) {
			if (o->tries == COAP_MAX_RETRANSMIT) {
				o->resource = 0; /* gone */
				continue;
			}
			o->tries++;
			notify(s, o, now);
		} else if (!o->unconfirmed && o->state != o->resource->state(s->owner)) {
			notify(s, o, now);
		}
		if (o->resource && o->unconfirmed && o->due < next)
			next = o->due;
	}
	return next;
}
