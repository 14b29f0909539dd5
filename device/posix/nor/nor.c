/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/posix/nor/nor.h"

#include <string.h>

/* Whether this write happens, and how much of it. */
static int power(struct nor *t, enum nor_tear *tear)
{
	*tear = TEAR_WHOLE;
	if (t->off)
		return 0;
	if (t->writes++ == t->cut_at) {
		t->off = 1;
		*tear = (enum nor_tear)t->tear;
	}
	return 1;
}

static int32_t program(void *arg, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	struct nor *t = arg;
	uint32_t size = t->flash.area_bytes * t->flash.areas;

	if (at % STORE_WORD || len % STORE_WORD || at > size || len > size - at) {
		t->violated = 1;
		return -1;
	}
	for (uint32_t i = 0; i < len; i += STORE_WORD) {
		enum nor_tear tear;
		if (!power(t, &tear))
			return -1;
		for (uint32_t j = i; j < i + STORE_WORD; j++) {
			/* Of a torn word, bits of its last three bytes have become 0 and others not yet. */
			uint8_t late = tear == TEAR_NOTHING ? 0xff : tear == TEAR_PART ? (uint8_t)(0x55 << (j & 1)) & (j % 4 ? 0xff : 0) : 0;
			if (bytes[j] & ~t->bytes[at + j])
				t->violated = 1;
			t->bytes[at + j] &= bytes[j] | late;
		}
	}
	return t->off ? -1 : 0;
}

static int32_t erase(void *arg, uint32_t area)
{
	struct nor *t = arg;
	enum nor_tear tear;
	uint8_t *p = t->bytes + area * t->flash.area_bytes;

	if (area >= t->flash.areas) {
		t->violated = 1;
		return -1;
	}
	if (!power(t, &tear))
		return -1;
	t->erases[area]++;
	/* Half of an erase: some bytes are done, others on their way. */
	for (uint32_t i = 0; i < t->flash.area_bytes; i++)
		if (tear == TEAR_WHOLE || (tear == TEAR_PART && i >= t->flash.area_bytes / 2))
			p[i] = 0xff;
		else if (tear == TEAR_PART && i % 3 == 1)
			p[i] |= 0x5a;
	return t->off ? -1 : 0;
}

void nor_init(struct nor *t, uint8_t *bytes, uint32_t area_bytes, uint32_t areas)
{
	memset(t, 0, sizeof *t);
	t->bytes = bytes;
	t->flash = (struct store_flash){t->bytes, area_bytes, areas, t, program, erase};
	t->cut_at = UINT32_MAX;
}
