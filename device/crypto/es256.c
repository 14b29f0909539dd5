/* SPDX-License-Identifier: BSD-2-Clause */
/* ES256: ECDSA on P-256, verified. Field and points are BearSSL's, in words of 30 bits, which is smaller and faster on
 * Cortex-M3 and M4 than those of 13 (docs/deploy.md); numbers modulo the order are BearSSL's as well, in words of 31 bits.
 *
 * Ours is how the two products are added up, u G + v Q: both bit by bit at once (Shamir's trick), so that points are doubled
 * 256 times for both, and no table of multiples is needed but G + Q. Time depends on what is verified, which is public.
 */
#include "device/crypto/fetched.h"

#include "device/crypto/crypto.h"

#include "codec/ccopy.c"
#include "ec/ec_p256_m31.c"
#include "int/i31_bitlen.c"
#include "int/i31_decode.c"
#include "int/i31_encode.c"
#include "int/i31_iszero.c"
#include "int/i31_montmul.c"
#include "int/i31_ninv31.c"
#include "int/i31_sub.c"

enum { BYTES = 32, WORDS = 1 + 9 /* the length in bits, and 256 of them, 31 to a word */ };

/* A number modulo the order: what is left of 32 bytes when the order is taken off once. Returns whether it was. */
static uint32_t reduced(uint32_t to[WORDS], const uint8_t *bytes, const uint32_t n[WORDS])
{
	br_i31_zero(to, n[0]);
	br_i31_decode(to, bytes, BYTES);
	to[0] = n[0];
	return !br_i31_sub(to, n, br_i31_sub(to, n, 0) ^ 1);
}

/* s becomes R / s: a product of Montgomery's is x y / R, so that s stands for s / R, and its power by Fermat for R / s. */
static void inverted(uint32_t s[WORDS], const uint32_t n[WORDS], uint32_t n0i)
{
	uint32_t x[WORDS], t[WORDS], one[WORDS];

	memcpy(x, s, sizeof x);
	for (int32_t bit = 8 * BYTES - 2; bit >= 0; bit--) {
		uint8_t byte = P256_N[BYTES - 1 - (uint32_t)bit / 8] - (bit < 8 ? 2 : 0);
		br_i31_montymul(t, x, x, n, n0i);
		if (byte >> (bit & 7) & 1)
			br_i31_montymul(x, t, s, n, n0i);
		else
			memcpy(x, t, sizeof x);
	}
	br_i31_zero(one, n[0]);
	one[1] = 1;
	br_i31_montymul(s, x, one, n, n0i);
}

/* x of u G + v Q. Whoever chose u and v cannot make a step add a point to itself or to its negative, which
 * p256_add_mixed does not do: that takes the private key, or a multiple of G or Q alone that is above the order. */
static int x_of_sum(uint8_t x[BYTES], const uint8_t u[BYTES], const uint8_t v[BYTES], const uint8_t *point)
{
	p256_jacobian table[3], sum; /* G, Q, G + Q: affine */
	uint8_t encoded[1 + 2 * BYTES];
	int begun = 0;

	encoded[0] = 4;
	memcpy(encoded + 1, point, 2 * BYTES);
	if (!p256_decode(&table[1], encoded, sizeof encoded))
		return 0;
	(void)p256_decode(&table[0], P256_G, sizeof P256_G);
	table[2] = table[0];
	p256_add_mixed(&table[2], &table[1]);
	p256_to_affine(&table[2]);
	for (int32_t bit = 8 * BYTES - 1; bit >= 0; bit--) {
		uint32_t at = BYTES - 1 - (uint32_t)bit / 8, shift = bit & 7;
		uint32_t which = (u[at] >> shift & 1) | (uint32_t)(v[at] >> shift & 1) << 1;
		if (begun)
			p256_double(&sum);
		if (!which)
			continue;
		if (begun)
			p256_add_mixed(&sum, &table[which - 1]);
		else
			sum = table[which - 1];
		begun = 1;
	}
	if (!begun)
		return 0;
	p256_to_affine(&sum);
	p256_encode(encoded, &sum);
	memcpy(x, encoded + 1, BYTES);
	return 1;
}

int crypto_es256(const uint8_t point[CRYPTO_POINT_BYTES], const uint8_t digest[CRYPTO_SHA256_BYTES],
		 const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
	uint32_t n[WORDS], r[WORDS], s[WORDS], t[WORDS], scratch[WORDS];
	uint8_t u[BYTES], v[BYTES];

	br_i31_decode(n, P256_N, BYTES);
	uint32_t n0i = br_i31_ninv31(n[1]);
	if (reduced(r, signature, n) || reduced(s, signature + BYTES, n) || br_i31_iszero(r) || br_i31_iszero(s))
		return 0;
	inverted(s, n, n0i);
	reduced(t, digest, n);
	br_i31_montymul(scratch, t, s, n, n0i);
	br_i31_encode(u, BYTES, scratch);
	br_i31_montymul(scratch, r, s, n, n0i);
	br_i31_encode(v, BYTES, scratch);
	if (!x_of_sum(u, u, v, point))
		return 0;
	reduced(t, u, n);
	return !br_i31_sub(t, r, 1) && br_i31_iszero(t);
}
