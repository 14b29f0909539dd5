/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/slipmux/slipmux.h"

enum { TEXT = 0x0a, COAP = 0xa9, FCS_BYTES = 2 };
enum { FCS_START = 0xffff, FCS_GOOD = 0xf0b8 /* over a message and its checksum */ };

static uint32_t fcs(uint32_t sum, uint8_t byte)
{
	sum ^= byte;
	for (uint32_t i = 0; i < 8; i++)
		sum = sum & 1 ? sum >> 1 ^ 0x8408 : sum >> 1;
	return sum;
}

static enum slipmux_kind whole(const struct slipmux *s, const uint8_t **payload, uint32_t *len)
{
	uint8_t first = s->bytes[0];
	uint32_t sum = FCS_START;

	*payload = s->bytes + 1;
	*len = s->len - 1;
	if (first == TEXT)
		return SLIPMUX_TEXT;
	if (first == COAP) {
		for (uint32_t i = 0; i < s->len; i++)
			sum = fcs(sum, s->bytes[i]);
		if (*len < FCS_BYTES || sum != FCS_GOOD)
			return SLIPMUX_NONE;
		*len -= FCS_BYTES;
		return SLIPMUX_COAP;
	}
	*payload = s->bytes;
	*len = s->len;
	return (first >= 0x45 && first <= 0x4f) || (first >= 0x60 && first <= 0x6f) ? SLIPMUX_IP : SLIPMUX_NONE;
}

enum slipmux_kind slipmux_take(struct slipmux *s, uint8_t byte, const uint8_t **payload, uint32_t *len)
{
	enum slipmux_kind kind = SLIPMUX_NONE;

	if (byte == SLIPMUX_END) {
		if (s->len && !s->escaped && !s->spoiled)
			kind = whole(s, payload, len);
		s->len = 0;
		s->escaped = s->spoiled = 0;
		return kind;
	}
	if (s->escaped) {
		s->escaped = 0;
		if (byte == SLIPMUX_ESC_END)
			byte = SLIPMUX_END;
		else if (byte == SLIPMUX_ESC_ESC)
			byte = SLIPMUX_ESC;
		else
			s->spoiled = 1;
	} else if (byte == SLIPMUX_ESC) {
		s->escaped = 1;
		return kind;
	}
	if (s->len < s->size)
		s->bytes[s->len++] = byte;
	else
		s->spoiled = 1; /* too long: up to its end it is dropped */
	return kind;
}

static void put_escaped(void (*put)(void *arg, uint8_t byte), void *arg, uint8_t byte)
{
	if (byte != SLIPMUX_END && byte != SLIPMUX_ESC) {
		put(arg, byte);
		return;
	}
	put(arg, SLIPMUX_ESC);
	put(arg, byte == SLIPMUX_END ? SLIPMUX_ESC_END : SLIPMUX_ESC_ESC);
}

void slipmux_send(void (*put)(void *arg, uint8_t byte), void *arg, enum slipmux_kind kind, const uint8_t *payload, uint32_t len)
{
	uint8_t first = kind == SLIPMUX_TEXT ? TEXT : COAP;
	uint32_t sum = fcs(FCS_START, first);

	/* Before it as well, so that noise on the line is not taken for its beginning. */
	put(arg, SLIPMUX_END);
	if (kind != SLIPMUX_IP)
		put_escaped(put, arg, first);
	for (uint32_t i = 0; i < len; i++) {
		put_escaped(put, arg, payload[i]);
		sum = fcs(sum, payload[i]);
	}
	if (kind == SLIPMUX_COAP) {
		sum ^= 0xffff;
		put_escaped(put, arg, (uint8_t)sum);
		put_escaped(put, arg, (uint8_t)(sum >> 8));
	}
	put(arg, SLIPMUX_END);
}
