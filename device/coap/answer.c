/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers: the window of a body that a block is, and the options around it. */
#include "device/coap/internal.h"

#include <string.h>

/* Room for all that stands before a body: head, token, and the options written below. */
enum { AFTER = 32 /* what protecting adds */, BEFORE = COAP_DATAGRAM_BYTES - COAP_BLOCK_BYTES - AFTER };

/* The exponent of a block's size, 0 for 16 bytes: what the client wants, but no more than the server's. */
static uint32_t exponent(const struct coap_server *s, uint32_t wanted)
{
	uint32_t most = 0;

	while (most < 6 && 32u << most <= s->block)
		most++;
	return wanted < most ? wanted : most;
}

static uint32_t block1(const struct coap_server *s, const struct coap_asked *a)
{
	return (a->block1_value & ~7u) | exponent(s, a->block1_value & 7);
}

static void put_location(struct coap_writer *w, const char *path)
{
	while (path && *path) {
		const char *slash = strchr(path, '/');
		uint32_t len = (uint32_t)(slash ? (size_t)(slash - path) : strlen(path));
		coap_put(w, COAP_OPTION_LOCATION_PATH, path, len);
		path += slash ? len + 1 : len;
	}
}

/* What a person should know of a refusal that is none of the resource. */
static const char *meaning(uint8_t code)
{
	switch (code) {
	case COAP_UNAUTHORIZED:
		return "only with OSCORE and a known key";
	case COAP_UNAVAILABLE:
		return "another transfer is going on";
	case COAP_INCOMPLETE:
		return "not the block that comes next";
	case COAP_PRECONDITION_FAILED:
		return "it has changed";
	}
	return "";
}

uint32_t coap_refuse(struct coap_server *s, const struct coap_asked *a, struct coap_message *head, uint8_t code)
{
	struct coap_writer w;
	const char *text = meaning(code);

	head->code = code;
	coap_begin(&w, s->out, sizeof s->out, head);
	if (a->block1 && (code == COAP_CONTINUE || code == COAP_INCOMPLETE || code == COAP_TOO_LARGE))
		coap_put_uint(&w, COAP_OPTION_BLOCK1, block1(s, a));
	coap_put_payload(&w, (const uint8_t *)text, (uint32_t)strlen(text));
	return w.len;
}

uint32_t coap_answer(struct coap_server *s, struct coap_asked *a, struct coap_message *head, int64_t observe)
{
	uint8_t method = a->request.message->code;
	uint32_t szx = exponent(s, a->block2 ? a->block2_value & 7 : 6), size = 16u << szx;
	/* A client that wants smaller blocks than the last time counts them in the size it names. */
	uint32_t from = a->block2 ? (a->block2_value >> 4) * (16u << (a->block2_value & 7)) : 0;
	struct coap_reply r = {.block = s->out + BEFORE, .from = from, .size = size, .hash = COAP_HASH_START,
	                       .format = COAP_FORMAT_NONE};
	struct coap_writer w;

	int continues = method == COAP_POST && a->resource->traits & COAP_CONTINUES;
	if (from && method != COAP_GET && !continues) /* it would be done again for each block of its answer */
		return coap_refuse(s, a, head, COAP_BAD_OPTION);
	a->request.continued = from && continues;
	a->resource->handle(a->resource == &coap_links ? s : s->owner, &a->request, &r);
	if (r.code == COAP_LATER && a->request.ticket)
		return 0;
	if (!r.code || r.code == COAP_LATER)
		r.code = COAP_INTERNAL_ERROR;
	a->hash = r.hash;
	int content = (r.code == COAP_CONTENT && method == COAP_GET) || (continues && r.code >> 5 == 2);
	if (a->request.more && r.code >> 5 == 2)
		return coap_refuse(s, a, head, COAP_CONTINUE);
	if (from && from >= r.len)
		return coap_refuse(s, a, head, r.code >> 5 == 2 ? COAP_BAD_REQUEST : r.code);
	if (r.len > size && !content) /* refusals are short */
		return coap_refuse(s, a, head, COAP_INTERNAL_ERROR);
	uint8_t etag[4];
	coap_tag(etag, r.hash);
	if (content && method == COAP_GET && a->etag && !memcmp(etag, a->etag, sizeof etag)) {
		r.code = COAP_VALID;
		r.len = 0;
		from = 0;
	}
	if (r.format == COAP_FORMAT_NONE && r.code >> 5 == 2)
		r.format = a->resource->format;
	head->code = r.code;
	coap_begin(&w, s->out, BEFORE - 1, head); /* and the payload marker */
	if (content)
		coap_put(&w, COAP_OPTION_ETAG, etag, sizeof etag);
	if (observe >= 0 && r.code >> 5 == 2)
		coap_put_uint(&w, COAP_OPTION_OBSERVE, (uint32_t)observe);
	put_location(&w, r.location);
	if (r.len && r.format != COAP_FORMAT_NONE)
		coap_put_uint(&w, COAP_OPTION_CONTENT_FORMAT, r.format);
	if (r.max_age)
		coap_put_uint(&w, COAP_OPTION_MAX_AGE, r.max_age);
	if (content && r.code != COAP_VALID && (r.len > size || from || a->block2)) {
		coap_put_uint(&w, COAP_OPTION_BLOCK2, (from >> (4 + szx)) << 4 | (uint32_t)(r.len > from + size) << 3 | szx);
		if (a->block1)
			coap_put_uint(&w, COAP_OPTION_BLOCK1, block1(s, a));
		coap_put_uint(&w, COAP_OPTION_SIZE2, r.len);
	} else if (a->block1) {
		coap_put_uint(&w, COAP_OPTION_BLOCK1, block1(s, a));
	}
	w.size = sizeof s->out - AFTER;
	uint32_t len = r.len > from ? r.len - from : 0;
	coap_put_payload(&w, r.block, len > size ? size : len);
	if (w.full) { /* a location that is too long for any message */
		struct coap_asked plain = *a;
		plain.block1 = 0;
		return coap_refuse(s, &plain, head, COAP_INTERNAL_ERROR);
	}
	return w.len;
}
