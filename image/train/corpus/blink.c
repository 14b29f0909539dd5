// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

int blink(void *ctx)
{
	uint32_t last = bpf_ztimer_now();

	for (int i = 0; i < 20; i++) {
		bpf_gpio_write(0, 13, i & 1);
		bpf_ztimer_periodic_wakeup(&last, 500000);
	}
	bpf_printf("Blinked 10 times, done at %u us\n", bpf_ztimer_now());
	return 0;
}
