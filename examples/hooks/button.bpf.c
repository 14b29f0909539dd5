/* SPDX-License-Identifier: BSD-2-Clause */
/* A button at a pin, which bounces: what comes within 50 ms of the last time does not count. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("gpio/PA0/rising") int button(struct bpf_gpio_ctx *ctx)
{
	static uint32_t pressed, last;

	if (pressed && ctx->hook.now_ms - last < 50)
		return pressed;
	last = ctx->hook.now_ms;
	bpf_printf("pressed %u times\n", ++pressed);
	return pressed;
}
