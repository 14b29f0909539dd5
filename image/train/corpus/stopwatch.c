// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { START = 11, RUNNING = 12 };

int stopwatch(void *ctx)
{
	uint32_t start = 0, running = 0, now = bpf_now_ms();

	bpf_fetch_local(START, &start);
	bpf_fetch_local(RUNNING, &running);
	if (running) {
		uint32_t elapsed = now - start;

		bpf_printf("Stopped after %u minutes, %u seconds, %u ms\n", elapsed / 60000, elapsed / 1000 % 60,
			   elapsed % 1000);
		bpf_store_local(RUNNING, 0);
		return elapsed;
	}
	bpf_printf("Started at %u ms\n", now);
	bpf_store_local(START, now);
	bpf_store_local(RUNNING, 1);
	return 0;
}
