/* SPDX-License-Identifier: BSD-2-Clause */
/* How long threads wait to go on: from when they could until they do, as a histogram of powers of two, in nanoseconds; and how often
 * each thread went on. The idle thread does not wait. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

struct thread {
	uint32_t switches;
	uint32_t longest_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 32);
	__type(key, uint32_t);
	__type(value, uint32_t);
} waited SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, uint32_t);
	__type(value, struct thread);
} threads SEC(".maps");

/* The power of two that a number begins with; without a loop, which an interrupt does not allow. */
BPF_INLINE uint32_t log2_of(uint32_t n)
{
	uint32_t bits = (n > 0xffff) << 4, more;

	n >>= bits;
	more = (n > 0xff) << 3, n >>= more, bits |= more;
	more = (n > 0xf) << 2, n >>= more, bits |= more;
	more = (n > 3) << 1, n >>= more, bits |= more;
	return bits | n >> 1;
}

SEC("tracepoint/sched_switch") int switches(struct bpf_sched_switch_ctx *ctx)
{
	uint32_t next = ctx->next, ns = ctx->waited_ns, bucket;

	if (next == BPF_THREAD_IDLE)
		return 0;
	bucket = log2_of(ns | 1);
	uint32_t *count = bpf_map_lookup_elem(&waited, &bucket);
	if (count)
		*count += 1;
	struct thread *t = bpf_map_lookup_elem(&threads, &next);
	if (t) {
		t->switches++;
		if (ns > t->longest_ns)
			t->longest_ns = ns;
	} else {
		struct thread first = {1, ns};
		bpf_map_update_elem(&threads, &next, &first, BPF_ANY);
	}
	return 0;
}
