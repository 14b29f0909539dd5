/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of trust. */
#ifndef DEVICE_TRUST_INTERNAL_H
#define DEVICE_TRUST_INTERNAL_H

#include "device/cbor/cbor.h"
#include "device/trust/trust.h"

/* What went wrong first, and where. Once something did, everything that reads does nothing and returns zeros. */
struct trust_failure {
	int32_t error;
	const uint8_t *at;
};

/* Bytes that are read to their end, item by item, each of which has to be what is expected. */
struct trust_part {
	struct cbor_reader r;
	struct trust_failure *failure;
};
void trust_fail(struct trust_part *p, int32_t error);
/* The next item, which has to be of the type; and its number, which has to be from least to most. */
struct cbor_item trust_item(struct trust_part *p, enum cbor_type type);
uint32_t trust_number(struct trust_part *p, enum cbor_type type, uint32_t least, uint32_t most, int32_t error);
/* The next item has to be this one. */
void trust_is(struct trust_part *p, enum cbor_type type, uint32_t number, int32_t error);
/* The next items have to be these: heads of one byte each, up to a zero. */
#define TRUST_HEAD(type, number) ((type) << 5 | (number))
void trust_are(struct trust_part *p, const uint8_t *heads, int32_t error);
/* A string of bytes, that holds CBOR: to be read with trust_end at its end. */
struct trust_part trust_inside(struct trust_part *p);
void trust_end(struct trust_part *p);
/* Whether the next item is this one; then it is taken. */
int trust_if(struct trust_part *p, enum cbor_type type, uint32_t number);

enum { TRUST_ALG_ES256 = 6, TRUST_ALG_ESP256 = 8, TRUST_ALG_SHA256 = 15 }; /* -7, -9, -16: negative n is -1 - number */

/* [-16, digest] */
const uint8_t *trust_digest(struct trust_part *p);

/* An envelope as far as its image. */
struct trust_envelope {
	struct cbor_item authentication, manifest;
	const uint8_t *wrapped; /* the manifest with the head of the string that it is in: this is what is hashed */
	struct cbor_item uri;   /* the image's name in the envelope */
	uint32_t image_len;
	uint32_t head_len; /* bytes before the image */
};
enum { TRUST_MORE = 1 }; /* it is not all there so far */
/* 0, TRUST_MORE or an error. */
int32_t trust_envelope(struct trust_envelope *e, const uint8_t *bytes, uint32_t len, const uint8_t **at);

/* Of the manifest with the head of its string. */
void trust_manifest_digest(const struct trust_envelope *e, uint8_t digest[CRYPTO_SHA256_BYTES]);
/* Which key signed it, as it says: TRUST_CHECKING with its index in *key, and verifying has begun; or an error. Where it says
 * nothing it may be any: the first from `from` on. */
int32_t trust_authentic(const struct trust_envelope *e, const struct trust_keys *keys, uint32_t from, uint32_t *key,
			struct crypto_es256 *verifier, const uint8_t **at);
/* Whether a key that signed may have. */
int32_t trust_admitted(const struct trust_keys *keys, uint32_t key);

/* What is in the manifest. *vendor, *class: TRUST_UUID_BYTES. */
int32_t trust_manifest(struct trust_manifest *m, const struct trust_envelope *e, const uint8_t **vendor,
		       const uint8_t **class, const uint8_t **at);
void trust_grants(struct trust_part *p, struct trust_manifest *m);
/* Copies a name of a program, or fails. */
void trust_name(struct trust_part *p, char to[SUPERVISOR_NAME], const struct cbor_item *name);

#endif
