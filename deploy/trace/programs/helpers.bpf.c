/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of helpers, by program and helper. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

struct call {
	uint32_t program, helper;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct call);
	__type(value, uint32_t);
} calls SEC(".maps");

SEC("tracepoint/helper") int helpers(struct bpf_helper_ctx *ctx)
{
	struct call call = {ctx->program, ctx->helper};
	uint32_t *count = bpf_map_lookup_elem(&calls, &call), one = 1;

	if (count)
		*count += 1;
	else
		bpf_map_update_elem(&calls, &call, &one, BPF_ANY);
	return 0;
}
