// SPDX-License-Identifier: GPL-2.0-or-later
/* A token bucket for each client: so many requests a second, and a burst. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct request {
	__u64 now_us;
	__u32 client;
	__u32 pad;
};

struct bucket {
	__u64 last_us;
	__u32 tokens; /* thousandths */
	__u32 refused;
};

enum { RATE = 10, BURST = 3 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bucket));
	__uint(map_flags, BPF_F_NO_PREALLOC);
} clients SEC(".maps");

SEC("syscall") int ratelimit(struct request *r)
{
	__u32 client = r->client;
	struct bucket fresh = { r->now_us, BURST * 1000, 0 }, *b;
	__u64 more;

	bpf_map_update_elem(&clients, &client, &fresh, BPF_NOEXIST);
	b = bpf_map_lookup_elem(&clients, &client);
	if (!b)
		return -1;
	more = (r->now_us - b->last_us) * RATE / 1000;
	b->last_us = r->now_us;
	b->tokens = b->tokens + more > BURST * 1000 ? BURST * 1000 : b->tokens + more;
	if (b->tokens < 1000) {
		b->refused++;
		return 0;
	}
	b->tokens -= 1000;
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
