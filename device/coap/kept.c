/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to requests that must not be done twice. A request that comes again while its answer is kept gets that answer.
 * Where memory is short the oldest goes; what must hold even then (the same command, from someone who wants it done twice)
 * is the business of whoever authenticates requests.
 */
#include "device/coap/internal.h"

#include <string.h>

/* In `kept`, oldest first, followed by the answer. */
struct kept {
	struct coap_endpoint from;
	uint16_t id, len;
	uint64_t until;
};

static void drop_oldest(struct coap_server *s)
{
	struct kept k;

	memcpy(&k, s->kept, sizeof k);
	uint32_t len = (uint32_t)sizeof k + k.len;
	s->kept_len -= len;
	memmove(s->kept, s->kept + len, s->kept_len);
}

int coap_again(struct coap_server *s, const struct coap_endpoint *from, uint16_t id, uint64_t now)
{
	struct kept k;

	while (s->kept_len) {
		memcpy(&k, s->kept, sizeof k);
		if (k.until > now)
			break;
		drop_oldest(s);
	}
	for (uint32_t at = 0; at < s->kept_len; at += (uint32_t)sizeof k + k.len) {
		memcpy(&k, s->kept + at, sizeof k);
		if (k.id == id && !memcmp(&k.from, from, sizeof *from)) {
			if (k.len)
				s->send(s->link, from, s->kept + at + sizeof k, k.len);
			return 1;
		}
	}
	return 0;
}

void coap_keep(struct coap_server *s, const struct coap_endpoint *from, uint16_t id, uint32_t len, uint64_t now)
{
	struct kept k;

	memset(&k, 0, sizeof k);
	if (len > COAP_KEPT_BYTES - sizeof k)
		return;
	k.from = *from;
	k.id = id;
	k.len = (uint16_t)len;
	k.until = now + COAP_EXCHANGE_US;
	while (s->kept_len + sizeof k + len > COAP_KEPT_BYTES)
		drop_oldest(s);
	memcpy(s->kept + s->kept_len, &k, sizeof k);
	if (len)
		memcpy(s->kept + s->kept_len + sizeof k, s->out, len);
	s->kept_len += (uint32_t)sizeof k + len;
}
