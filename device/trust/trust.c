/* SPDX-License-Identifier: BSD-2-Clause */
/* An envelope as it comes. */
#include "device/trust/trust.h"

#include <string.h>

#include "device/trust/internal.h"

void trust_begin(struct trust_intake *in, const struct trust_device *device, const char *name)
{
	memset(in, 0, sizeof *in);
	in->device = device;
	in->name = name;
	crypto_sha256_begin(&in->hash);
}

static int of_class(const struct trust_device *device, const uint8_t *class)
{
	for (uint32_t i = 0; i < device->nclasses; i++) {
		if (!memcmp(device->classes[i], class, TRUST_UUID_BYTES))
			return 1;
	}
	return 0;
}

/* The head is whole, and signed with the key. */
static int32_t judge(struct trust_intake *in, const struct trust_envelope *e, const uint8_t **at)
{
	const struct trust_device *d = in->device;
	uint32_t key = in->manifest.key;
	const uint8_t *vendor, *class;
	int32_t err = trust_admitted(d->keys, key);

	if (!err)
		err = trust_manifest(&in->manifest, e, &vendor, &class, at);
	if (err)
		return err;
	in->manifest.key = key;
	*at = vendor;
	if (memcmp(vendor, d->vendor, TRUST_UUID_BYTES))
		return TRUST_E_VENDOR;
	*at = class;
	if (!of_class(d, class))
		return TRUST_E_CLASS;
	*at = e->manifest.bytes;
	if (in->name && strncmp(in->name, in->manifest.config.name, SUPERVISOR_NAME))
		return TRUST_E_SLOT;
	if (d->newest && in->manifest.sequence <= d->newest(d->arg, in->manifest.config.name))
		return TRUST_E_OLD;
	return 0;
}

static int32_t refuse(struct trust_intake *in, int32_t error, const uint8_t *at)
{
	in->error = error;
	in->judged = in->checking = 0;
	in->at = at ? (uint32_t)(at - in->head) : 0;
	return error;
}

int32_t trust_take(struct trust_intake *in, const uint8_t *bytes, uint32_t len, const uint8_t **image, uint32_t *image_len)
{
	*image = 0;
	*image_len = 0;
	if (in->error)
		return in->error;
	if (!in->judged) {
		struct trust_envelope e;
		const uint8_t *at = 0;
		uint32_t before = in->head_len, take = sizeof in->head - before;
		if (take > len)
			take = len;
		if (take)
			memcpy(in->head + before, bytes, take);
		in->head_len += take;
		int32_t err = trust_envelope(&e, in->head, in->head_len, &at);
		if (err == TRUST_MORE)
			return in->head_len == sizeof in->head ? refuse(in, TRUST_E_LONG, at) : 0;
		if (err)
			return refuse(in, err, at);
		in->checking = TRUST_CHECKING;
		/* What was taken too much is the image's, and came with this piece. */
		in->head_len = e.head_len;
		*image = bytes + (e.head_len - before);
		*image_len = len - (e.head_len - before);
		return TRUST_CHECKING;
	}
	if (len > in->manifest.size - in->received)
		return refuse(in, TRUST_E_SIZE, 0);
	crypto_sha256_take(&in->hash, bytes, len);
	in->received += len;
	*image = bytes;
	*image_len = len;
	return 0;
}

int32_t trust_check(struct trust_intake *in, struct crypto_es256 *verifier)
{
	struct trust_envelope e;
	const uint8_t *at = 0;
	int32_t good = 0, err;

	if (!in->checking)
		return in->error;
	if (in->checking == TRUST_VERIFYING && (good = crypto_es256_step(verifier)) == CRYPTO_MORE)
		return TRUST_CHECKING;
	trust_envelope(&e, in->head, in->head_len, &at); /* as it was before */
	if (good) {
		err = judge(in, &e, &at);
	} else {
		uint32_t key = in->checking == TRUST_VERIFYING ? in->manifest.key + 1 : 0;
		err = trust_authentic(&e, in->device->keys, key, &in->manifest.key, verifier, &at);
	}
	if (err < 0)
		return refuse(in, err, at);
	in->judged = !err;
	in->checking = err ? TRUST_VERIFYING : 0;
	return err;
}

int32_t trust_finish(struct trust_intake *in)
{
	uint8_t digest[CRYPTO_SHA256_BYTES];

	if (in->error)
		return in->error;
	if (!in->judged)
		return refuse(in, TRUST_E_FORM, 0);
	if (in->received != in->manifest.size)
		return refuse(in, TRUST_E_SIZE, 0);
	crypto_sha256_end(&in->hash, digest);
	return memcmp(digest, in->manifest.digest, sizeof digest) ? refuse(in, TRUST_E_DIGEST, 0) : 0;
}

int32_t trust_identity(const uint8_t *bytes, uint32_t len, uint8_t digest[CRYPTO_SHA256_BYTES])
{
	struct trust_envelope e;
	const uint8_t *at;
	int32_t err = trust_envelope(&e, bytes, len, &at);

	if (!err)
		trust_manifest_digest(&e, digest);
	return err;
}

int32_t trust_read(struct trust_manifest *m, const uint8_t *bytes, uint32_t len, const uint8_t **image)
{
	struct trust_envelope e;
	const uint8_t *vendor, *class, *at;
	int32_t err = trust_envelope(&e, bytes, len, &at);

	if (!err)
		err = trust_manifest(m, &e, &vendor, &class, &at);
	if (err)
		return err == TRUST_MORE ? TRUST_E_FORM : err;
	if (len - e.head_len != e.image_len)
		return TRUST_E_SIZE;
	*image = bytes + e.head_len;
	return 0;
}
