/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads positions out of a GPS receiver's NMEA 0183 sentences ($GPGGA): checksums in hexadecimal, fields
 * between commas, decimal numbers. */
#include "benchmarks/kernel.h"

struct nmea_ctx {
	uint32_t len;
	int32_t latitude, longitude; /* the last, in 1/10000 of a minute; south and west are negative */
	uint32_t unused;
	uint8_t text[];
};

UB_INLINE uint32_t nmea_hex(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* ddmm.mmmm or dddmm.mmmm at *at, in 1/10000 of a minute; -1 if it is none. Moves *at behind its comma. */
UB_INLINE int32_t nmea_angle(const uint8_t *p, uint32_t *at, uint32_t end)
{
	uint32_t whole = 0, part = 0, digits = 0, i = *at;

	for (; i < end && p[i] >= '0' && p[i] <= '9'; i++)
		whole = whole * 10 + (p[i] - '0');
	if (i < end && p[i] == '.') {
		for (i++; i < end && p[i] >= '0' && p[i] <= '9'; i++) {
			if (digits < 4) {
				part = part * 10 + (p[i] - '0');
				digits++;
			}
		}
	}
	if (digits == 0 || i >= end || p[i] != ',')
		return -1;
	for (; digits < 4; digits++)
		part *= 10;
	*at = i + 1;
	return (int32_t)((whole / 100 * 60 + whole % 100) * 10000 + part);
}

uint64_t UB_KERNEL(nmea)(void *ctx, unsigned long len)
{
	struct nmea_ctx *in = ctx;
	uint32_t fixes = 0, bad = 0;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->len, 1))
		return UB_KERNEL_REFUSED;
	const uint8_t *p = in->text;
	uint32_t n = in->len, at = 0;
	while (at < n) {
		if (p[at++] != '$')
			continue;
		uint32_t start = at, sum = 0;
		while (at < n && p[at] != '*' && p[at] != '\n')
			sum ^= p[at++];
		if (n - at < 3 || p[at] != '*' || nmea_hex(p[at + 1]) << 4 != (sum & 0xf0) ||
		    nmea_hex(p[at + 2]) != (sum & 15)) {
			bad++;
			continue;
		}
		uint32_t end = at;
		if (end - start < 6 || p[start + 2] != 'G' || p[start + 3] != 'G' || p[start + 4] != 'A')
			continue;
		uint32_t field = start + 6;
		while (field < end && p[field] != ',') /* the time */
			field++;
		field++;
		int32_t latitude = nmea_angle(p, &field, end);
		if (latitude < 0 || end - field < 2 || p[field + 1] != ',') {
			bad++;
			continue;
		}
		int south = p[field] == 'S';
		field += 2;
		int32_t longitude = nmea_angle(p, &field, end);
		if (longitude < 0 || field >= end) {
			bad++;
			continue;
		}
		in->latitude = south ? -latitude : latitude;
		in->longitude = p[field] == 'W' ? -longitude : longitude;
		fixes++;
	}
	return (uint64_t)bad << 32 | fixes;
}
