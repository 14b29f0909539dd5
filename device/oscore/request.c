/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that come (RFC 8613, 8.2). */
#include <string.h>

#include "device/oscore/internal.h"

/* The value of the option (RFC 8613, 6.1): | 0 0 0 h k n n n | number, n bytes | length, id context if h | id if k | */
struct told {
	uint32_t n, h;
	const uint8_t *piv, *context, *id;
	uint32_t context_len, id_len;
};

static int understand(struct told *t, const uint8_t *value, uint32_t len)
{
	if (!len)
		return 0;
	uint32_t flags = *value++, left = len - 1;
	*t = (struct told){.n = flags & 7, .h = flags >> 4 & 1};
	/* A request has a number and an id. */
	if (flags >> 5 || !(flags >> 3 & 1) || !t->n || t->n > OSCORE_PIV_BYTES || t->n > left)
		return 0;
	t->piv = value;
	value += t->n;
	left -= t->n;
	if (t->n > 1 && !t->piv[0]) /* one number has one encoding */
		return 0;
	if (t->h) {
		if (!left || *value > left - 1)
			return 0;
		t->context_len = *value++;
		t->context = value;
		value += t->context_len;
		left -= 1 + t->context_len;
	}
	t->id = value;
	t->id_len = left;
	return 1;
}

static struct oscore_context *find(struct oscore_context *contexts, uint32_t n, const struct told *t)
{
	for (struct oscore_context *c = contexts; c < contexts + n; c++) {
		if (c->recipient.len != t->id_len || memcmp(c->recipient.bytes, t->id, t->id_len))
			continue;
		if (!t->h || (c->id_context_len == t->context_len && !memcmp(c->id_context, t->context, t->context_len)))
			return c;
	}
	return 0;
}

/* The option, if it is there once. Returns how often it is. */
static uint32_t option(const struct coap_message *m, struct coap_option *to)
{
	struct coap_options o = coap_options(m);
	struct coap_option one;
	uint32_t count = 0;

	while (coap_next(&o, &one)) {
		if (one.number == COAP_OPTION_OSCORE) {
			*to = one;
			count++;
		}
	}
	return count;
}

int oscore_protected(const uint8_t *bytes, uint32_t len)
{
	struct coap_message m;
	struct coap_option found;

	return coap_parse(&m, bytes, len) == COAP_PARSED && option(&m, &found) > 0;
}

/* Takes Echo out of a message, which is of no interest to the server. Returns the new length; *echo: its value, if it is
 * one of ours, else OSCORE_SEQUENCE_END. */
static uint32_t take_echo(uint8_t *bytes, uint32_t len, uint64_t *echo)
{
	struct coap_message m;
	struct coap_option one;
	uint32_t there = 0;

	*echo = OSCORE_SEQUENCE_END;
	if (coap_parse(&m, bytes, len) != COAP_PARSED)
		return len;
	for (struct coap_options o = coap_options(&m); coap_next(&o, &one);)
		there |= one.number == COAP_OPTION_ECHO;
	if (!there)
		return len;
	/* Written over itself: what is left out is longer than what a longer step to the next option takes. */
	struct coap_writer w;
	struct coap_options o = coap_options(&m);
	coap_begin(&w, bytes, len, &m);
	while (coap_next(&o, &one)) {
		if (one.number != COAP_OPTION_ECHO) {
			coap_put(&w, one.number, one.value, one.len);
			continue;
		}
		uint64_t value = 0;
		for (uint32_t i = 0; i < one.len; i++)
			value = value << 8 | one.value[i];
		*echo = one.len == OSCORE_PIV_BYTES ? value : OSCORE_SEQUENCE_END;
	}
	coap_put_payload(&w, m.payload, m.payload_len);
	return w.len;
}

int32_t oscore_unprotect_request(struct oscore_context *contexts, uint32_t ncontexts, uint8_t *bytes, uint32_t len,
				 struct oscore_exchange *x)
{
	struct coap_message m;
	struct coap_option found = {0, 0, 0};
	struct told t;
	uint64_t number = 0, echo;

	memset(x, 0, sizeof *x);
	if (coap_parse(&m, bytes, len) != COAP_PARSED || m.code == COAP_EMPTY || m.code >> 5)
		return (int32_t)len; /* no request: nothing to be unprotected, and nothing will be answered */
	uint32_t head = (uint32_t)(m.options - bytes), count = option(&m, &found);
	memcpy(x->head, bytes, head);
	x->token_len = m.token_len;
	if (!count)
		return OSCORE_E_PLAIN;
	if (count > 1 || !m.payload_len || !understand(&t, found.value, found.len))
		return OSCORE_E_OPTION;
	struct oscore_context *c = find(contexts, ncontexts, &t);
	if (!c)
		return OSCORE_E_CONTEXT;
	for (uint32_t i = 0; i < t.n; i++)
		number = number << 8 | t.piv[i];
	if (!c->lost && oscore_came(c, number))
		return OSCORE_E_REPLAY;
	if (m.payload_len < 1 + CRYPTO_TAG_BYTES)
		return OSCORE_E_DECRYPT;

	struct oscore_exchange of = *x;
	struct oscore_piv piv = oscore_piv(number);
	struct oscore_sealing s;
	of.context = c;
	of.piv_len = piv.len;
	memcpy(of.piv, piv.bytes, sizeof piv.bytes);
	oscore_sealing(&s, &of, c->recipient_key, &c->recipient, &piv);
	uint8_t *plain = bytes + (m.payload - bytes);
	uint32_t n = m.payload_len - CRYPTO_TAG_BYTES;
	if (!crypto_open(&s.aead, plain, n, plain + n))
		return OSCORE_E_DECRYPT;
	/* From here on it is known who sent it. */
	*x = of;
	bytes[1] = plain[0];
	memmove(bytes + head, plain + 1, n - 1);
	uint32_t end = take_echo(bytes, head + n - 1, &echo);
	if (c->lost) {
		if (echo < c->challenge || echo >= c->sequence)
			return OSCORE_E_FRESH;
		/* All before this one may have come before the reset. */
		c->lost = 0;
		c->highest = number;
		c->window = UINT32_MAX;
	}
	oscore_comes(c, number);
	return (int32_t)end;
}
