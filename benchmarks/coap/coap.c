/* SPDX-License-Identifier: BSD-2-Clause */
/* Parses UDP datagrams with CoAP messages (RFC 7252): byte order, bit fields, options of varying
 * length, many branches. */
#include "benchmarks/kernel.h"

struct coap_ctx {
	uint32_t packets; /* each: u16 length, little endian, then that many bytes */
	uint8_t data[];
};

enum {
	COAP_UDP_HEADER = 8,
	COAP_HEADER = 4,
	COAP_PORT = 5683,
	COAP_URI_PATH = 11,
	COAP_PAYLOAD = 0xff, /* marks the end of the options */
};

UB_INLINE uint32_t coap_be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* Value of an option's delta or length, with the bytes that extend a nibble of 13 or 14. Moves
 * *at; UINT32_MAX if it is invalid or the packet ends before it does. */
UB_INLINE uint32_t coap_extended(const uint8_t *p, uint32_t len, uint32_t *at, uint32_t nibble)
{
	uint32_t bytes = nibble < 13 ? 0 : nibble - 12;
	uint32_t start = *at;

	if (nibble == 15 || bytes > len - start)
		return UINT32_MAX;
	*at = start + bytes;
	if (bytes == 0)
		return nibble;
	return bytes == 1 ? 13u + p[start] : 269u + coap_be16(p + start);
}

/* A hash of what is in a datagram, or 0 if it is not a well-formed request to CoAP's port. */
UB_INLINE uint32_t coap_parse(const uint8_t *p, uint32_t len)
{
	uint32_t number = 0, hash, at;

	if (len < COAP_UDP_HEADER + COAP_HEADER || coap_be16(p + 2) != COAP_PORT || coap_be16(p + 4) != len)
		return 0;
	p += COAP_UDP_HEADER;
	len -= COAP_UDP_HEADER;
	at = COAP_HEADER + (p[0] & 15); /* behind the token */
	if (p[0] >> 6 != 1 || (p[0] & 15) > 8 || at > len)
		return 0;
	hash = (uint32_t)p[1] << 16 | coap_be16(p + 2);
	while (at < len && p[at] != COAP_PAYLOAD) {
		uint32_t head = p[at++];
		uint32_t delta = coap_extended(p, len, &at, head >> 4);
		if (delta == UINT32_MAX)
			return 0;
		uint32_t size = coap_extended(p, len, &at, head & 15);
		if (size == UINT32_MAX || size > len - at)
			return 0;
		number += delta;
		hash = hash * 31 + number;
		if (number == COAP_URI_PATH) {
			for (uint32_t i = 0; i < size; i++)
				hash = hash * 31 + p[at + i];
		}
		at += size;
	}
	if (at + 1 == len) /* a marker, and no payload */
		return 0;
	hash = hash * 31 + len - at;
	return hash ? hash : 1;
}

uint64_t UB_KERNEL(coap)(void *ctx, unsigned long len)
{
	const struct coap_ctx *in = ctx;
	uint32_t good = 0, all = 0;

	if (len < sizeof *in)
		return UB_KERNEL_REFUSED;
	uint32_t left = (uint32_t)(len - sizeof *in);
	const uint8_t *p = in->data;
	for (uint32_t i = 0; i < in->packets; i++) {
		if (left < 2)
			return UB_KERNEL_REFUSED;
		uint32_t n = p[0] | (uint32_t)p[1] << 8;
		p += 2;
		left -= 2;
		if (n > left)
			return UB_KERNEL_REFUSED;
		uint32_t hash = coap_parse(p, n);
		good += hash != 0;
		all = all * 31 + hash;
		p += n;
		left -= n;
	}
	return (uint64_t)good << 32 | all;
}
