/* SPDX-License-Identifier: BSD-2-Clause */
/* The cryptography that device/trust and device/oscore stand on. Hashes are our own; curves and AES are BearSSL's, of which
 * the files here include what they need. For another library, write them anew: hash.c, es256.c, ccm.c.
 */
#ifndef DEVICE_CRYPTO_H
#define DEVICE_CRYPTO_H

#include <stdint.h>

enum {
	CRYPTO_SHA256_BYTES = 32,
	CRYPTO_POINT_BYTES = 64,     /* x, y */
	CRYPTO_SIGNATURE_BYTES = 64, /* r, s */
	CRYPTO_KEY_BYTES = 16,
	CRYPTO_NONCE_BYTES = 13,
	CRYPTO_TAG_BYTES = 8,
	CRYPTO_EXPANDED_BYTES = 32, /* what crypto_hkdf makes at most */
};

/* SHA-256 of what comes in pieces. */
struct crypto_sha256 {
	uint32_t state[8], len;
	uint8_t block[64];
};
void crypto_sha256_begin(struct crypto_sha256 *h);
void crypto_sha256_take(struct crypto_sha256 *h, const void *bytes, uint32_t len);
void crypto_sha256_end(const struct crypto_sha256 *h, uint8_t digest[CRYPTO_SHA256_BYTES]);

/* ES256: ECDSA on P-256 over a SHA-256, in some 1,000 steps of 30,000 instructions at most: CRYPTO_MORE; then whether the
 * signature is good, 1 or 0. */
struct crypto_es256 {
	uint32_t state[132];
};
enum { CRYPTO_MORE = -1 };
void crypto_es256_begin(struct crypto_es256 *c, const uint8_t point[CRYPTO_POINT_BYTES], const uint8_t digest[CRYPTO_SHA256_BYTES],
			const uint8_t signature[CRYPTO_SIGNATURE_BYTES]);
int32_t crypto_es256_step(struct crypto_es256 *c);
/* All at once. */
int crypto_es256(const uint8_t point[CRYPTO_POINT_BYTES], const uint8_t digest[CRYPTO_SHA256_BYTES],
		 const uint8_t signature[CRYPTO_SIGNATURE_BYTES]);

/* HKDF with SHA-256 (RFC 5869), both steps, for CRYPTO_EXPANDED_BYTES at most. */
void crypto_hkdf(const uint8_t *salt, uint32_t salt_len, const uint8_t *secret, uint32_t secret_len, const uint8_t *info,
		 uint32_t info_len, uint8_t *to, uint32_t len);

/* AES-CCM with a tag of 8 bytes and lengths of 2 (AES-CCM-16-64-128 of RFC 9053), in place. */
struct crypto_aead {
	const uint8_t *key, *nonce, *aad; /* aad: what is not encrypted, but sealed as well */
	uint32_t aad_len; /* below 0xff00, and not 0 */
};
void crypto_seal(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, uint8_t tag[CRYPTO_TAG_BYTES]);
/* Whether the tag is good. If not, the bytes are of no use. */
int crypto_open(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, const uint8_t tag[CRYPTO_TAG_BYTES]);

#endif
