// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

static uint8_t history;
static uint32_t changes;

int debounce(void *ctx)
{
	for (int i = 0; i < 16; i++) {
		history = history << 1 | (bpf_gpio_read_raw(1, 4) & 1);
		if (history == 0x80 || history == 0x7f) {
			changes++;
			bpf_printf("Switch is now %s after %u changes\n", history & 1 ? "closed" : "open", changes);
		}
	}
	return changes;
}
