/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/cbor/cbor.h"

#include <string.h>

void cbor_head(const struct cbor_writer *w, enum cbor_type type, uint64_t number)
{
	uint8_t head[9];
	uint32_t bytes = number < 24 ? 0 : number <= 0xff ? 1 : number <= 0xffff ? 2 : number <= 0xffffffff ? 4 : 8;
	/* 24, 25, 26, 27 announce 1, 2, 4 and 8 bytes. */
	uint32_t info = bytes == 0 ? (uint32_t)number : bytes == 1 ? 24 : bytes == 2 ? 25 : bytes == 4 ? 26 : 27;

	head[0] = (uint8_t)((uint32_t)type << 5 | info);
	for (uint32_t i = bytes; i; i--, number >>= 8)
		head[i] = (uint8_t)number;
	w->put(w->arg, head, 1 + bytes);
}

void cbor_int(const struct cbor_writer *w, int64_t value)
{
	if (value < 0)
		cbor_head(w, CBOR_NINT, ~(uint64_t)value);
	else
		cbor_head(w, CBOR_UINT, (uint64_t)value);
}

void cbor_bytes(const struct cbor_writer *w, const uint8_t *bytes, uint32_t len)
{
	cbor_head(w, CBOR_BYTES, len);
	if (len)
		w->put(w->arg, bytes, len);
}

void cbor_text(const struct cbor_writer *w, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);

	cbor_head(w, CBOR_TEXT, len);
	if (len)
		w->put(w->arg, (const uint8_t *)text, len);
}

void cbor_buffer_put(void *buffer, const uint8_t *bytes, uint32_t len)
{
	struct cbor_buffer *b = buffer;

	if (b->len <= b->size && len <= b->size - b->len)
		memcpy(b->bytes + b->len, bytes, len);
	else if (b->len <= b->size)
		b->len = b->size; /* half an item is none */
	b->len = len > UINT32_MAX - b->len ? UINT32_MAX : b->len + len;
}
