/* SPDX-License-Identifier: BSD-2-Clause */
/* Each reading of the temperature goes into the shared store, under key 1, in tenths of a degree. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("sensor/temp/100ms") int thermometer(struct bpf_sensor_ctx *ctx)
{
	int32_t tenths = ctx->scale == 0 ? ctx->value[0] * 10 : ctx->value[0];

	if (ctx->scale != 0 && ctx->scale != -1)
		return -1;
	bpf_store_global(1, tenths);
	return tenths;
}
