/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/cbor/cbor.h"

#include <string.h>

/* Table 3-7 of the Unicode standard: no surrogates, nothing that could be shorter, nothing above U+10FFFF. */
static int utf8(const uint8_t *p, uint64_t len)
{
	while (len) {
		uint32_t c = *p, more, least = 0x80, most = 0xbf;
		if (c < 0x80)
			more = 0;
		else if (c >= 0xc2 && c <= 0xdf)
			more = 1;
		else if (c >= 0xe0 && c <= 0xef)
			more = 2;
		else if (c >= 0xf0 && c <= 0xf4)
			more = 3;
		else
			return 0;
		if (c == 0xe0)
			least = 0xa0;
		else if (c == 0xed)
			most = 0x9f;
		else if (c == 0xf0)
			least = 0x90;
		else if (c == 0xf4)
			most = 0x8f;
		if (len <= more)
			return 0;
		for (uint32_t i = 1; i <= more; i++, least = 0x80, most = 0xbf)
			if (p[i] < least || p[i] > most)
				return 0;
		p += 1 + more;
		len -= 1 + more;
	}
	return 1;
}

int32_t cbor_read_head(struct cbor_reader *r, struct cbor_item *item)
{
	const uint8_t *p = r->at;
	uint64_t left = (uint64_t)(r->end - p), number;

	if (!left)
		return CBOR_E_SHORT;
	uint32_t info = *p & 0x1f;
	enum cbor_type type = (enum cbor_type)(*p >> 5);
	p++;
	left--;
	if (info > 27) /* reserved, or of indefinite length */
		return CBOR_E_FORM;
	number = info;
	if (info >= 24) {
		uint32_t bytes = 1u << (info - 24);
		if (type == CBOR_SIMPLE) /* floats, and simple values that mean nothing here */
			return CBOR_E_TYPE;
		if (left < bytes)
			return CBOR_E_SHORT;
		number = 0;
		for (uint32_t i = 0; i < bytes; i++)
			number = number << 8 | p[i];
		/* Would fewer bytes have done? */
		if (bytes == 1 ? number < 24 : number >> bytes * 4 == 0)
			return CBOR_E_FORM;
		p += bytes;
	} else if (type == CBOR_SIMPLE && (info < CBOR_FALSE || info > CBOR_UNDEFINED)) {
		return CBOR_E_TYPE;
	}
	*item = (struct cbor_item){type, number, 0};
	r->at = p;
	return 0;
}

int32_t cbor_next(struct cbor_reader *r, struct cbor_item *item)
{
	struct cbor_reader next = *r;
	struct cbor_item head;
	int32_t err = cbor_read_head(&next, &head);

	if (err)
		return err;
	uint64_t left = (uint64_t)(next.end - next.at);
	if (head.type == CBOR_BYTES || head.type == CBOR_TEXT) {
		if (head.number > left)
			return CBOR_E_SHORT;
		if (head.type == CBOR_TEXT && !utf8(next.at, head.number))
			return CBOR_E_TEXT;
		head.bytes = next.at;
		next.at += head.number;
	} else if ((head.type == CBOR_ARRAY && head.number > left) || (head.type == CBOR_MAP && head.number > left / 2)) {
		return CBOR_E_SHORT; /* an element has at least a byte */
	}
	*item = head;
	*r = next;
	return 0;
}

int32_t cbor_expect(struct cbor_reader *r, enum cbor_type type, struct cbor_item *item)
{
	struct cbor_reader next = *r;
	int32_t err = cbor_next(&next, item);

	if (err)
		return err;
	if (item->type != type)
		return CBOR_E_TYPE;
	*r = next;
	return 0;
}

int32_t cbor_read_int(struct cbor_reader *r, int64_t *value)
{
	struct cbor_reader next = *r;
	struct cbor_item item;
	int32_t err = cbor_next(&next, &item);

	if (err)
		return err;
	if ((item.type != CBOR_UINT && item.type != CBOR_NINT) || item.number > INT64_MAX)
		return CBOR_E_TYPE;
	*value = item.type == CBOR_UINT ? (int64_t)item.number : -1 - (int64_t)item.number;
	*r = next;
	return 0;
}

/* Keys in order: bytewise, a shorter one before those that begin with it. Deterministic encodings never do. */
static int before(const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return order ? order < 0 : a_len < b_len;
}

int32_t cbor_skip(struct cbor_reader *r)
{
	/* What is open, outermost first. */
	struct {
		uint64_t left;        /* items that belong to it and are still to come */
		const uint8_t *start; /* of a map: its key that is being read, */
		const uint8_t *last; /* and the one before */
		uint32_t last_len;
		uint8_t map, key; /* the next item is a key */
	} open[CBOR_DEPTH];
	struct cbor_reader next = *r;
	uint32_t depth = 0;

	for (;;) {
		struct cbor_item item;
		if (depth && open[depth - 1].map && open[depth - 1].key)
			open[depth - 1].start = next.at;
		int32_t err = cbor_next(&next, &item);
		if (err)
			return err;
		uint64_t inside = item.type == CBOR_ARRAY ? item.number : item.type == CBOR_MAP ? 2 * item.number : item.type == CBOR_TAG;
		if (inside) {
			if (depth == CBOR_DEPTH)
				return CBOR_E_DEPTH;
			memset(&open[depth], 0, sizeof open[depth]);
			open[depth].left = inside;
			open[depth].map = open[depth].key = item.type == CBOR_MAP;
			depth++;
			continue;
		}
		/* An item is whole, and with it perhaps those that it was the last of. */
		for (;; depth--) {
			if (!depth) {
				*r = next;
				return 0;
			}
			uint32_t d = depth - 1;
			if (open[d].map && open[d].key) {
				uint32_t len = (uint32_t)(next.at - open[d].start);
				if (open[d].last && !before(open[d].last, open[d].last_len, open[d].start, len))
					return CBOR_E_ORDER;
				open[d].last = open[d].start;
				open[d].last_len = len;
			}
			open[d].key = !open[d].key;
			if (--open[d].left)
				break;
		}
	}
}

int32_t cbor_check(const uint8_t *bytes, uint32_t len)
{
	struct cbor_reader r = {bytes, bytes + len};
	int32_t err = cbor_skip(&r);

	if (err)
		return err;
	return r.at == r.end ? 0 : CBOR_E_REST;
}
