// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

int timestamps(void *ctx)
{
	char buffer[12];
	uint32_t first = bpf_ztimer_now(), length = 0;

	for (int i = 0; i < 5; i++) {
		uint32_t now = bpf_ztimer_now();

		length = bpf_fmt_u32_dec(buffer, now - first);
		buffer[length] = 0;
		bpf_printf("Step %d took %s us\n", i, buffer);
		first = now;
	}
	return length;
}
