/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequence numbers, and what is made of them. */
#include <string.h>

#include "device/cbor/cbor.h"
#include "device/oscore/internal.h"

struct oscore_piv oscore_piv(uint64_t number)
{
	struct oscore_piv piv = {0, {0}};

	for (int32_t shift = 8 * (OSCORE_PIV_BYTES - 1); shift >= 0; shift -= 8) {
		if (number >> shift || !shift)
			piv.bytes[piv.len++] = (uint8_t)(number >> shift);
	}
	return piv;
}

int oscore_came(const struct oscore_context *c, uint64_t number)
{
	uint64_t behind = c->highest - number;

	if (number > c->highest)
		return 0;
	return behind >= OSCORE_WINDOW || c->window >> behind & 1;
}

void oscore_comes(struct oscore_context *c, uint64_t number)
{
	if (number > c->highest) {
		uint64_t ahead = number - c->highest;
		c->window = ahead < OSCORE_WINDOW ? c->window << ahead : 0;
		c->highest = number;
	}
	c->window |= (uint32_t)1 << (c->highest - number);
}

uint64_t oscore_next(struct oscore_context *c)
{
	if (c->sequence >= OSCORE_SEQUENCE_END)
		return OSCORE_SEQUENCE_END;
	if (c->reserve && c->sequence >= c->reserved) {
		uint64_t end = c->sequence + OSCORE_RESERVE;
		if (c->reserve(c->arg, c, end))
			return OSCORE_SEQUENCE_END;
		c->reserved = end;
	}
	return c->sequence++;
}

/* RFC 8613, 5.2: | length of id | id, 7 bytes | number, 5 bytes | xor the common IV. */
static void nonce(uint8_t to[CRYPTO_NONCE_BYTES], const struct oscore_context *c, const struct oscore_id *id,
		  const struct oscore_piv *piv)
{
	memset(to, 0, CRYPTO_NONCE_BYTES);
	to[0] = id->len;
	for (uint32_t i = 0; i < id->len; i++)
		to[1 + OSCORE_ID_BYTES - id->len + i] = id->bytes[i];
	for (uint32_t i = 0; i < piv->len; i++)
		to[CRYPTO_NONCE_BYTES - piv->len + i] = piv->bytes[i];
	for (uint32_t i = 0; i < CRYPTO_NONCE_BYTES; i++)
		to[i] ^= c->common_iv[i];
}

/* RFC 8613, 5.4: ["Encrypt0", nothing, [version, [algorithm], id and number of the request, nothing]] */
void oscore_sealing(struct oscore_sealing *s, const struct oscore_exchange *x, const uint8_t *key,
		    const struct oscore_id *id, const struct oscore_piv *piv)
{
	const struct oscore_context *c = x->context;
	uint8_t external[8 + OSCORE_ID_BYTES + OSCORE_PIV_BYTES];
	struct cbor_buffer inner = {external, sizeof external, 0}, outer = {s->aad, sizeof s->aad, 0};
	const struct cbor_writer in = {cbor_buffer_put, &inner}, out = {cbor_buffer_put, &outer};

	cbor_head(&in, CBOR_ARRAY, 5);
	cbor_int(&in, 1);
	cbor_head(&in, CBOR_ARRAY, 1);
	cbor_int(&in, OSCORE_AES_CCM_16_64_128);
	cbor_bytes(&in, c->recipient.bytes, c->recipient.len);
	cbor_bytes(&in, x->piv, x->piv_len);
	cbor_bytes(&in, 0, 0);
	cbor_head(&out, CBOR_ARRAY, 3);
	cbor_text(&out, "Encrypt0");
	cbor_bytes(&out, 0, 0);
	cbor_bytes(&out, external, inner.len);
	nonce(s->nonce, c, id, piv);
	s->aead = (struct crypto_aead){key, s->nonce, s->aad, outer.len};
}
