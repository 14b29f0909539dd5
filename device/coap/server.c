/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/coap/internal.h"

#include <string.h>

void coap_init(struct coap_server *s)
{
	s->upload.resource = 0;
	s->kept_len = 0;
	memset(s->observers, 0, sizeof s->observers);
	memset(s->laters, 0, sizeof s->laters);
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
	if (!a->too_long && !a->resource && s->find)
		a->resource = s->find(s->owner, &a->request);
	if (!a->resource)
		return COAP_NOT_FOUND;
	if (!a->request.who && !(a->resource->traits & COAP_OPEN))
		return COAP_UNAUTHORIZED;
	if (method > COAP_DELETE || !(a->resource->allow & 1u << (method - COAP_GET)))
		return COAP_METHOD_NOT_ALLOWED;
	if (a->accept != COAP_FORMAT_NONE && a->resource->format != COAP_FORMAT_NONE && a->accept != a->resource->format)
		return COAP_NOT_ACCEPTABLE;
	if (a->format != COAP_FORMAT_NONE && a->resource->takes != COAP_FORMAT_NONE && a->format != a->resource->takes)
		return COAP_UNSUPPORTED_FORMAT;
	return 0;
}

/* Whether this body, or block of one, may go to its resource: 0, or the code to answer with instead. */
static uint8_t upload(struct coap_server *s, struct coap_asked *a, uint64_t now)
{
	uint32_t method = a->request.message->code;
	int lively = s->upload.resource && now - s->upload.last < COAP_UPLOAD_US;
	int same = s->upload.who == a->request.who && !memcmp(&s->upload.from, a->request.from, sizeof s->upload.from);

	if (method != COAP_PUT && method != COAP_POST)
		return a->block1 ? COAP_BAD_OPTION : 0;
	if (!a->block1) {
		if (s->upload.resource != a->resource || !lively)
			return 0;
		if (!same)
			return COAP_UNAVAILABLE;
		s->upload.resource = 0; /* instead of the rest */
		return 0;
	}
	uint32_t size = 16u << (a->block1_value & 7), offset = (a->block1_value >> 4) * size;
	a->request.offset = offset;
	a->request.more = a->block1_value >> 3 & 1;
	if (a->request.more ? a->request.len != size : a->request.len > size)
		return COAP_BAD_REQUEST;
	/* Who was interrupted may go on, from wherever, once nothing more has come for a while: how far it came the resource knows. */
	if (!offset || (!lively && a->resource->traits & COAP_RESUMES)) {
		/* One at a time, whatever it is for. */
		if (lively && !same)
			return COAP_UNAVAILABLE;
		s->upload.resource = a->resource;
		s->upload.from = *a->request.from;
		s->upload.who = a->request.who;
		s->upload.key = a->key;
	} else if (s->upload.resource != a->resource || !same || s->upload.key != a->key) {
		return lively && !same ? COAP_UNAVAILABLE : COAP_INCOMPLETE;
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

/* Answers a request into s->out. Returns the length; 0: no answer, or one that comes later. */
static uint32_t serve(struct coap_server *s, struct coap_asked *a, const struct coap_message *m, uint64_t now)
{
	struct coap_message head = *m;
	const struct coap_endpoint *from = a->request.from;

	head.type = m->type == COAP_CON ? COAP_ACK : COAP_NON;
	if (m->type == COAP_NON)
		head.id = s->id++;
	uint8_t code = coap_ask(a, m);
	if (code == COAP_BAD_OPTION && m->type == COAP_NON)
		return 0;
	if (!code)
		code = resolve(s, a);
	if (!code && a->conditional && !(a->block1_value >> 4))
		code = coap_condition(s, a);
	if (!code)
		code = upload(s, a, now);
	if (code)
		return coap_refuse(s, a, &head, code);
	int64_t observe = -1;
	if (m->code == COAP_GET && a->resource->state && a->observes) {
		if (!a->observe && !(a->block2_value >> 4))
			observe = coap_observe(s, a, from, now);
		else if (a->observe == 1)
			coap_forget(s, from, m);
	}
	a->request.ticket = coap_ticket(s);
	uint32_t len = coap_answer(s, a, &head, observe);
	if (!len) {
		a->waits = 1;
		coap_wait(s, a, m, now);
	}
	a->tells = observe >= 0;
	if (observe >= 0 && head.code >> 5 != 2)
		coap_forget(s, from, m);
	coap_uploaded(s, a, len ? head.code : COAP_CONTINUE);
	return len;
}

static int is_protected(const struct coap_message *m)
{
	struct coap_options options = coap_options(m);
	struct coap_option o;

	while (coap_next(&options, &o))
		if (o.number == COAP_OPTION_OSCORE)
			return 1;
	return 0;
}

void coap_datagram(struct coap_server *s, const struct coap_endpoint *from, uint8_t *bytes, uint32_t len, uint64_t now)
{
	struct coap_message m;
	struct coap_asked a = {.request.from = from};
	int32_t parsed = coap_parse(&m, bytes, len);

	if (parsed == COAP_E_IGNORE)
		return;
	if (parsed == COAP_E_FORMAT || m.code == COAP_EMPTY || m.code >> 5) {
		if (parsed == COAP_PARSED && m.code == COAP_EMPTY && (m.type == COAP_ACK || m.type == COAP_RST)) {
			coap_confirmed(s, from, &m, now);
			coap_later_confirmed(s, from, m.id);
		} else if (m.type == COAP_CON) {
			/* A ping, an answer to nothing, or nonsense: a reset says that it came and was not understood. */
			coap_empty(s, from, COAP_RST, m.id);
		}
		return;
	}
	if (m.type != COAP_CON && m.type != COAP_NON)
		return;
	/* What only reads may be done twice, unless it is protected: then what is under the same number is no longer believed. */
	int keep = m.code != COAP_GET;
	if (coap_waits(s, from, &m) || (keep && coap_again(s, from, m.id, now)))
		return;
	uint16_t id = m.id;
	if (s->guard && is_protected(&m)) {
		int32_t opened = s->guard->open(s->guard->arg, bytes, len, &a.bound, &a.request.who);
		if (opened < 0 || coap_parse(&m, bytes, (uint32_t)opened) || m.code == COAP_EMPTY || m.code >> 5) {
			len = opened < 0 ? s->guard->refuse(s->guard->arg, opened, &a.bound, s->out, sizeof s->out) : 0;
			if (len)
				s->send(s->link, from, s->out, len);
			return; /* nothing is kept of somebody who is nobody */
		}
	}
	len = coap_out(s, from, a.request.who, &a.bound, serve(s, &a, &m, now));
	if (a.tells)
		coap_told(s, from, &m, &a);
	if (keep && !a.waits)
		coap_keep(s, from, id, len, now);
}

uint64_t coap_step(struct coap_server *s, uint64_t now)
{
	uint64_t observers = coap_step_observers(s, now), laters = coap_step_laters(s, now);

	return observers < laters ? observers : laters;
}
