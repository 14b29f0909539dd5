/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/coap/internal.h"

#include <string.h>

static void list(void *server, const struct coap_request *request, struct coap_reply *reply)
{
	const struct coap_server *s = server;
	const char *between = "</";

	(void)request;
	reply->code = COAP_CONTENT;
	for (uint32_t i = 0; i < s->nresources; i++) {
		const struct coap_resource *r = &s->resources[i];
		if (strchr(r->path, '*')) /* names that come and go; the resource above lists them */
			continue;
		coap_body_text(reply, between);
		between = ",</";
		coap_body_text(reply, r->path);
		coap_body_text(reply, ">");
		if (r->attributes) {
			coap_body_text(reply, ";");
			coap_body_text(reply, r->attributes);
		}
		if (r->observable)
			coap_body_text(reply, ";obs");
		if (r->format != COAP_FORMAT_NONE) {
			char digits[] = ";ct=00000";
			uint32_t n = r->format, at = sizeof digits - 1;
			do
				digits[--at] = (char)('0' + n % 10);
			while (n /= 10);
			coap_body(reply, (const uint8_t *)digits, 4);
			coap_body_text(reply, digits + at);
		}
	}
}

const struct coap_resource coap_links = {
	.path = ".well-known/core", .allow = COAP_ALLOW_GET, .format = COAP_FORMAT_LINKS, .takes = COAP_FORMAT_NONE, .handle = list,
};

void coap_init(struct coap_server *s)
{
	s->upload.resource = 0;
	s->kept_len = 0;
	memset(s->observers, 0, sizeof s->observers);
}

static int matches(const char *path, const struct coap_request *r)
{
	for (uint32_t i = 0; i < r->segments; i++) {
		uint32_t len = 0;
		while (path[len] && path[len] != '/')
			len++;
		int any = len == 1 && *path == '*' && r->path[i].len;
		if (!any && (len != r->path[i].len || memcmp(path, r->path[i].text, len)))
			return 0;
		path += len;
		if (i + 1 < r->segments && *path++ != '/')
			return 0;
	}
	return !*path;
}

static uint8_t resolve(const struct coap_server *s, struct coap_asked *a)
{
	uint32_t method = a->request.message->code;

	for (uint32_t i = 0; !a->too_long && !a->resource && i < s->nresources; i++)
		if (matches(s->resources[i].path, &a->request))
			a->resource = &s->resources[i];
	if (!a->too_long && !a->resource && matches(coap_links.path, &a->request))
		a->resource = &coap_links;
	if (!a->resource)
		return COAP_NOT_FOUND;
	if (method > COAP_DELETE || !(a->resource->allow & 1u << (method - COAP_GET)))
		return COAP_METHOD_NOT_ALLOWED;
	if (a->accept != COAP_FORMAT_NONE && a->accept != a->resource->format)
		return COAP_NOT_ACCEPTABLE;
	if (a->format != COAP_FORMAT_NONE && a->resource->takes != COAP_FORMAT_NONE && a->format != a->resource->takes)
		return COAP_UNSUPPORTED_FORMAT;
	return 0;
}

/* Whether this body, or block of one, may go to its resource: 0, or the code to answer with instead. */
static uint8_t upload(struct coap_server *s, struct coap_asked *a, const struct coap_endpoint *from, uint64_t now)
{
	uint32_t method = a->request.message->code;
	int open = s->upload.resource == a->resource && now - s->upload.last < COAP_UPLOAD_US;
	int theirs = open && memcmp(&s->upload.from, from, sizeof *from);

	if (method != COAP_PUT && method != COAP_POST)
		return a->block1 ? COAP_BAD_OPTION : 0;
	if (!a->block1) {
		if (theirs)
			return COAP_UNAVAILABLE;
		if (open)
			s->upload.resource = 0; /* instead of the rest */
		return 0;
	}
	uint32_t size = 16u << (a->block1_value & 7), offset = (a->block1_value >> 4) * size;
	a->request.offset = offset;
	a->request.more = a->block1_value >> 3 & 1;
	if (a->request.more ? a->request.len != size : a->request.len > size)
		return COAP_BAD_REQUEST;
	if (!offset) {
		/* One at a time, whatever it is for. */
		if (s->upload.resource && now - s->upload.last < COAP_UPLOAD_US && memcmp(&s->upload.from, from, sizeof *from))
			return COAP_UNAVAILABLE;
		s->upload.resource = a->resource;
		s->upload.from = *from;
		s->upload.key = a->key;
	} else if (s->upload.resource != a->resource || memcmp(&s->upload.from, from, sizeof *from) || s->upload.key != a->key) {
		return COAP_INCOMPLETE;
	} else if (a->request.more && offset + size <= s->upload.next) {
		/* It is there already. Some clients begin with large blocks, and go on at the end of the first of the size that
		 * the answer asked for. */
		return COAP_CONTINUE;
	} else if (offset != s->upload.next) {
		return COAP_INCOMPLETE;
	}
	s->upload.next = offset + a->request.len;
	s->upload.last = now;
	return 0;
}

/* Answers a request into s->out; returns the length, 0 for no answer. */
static uint32_t serve(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m, uint64_t now)
{
	struct coap_asked a;
	struct coap_message head = *m;

	head.type = m->type == COAP_CON ? COAP_ACK : COAP_NON;
	if (m->type == COAP_NON)
		head.id = s->id++;
	uint8_t code = coap_ask(&a, m);
	if (code == COAP_BAD_OPTION && m->type == COAP_NON)
		return 0;
	if (!code)
		code = resolve(s, &a);
	if (!code)
		code = upload(s, &a, from, now);
	if (code)
		return coap_refuse(s, &a, &head, code);
	int64_t observe = -1;
	if (m->code == COAP_GET && a.resource->observable && a.observes) {
		if (!a.observe && !(a.block2_value >> 4))
			observe = coap_observe(s, &a, from, now);
		else if (a.observe == 1)
			coap_forget(s, from, m);
	}
	uint32_t len = coap_answer(s, &a, &head, observe);
	if (observe >= 0 && head.code >> 5 != 2)
		coap_forget(s, from, m);
	if (a.block1 && (!a.request.more || head.code != COAP_CONTINUE))
		s->upload.resource = 0;
	return len;
}

void coap_datagram(struct coap_server *s, const struct coap_endpoint *from, const uint8_t *bytes, uint32_t len, uint64_t now)
{
	struct coap_message m;
	int32_t parsed = coap_parse(&m, bytes, len);

	if (parsed == COAP_E_IGNORE)
		return;
	if (parsed == COAP_E_FORMAT || m.code == COAP_EMPTY || m.code >> 5) {
		if (parsed == COAP_PARSED && m.code == COAP_EMPTY && (m.type == COAP_ACK || m.type == COAP_RST)) {
			coap_confirmed(s, from, &m, now);
		} else if (m.type == COAP_CON) {
			/* A ping, an answer to nothing, or nonsense: a reset says that it came and was not understood. */
			struct coap_writer w;
			coap_begin(&w, s->out, sizeof s->out, &(struct coap_message){.type = COAP_RST, .id = m.id});
			s->send(s->link, from, s->out, w.len);
		}
		return;
	}
	if (m.type != COAP_CON && m.type != COAP_NON)
		return;
	/* What only reads may be done twice. */
	int keep = m.code != COAP_GET;
	if (keep && coap_again(s, from, m.id, now))
		return;
	len = serve(s, from, &m, now);
	if (len)
		s->send(s->link, from, s->out, len);
	if (keep)
		coap_keep(s, from, m.id, len, now);
}
