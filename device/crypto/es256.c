/* SPDX-License-Identifier: BSD-2-Clause */
/* ES256: ECDSA on P-256, verified. Field and points are BearSSL's, in words of 30 bits, which is smaller and faster on
 * Cortex-M3 and M4 than those of 13 (docs/deploy.md); numbers modulo the order are BearSSL's as well, in words of 31 bits.
 *
 * Ours is how the two products are added up, u G + v Q: both bit by bit at once (Shamir's trick), so that points are doubled
 * 256 times for both, and no table of multiples is needed but G + Q; and that it is done bit by bit, so that whoever verifies can
 * do something else in between. Time depends on what is verified, which is public.
 *
 *   S_INVERSE   1 / s modulo the order, by Fermat: s to the power of n - 2, a bit at a time
 *   Z_TABLE     1 / z modulo p, likewise, which makes G + Q affine
 *   SUM         u G + v Q, a bit of both at a time
 *   Z_SUM       1 / z once more, for x of the sum
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

enum { BYTES = 32, WORDS = 1 + 9 /* the length in bits, and 256 of them, 31 to a word */, FIELD = 9 /* words of 30 bits */ };

/* A number modulo the order: what is left of 32 bytes when the order is taken off once. Returns whether it was. */
static uint32_t reduced(uint32_t to[WORDS], const uint8_t *bytes, const uint32_t n[WORDS])
{
	br_i31_zero(to, n[0]);
	br_i31_decode(to, bytes, BYTES);
	to[0] = n[0];
	return !br_i31_sub(to, n, br_i31_sub(to, n, 0) ^ 1);
}

enum phase { S_INVERSE, Z_TABLE, SUM, Z_SUM };
struct es256 {
	uint8_t phase, begun;
	int16_t bit;
	uint32_t r[WORDS], s[WORDS], power[WORDS]; /* the power is one modulo the order, or an element of the field */
	uint8_t u[BYTES], v[BYTES];
	p256_jacobian q, g_q, sum; /* Q, G + Q, what is added up */
};
_Static_assert(sizeof(struct es256) <= sizeof(struct crypto_es256), "room for what is being verified");

static const p256_jacobian g = {
	{0x1898c296, 0x1284e517, 0x1eb33a0f, 0x00df604b, 0x2440f277, 0x339b958e, 0x04247f8b, 0x347cb84b, 0x00006b17},
	{0x37bf51f5, 0x2ed901a0, 0x3315ecec, 0x338cd5da, 0x0f9e162b, 0x1fad29f0, 0x27f9b8ee, 0x10b8bf86, 0x00004fe3},
	{1},
};

static void order(uint32_t n[WORDS], uint32_t *n0i)
{
	br_i31_decode(n, P256_N, BYTES);
	*n0i = br_i31_ninv31(n[1]);
}

/* A bit of n - 2. Its last byte is 0x51. */
static int order_bit(int32_t bit)
{
	uint8_t byte = P256_N[BYTES - 1 - (uint32_t)bit / 8] - (bit < 8 ? 2 : 0);

	return byte >> (bit & 7) & 1;
}

/* A bit of p - 2, p being 2^256 - 2^224 + 2^192 + 2^96 - 1. */
static int field_bit(int32_t bit)
{
	return bit >= 224 || bit == 192 || (bit < 96 && bit != 1);
}

static void invert(struct es256 *c, enum phase phase, const uint32_t *from, uint32_t words)
{
	c->phase = (uint8_t)phase;
	c->bit = 8 * BYTES - 2; /* the first one is what the power begins with */
	memcpy(c->power, from, words * sizeof *from);
}

/* s is R / s at the end: a product of Montgomery's is x y / R, so that s stands for s / R, and its power by Fermat for R / s. */
static void s_bit(struct es256 *c)
{
	uint32_t n[WORDS], n0i, t[WORDS];

	order(n, &n0i);
	br_i31_montymul(t, c->power, c->power, n, n0i);
	if (order_bit(c->bit))
		br_i31_montymul(c->power, t, c->s, n, n0i);
	else
		memcpy(c->power, t, sizeof t);
}

/* u and v, and the points. Returns whether the key is one. */
static int prepare(struct es256 *c)
{
	uint32_t n[WORDS], n0i, one[WORDS], t[WORDS], digest[WORDS];
	uint8_t encoded[1 + 2 * BYTES] = {4};

	order(n, &n0i);
	br_i31_zero(one, n[0]);
	one[1] = 1;
	br_i31_montymul(c->s, c->power, one, n, n0i);
	reduced(digest, c->u, n);
	br_i31_montymul(t, digest, c->s, n, n0i);
	br_i31_encode(c->u, BYTES, t);
	br_i31_montymul(t, c->r, c->s, n, n0i);
	br_i31_encode(c->v, BYTES, t);
	memcpy(encoded + 1, &c->q, 2 * BYTES);
	if (!p256_decode(&c->q, encoded, sizeof encoded))
		return 0;
	c->g_q = g;
	p256_add_mixed(&c->g_q, &c->q);
	invert(c, Z_TABLE, c->g_q.z, FIELD);
	return 1;
}

/* Whoever chose u and v cannot make a step add a point to itself or to its negative, which p256_add_mixed does not do: that
 * takes the private key, or a multiple of G or Q alone that is above the order. */
static void sum_bit(struct es256 *c)
{
	const p256_jacobian *const table[] = {&g, &c->q, &c->g_q};
	uint32_t at = BYTES - 1 - (uint32_t)c->bit / 8, shift = c->bit & 7;
	uint32_t which = (c->u[at] >> shift & 1) | (uint32_t)(c->v[at] >> shift & 1) << 1;

	if (c->begun)
		p256_double(&c->sum);
	if (which && c->begun)
		p256_add_mixed(&c->sum, table[which - 1]);
	else if (which)
		c->sum = *table[which - 1];
	c->begun |= which > 0;
}

static void z_bit(struct es256 *c, const p256_jacobian *p)
{
	square_f256(c->power, c->power);
	if (field_bit(c->bit))
		mul_f256(c->power, c->power, p->z);
}

/* x / z^2, y / z^3, 1 */
static void made_affine(struct es256 *c, p256_jacobian *p)
{
	uint32_t t[FIELD];

	square_f256(t, c->power);
	mul_f256(p->x, t, p->x);
	mul_f256(t, t, c->power);
	mul_f256(p->y, t, p->y);
	reduce_final_f256(p->x);
	reduce_final_f256(p->y);
	memcpy(p->z, g.z, sizeof p->z);
}

/* Whether x of the sum, modulo the order, is r. */
static int is_good(struct es256 *c)
{
	uint32_t n[WORDS], n0i, t[WORDS];

	le30_to_be8(c->u, BYTES, c->sum.x);
	order(n, &n0i);
	reduced(t, c->u, n);
	return !br_i31_sub(t, c->r, 1) && br_i31_iszero(t);
}

void crypto_es256_begin(struct crypto_es256 *to, const uint8_t point[CRYPTO_POINT_BYTES], const uint8_t digest[CRYPTO_SHA256_BYTES],
			const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
	struct es256 *c = (void *)to;
	uint32_t n[WORDS], n0i;

	memset(c, 0, sizeof *c);
	order(n, &n0i);
	uint32_t bad = reduced(c->r, signature, n) | reduced(c->s, signature + BYTES, n) | br_i31_iszero(c->r) | br_i31_iszero(c->s);
	memcpy(c->u, digest, BYTES);
	memcpy(&c->q, point, CRYPTO_POINT_BYTES);
	invert(c, S_INVERSE, c->s, WORDS);
	if (bad)
		c->bit = -1;
}

int32_t crypto_es256_step(struct crypto_es256 *of)
{
	struct es256 *c = (void *)of;

	if (c->bit < 0)
		return 0;
	switch (c->phase) {
	case S_INVERSE:
		s_bit(c);
		break;
	case Z_TABLE:
		z_bit(c, &c->g_q);
		break;
	case SUM:
		sum_bit(c);
		break;
	case Z_SUM:
		z_bit(c, &c->sum);
	}
	if (c->bit--)
		return CRYPTO_MORE;
	/* A phase is over. */
	switch (c->phase) {
	case S_INVERSE:
		return prepare(c) ? CRYPTO_MORE : 0;
	case Z_TABLE:
		made_affine(c, &c->g_q);
		c->phase = SUM;
		c->bit = 8 * BYTES - 1;
		return CRYPTO_MORE;
	case SUM:
		invert(c, Z_SUM, c->sum.z, FIELD);
		return c->begun ? CRYPTO_MORE : 0;
	}
	made_affine(c, &c->sum);
	return is_good(c);
}

int crypto_es256(const uint8_t point[CRYPTO_POINT_BYTES], const uint8_t digest[CRYPTO_SHA256_BYTES],
		 const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
	struct crypto_es256 c;
	int32_t good;

	crypto_es256_begin(&c, point, digest, signature);
	while ((good = crypto_es256_step(&c)) == CRYPTO_MORE)
		;
	return good;
}
