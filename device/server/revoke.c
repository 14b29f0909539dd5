/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/server/internal.h"

static int32_t digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A key is not believed any more, from now on and after a reset. Programs that it signed stay. */
void server_revoke(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct coap_segment *text = &q->path[2];
	uint8_t id[TRUST_KEY_ID_BYTES];
	int32_t key = -1, good = text->len == 2 * sizeof id;

	for (uint32_t i = 0; good && i < sizeof id; i++) {
		int32_t high = digit(text->text[2 * i]), low = digit(text->text[2 * i + 1]);
		good = high >= 0 && low >= 0;
		id[i] = (uint8_t)(high << 4 | low);
	}
	if (good)
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
