// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

static const struct {
	uint16_t id;
	const char *name;
} table[] = {
	{0x01, "temperature"}, {0x02, "humidity"}, {0x03, "pressure"}, {0x10, "button"}, {0x11, "switch"},
	{0x20, "motor"}, {0x21, "servo"}, {0x30, "display"},
};

int lookup(void *ctx, unsigned long len)
{
	uint16_t id = len ? *(uint8_t *)ctx : 0;

	for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (table[i].id == id) {
			bpf_printf("Device %u is called \"%s\"\n", id, table[i].name);
			return i;
		}
	}
	bpf_printf("Device %u is unknown\n", id);
	return -1;
}
