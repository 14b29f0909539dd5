/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs are attached to, and attaching them while they run. */
#include "device/server/internal.h"

#include "firmware/helpers/internal.h" /* helper_u16 */

int32_t server_of_path(struct server *s, const struct coap_request *q)
{
	char path[UB_HOOK_PATH];
	uint32_t len = 0;

	for (uint32_t i = 0; i < q->segments; i++) {
		const struct coap_segment *part = &q->path[i];
		if (len + part->len + 1 > sizeof path)
			return UB_E_PROGRAM;
		memcpy(path + len, part->text, part->len);
		len += part->len;
		path[len++] = '/';
	}
	return len ? supervisor_of_path(&s->supervisor, path, len - 1) : UB_E_PROGRAM;
}

/* The request goes on as it is in the context now. */
int server_passed_on(struct server *s, struct server_call *c, struct supervisor_program *p)
{
	uint32_t len, size, n = 0;
	const uint8_t *context = supervisor_context(p, &len);
	uint8_t *next_context = s->coap.out;
	int32_t next;

	if (!c->packet || p->now_for != UB_EVENT_COAP || p->status || p->result || !context || len < PACKET_HEAD)
		return 0;
	while ((next = supervisor_in_order(&s->supervisor, p, UB_EVENT_COAP, n++)) >= 0 && next != c->number)
		;
	if (next < 0 || (next = supervisor_in_order(&s->supervisor, p, UB_EVENT_COAP, n)) < 0)
		return 0;
	uint32_t request = helper_u16(context + 6), request_len = helper_u16(context + 8), answer = (PACKET_HEAD + request_len + 3) & ~3u;
	size = s->supervisor.programs[next]->loaded.config.context;
	size = size < sizeof s->coap.out ? size : sizeof s->coap.out;
	if (request > len || request_len > len - request || answer + PACKET_ANSWER > size)
		return 0;
	memset(next_context, 0, size);
	server_put16(next_context, answer);
	server_put16(next_context + 2, size - answer);
	server_put16(next_context + 6, PACKET_HEAD);
	server_put16(next_context + 8, request_len);
	memcpy(next_context + PACKET_HEAD, context + request, request_len);
	if (supervisor_call(&s->supervisor, (uint32_t)next, next_context, size, UB_EVENT_COAP))
		return 0;
	c->number = (uint8_t)next;
	return 1;
}

/* The place of a program among those of its hook. */
static uint32_t place_of(const struct supervisor *v, const struct supervisor_program *p, uint32_t event)
{
	uint32_t n = 0;
	int32_t number;

	while ((number = supervisor_in_order(v, p, event, n)) >= 0 && v->programs[number] != p)
		n++;
	return n;
}

static void show(const struct supervisor *v, const struct cbor_writer *w, const struct supervisor_program *p, uint32_t hook)
{
	const struct supervisor_config *c = &p->loaded.config;
	uint32_t event = 1u << hook, own = event & ~(uint32_t)UB_EVENTS_MANY;

	cbor_head(w, CBOR_MAP, 10);
	server_text(w, SERVER_KEY_NAME, c->name);
	server_uint(w, SERVER_KEY_EVENT, hook);
	server_uint(w, SERVER_KEY_ARGUMENT, own ? c->hook_argument : 0);
	server_uint(w, SERVER_KEY_PERIOD, event & (UB_EVENT_TIMER | UB_EVENT_SENSOR) ? c->period_ms : 0);
	server_text(w, SERVER_KEY_PATH, event == UB_EVENT_COAP ? c->hook_path : "");
	server_uint(w, SERVER_KEY_PRIORITY, c->hook_priority);
	server_key(w, SERVER_KEY_ATTACHED);
	cbor_head(w, CBOR_SIMPLE, p->attached & event ? CBOR_TRUE : CBOR_FALSE);
	server_uint(w, SERVER_KEY_ORDER, place_of(v, p, event));
	server_uint(w, SERVER_KEY_HOOK_RUNS, p->hook_runs);
	server_uint(w, SERVER_KEY_OVER, p->over);
}

void server_hooks(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	uint32_t n = 0;

	reply->code = COAP_CONTENT;
	for (int write = 0; write < 2; write++) {
		struct server_page page = {server_from(q->message), 0, 0};
		if (write)
			cbor_head(&w, CBOR_ARRAY, n);
		for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS * UB_HOOK_COUNT; i++) {
			const struct supervisor_program *p = supervisor_at(&s->supervisor, i / UB_HOOK_COUNT);
			if (p && p->loaded.config.events >> i % UB_HOOK_COUNT & 1 && server_shows(&page) && write)
				show(&s->supervisor, &w, p, i % UB_HOOK_COUNT);
		}
		n = page.shown;
	}
}

/* [hook, argument, period, path, priority]: what it is to be attached to is what the manifest says, or it is refused. Without one, all
 * that it says. */
static void change(struct server *s, const struct coap_request *q, struct coap_reply *reply, int attach)
{
	struct cbor_reader r = {q->payload, q->payload + q->len};
	struct ub_fault where = {.status = server_named(s, q)};
	int32_t number = where.status;
	struct supervisor_program *p = number < 0 ? NULL : s->supervisor.programs[number];
	int64_t n[4] = {0};
	struct cbor_item list, path = {0};

	if (!p)
		return server_refuse(s, reply, &where);
	const struct supervisor_config *c = &p->loaded.config;
	uint32_t events = c->events;
	n[3] = c->hook_priority;
	if (q->len) {
		int bad = cbor_expect(&r, CBOR_ARRAY, &list) || list.number != 5 || cbor_read_int(&r, &n[0]) ||
			  cbor_read_int(&r, &n[1]) || cbor_read_int(&r, &n[2]) || cbor_expect(&r, CBOR_TEXT, &path) ||
			  cbor_read_int(&r, &n[3]) || r.at != r.end;
		if (bad || n[0] < 0 || n[0] >= UB_HOOK_COUNT || n[3] < 0 || n[3] > UINT8_MAX)
			return server_say(reply, COAP_BAD_REQUEST, "a hook is [number, argument, period, path, priority], in CBOR");
		events = 1u << n[0];
		int granted = c->events & events && ((events & UB_EVENTS_MANY) || n[1] == c->hook_argument) &&
			      (!(events & (UB_EVENT_TIMER | UB_EVENT_SENSOR)) || n[2] == c->period_ms) &&
			      (events != UB_EVENT_COAP || (path.number == strlen(c->hook_path) && !memcmp(path.bytes, c->hook_path, (uint32_t)path.number)));
		if (!granted)
			where.status = attach ? UB_E_HOOK_GRANT : UB_E_HOOK_DETACHED;
	} else {
		events &= attach ? ~p->attached : p->attached;
		if (!events)
			where.status = !c->events ? UB_E_HOOK_GRANT : attach ? UB_E_HOOK_ATTACHED : UB_E_HOOK_DETACHED;
	}
	for (uint32_t event = 1; where.status >= 0 && event < UB_EVENTS; event <<= 1) {
		if (events & event)
			where.status = attach ? supervisor_attach(&s->supervisor, (uint32_t)number, event, (uint32_t)n[3])
					      : supervisor_detach(&s->supervisor, (uint32_t)number, event);
	}
	if (where.status < 0)
		return server_refuse(s, reply, &where);
	reply->code = COAP_CHANGED;
}

void server_attach(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	change(owner, q, reply, 1);
}

void server_detach(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	change(owner, q, reply, 0);
}
