/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys from a secret (RFC 8613, 3.2.1). */
#include <string.h>

#include "device/cbor/cbor.h"
#include "device/oscore/internal.h"

/* info = [id, id context or nil, AEAD algorithm, type, length] */
static void derive(const struct oscore_secret *secret, const struct oscore_id *id, const char *type, uint8_t *to,
		   uint32_t len)
{
	uint8_t info[16 + OSCORE_ID_BYTES + OSCORE_CONTEXT_BYTES];
	struct cbor_buffer b = {info, sizeof info, 0};
	const struct cbor_writer w = {cbor_buffer_put, &b};

	cbor_head(&w, CBOR_ARRAY, 5);
	cbor_bytes(&w, id->bytes, id->len);
	if (secret->id_context_len)
		cbor_bytes(&w, secret->id_context, secret->id_context_len);
	else
		cbor_head(&w, CBOR_SIMPLE, CBOR_NULL);
	cbor_int(&w, OSCORE_AES_CCM_16_64_128);
	cbor_text(&w, type);
	cbor_int(&w, len);
	crypto_hkdf(secret->salt, secret->salt_len, secret->master, secret->master_len, info, b.len, to, len);
}

void oscore_derive(struct oscore_context *c, const struct oscore_secret *secret, const struct oscore_id *sender,
		   const struct oscore_id *recipient)
{
	static const struct oscore_id nobody;

	memset(c, 0, sizeof *c);
	c->sender = *sender;
	c->recipient = *recipient;
	c->id_context_len = (uint8_t)secret->id_context_len;
	if (secret->id_context_len)
		memcpy(c->id_context, secret->id_context, secret->id_context_len);
	derive(secret, sender, "Key", c->sender_key, sizeof c->sender_key);
	derive(secret, recipient, "Key", c->recipient_key, sizeof c->recipient_key);
	derive(secret, &nobody, "IV", c->common_iv, sizeof c->common_iv);
	c->challenge = OSCORE_SEQUENCE_END;
}
