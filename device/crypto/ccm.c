/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-CCM (RFC 3610). AES is BearSSL's, whose time does not depend on keys or data. It encrypts two blocks at once, which is
 * what CCM needs for each block: one for the tag, and the key stream for the next block of the message.
 */
#include "device/crypto/fetched.h"

#include "device/crypto/crypto.h"

#include "codec/dec32le.c"
#include "codec/enc32le.c"
#include "symcipher/aes_ct.c"
#include "symcipher/aes_ct_enc.c"

enum { BLOCK = 16, WORDS = BLOCK / 4, ROUNDS = 10 };

struct ccm {
	uint32_t keys[(ROUNDS + 1) * 8];
	uint8_t nonce[CRYPTO_NONCE_BYTES];
	uint32_t counter;
	uint8_t mac[BLOCK], stream[BLOCK];
};

/* Encrypts the tag so far, and makes the key stream of the next block. */
static void step(struct ccm *c)
{
	uint32_t q[2 * WORDS];

	c->stream[0] = 1; /* lengths of two bytes */
	memcpy(c->stream + 1, c->nonce, sizeof c->nonce);
	c->stream[BLOCK - 2] = (uint8_t)(c->counter >> 8);
	c->stream[BLOCK - 1] = (uint8_t)c->counter;
	c->counter++;
	for (uint32_t i = 0; i < WORDS; i++) {
		q[2 * i] = br_dec32le(c->mac + 4 * i);
		q[2 * i + 1] = br_dec32le(c->stream + 4 * i);
	}
	br_aes_ct_ortho(q);
	br_aes_ct_bitslice_encrypt(ROUNDS, c->keys, q);
	br_aes_ct_ortho(q);
	for (uint32_t i = 0; i < WORDS; i++) {
		br_enc32le(c->mac + 4 * i, q[2 * i]);
		br_enc32le(c->stream + 4 * i, q[2 * i + 1]);
	}
}

/* Takes the message into the tag, and en- or decrypts it. */
static void message(struct ccm *c, int encrypt, uint8_t *bytes, uint32_t len)
{
	for (; len; bytes += BLOCK) {
		uint32_t n = len < BLOCK ? len : BLOCK;
		for (uint32_t i = 0; i < n; i++) {
			uint8_t before = bytes[i];
			bytes[i] = before ^ c->stream[i];
			c->mac[i] ^= encrypt ? before : bytes[i];
		}
		step(c);
		len -= n;
	}
}

/* All of it; the tag is left in c->mac. */
static void run(struct ccm *c, const struct crypto_aead *a, int encrypt, uint8_t *bytes, uint32_t len)
{
	uint32_t short_keys[(ROUNDS + 1) * 4], at = 2;
	uint8_t first[BLOCK];

	br_aes_ct_keysched(short_keys, a->key, CRYPTO_KEY_BYTES);
	br_aes_ct_skey_expand(c->keys, ROUNDS, short_keys);
	memcpy(c->nonce, a->nonce, sizeof c->nonce);
	c->counter = 0;
	c->mac[0] = 0x40 | (CRYPTO_TAG_BYTES - 2) / 2 << 3 | 1;
	memcpy(c->mac + 1, a->nonce, sizeof c->nonce);
	c->mac[BLOCK - 2] = (uint8_t)(len >> 8);
	c->mac[BLOCK - 1] = (uint8_t)len;
	step(c);
	memcpy(first, c->stream, sizeof first); /* what the tag is encrypted with */
	c->mac[0] ^= (uint8_t)(a->aad_len >> 8);
	c->mac[1] ^= (uint8_t)a->aad_len;
	for (uint32_t i = 0; i < a->aad_len; i++) {
		c->mac[at++] ^= a->aad[i];
		if (at == BLOCK && i + 1 < a->aad_len) {
			c->counter = 1;
			step(c);
			at = 0;
		}
	}
	c->counter = 1;
	step(c);
	message(c, encrypt, bytes, len);
	for (uint32_t i = 0; i < CRYPTO_TAG_BYTES; i++)
		c->mac[i] ^= first[i];
}

void crypto_seal(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, uint8_t tag[CRYPTO_TAG_BYTES])
{
	struct ccm c;

	run(&c, a, 1, bytes, len);
	memcpy(tag, c.mac, CRYPTO_TAG_BYTES);
}

int crypto_open(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, const uint8_t tag[CRYPTO_TAG_BYTES])
{
	struct ccm c;
	uint8_t differ = 0;

	run(&c, a, 0, bytes, len);
	for (uint32_t i = 0; i < CRYPTO_TAG_BYTES; i++)
		differ |= c.mac[i] ^ tag[i];
	return !differ;
}
