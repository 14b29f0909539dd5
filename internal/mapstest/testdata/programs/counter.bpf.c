// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts packets and bytes by source. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct packet {
	__u32 source;
	__u32 bytes;
};

struct totals {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct totals);
} totals SEC(".maps");

SEC("syscall") int counter(struct packet *p)
{
	__u32 source = p->source;
	struct totals *t = bpf_map_lookup_elem(&totals, &source);

	if (!t) {
		struct totals first = { 1, p->bytes };

		return bpf_map_update_elem(&totals, &source, &first, BPF_NOEXIST);
	}
	__sync_fetch_and_add(&t->packets, 1);
	__sync_fetch_and_add(&t->bytes, p->bytes);
	return t->packets;
}

char LICENSE[] SEC("license") = "GPL";
