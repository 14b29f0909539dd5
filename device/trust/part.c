/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what has to be exactly as expected. */
#include "device/trust/internal.h"

#include <string.h>

void trust_fail(struct trust_part *p, int32_t error)
{
	if (!p->failure->error)
		*p->failure = (struct trust_failure){error, p->r.at};
}

struct cbor_item trust_item(struct trust_part *p, enum cbor_type type)
{
	struct cbor_item item = {type, 0, p->r.at};

	if (!p->failure->error && cbor_expect(&p->r, type, &item))
		trust_fail(p, TRUST_E_FORM);
	return item;
}

uint32_t trust_number(struct trust_part *p, enum cbor_type type, uint32_t least, uint32_t most, int32_t error)
{
	struct trust_part before = *p;
	uint64_t number = trust_item(p, type).number;

	if (p->failure->error)
		return 0;
	if (number < least || number > most) {
		trust_fail(&before, error);
		return 0;
	}
	return (uint32_t)number;
}

void trust_is(struct trust_part *p, enum cbor_type type, uint32_t number, int32_t error)
{
	trust_number(p, type, number, number, error);
}

void trust_are(struct trust_part *p, const uint8_t *heads, int32_t error)
{
	for (; *heads; heads++)
		trust_is(p, (enum cbor_type)(*heads >> 5), *heads & 31, error);
}

struct trust_part trust_inside(struct trust_part *p)
{
	struct cbor_item item = trust_item(p, CBOR_BYTES);

	if (p->failure->error)
		return (struct trust_part){{p->r.at, p->r.at}, p->failure};
	return (struct trust_part){{item.bytes, item.bytes + item.number}, p->failure};
}

void trust_end(struct trust_part *p)
{
	if (p->r.at != p->r.end)
		trust_fail(p, TRUST_E_FORM);
}

int trust_if(struct trust_part *p, enum cbor_type type, uint32_t number)
{
	struct cbor_reader next = p->r;
	struct cbor_item item;

	if (p->failure->error || cbor_next(&next, &item) || item.type != type || item.number != number)
		return 0;
	p->r = next;
	return 1;
}

const uint8_t *trust_digest(struct trust_part *p)
{
	trust_is(p, CBOR_ARRAY, 2, TRUST_E_FORM);
	trust_is(p, CBOR_NINT, TRUST_ALG_SHA256, TRUST_E_ALGORITHM);
	struct cbor_item digest = trust_item(p, CBOR_BYTES);
	if (digest.number != CRYPTO_SHA256_BYTES)
		trust_fail(p, TRUST_E_FORM);
	return digest.bytes;
}

void trust_name(struct trust_part *p, char to[SUPERVISOR_NAME], const struct cbor_item *name)
{
	uint32_t ok = name->number >= 1 && name->number < SUPERVISOR_NAME;

	if (p->failure->error)
		return;
	memset(to, 0, SUPERVISOR_NAME);
	for (uint32_t i = 0; ok && i < name->number; i++) {
		uint8_t c = name->bytes[i], letter = c | 0x20;
		ok = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
		to[i] = (char)c;
	}
	if (!ok)
		trust_fail(p, TRUST_E_NAME);
}
