/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/server/internal.h"

static int32_t digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int server_hex(uint8_t *to, const uint8_t *digits, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		int32_t high = digit(digits[2 * i]), low = digit(digits[2 * i + 1]);
		if (high < 0 || low < 0)
			return 0;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return 1;
}

/* A key is not believed any more, from now on and after a reset. Programs that it signed stay. */
void server_revoke(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct coap_segment *text = &q->path[2];
	uint8_t id[TRUST_KEY_ID_BYTES];
	int32_t key = -1;

	if (text->len == 2 * sizeof id && server_hex(id, text->text, sizeof id))
		key = trust_key_find(&s->keys, id, sizeof id);
	if (key < 0)
		return server_say(reply, COAP_NOT_FOUND, "no such key");
	if (server_busy(s))
		return server_say_busy(reply);
	uint32_t before = s->kept.revoked;
	s->kept.revoked |= 1u << key;
	if (server_keep(s)) {
		s->kept.revoked = before;
		return server_say(reply, COAP_INTERNAL_ERROR, "it could not be kept");
	}
	s->keys.revoked |= s->kept.revoked;
	reply->code = COAP_DELETED;
}
