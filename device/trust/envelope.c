/* SPDX-License-Identifier: BSD-2-Clause */
/* The envelope, and who signed it (RFC 9052). */
#include "device/trust/internal.h"

#include <string.h>

enum { TAG_ENVELOPE = 107, TAG_SIGN1 = 18, KEY_AUTHENTICATION = 2, KEY_MANIFEST = 3, HEADER_ALG = 1, HEADER_KID = 4 };

int32_t trust_envelope(struct trust_envelope *e, const uint8_t *bytes, uint32_t len, const uint8_t **at)
{
	struct cbor_reader r = {bytes, bytes + len};
	struct cbor_item item;
	int32_t err;

	/* What may not all be there: the first step that finds too few bytes ends it. */
#define NEXT(read, to, condition, error)                                  \
	do {                                                              \
		*at = r.at;                                               \
		if ((err = read(&r, to)))                                 \
			return err == CBOR_E_SHORT ? TRUST_MORE : TRUST_E_FORM; \
		if (!(condition))                                         \
			return error;                                     \
	} while (0)
	NEXT(cbor_read_head, &item, item.type == CBOR_TAG && item.number == TAG_ENVELOPE, TRUST_E_FORM);
	NEXT(cbor_read_head, &item, item.type == CBOR_MAP, TRUST_E_FORM);
	if (item.number != 3) /* an image that is elsewhere, text, delegation */
		return TRUST_E_SUBSET;
	NEXT(cbor_next, &item, item.type == CBOR_UINT && item.number == KEY_AUTHENTICATION, TRUST_E_SUBSET);
	NEXT(cbor_next, &e->authentication, e->authentication.type == CBOR_BYTES, TRUST_E_FORM);
	NEXT(cbor_next, &item, item.type == CBOR_UINT && item.number == KEY_MANIFEST, TRUST_E_SUBSET);
	e->wrapped = r.at;
	NEXT(cbor_next, &e->manifest, e->manifest.type == CBOR_BYTES, TRUST_E_FORM);
	NEXT(cbor_next, &e->uri, e->uri.type == CBOR_TEXT && e->uri.number > 1 && e->uri.bytes[0] == '#', TRUST_E_SUBSET);
	NEXT(cbor_read_head, &item, item.type == CBOR_BYTES && item.number <= UINT32_MAX, TRUST_E_FORM);
#undef NEXT
	e->image_len = (uint32_t)item.number;
	e->head_len = (uint32_t)(r.at - bytes);
	return 0;
}

static void hash(void *h, const uint8_t *bytes, uint32_t len)
{
	crypto_sha256_take(h, bytes, len);
}

void trust_manifest_digest(const struct trust_envelope *e, uint8_t digest[CRYPTO_SHA256_BYTES])
{
	struct crypto_sha256 h;

	crypto_sha256_begin(&h);
	crypto_sha256_take(&h, e->wrapped, (uint32_t)(e->manifest.bytes + e->manifest.number - e->wrapped));
	crypto_sha256_end(&h, digest);
}

/* What is signed: ["Signature1", protected header, no further data, payload]. */
static void sig_structure(uint8_t digest[CRYPTO_SHA256_BYTES], const struct cbor_item *protected,
			  const struct cbor_item *payload)
{
	struct crypto_sha256 h;
	const struct cbor_writer w = {hash, &h};

	crypto_sha256_begin(&h);
	cbor_head(&w, CBOR_ARRAY, 4);
	cbor_text(&w, "Signature1");
	cbor_bytes(&w, protected->bytes, (uint32_t)protected->number);
	cbor_bytes(&w, 0, 0);
	cbor_bytes(&w, payload->bytes, (uint32_t)payload->number);
	crypto_sha256_end(&h, digest);
}

/* A map of headers: the key id, if it is there. */
static struct cbor_item key_id(struct trust_part *p, uint32_t pairs)
{
	struct cbor_item none = {CBOR_BYTES, 0, 0};

	if (p->failure->error || !pairs)
		return none;
	trust_is(p, CBOR_UINT, HEADER_KID, TRUST_E_SUBSET);
	return trust_item(p, CBOR_BYTES);
}

int32_t trust_key_find(const struct trust_keys *keys, const uint8_t *id, uint32_t len)
{
	for (uint32_t i = 0; i < keys->nkeys; i++) {
		if (len == TRUST_KEY_ID_BYTES && !memcmp(keys->keys[i].id, id, len))
			return (int32_t)i;
	}
	return TRUST_E_KEY;
}

int32_t trust_admitted(const struct trust_keys *keys, uint32_t key)
{
	if (keys->keys[key].flags & TRUST_KEY_REVOKED || (key < 32 && keys->revoked >> key & 1))
		return TRUST_E_REVOKED;
	if (keys->production && keys->keys[key].flags & TRUST_KEY_DEVELOPMENT)
		return TRUST_E_DEVELOPMENT;
	return 0;
}

int32_t trust_authentic(const struct trust_envelope *e, const struct trust_keys *keys, uint32_t from, uint32_t *key,
			struct crypto_es256 *verifier, const uint8_t **at)
{
	struct trust_failure failure = {0, 0};
	const uint8_t *start = e->authentication.bytes;
	struct trust_part p = {{start, start + e->authentication.number}, &failure};
	uint8_t digest[CRYPTO_SHA256_BYTES];

	trust_is(&p, CBOR_ARRAY, 2, TRUST_E_SUBSET); /* one signature */
	struct trust_part payload = p;
	struct trust_part d = trust_inside(&p);
	const uint8_t *signed_digest = trust_digest(&d);
	trust_end(&d);
	struct trust_part sign1 = trust_inside(&p);
	trust_end(&p);
	trust_is(&sign1, CBOR_TAG, TAG_SIGN1, TRUST_E_ALGORITHM);
	trust_is(&sign1, CBOR_ARRAY, 4, TRUST_E_FORM);
	struct trust_part protected = sign1;
	struct trust_part headers = trust_inside(&sign1);
	uint32_t pairs = trust_number(&headers, CBOR_MAP, 1, 2, TRUST_E_SUBSET);
	trust_is(&headers, CBOR_UINT, HEADER_ALG, TRUST_E_SUBSET);
	if (!trust_if(&headers, CBOR_NINT, TRUST_ALG_ESP256))
		trust_is(&headers, CBOR_NINT, TRUST_ALG_ES256, TRUST_E_ALGORITHM);
	struct cbor_item id = key_id(&headers, pairs - 1);
	trust_end(&headers);
	pairs = trust_number(&sign1, CBOR_MAP, 0, id.bytes ? 0 : 1, TRUST_E_SUBSET);
	if (pairs)
		id = key_id(&sign1, pairs);
	trust_is(&sign1, CBOR_SIMPLE, CBOR_NULL, TRUST_E_FORM);
	struct cbor_item signature = trust_item(&sign1, CBOR_BYTES);
	trust_end(&sign1);
	if (signature.number != CRYPTO_SIGNATURE_BYTES)
		trust_fail(&sign1, TRUST_E_FORM);
	*at = failure.at;
	if (failure.error)
		return failure.error;

	/* Is it this manifest? */
	trust_manifest_digest(e, digest);
	*at = signed_digest;
	if (memcmp(digest, signed_digest, sizeof digest))
		return TRUST_E_SIGNATURE;

	struct cbor_item header_bytes = trust_item(&protected, CBOR_BYTES), payload_bytes = trust_item(&payload, CBOR_BYTES);
	sig_structure(digest, &header_bytes, &payload_bytes);
	uint32_t end = keys->nkeys;
	if (id.bytes) {
		*at = id.bytes;
		int32_t found = trust_key_find(keys, id.bytes, (uint32_t)id.number);
		if (found < 0)
			return found;
		if (from <= (uint32_t)found)
			from = (uint32_t)found;
		end = (uint32_t)found + 1;
		int32_t err = trust_admitted(keys, (uint32_t)found);
		if (err)
			return err;
	}
	*at = signature.bytes;
	if (from >= end)
		return id.bytes ? TRUST_E_SIGNATURE : TRUST_E_KEY;
	*key = from;
	crypto_es256_begin(verifier, keys->keys[from].point, digest, signature.bytes);
	return TRUST_CHECKING;
}
