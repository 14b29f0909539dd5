/* SPDX-License-Identifier: BSD-2-Clause */
/* Stores of programs, logs, what simulated devices read. */
#include "device/server/internal.h"
#include "firmware/helpers/internal.h"

/* A number in decimal, all of the text. */
static int number_of(const struct coap_segment *text, uint32_t *value)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < text->len; i++) {
		if (text->text[i] < '0' || text->text[i] > '9')
			return 0;
		n = n * 10 + text->text[i] - '0';
		if (n > UINT32_MAX)
			return 0;
	}
	*value = (uint32_t)n;
	return text->len > 0;
}

struct entries {
	struct helper_entry *table;
	uint8_t *used;
	uint32_t size;
};

/* "global", or the name of a program, whose own store it is. */
static int entries_of(struct server *s, const struct coap_request *q, struct entries *e)
{
	int32_t number = server_named(s, q);

	if (q->path[1].len == 6 && !memcmp(q->path[1].text, "global", 6)) {
		*e = (struct entries){s->supervisor.env.global, &s->supervisor.env.nglobal, UB_DEVICE_GLOBALS};
		return 1;
	}
	if (number < 0)
		return 0;
	struct supervisor_program *p = s->supervisor.programs[number];
	*e = (struct entries){p->local, &p->nlocal, UB_DEVICE_LOCALS};
	return 1;
}

void server_store(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	const struct cbor_writer w = server_writer(reply);
	struct entries e;

	if (!entries_of(owner, q, &e))
		return server_say(reply, COAP_NOT_FOUND, "no such store: global, or the name of a program");
	reply->code = COAP_CONTENT;
	cbor_head(&w, CBOR_MAP, *e.used);
	uint64_t least = 0;
	for (uint32_t i = 0; i < *e.used; i++) { /* keys of a map ascend */
		const struct helper_entry *next = NULL;
		for (uint32_t k = 0; k < *e.used; k++)
			if (e.table[k].key >= least && (!next || e.table[k].key < next->key))
				next = &e.table[k];
		if (!next)
			break;
		cbor_head(&w, CBOR_UINT, next->key);
		cbor_head(&w, CBOR_UINT, next->value);
		least = (uint64_t)next->key + 1;
	}
}

void server_value(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	const struct cbor_writer w = server_writer(reply);
	struct entries e;
	uint32_t key;
	int64_t value = 0;

	if (!entries_of(owner, q, &e) || !number_of(&q->path[2], &key))
		return server_say(reply, COAP_NOT_FOUND, "no such store or key");
	if (q->message->code == COAP_PUT) {
		struct cbor_reader r = {q->payload, q->payload + q->len};
		if (q->more || q->offset || !q->len || cbor_read_int(&r, &value) || r.at != r.end || value < INT32_MIN || value > UINT32_MAX)
			return server_say(reply, COAP_BAD_REQUEST, "a value is one integer of 32 bits, in CBOR");
		if (helper_store(e.table, e.used, e.size, key, (uint32_t)value))
			return server_say(reply, COAP_TOO_LARGE, "the store is full");
		reply->code = COAP_CHANGED;
		return;
	}
	for (uint32_t i = 0; i < *e.used; i++) {
		if (e.table[i].key != key)
			continue;
		reply->code = COAP_CONTENT;
		cbor_head(&w, CBOR_UINT, e.table[i].value);
		return;
	}
	server_say(reply, COAP_NOT_FOUND, "nothing is stored there");
}

uint32_t server_from(const struct coap_message *m)
{
	struct coap_options options = coap_options(m);
	struct coap_option o;
	uint32_t from = 0;

	while (coap_next(&options, &o)) {
		const struct coap_segment digits = {o.value + 5, o.len - 5};
		if (o.number == COAP_OPTION_URI_QUERY && o.len > 5 && !memcmp(o.value, "from=", 5))
			number_of(&digits, &from);
	}
	return from;
}

static uint8_t logged(const struct supervisor *s, uint32_t at)
{
	return s->log[at % SUPERVISOR_LOG];
}

/* Records from a place on, of one program or of all: [place, name, text] each. Returns how many; writes if `w` is not NULL. */
static uint32_t lines(struct server *s, const struct cbor_writer *w, uint32_t from, int32_t only)
{
	const struct supervisor *v = &s->supervisor;
	uint32_t n = 0;

	for (uint32_t at = v->log_tail; at != v->log_head; at += 2u + logged(v, at + 1)) {
		uint32_t number = logged(v, at), len = logged(v, at + 1);
		if ((int32_t)(at - from) < 0 || (only >= 0 && number != (uint32_t)only))
			continue;
		n++;
		if (!w)
			continue;
		const char *name = number < SUPERVISOR_PROGRAMS ? v->programs[number]->loaded.config.name : "";
		cbor_head(w, CBOR_ARRAY, 3);
		cbor_head(w, CBOR_UINT, at);
		cbor_text(w, name);
		cbor_head(w, CBOR_BYTES, len); /* what programs print is not always text */
		for (uint32_t i = 0; i < len; i++) {
			uint8_t byte = logged(v, at + 2 + i);
			w->put(w->arg, &byte, 1);
		}
	}
	return n;
}

uint32_t server_log_state(void *owner)
{
	const struct server *s = owner;

	return s->supervisor.log_head;
}

void server_log(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	int32_t only = q->segments > 1 ? server_named(s, q) : -1;
	uint32_t from = server_from(q->message);

	if (q->segments > 1 && only < 0)
		return server_say_absent(reply);
	if ((int32_t)(from - s->supervisor.log_head) > 0) /* of another life */
		from = 0;
	reply->code = COAP_CONTENT;
	cbor_head(&w, CBOR_MAP, 2);
	server_uint(&w, SERVER_KEY_NEXT, s->supervisor.log_head);
	server_key(&w, SERVER_KEY_LINES);
	cbor_head(&w, CBOR_ARRAY, lines(s, NULL, from, only));
	lines(s, &w, from, only);
}

/* What simulated devices read from now on. The global store keeps what it has, but for what the trace says of it. */
void server_trace(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	struct helper_env *env = &s->supervisor.env;
	struct helper_entry global[UB_DEVICE_GLOBALS];
	uint8_t nglobal = env->nglobal;

	if (q->more || q->offset || q->len > SERVER_TRACE_BYTES)
		return server_say(reply, COAP_TOO_LARGE, "a trace has 256 bytes at most");
	memcpy(global, env->global, sizeof global);
	if (!s->trace.len && pool_take_private(&s->supervisor.pool, SERVER_TRACE_BYTES, &s->trace))
		return server_say(reply, COAP_TOO_LARGE, "there is no memory for a trace");
	uint8_t *trace = s->setup->board->pool + (s->trace.addr - s->setup->board->pool_addr);
	if (q->len)
		memcpy(trace, q->payload, q->len);
	int32_t err = helper_env_reset(env, trace, q->len);
	for (uint32_t i = 0; i < env->nglobal; i++)
		helper_store(global, &nglobal, UB_DEVICE_GLOBALS, env->global[i].key, env->global[i].value);
	memcpy(env->global, global, sizeof global);
	env->nglobal = nglobal;
	if (err)
		return server_say(reply, COAP_BAD_REQUEST, "the trace is malformed");
	reply->code = COAP_CHANGED;
}
