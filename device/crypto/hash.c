/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869), written to be small: a loop of 64 rounds over a ring of 16
 * words. BearSSL's takes a kilobyte more (`make device-sizes`), which is why it is not used: see ARCHITECTURE.md. */
#include "device/crypto/crypto.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_AT = BLOCK - 8 };

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turned(uint32_t x, uint32_t bits)
{
	return x >> bits | x << (32 - bits);
}

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_word(uint8_t *p, uint32_t x)
{
	for (uint32_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(x >> (24 - 8 * i));
}

static void compress(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[16], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];

	for (uint32_t i = 0; i < 64; i++) {
		uint32_t *x = &w[i & 15];
		if (i < 16) {
			*x = word(block + 4 * i);
		} else {
			uint32_t near = w[(i + 1) & 15], far = w[(i + 14) & 15];
			*x += w[(i + 9) & 15] + (turned(near, 7) ^ turned(near, 18) ^ near >> 3) + (turned(far, 17) ^ turned(far, 19) ^ far >> 10);
		}
		uint32_t t = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (g ^ (e & (f ^ g))) + round_constants[i] + *x;
		uint32_t u = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) | (c & (a | b)));
		h = g;
		g = f;
		f = e;
		e = d + t;
		d = c;
		c = b;
		b = a;
		a = t + u;
	}
	const uint32_t more[8] = {a, b, c, d, e, f, g, h};
	for (uint32_t i = 0; i < 8; i++)
		state[i] += more[i];
}

void crypto_sha256_begin(struct crypto_sha256 *h)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(h->state, first, sizeof first);
	h->len = 0;
}

void crypto_sha256_take(struct crypto_sha256 *h, const void *bytes, uint32_t len)
{
	const uint8_t *p = bytes;

	while (len) {
		uint32_t at = h->len % BLOCK, n = BLOCK - at < len ? BLOCK - at : len;
		memcpy(h->block + at, p, n);
		h->len += n;
		p += n;
		len -= n;
		if (at + n == BLOCK)
			compress(h->state, h->block);
	}
}

void crypto_sha256_end(const struct crypto_sha256 *of, uint8_t digest[CRYPTO_SHA256_BYTES])
{
	static const uint8_t end[BLOCK] = {0x80};
	struct crypto_sha256 h = *of;
	uint32_t at = h.len % BLOCK;

	crypto_sha256_take(&h, end, (at < LENGTH_AT ? LENGTH_AT : LENGTH_AT + BLOCK) - at);
	put_word(h.block + LENGTH_AT, of->len >> 29);
	put_word(h.block + LENGTH_AT + 4, of->len << 3);
	compress(h.state, h.block);
	for (uint32_t i = 0; i < 8; i++)
		put_word(digest + 4 * i, h.state[i]);
}

/* HMAC of two pieces, one behind the other. The first may lie where the result goes. */
static void hmac(uint8_t to[CRYPTO_SHA256_BYTES], const uint8_t *key, uint32_t key_len, const uint8_t *bytes, uint32_t len, const uint8_t *more,
		 uint32_t more_len)
{
	struct crypto_sha256 h;
	uint8_t padded[BLOCK] = {0};

	if (key_len > BLOCK) {
		crypto_sha256_begin(&h);
		crypto_sha256_take(&h, key, key_len);
		crypto_sha256_end(&h, padded);
	} else if (key_len) {
		memcpy(padded, key, key_len);
	}
	for (uint32_t outer = 0; outer < 2; outer++) {
		for (uint32_t i = 0; i < BLOCK; i++)
			padded[i] ^= outer ? 0x36 ^ 0x5c : 0x36;
		crypto_sha256_begin(&h);
		crypto_sha256_take(&h, padded, BLOCK);
		crypto_sha256_take(&h, outer ? to : bytes, outer ? CRYPTO_SHA256_BYTES : len);
		crypto_sha256_take(&h, more, outer ? 0 : more_len);
		crypto_sha256_end(&h, to);
	}
}

void crypto_hkdf(const uint8_t *salt, uint32_t salt_len, const uint8_t *secret, uint32_t secret_len, const uint8_t *info,
		 uint32_t info_len, uint8_t *to, uint32_t len)
{
	static const uint8_t first = 1;
	uint8_t key[CRYPTO_SHA256_BYTES], made[CRYPTO_SHA256_BYTES];

	hmac(key, salt, salt_len, secret, secret_len, NULL, 0);
	hmac(made, key, sizeof key, info, info_len, &first, 1);
	memcpy(to, made, len);
}
