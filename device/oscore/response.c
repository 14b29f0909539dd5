/* SPDX-License-Identifier: BSD-2-Clause */
/* Responses that go (RFC 8613, 8.3), and refusals. */
#include <string.h>

#include "device/oscore/internal.h"

/* Makes a copy of Observe to stand outside, and what stands inside empty: notifications are in the order of their own
 * numbers. Returns how many bytes the message is shorter; *observe: 1 if it is there. */
static uint32_t empty_observe(struct coap_message *m, uint8_t *bytes, uint32_t len, struct coap_option *observe,
			      uint8_t value[4])
{
	struct coap_options o = coap_options(m);

	while (coap_next(&o, observe)) {
		if (observe->number != COAP_OPTION_OBSERVE || observe->len > 3)
			continue;
		uint32_t at = (uint32_t)(observe->value - bytes), n = observe->len;
		memcpy(value, observe->value, n);
		bytes[at - 1] &= 0xf0; /* the head, whose lower half is the length */
		memmove(bytes + at, bytes + at + n, len - at - n);
		observe->value = value;
		return n;
	}
	observe->number = 0;
	return 0;
}

int32_t oscore_protect_response(struct oscore_exchange *x, uint8_t *bytes, uint32_t len, uint32_t size)
{
	struct oscore_context *c = x->context;
	struct coap_message m;
	struct coap_option observe;
	struct oscore_sealing s;
	uint8_t outer[4 + 8 + 4 + 8 + 1], value[4], flags[1 + OSCORE_PIV_BYTES];
	struct oscore_piv piv;
	uint32_t flags_len = 0;

	if (!c || coap_parse(&m, bytes, len) != COAP_PARSED || m.code >> 5 == 0)
		return (int32_t)len;
	uint32_t head = (uint32_t)(m.options - bytes);
	uint8_t code = m.code;
	len -= empty_observe(&m, bytes, len, &observe, value);

	/* The request's nonce serves once, and never for what may be sent again with other contents. */
	if (observe.number || x->used) {
		uint64_t number = oscore_next(c);
		if (number == OSCORE_SEQUENCE_END)
			return OSCORE_E_SEQUENCE;
		piv = oscore_piv(number);
		flags[0] = piv.len;
		memcpy(flags + 1, piv.bytes, piv.len);
		flags_len = 1u + piv.len;
		oscore_sealing(&s, x, c->sender_key, &c->sender, &piv);
	} else {
		piv.len = x->piv_len;
		memcpy(piv.bytes, x->piv, sizeof piv.bytes);
		oscore_sealing(&s, x, c->sender_key, &c->recipient, &piv);
		x->used = 1;
	}

	/* What stands outside. */
	struct coap_writer w;
	m.code = observe.number ? COAP_CONTENT : COAP_CHANGED;
	coap_begin(&w, outer, sizeof outer, &m);
	if (observe.number)
		coap_put(&w, COAP_OPTION_OBSERVE, observe.value, observe.len);
	coap_put(&w, COAP_OPTION_OSCORE, flags, flags_len);
	outer[w.len++] = 0xff;
	uint32_t plain = 1 + len - head;
	if (w.len + plain + CRYPTO_TAG_BYTES > size)
		return OSCORE_E_ROOM;
	memmove(bytes + w.len + 1, bytes + head, len - head);
	memcpy(bytes, outer, w.len);
	bytes[w.len] = code;
	crypto_seal(&s.aead, bytes + w.len, plain, bytes + w.len + plain);
	return (int32_t)(w.len + plain + CRYPTO_TAG_BYTES);
}

static const struct {
	int8_t error;
	uint8_t code;
	const char *text;
} answers[] = {
#define ANSWER(name, number, class, detail, text) {number, class * 32 + detail, text},
	OSCORE_ERRORS(ANSWER)
#undef ANSWER
};

uint32_t oscore_refuse(int32_t error, struct oscore_exchange *x, uint8_t *to, uint32_t size)
{
	uint8_t confirmable = (x->head[0] >> 4 & 3) == COAP_CON;
	struct coap_message m = {
		.type = confirmable ? COAP_ACK : COAP_NON,
		.token_len = x->token_len,
		.id = (uint16_t)(x->head[2] << 8 | x->head[3]),
		.token = x->head + 4,
	};
	struct coap_writer w;

	if (!(x->head[0] >> 6)) /* it was no request */
		return 0;
	for (uint32_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		if (answers[i].error != error)
			continue;
		m.code = answers[i].code;
		coap_begin(&w, to, size, &m);
		if (error == OSCORE_E_FRESH) {
			/* Its own number is what has to come back, under a nonce of its own: the request may have come before. */
			struct oscore_context *c = x->context;
			uint8_t number[OSCORE_PIV_BYTES];
			for (uint32_t b = 0; b < OSCORE_PIV_BYTES; b++)
				number[b] = (uint8_t)(c->sequence >> 8 * (OSCORE_PIV_BYTES - 1 - b));
			if (c->challenge == OSCORE_SEQUENCE_END)
				c->challenge = c->sequence;
			coap_put(&w, COAP_OPTION_ECHO, number, sizeof number);
			x->used = 1;
			int32_t n = w.full ? OSCORE_E_ROOM : oscore_protect_response(x, to, w.len, size);
			return n < 0 ? oscore_refuse(OSCORE_E_SEQUENCE, x, to, size) : (uint32_t)n;
		}
		coap_put_uint(&w, COAP_OPTION_MAX_AGE, 0);
		coap_put_payload(&w, (const uint8_t *)answers[i].text, (uint32_t)strlen(answers[i].text));
		return w.full ? 0 : w.len;
	}
	return 0;
}
