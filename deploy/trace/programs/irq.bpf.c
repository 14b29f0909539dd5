/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts by their number: how many, and how long their handlers took. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

struct handler {
	uint64_t total_ns;
	uint32_t count;
	uint32_t longest_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, int32_t);
	__type(value, struct handler);
} handlers SEC(".maps");

SEC("tracepoint/irq_exit") int irq_exit(struct bpf_irq_ctx *ctx)
{
	int32_t irq = ctx->irq;
	uint32_t ns = ctx->took_ns;
	struct handler *h = bpf_map_lookup_elem(&handlers, &irq);

	if (h) {
		h->count++;
		h->total_ns += ns;
		if (ns > h->longest_ns)
			h->longest_ns = ns;
	} else {
		struct handler first = {ns, 1, ns};
		bpf_map_update_elem(&handlers, &irq, &first, BPF_ANY);
	}
	return 0;
}
