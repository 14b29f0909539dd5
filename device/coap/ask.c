/* SPDX-License-Identifier: BSD-2-Clause */
/* What the options of a request ask for. */
#include "device/coap/internal.h"

#include <string.h>

/* Whether the option is known, of an allowed length. */
static int known(const struct coap_option *o)
{
	switch (o->number) {
#define COAP_OPTION(name, number, least, most) \
	case number:                           \
		return (int)o->len >= (least) && o->len <= (most);
		COAP_OPTIONS(COAP_OPTION)
#undef COAP_OPTION
	}
	return 0;
}

static int block(const struct coap_option *o, uint32_t *value)
{
	*value = coap_uint(o);
	return (*value & 7) != 7; /* a size that is reserved */
}

uint8_t coap_ask(struct coap_asked *a, const struct coap_message *m)
{
	struct coap_options options = coap_options(m);
	struct coap_option o;
	uint32_t last = 0;

	a->request.message = m;
	a->request.payload = m->payload;
	a->request.len = m->payload_len;
	a->accept = a->format = COAP_FORMAT_NONE;
	a->key = coap_hash(COAP_HASH_START, &m->code, 1);
	while (coap_next(&options, &o)) {
		int repeatable = o.number == COAP_OPTION_URI_PATH || o.number == COAP_OPTION_URI_QUERY || o.number == COAP_OPTION_ETAG ||
				 o.number == COAP_OPTION_IF_MATCH;
		/* One of a wrong length, and one that comes again where it may not, count as unknown (5.4.3, 5.4.5). */
		if (!known(&o) || (o.number == last && !repeatable)) {
			if (o.number & 1)
				return COAP_BAD_OPTION;
			last = o.number;
			continue;
		}
		last = o.number;
		if (o.number != COAP_OPTION_BLOCK1 && o.number != COAP_OPTION_BLOCK2 && o.number != COAP_OPTION_SIZE1 &&
		    o.number != COAP_OPTION_SIZE2) {
			const uint8_t head[2] = {(uint8_t)o.number, (uint8_t)o.len};
			a->key = coap_hash(coap_hash(a->key, head, 2), o.value, o.len);
		}
		switch (o.number) {
		case COAP_OPTION_URI_PATH:
			if (a->request.segments == COAP_SEGMENTS)
				a->too_long = 1;
			else
				a->request.path[a->request.segments++] = (struct coap_segment){o.value, o.len};
			break;
		case COAP_OPTION_OBSERVE:
			a->observes = 1;
			a->observe = coap_uint(&o);
			break;
		case COAP_OPTION_CONTENT_FORMAT:
			a->format = coap_uint(&o);
			break;
		case COAP_OPTION_ACCEPT:
			a->accept = coap_uint(&o);
			break;
		case COAP_OPTION_ETAG:
			if (o.len == 4) /* as ours are; of several the last one counts */
				a->etag = o.value;
			break;
		case COAP_OPTION_BLOCK1:
			a->block1 = 1;
			if (!block(&o, &a->block1_value))
				return COAP_BAD_REQUEST;
			break;
		case COAP_OPTION_BLOCK2:
			a->block2 = 1;
			if (!block(&o, &a->block2_value))
				return COAP_BAD_REQUEST;
			break;
		case COAP_OPTION_SIZE1:
			a->request.total = coap_uint(&o);
			break;
		case COAP_OPTION_IF_MATCH:
		case COAP_OPTION_IF_NONE_MATCH:
			a->conditional = 1;
			break;
		case COAP_OPTION_OSCORE: /* there is nobody to open it, or it was in there */
			return COAP_BAD_OPTION;
		case COAP_OPTION_PROXY_URI:
		case COAP_OPTION_PROXY_SCHEME:
			return COAP_NO_PROXY;
		}
	}
	return 0;
}

/* Whether the resource has something with one of these tags; of an empty one, anything. */
static int has_tag(const struct coap_message *m, uint32_t number, const uint8_t tag[4])
{
	struct coap_options options = coap_options(m);
	struct coap_option o;

	while (coap_next(&options, &o))
		if (o.number == number && (!o.len || (o.len == 4 && !memcmp(o.value, tag, 4))))
			return 1;
	return 0;
}

uint8_t coap_condition(struct coap_server *s, const struct coap_asked *a)
{
	const struct coap_message get = {.code = COAP_GET};
	struct coap_request request = {.message = &get, .from = a->request.from, .who = a->request.who, .segments = a->request.segments};
	struct coap_reply r = {.hash = COAP_HASH_START, .block = s->out};
	uint8_t tag[4];

	memcpy(request.path, a->request.path, sizeof request.path);
	if (!(a->resource->allow & COAP_ALLOW_GET))
		return COAP_BAD_OPTION;
	a->resource->handle(a->resource == &coap_links ? s : s->owner, &request, &r);
	coap_tag(tag, r.hash);
	int there = r.code >> 5 == 2, any = 0;
	struct coap_options options = coap_options(a->request.message);
	struct coap_option o;
	while (coap_next(&options, &o)) {
		if (o.number == COAP_OPTION_IF_NONE_MATCH && there)
			return COAP_PRECONDITION_FAILED;
		any |= o.number == COAP_OPTION_IF_MATCH;
	}
	if (any && !(there && has_tag(a->request.message, COAP_OPTION_IF_MATCH, tag)))
		return COAP_PRECONDITION_FAILED;
	return 0;
}

void coap_tag(uint8_t tag[4], uint32_t hash)
{
	for (uint32_t i = 0; i < 4; i++)
		tag[i] = (uint8_t)(hash >> (24 - 8 * i));
}
