/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/crypto/crypto.h"

#include <string.h>

#include "device/crypto/fetched.h"

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

int crypto_es256(const uint8_t point[CRYPTO_POINT_BYTES], const uint8_t digest[CRYPTO_SHA256_BYTES],
		 const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
	uint8_t uncompressed[1 + CRYPTO_POINT_BYTES] = {0x04};
	const br_ec_public_key key = {BR_EC_secp256r1, uncompressed, sizeof uncompressed};

	memcpy(uncompressed + 1, point, CRYPTO_POINT_BYTES);
	return (int)br_ecdsa_i31_vrfy_raw(&br_ec_p256_m31, digest, CRYPTO_SHA256_BYTES, &key, signature,
					  CRYPTO_SIGNATURE_BYTES);
}

void crypto_hkdf(const uint8_t *salt, uint32_t salt_len, const uint8_t *secret, uint32_t secret_len, const uint8_t *info,
		 uint32_t info_len, uint8_t *to, uint32_t len)
{
	br_hkdf_context c;

	br_hkdf_init(&c, &br_sha256_vtable, salt, salt_len);
	br_hkdf_inject(&c, secret, secret_len);
	br_hkdf_flip(&c);
	br_hkdf_produce(&c, info, info_len, to, len);
}

/* What sealing and opening do before and between: leaves the tag to be asked for. */
static void run(br_ccm_context *ccm, const struct crypto_aead *a, int encrypt, uint8_t *bytes, uint32_t len,
		br_aes_ct_ctrcbc_keys *keys)
{
	br_aes_ct_ctrcbc_init(keys, a->key, CRYPTO_KEY_BYTES);
	br_ccm_init(ccm, &keys->vtable);
	br_ccm_reset(ccm, a->nonce, CRYPTO_NONCE_BYTES, a->aad_len, len, CRYPTO_TAG_BYTES);
	br_ccm_aad_inject(ccm, a->aad, a->aad_len);
	br_ccm_flip(ccm);
	br_ccm_run(ccm, encrypt, bytes, len);
}

void crypto_seal(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, uint8_t tag[CRYPTO_TAG_BYTES])
{
	br_aes_ct_ctrcbc_keys keys;
	br_ccm_context ccm;

	run(&ccm, a, 1, bytes, len, &keys);
	br_ccm_get_tag(&ccm, tag);
}

int crypto_open(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, const uint8_t tag[CRYPTO_TAG_BYTES])
{
	br_aes_ct_ctrcbc_keys keys;
	br_ccm_context ccm;

	run(&ccm, a, 0, bytes, len, &keys);
	return (int)br_ccm_check_tag(&ccm, tag);
}
