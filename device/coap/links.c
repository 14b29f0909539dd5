/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of resources (RFC 6690), all of them or those that a query such as rt=ubench.* picks out. */
#include "device/coap/internal.h"

#include <string.h>

struct listing {
	struct coap_reply *reply;
	const struct coap_segment *filter; /* name=value; len 0: none */
	uint32_t any;
	int32_t who;
};

/* Whether a value is what is asked for, all of it or, with a * at the end, how it begins. */
static int is_wanted(const struct coap_segment *wanted, const char *value, uint32_t len)
{
	uint32_t n = wanted->len;

	if (n && wanted->text[n - 1] == '*')
		return n - 1 <= len && !memcmp(wanted->text, value, n - 1);
	return n == len && !memcmp(wanted->text, value, n);
}

/* Whether one of the words of the attribute is what is asked for: name="word word" among others. */
static int has_word(const char *attributes, const struct coap_segment *name, const struct coap_segment *wanted)
{
	for (const char *at = attributes; at && *at;) {
		const char *end = strchr(at, ';'), *equals = strchr(at, '=');
		uint32_t len = (uint32_t)(end ? (size_t)(end - at) : strlen(at));
		if (equals && (uint32_t)(equals - at) == name->len && !memcmp(at, name->text, name->len)) {
			const char *p = equals + 1, *stop = at + len;
			while (p < stop) {
				while (p < stop && (*p == '"' || *p == ' '))
					p++;
				const char *word = p;
				while (p < stop && *p != '"' && *p != ' ')
					p++;
				if (p > word && is_wanted(wanted, word, (uint32_t)(p - word)))
					return 1;
			}
		}
		at = end ? end + 1 : at + len;
	}
	return 0;
}

/* The content format as text, in the end of `text`. */
static const char *digits_of(uint32_t n, char text[6])
{
	char *at = text + 5;

	*at = 0;
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	return at;
}

static int is_asked_for(const struct listing *l, const struct coap_resource *r)
{
	const uint8_t *equals = l->filter->len ? memchr(l->filter->text, '=', l->filter->len) : NULL;
	char text[6];

	if (!equals)
		return !l->filter->len;
	uint32_t name_len = (uint32_t)(equals - l->filter->text);
	const struct coap_segment name = {l->filter->text, name_len};
	const struct coap_segment wanted = {equals + 1, l->filter->len - name_len - 1};
	if (name_len == 4 && !memcmp(name.text, "href", 4)) {
		const struct coap_segment path = {wanted.text + 1, wanted.len - 1};
		return wanted.len && wanted.text[0] == '/' && is_wanted(&path, r->path, (uint32_t)strlen(r->path));
	}
	if (name_len == 2 && !memcmp(name.text, "ct", 2)) {
		const char *digits = digits_of(r->format, text);
		return r->format != COAP_FORMAT_NONE && is_wanted(&wanted, digits, (uint32_t)strlen(digits));
	}
	return has_word(r->attributes, &name, &wanted);
}

static void put(void *arg, const struct coap_resource *r)
{
	struct listing *l = arg;
	char text[6];

	if ((!l->who && !(r->traits & COAP_OPEN)) || strchr(r->path, '*') || !is_asked_for(l, r)) /* names that come and go; the resource above lists them */
		return;
	coap_body_text(l->reply, l->any ? ",</" : "</");
	l->any = 1;
	coap_body_text(l->reply, r->path);
	coap_body_text(l->reply, ">");
	if (r->attributes) {
		coap_body_text(l->reply, ";");
		coap_body_text(l->reply, r->attributes);
	}
	if (r->state)
		coap_body_text(l->reply, ";obs");
	if (r->format != COAP_FORMAT_NONE) {
		coap_body_text(l->reply, ";ct=");
		coap_body_text(l->reply, digits_of(r->format, text));
	}
}

static void list(void *server, const struct coap_request *request, struct coap_reply *reply)
{
	const struct coap_server *s = server;
	struct coap_options options = coap_options(request->message);
	struct coap_option o;
	struct coap_segment filter = {0, 0};
	struct listing l = {reply, &filter, 0, request->who};

	while (coap_next(&options, &o))
		if (o.number == COAP_OPTION_URI_QUERY && !filter.len)
			filter = (struct coap_segment){o.value, o.len};
	reply->code = COAP_CONTENT;
	for (uint32_t i = 0; i < s->nresources; i++)
		put(&l, &s->resources[i]);
	if (s->list)
		s->list(s->owner, put, &l);
}

const struct coap_resource coap_links = {
	.path = ".well-known/core", .allow = COAP_ALLOW_GET, .traits = COAP_OPEN, .format = COAP_FORMAT_LINKS,
	.takes = COAP_FORMAT_NONE, .handle = list,
};
