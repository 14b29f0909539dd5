/* SPDX-License-Identifier: BSD-2-Clause */
/* A histogram of what a temperature sensor reads: buckets of 5 degrees from -20 on, and one for all that is colder, one for
 * all that is hotter. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

enum { COLDEST = -200, WIDTH = 50, BUCKETS = 16 }; /* tenths of a degree */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BUCKETS);
	__type(key, uint32_t);
	__type(value, uint32_t);
} histogram SEC(".maps");

BPF_CTX_MIN(sizeof(struct bpf_sensor_ctx));

SEC("sensor/temp/100ms") int readings(struct bpf_sensor_ctx *ctx)
{
	int32_t tenths = ctx->scale == 0 ? ctx->value[0] * 10 : ctx->value[0];
	uint32_t bucket = 0, *count;

	if (ctx->scale != 0 && ctx->scale != -1)
		return -1;
	if (tenths >= COLDEST)
		bucket = 1 + (uint32_t)(tenths - COLDEST) / WIDTH;
	if (bucket >= BUCKETS)
		bucket = BUCKETS - 1;
	count = bpf_map_lookup_elem(&histogram, &bucket);
	if (count)
		*count += 1;
	return bucket;
}
