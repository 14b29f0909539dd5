/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 and HKDF, which are BearSSL's. */
#include "device/crypto/crypto.h"

#include "device/crypto/fetched.h"

#include "codec/dec32be.c"
#include "codec/enc32be.c"
#include "hash/sha2small.c"
#include "kdf/hkdf.c"
#include "mac/hmac.c"

_Static_assert(sizeof(br_sha256_context) <= sizeof(struct crypto_sha256), "a hash has room for BearSSL's");

void crypto_sha256_begin(struct crypto_sha256 *h)
{
	br_sha256_init((br_sha256_context *)h->state);
}

void crypto_sha256_take(struct crypto_sha256 *h, const void *bytes, uint32_t len)
{
	if (len)
		br_sha256_update((br_sha256_context *)h->state, bytes, len);
}

void crypto_sha256_end(const struct crypto_sha256 *h, uint8_t digest[CRYPTO_SHA256_BYTES])
{
	br_sha256_out((const br_sha256_context *)h->state, digest);
}

void crypto_hkdf(const uint8_t *salt, uint32_t salt_len, const uint8_t *secret, uint32_t secret_len, const uint8_t *info,
		 uint32_t info_len, uint8_t *to, uint32_t len)
{
	br_hkdf_context c;

	br_hkdf_init(&c, &br_sha256_vtable, salt_len ? salt : secret, salt_len); /* some memory, even if none of it is read */
	br_hkdf_inject(&c, secret, secret_len);
	br_hkdf_flip(&c);
	br_hkdf_produce(&c, info, info_len, to, len);
}
