/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/coap/message.h"

#include <string.h>

enum { HEAD = 4, PAYLOAD_MARKER = 0xff };

/* A delta or a length: 13 and 14 say that one or two bytes follow. Returns 0 where there are too few, or for 15. */
static int extended(const uint8_t **p, const uint8_t *end, uint32_t *value)
{
	if (*value < 13)
		return 1;
	uint32_t bytes = *value - 12;
	if (bytes > 2 || (uint32_t)(end - *p) < bytes)
		return 0;
	*value = bytes == 1 ? 13u + (*p)[0] : 269u + ((uint32_t)(*p)[0] << 8 | (*p)[1]);
	*p += bytes;
	return 1;
}

/* The next option: 1; the end or a payload: 0; malformed: -1. */
static int option(struct coap_options *o, struct coap_option *to)
{
	const uint8_t *p = o->at;

	if (p == o->end || *p == PAYLOAD_MARKER)
		return 0;
	uint32_t delta = *p >> 4, len = *p & 15;
	p++;
	if (!extended(&p, o->end, &delta) || !extended(&p, o->end, &len) || len > (uint32_t)(o->end - p) ||
	    o->number + delta > 0xffff)
		return -1;
	*to = (struct coap_option){o->number + delta, len, p};
	o->number += delta;
	o->at = p + len;
	return 1;
}

int32_t coap_parse(struct coap_message *m, const uint8_t *bytes, uint32_t len)
{
	memset(m, 0, sizeof *m);
	if (len < HEAD || bytes[0] >> 6 != 1)
		return COAP_E_IGNORE;
	m->type = bytes[0] >> 4 & 3;
	m->code = bytes[1];
	m->id = (uint16_t)(bytes[2] << 8 | bytes[3]);
	uint32_t token_len = bytes[0] & 15;
	if (token_len > COAP_TOKEN_BYTES || token_len > len - HEAD)
		return COAP_E_FORMAT;
	if (m->code == COAP_EMPTY && len != HEAD)
		return COAP_E_FORMAT;
	m->token_len = (uint8_t)token_len;
	m->token = bytes + HEAD;
	m->options = m->token + token_len;
	struct coap_options o = {m->options, bytes + len, 0};
	struct coap_option ignored;
	int more;
	while ((more = option(&o, &ignored)) > 0)
		;
	if (more < 0)
		return COAP_E_FORMAT;
	m->options_len = (uint32_t)(o.at - m->options);
	if (o.at != o.end) {
		m->payload = o.at + 1;
		m->payload_len = (uint32_t)(o.end - m->payload);
		if (!m->payload_len) /* a marker, and nothing behind it */
			return COAP_E_FORMAT;
	}
	return COAP_PARSED;
}

struct coap_options coap_options(const struct coap_message *m)
{
	return (struct coap_options){m->options, m->options + m->options_len, 0};
}

int coap_next(struct coap_options *o, struct coap_option *to)
{
	return option(o, to) > 0;
}

uint32_t coap_uint(const struct coap_option *option)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < option->len; i++)
		value = value << 8 | option->value[i];
	return value;
}

static void put(struct coap_writer *w, const void *bytes, uint32_t len)
{
	if (w->full || len > w->size - w->len) {
		w->full = 1;
		return;
	}
	if (len) /* a payload may lie in the same buffer, further on */
		memmove(w->bytes + w->len, bytes, len);
	w->len += len;
}

void coap_begin(struct coap_writer *w, uint8_t *bytes, uint32_t size, const struct coap_message *head)
{
	const uint8_t first[HEAD] = {
		(uint8_t)(1 << 6 | head->type << 4 | head->token_len), head->code, (uint8_t)(head->id >> 8), (uint8_t)head->id,
	};

	*w = (struct coap_writer){bytes, size, 0, 0, 0};
	put(w, first, HEAD);
	put(w, head->token, head->token_len);
}

/* The half of an option's first byte, and the bytes that follow it. Returns how many. */
static uint32_t split(uint32_t value, uint8_t *half, uint8_t *more)
{
	if (value < 13) {
		*half = (uint8_t)value;
		return 0;
	}
	if (value < 269) {
		*half = 13;
		more[0] = (uint8_t)(value - 13);
		return 1;
	}
	*half = 14;
	more[0] = (uint8_t)((value - 269) >> 8);
	more[1] = (uint8_t)(value - 269);
	return 2;
}

void coap_put(struct coap_writer *w, uint32_t number, const void *value, uint32_t len)
{
	uint8_t head[5], delta, length;
	uint32_t n = 1;

	if (number < w->number) { /* BUG: options come in order */
		w->full = 1;
		return;
	}
	n += split(number - w->number, &delta, head + n);
	n += split(len, &length, head + n);
	head[0] = (uint8_t)(delta << 4 | length);
	w->number = number;
	put(w, head, n);
	put(w, value, len);
}

void coap_put_uint(struct coap_writer *w, uint32_t number, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
	uint32_t skip = 0;

	while (skip < 4 && !bytes[skip])
		skip++;
	coap_put(w, number, bytes + skip, 4 - skip);
}

void coap_put_raw(struct coap_writer *w, const uint8_t *options, uint32_t len)
{
	put(w, options, len);
}

void coap_put_payload(struct coap_writer *w, const uint8_t *payload, uint32_t len)
{
	static const uint8_t marker = PAYLOAD_MARKER;

	if (len) {
		put(w, &marker, 1);
		put(w, payload, len);
	}
}
