// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { COUNT = 3, PRESSED = 4 };

int button_counter(void *ctx)
{
	uint32_t count = 0, before = 0;
	int now = bpf_gpio_read_input(2, 13);

	if (now < 0) {
		bpf_printf("Cannot read the button: error %d\n", now);
		return now;
	}
	bpf_fetch_local(PRESSED, &before);
	bpf_fetch_global(COUNT, &count);
	if (now && !before) {
		count++;
		bpf_store_global(COUNT, count);
		bpf_printf("Button pressed %u times\n", count);
	}
	bpf_store_local(PRESSED, now);
	return count;
}
