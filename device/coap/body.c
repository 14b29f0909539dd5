/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies of answers, as they are said: all of it is hashed, and what lies in the window is kept. */
#include "device/coap/internal.h"

#include <string.h>

void coap_body(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct coap_reply *r = arg;
	uint32_t end = r->from + r->size;

	r->hash = coap_hash(r->hash, bytes, len);
	uint32_t skip = r->len < r->from ? r->from - r->len : 0; /* of these bytes, in front of the window */
	if (skip < len && r->len + skip < end) {
		uint32_t at = r->len + skip, n = len - skip;
		memcpy(r->block + (at - r->from), bytes + skip, n < end - at ? n : end - at);
	}
	r->len += len;
}

void coap_body_text(struct coap_reply *r, const char *text)
{
	coap_body(r, (const uint8_t *)text, (uint32_t)strlen(text));
}

uint32_t coap_hash(uint32_t hash, const void *bytes, uint32_t len)
{
	const uint8_t *p = bytes;

	for (uint32_t i = 0; i < len; i++) /* FNV-1a */
		hash = (hash ^ p[i]) * 0x01000193u;
	return hash;
}
