/* SPDX-License-Identifier: BSD-2-Clause */
/* Running programs for requests. The answer comes when the run is over, so a request has a ticket (coap_finish). */
#include "device/server/internal.h"

#include "firmware/helpers/internal.h" /* helper_u16 */

static void act(struct server *s, const struct coap_request *q, struct coap_reply *reply,
		int32_t (*what)(struct supervisor *s, uint32_t number), int wanted)
{
	int32_t number = server_named(s, q);
	struct ub_fault where = {.status = number};

	if (number >= 0)
		where.status = what(&s->supervisor, (uint32_t)number);
	if (where.status < 0)
		return server_refuse(s, reply, &where);
	s->programs[number].wanted = (uint8_t)wanted;
	reply->code = COAP_CHANGED;
}

void server_start(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	int32_t number = server_named(s, q);
	struct ub_fault where = {.status = number};

	if (number >= 0)
		supervisor_start(&s->supervisor, (uint32_t)number, &where);
	if (where.status < 0)
		return server_refuse(s, reply, &where);
	s->programs[number].wanted = 1;
	reply->code = COAP_CHANGED;
}

void server_stop(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	act(owner, q, reply, supervisor_stop, 0);
}

void server_kill(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	act(owner, q, reply, supervisor_kill, 0);
}

void server_answered(void *arg, struct supervisor_program *p)
{
	struct server *s = arg;
	uint32_t number = p->number;

	for (uint32_t i = 0; i < COAP_LATERS; i++) {
		struct server_call *c = &s->calls[i];
		if (!c->active || c->number != number)
			continue;
		if (server_passed_on(s, c, p))
			return;
		s->programs[number].counted = ub_port_instructions() - c->counted;
		coap_finish(&s->coap, i + 1, os_now());
		c->active = 0;
		return;
	}
}

static void call(struct server *s, uint32_t number, const struct coap_request *q, struct coap_reply *reply, const uint8_t *context,
		 uint32_t len, int packet, uint32_t event)
{
	struct ub_fault where = {0};

	if (!q->ticket)
		return server_say(reply, COAP_UNAVAILABLE, "too many requests wait for their answers");
	uint32_t counted = ub_port_instructions();
	where.status = supervisor_call(&s->supervisor, number, context, len, event);
	if (where.status)
		return server_refuse(s, reply, &where);
	s->calls[q->ticket - 1] = (struct server_call){.active = 1, .number = (uint8_t)number, .packet = (uint8_t)packet, .counted = counted};
	reply->code = COAP_LATER;
}

/* What the last run came to. */
static void show_result(struct server *s, uint32_t number, struct coap_reply *reply)
{
	const struct supervisor_program *p = s->supervisor.programs[number];
	const struct cbor_writer w = server_writer(reply);
	uint32_t len;
	const uint8_t *context = supervisor_context(p, &len);
	int faulted = p->status != 0 && p->fault.count;

	reply->code = COAP_CHANGED;
	reply->format = COAP_FORMAT_CBOR;
	cbor_head(&w, CBOR_MAP, faulted ? 7 : 5);
	server_int(&w, SERVER_KEY_STATUS, p->status);
	server_uint64(&w, SERVER_KEY_RESULT, p->result);
	server_uint(&w, SERVER_KEY_SPENT, p->spent);
	if (faulted) {
		server_uint(&w, SERVER_KEY_SLOT, p->fault.end.fault.pc);
		server_uint(&w, SERVER_KEY_ADDRESS, p->fault.end.fault.addr);
	}
	server_uint(&w, SERVER_KEY_INSTRUCTIONS, s->programs[number].counted);
	server_bytes(&w, SERVER_KEY_CONTEXT, context, context ? len : 0);
}

void server_run(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	int32_t number = q->finished ? s->calls[q->finished - 1].number : server_named(s, q);

	if (number < 0)
		return server_say_absent(reply);
	if (q->finished)
		return show_result(s, (uint32_t)number, reply);
	if (q->continued) {
		if (s->supervisor.programs[number]->state != SUPERVISOR_READY)
			return server_say(reply, COAP_INCOMPLETE, "it runs again: its last result is gone");
		return show_result(s, (uint32_t)number, reply);
	}
	if (q->more || q->offset)
		return server_say(reply, COAP_TOO_LARGE, "a context comes in one block");
	call(s, (uint32_t)number, q, reply, q->payload, q->len, 0, 0);
}

static void begin_packet(struct server *s, uint32_t number, const struct coap_request *q, struct coap_reply *reply, uint32_t event)
{
	/* Until there is an answer, what answers are written to is free. */
	uint8_t *context = s->coap.out;
	uint32_t size = s->supervisor.programs[number]->loaded.config.context;
	const struct coap_message *m = q->message;
	struct coap_writer w;

	size = size < sizeof s->coap.out ? size : sizeof s->coap.out;
	if (q->more || q->offset || size < PACKET_HEAD)
		return server_say(reply, COAP_TOO_LARGE, "it does not fit into the program's context");
	coap_begin(&w, context + PACKET_HEAD, size - PACKET_HEAD, m);
	coap_put_raw(&w, m->options, m->options_len);
	coap_put_payload(&w, m->payload, m->payload_len);
	uint32_t answer = (PACKET_HEAD + w.len + 3) & ~3u;
	if (w.full || answer + PACKET_ANSWER > size)
		return server_say(reply, COAP_TOO_LARGE, "it does not fit into the program's context");
	memset(context, 0, PACKET_HEAD);
	memset(context + PACKET_HEAD + w.len, 0, size - PACKET_HEAD - w.len);
	server_put16(context, answer);
	server_put16(context + 2, size - answer);
	server_put16(context + 6, PACKET_HEAD);
	server_put16(context + 8, w.len);
	call(s, number, q, reply, context, size, 1, event);
}

/* What the program wrote, if it is an answer. */
static void end_packet(struct server *s, uint32_t number, struct coap_reply *reply)
{
	const struct supervisor_program *p = s->supervisor.programs[number];
	struct coap_message m;
	struct coap_option o;
	uint32_t len;
	const uint8_t *context = supervisor_context(p, &len);

	if (p->status || !context)
		return server_say(reply, COAP_INTERNAL_ERROR, "the program that answers was stopped");
	uint32_t at = helper_u16(context), n = (uint32_t)p->result;
	if (at > len || n > len - at || p->result > len || coap_parse(&m, context + at, n) || m.code >> 5 < 2 || m.code >> 5 > 5)
		return server_say(reply, COAP_INTERNAL_ERROR, "what the program wrote is no answer");
	reply->code = m.code;
	struct coap_options options = coap_options(&m);
	while (coap_next(&options, &o)) {
		if (o.number == COAP_OPTION_CONTENT_FORMAT && o.len <= 2)
			reply->format = (uint16_t)coap_uint(&o);
		else if (o.number == COAP_OPTION_MAX_AGE && o.len <= 4)
			reply->max_age = coap_uint(&o);
	}
	if (m.payload_len)
		coap_body(reply, m.payload, m.payload_len);
}

void server_packet(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;

	if (q->finished)
		return end_packet(s, s->calls[q->finished - 1].number, reply);
	int32_t number = server_of_path(s, q);
	if (number >= 0)
		return begin_packet(s, (uint32_t)number, q, reply, UB_EVENT_COAP);
	begin_packet(s, (uint32_t)server_named(s, q), q, reply, 0);
}
