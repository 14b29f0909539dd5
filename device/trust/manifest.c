/* SPDX-License-Identifier: BSD-2-Clause */
/* The manifest: the one shape of it that there is here (SPEC.md). */
#include "device/trust/internal.h"

#include <string.h>

/* Keys of draft-ietf-suit-manifest. */
enum { MANIFEST_VERSION = 1, MANIFEST_SEQUENCE = 2, MANIFEST_COMMON = 3, MANIFEST_VALIDATE = 7, MANIFEST_INVOKE = 9, MANIFEST_INSTALL = 20 };
enum { COMMON_COMPONENTS = 2, COMMON_SEQUENCE = 4 };
enum { CONDITION_VENDOR = 1, CONDITION_CLASS = 2, CONDITION_IMAGE = 3, DIRECTIVE_OVERRIDE = 20, DIRECTIVE_FETCH = 21, DIRECTIVE_INVOKE = 23 };
enum { PARAMETER_VENDOR = 1, PARAMETER_CLASS = 2, PARAMETER_DIGEST = 3, PARAMETER_SIZE = 14, PARAMETER_URI = 21 };
enum { PARAMETER_GRANTS = 0 /* -1 */ };
enum { REPORTS = 15 /* what a command reports: accepted, and nothing comes of it */ };

static const uint8_t *uuid(struct trust_part *p)
{
	struct cbor_item id = trust_item(p, CBOR_BYTES);

	if (id.number != TRUST_UUID_BYTES)
		trust_fail(p, TRUST_E_FORM);
	return id.bytes;
}

static void command(struct trust_part *p, uint32_t number)
{
	trust_is(p, CBOR_UINT, number, TRUST_E_SUBSET);
	trust_number(p, CBOR_UINT, 0, REPORTS, TRUST_E_SUBSET);
}

/* A sequence of three commands, of which the first sets parameters. */
static const uint8_t override[] = {TRUST_HEAD(CBOR_ARRAY, 6), TRUST_HEAD(CBOR_UINT, DIRECTIVE_OVERRIDE), 0};

/* [20, parameters, 1, _, 2, _] */
static void shared(struct trust_part *p, struct trust_manifest *m, const uint8_t **vendor, const uint8_t **class)
{
	trust_are(p, override, TRUST_E_SUBSET);
	uint32_t pairs = trust_number(p, CBOR_MAP, 4, 5, TRUST_E_SUBSET);
	trust_is(p, CBOR_UINT, PARAMETER_VENDOR, TRUST_E_SUBSET);
	*vendor = uuid(p);
	trust_is(p, CBOR_UINT, PARAMETER_CLASS, TRUST_E_SUBSET);
	*class = uuid(p);
	trust_is(p, CBOR_UINT, PARAMETER_DIGEST, TRUST_E_SUBSET);
	struct trust_part inside = trust_inside(p);
	const uint8_t *digest = trust_digest(&inside);
	trust_end(&inside);
	trust_is(p, CBOR_UINT, PARAMETER_SIZE, TRUST_E_SUBSET);
	m->size = trust_number(p, CBOR_UINT, 1, UINT32_MAX, TRUST_E_SIZE);
	if (pairs == 5) {
		trust_is(p, CBOR_NINT, PARAMETER_GRANTS, TRUST_E_SUBSET);
		inside = trust_inside(p);
		trust_grants(&inside, m);
		trust_end(&inside);
	}
	command(p, CONDITION_VENDOR);
	command(p, CONDITION_CLASS);
	trust_end(p);
	if (!p->failure->error)
		memcpy(m->digest, digest, sizeof m->digest);
}

static void common(struct trust_part *p, struct trust_manifest *m, const uint8_t **vendor, const uint8_t **class)
{
	static const uint8_t components[] = {
		TRUST_HEAD(CBOR_MAP, 2), TRUST_HEAD(CBOR_UINT, COMMON_COMPONENTS), TRUST_HEAD(CBOR_ARRAY, 1), TRUST_HEAD(CBOR_ARRAY, 1), 0,
	};

	trust_are(p, components, TRUST_E_SUBSET);
	struct cbor_item name = trust_item(p, CBOR_BYTES);
	trust_name(p, m->config.name, &name);
	trust_is(p, CBOR_UINT, COMMON_SEQUENCE, TRUST_E_SUBSET);
	struct trust_part inside = trust_inside(p);
	shared(&inside, m, vendor, class);
	trust_end(p);
}

/* [20, {21: name of the image}, 21, _, 3, _] */
static void install(struct trust_part *p, const struct cbor_item *uri)
{
	static const uint8_t parameters[] = {TRUST_HEAD(CBOR_MAP, 1), TRUST_HEAD(CBOR_UINT, PARAMETER_URI), 0};

	trust_are(p, override, TRUST_E_SUBSET);
	trust_are(p, parameters, TRUST_E_SUBSET);
	struct cbor_item name = trust_item(p, CBOR_TEXT);
	if (!p->failure->error && (name.number != uri->number || memcmp(name.bytes, uri->bytes, (uint32_t)name.number)))
		trust_fail(p, TRUST_E_SUBSET);
	command(p, DIRECTIVE_FETCH);
	command(p, CONDITION_IMAGE);
	trust_end(p);
}

/* A sequence of one command. */
static void only(struct trust_part *p, uint32_t number)
{
	struct trust_part inside = trust_inside(p);

	trust_is(&inside, CBOR_ARRAY, 2, TRUST_E_SUBSET);
	command(&inside, number);
	trust_end(&inside);
}

int32_t trust_manifest(struct trust_manifest *m, const struct trust_envelope *e, const uint8_t **vendor,
		       const uint8_t **class, const uint8_t **at)
{
	static const uint8_t version[] = {
		TRUST_HEAD(CBOR_UINT, MANIFEST_VERSION), TRUST_HEAD(CBOR_UINT, 1), TRUST_HEAD(CBOR_UINT, MANIFEST_SEQUENCE), 0,
	};
	struct trust_failure failure = {0, 0};
	const uint8_t *start = e->manifest.bytes;
	struct trust_part p = {{start, start + e->manifest.number}, &failure}, inside;

	memset(m, 0, sizeof *m);
	m->config.priority = 3;
	m->config.budget = UINT32_MAX;
	uint32_t pairs = trust_number(&p, CBOR_MAP, 4, 6, TRUST_E_SUBSET);
	trust_are(&p, version, TRUST_E_SUBSET);
	m->sequence = trust_number(&p, CBOR_UINT, 0, UINT32_MAX, TRUST_E_SUBSET);
	trust_is(&p, CBOR_UINT, MANIFEST_COMMON, TRUST_E_SUBSET);
	inside = trust_inside(&p);
	common(&inside, m, vendor, class);
	if (trust_if(&p, CBOR_UINT, MANIFEST_VALIDATE)) {
		only(&p, CONDITION_IMAGE);
		pairs--;
	}
	if (trust_if(&p, CBOR_UINT, MANIFEST_INVOKE)) {
		only(&p, DIRECTIVE_INVOKE);
		m->start = TRUST_START_ALWAYS;
		pairs--;
	}
	trust_is(&p, CBOR_UINT, MANIFEST_INSTALL, TRUST_E_SUBSET);
	inside = trust_inside(&p);
	install(&inside, &e->uri);
	trust_end(&p);
	if (pairs != 4) /* BUG of who made it: pairs that are not there */
		trust_fail(&p, TRUST_E_FORM);
	if (!failure.error && e->image_len != m->size)
		failure = (struct trust_failure){TRUST_E_SIZE, e->uri.bytes};
	*at = failure.at;
	return failure.error;
}
