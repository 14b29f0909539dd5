/* SPDX-License-Identifier: BSD-2-Clause */
/* Ten times a second: a lamp blinks at a pin, and each tenth time the log says so. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("timer/100ms") int heartbeat(struct bpf_event_ctx *ctx)
{
	static uint32_t beats;

	bpf_gpio_write(0, 5, ++beats & 1);
	if (beats % 10 == 0)
		bpf_printf("%u beats, now %u ms\n", beats, ctx->hook.now_ms);
	return beats;
}
