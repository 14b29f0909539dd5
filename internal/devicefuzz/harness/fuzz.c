/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes to a device from outside, for libFuzzer (make device-fuzz): the first byte of an input says what it is for.
 *
 * Cryptography is left out, so that what is behind it is reached: whatever is signed is signed well, every hash is zero,
 * and what is encrypted is as it was. What is behind it may then rely on nothing.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "device/cbor/cbor.h"
#include "device/coap/server.h"
#include "device/oscore/oscore.h"
#include "device/slipmux/slipmux.h"
#include "device/trust/trust.h"

void crypto_sha256_begin(struct crypto_sha256 *h) { memset(h, 0, sizeof *h); }
void crypto_sha256_take(struct crypto_sha256 *h, const void *bytes, uint32_t len)
{
	const uint8_t *p = bytes;
	for (uint32_t i = 0; i < len; i++) /* it is there to be read */
		h->state[0] += p[i];
}
void crypto_sha256_end(const struct crypto_sha256 *h, uint8_t digest[CRYPTO_SHA256_BYTES])
{
	(void)h;
	memset(digest, 0, CRYPTO_SHA256_BYTES);
}
void crypto_es256_begin(struct crypto_es256 *c, const uint8_t *point, const uint8_t *digest, const uint8_t *signature)
{
	c->state[0] = 2;
	c->state[1] = point[0] == 1 && digest[0] == 0 && signature[0] != 0xff;
}
int32_t crypto_es256_step(struct crypto_es256 *c)
{
	return c->state[0]-- ? CRYPTO_MORE : (int32_t)c->state[1];
}
void crypto_hkdf(const uint8_t *salt, uint32_t salt_len, const uint8_t *secret, uint32_t secret_len, const uint8_t *info,
		 uint32_t info_len, uint8_t *to, uint32_t len)
{
	(void)salt, (void)salt_len, (void)secret, (void)secret_len, (void)info, (void)info_len;
	memset(to, 1, len);
}
void crypto_seal(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, uint8_t tag[CRYPTO_TAG_BYTES])
{
	(void)a, (void)bytes, (void)len;
	memset(tag, 0, CRYPTO_TAG_BYTES);
}
int crypto_open(const struct crypto_aead *a, uint8_t *bytes, uint32_t len, const uint8_t tag[CRYPTO_TAG_BYTES])
{
	(void)a, (void)bytes, (void)len;
	return tag[0] == 0;
}

/* A copy that ends where it ends, so that a sanitizer sees what is read behind it. */
static uint8_t *exact(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

static void cbor(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = exact(bytes, len);
	struct cbor_reader r = {copy, copy + len};
	struct cbor_item item;

	if (!cbor_check(copy, (uint32_t)len)) { /* then its heads can be read one by one, to the end */
		while (r.at < r.end)
			assert(!cbor_next(&r, &item));
	}
	free(copy);
}

static uint32_t newest(void *arg, const char *name)
{
	(void)arg, (void)name;
	return 6;
}

/* The first byte is the size of pieces. */
static void envelope(const uint8_t *bytes, size_t len)
{
	static const struct trust_key key[] = {{.point = {1}}, {.id = {1}, .flags = TRUST_KEY_REVOKED}};
	static const struct trust_keys keys = {key, 2, 0, 0};
	static const uint8_t class[1][TRUST_UUID_BYTES] = {{2}};
	static const struct trust_device device = {.keys = &keys, .vendor = {1}, .classes = class, .nclasses = 1, .newest = newest};
	struct trust_intake in;
	struct crypto_es256 verifier;
	struct trust_manifest m;
	uint32_t piece, total = 0;
	int32_t err = 0;

	if (!len)
		return;
	piece = *bytes++ + 1u;
	len--;
	trust_begin(&in, &device, NULL);
	for (size_t i = 0; i < len && !err; i += piece) {
		uint32_t n = len - i < piece ? (uint32_t)(len - i) : piece, image_len;
		uint8_t *copy = exact(bytes + i, n);
		const uint8_t *image;
		err = trust_take(&in, copy, n, &image, &image_len);
		if (err == TRUST_CHECKING) {
			while ((err = trust_check(&in, &verifier)) == TRUST_CHECKING)
				;
			err = err ? err : trust_take(&in, image, image_len, &image, &image_len);
			image_len = err ? 0 : image_len;
		}
		assert(image_len <= n && (!image_len || (in.judged && image + image_len == copy + n)));
		total += image_len;
		free(copy);
	}
	err = trust_finish(&in);
	assert(in.at <= in.head_len && in.head_len <= TRUST_HEAD_BYTES);
	uint8_t *copy = exact(bytes, len);
	const uint8_t *image;
	int32_t again = trust_read(&m, copy, (uint32_t)len, &image);
	if (!err) { /* what was accepted can be read again, and is the same */
		assert(total == in.manifest.size && in.head_len + total == len && in.manifest.sequence > 6);
		assert(!again && image == copy + in.head_len);
		m.key = in.manifest.key;
		assert(!memcmp(&m, &in.manifest, sizeof m));
	}
	free(copy);
}

/* A device that knows two clients, and forgets what came when it is told to. */
static struct oscore_context *contexts(uint8_t flags)
{
	static struct oscore_context c[2];
	const struct oscore_secret secret = {.id_context = (const uint8_t *)"id", .id_context_len = flags & 1 ? 2 : 0};

	oscore_derive(&c[0], &secret, &(struct oscore_id){1, {'d'}}, &(struct oscore_id){0, {0}});
	oscore_derive(&c[1], &secret, &(struct oscore_id){1, {'d'}}, &(struct oscore_id){4, {1, 2, 3, 4}});
	c[0].lost = flags >> 1 & 1;
	c[0].sequence = flags & 4 ? OSCORE_SEQUENCE_END - 1 : flags;
	return c;
}

static void oscore(const uint8_t *bytes, size_t len)
{
	if (!len || len > 1152)
		return;
	struct oscore_context *c = contexts(*bytes);
	uint32_t size = (uint32_t)len - 1 + (*bytes >> 3);
	uint8_t *copy = exact(bytes + 1, len - 1), *out = malloc(64);
	struct oscore_exchange x;
	int32_t n = oscore_unprotect_request(c, 2, copy, (uint32_t)len - 1, &x);

	assert(n <= (int32_t)len - 1);
	if (n < 0) {
		uint32_t refused = oscore_refuse(n, &x, out, 64);
		struct coap_message m;
		assert(refused <= 64 && (!refused || coap_parse(&m, out, refused) == COAP_PARSED));
	}
	free(copy);
	/* The same bytes as an answer, to a request that was. */
	copy = malloc(size ? size : 1);
	memcpy(copy, bytes + 1, len - 1);
	x.context = c;
	for (uint32_t i = 0; i < 2 && n >= 0; i++) {
		uint8_t *answer = malloc(size ? size : 1);
		memcpy(answer, copy, len - 1);
		n = oscore_protect_response(&x, answer, (uint32_t)len - 1, size);
		assert(n <= (int32_t)size);
		free(answer);
	}
	free(copy);
	free(out);
}

static void line(const uint8_t *bytes, size_t len)
{
	uint8_t frame[64 + SLIPMUX_MORE_BYTES];
	struct slipmux s = {.bytes = frame, .size = sizeof frame};
	const uint8_t *payload;
	uint32_t payload_len;

	for (size_t i = 0; i < len; i++) {
		if (slipmux_take(&s, bytes[i], &payload, &payload_len) != SLIPMUX_NONE)
			assert(payload >= frame && payload + payload_len <= frame + sizeof frame);
	}
}

/* A server, all of whose clients are known if they have the option. */
struct fuzzed {
	struct coap_server server;
	struct coap_guard guard;
	uint32_t ticket, at, changes;
};

static uint32_t changes(void *owner)
{
	return ((struct fuzzed *)owner)->changes;
}

static int32_t open(void *arg, uint8_t *bytes, uint32_t len, struct coap_bound *bound, int32_t *who)
{
	struct oscore_exchange *x = (void *)bound;
	int32_t n = oscore_unprotect_request(arg, 2, bytes, len, x);

	*who = n < 0 ? 0 : (int32_t)(x->context - (struct oscore_context *)arg) + 1;
	return n;
}

static uint32_t refuse(void *arg, int32_t error, struct coap_bound *bound, uint8_t *to, uint32_t size)
{
	(void)arg;
	return oscore_refuse(error, (void *)bound, to, size);
}

static int32_t seal(void *arg, struct coap_bound *bound, uint8_t *bytes, uint32_t len, uint32_t size)
{
	(void)arg;
	return oscore_protect_response((void *)bound, bytes, len, size);
}

static void handle(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct fuzzed *f = owner;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < q->len; i++)
		sum += q->payload[i];
	for (uint32_t i = 0; i < q->segments; i++)
		for (uint32_t k = 0; k < q->path[i].len; k++)
			sum += q->path[i].text[k];
	/* Blocks of a body come in order, each once. */
	assert(q->offset == 0 || q->offset == f->at || q->continued || q->finished || q->message->code == COAP_GET);
	f->at = q->offset + q->len;
	reply->code = COAP_CONTENT;
	if (sum % 5 == 1 && q->ticket && !q->finished) {
		f->ticket = q->ticket;
		reply->code = COAP_LATER;
		return;
	}
	for (uint32_t i = 0; i < sum % 40; i++)
		coap_body(reply, (const uint8_t *)"the same at each time", 21);
}

static void send(void *link, const struct coap_endpoint *to, const uint8_t *bytes, uint32_t len)
{
	struct coap_message m;

	(void)link, (void)to;
	assert(len <= COAP_DATAGRAM_BYTES && coap_parse(&m, bytes, len) == COAP_PARSED);
}

/* Datagrams: | length, low | length, high 3 bits; who 2; something changes; time passes; what was put off is answered | */
static void datagrams(const uint8_t *bytes, size_t len)
{
	static const struct coap_resource resources[] = {
		{"p", COAP_ALLOW_GET | COAP_ALLOW_POST, COAP_OPEN | COAP_CONTINUES, COAP_FORMAT_CBOR, COAP_FORMAT_NONE, "rt=\"p\"", handle, changes},
		{"p/*", 15, COAP_RESUMES, COAP_FORMAT_NONE, COAP_FORMAT_BYTES, NULL, handle, changes},
	};
	static struct fuzzed f;
	uint64_t now = 0;

	memset(&f, 0, sizeof f);
	f.guard = (struct coap_guard){open, refuse, seal, contexts(0)};
	f.server.resources = resources;
	f.server.nresources = 2;
	f.server.owner = &f;
	f.server.send = send;
	f.server.guard = &f.guard;
	f.server.block = 64;
	coap_init(&f.server);
	while (len >= 2) {
		size_t n = bytes[0] | (size_t)(bytes[1] & 7) << 8;
		struct coap_endpoint from = {{bytes[1] >> 3 & 3}};
		uint8_t flags = bytes[1];
		bytes += 2;
		len -= 2;
		if (n > len)
			n = len;
		uint8_t *copy = exact(bytes, n);
		coap_datagram(&f.server, &from, copy, (uint32_t)n, now);
		free(copy);
		bytes += n;
		len -= n;
		if (flags & 0x20)
			f.changes++;
		if (flags & 0x40)
			now += 3000000;
		if (flags & 0x80 && f.ticket) {
			coap_finish(&f.server, f.ticket, now);
			f.ticket = 0;
		}
		coap_step(&f.server, now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static void (*const all[])(const uint8_t *, size_t) = {cbor, envelope, oscore, line, datagrams};

	if (len)
		all[*bytes % (sizeof all / sizeof all[0])](bytes + 1, len - 1);
	return 0;
}

#include "ubpf/fuzz/replay.h"
