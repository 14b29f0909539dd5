// SPDX-License-Identifier: GPL-2.0-or-later
/* A histogram of readings, by powers of two. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct reading {
	__u32 value;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} buckets SEC(".maps");

static __always_inline __u32 log2_of(__u32 v)
{
	__u32 n = 0;

	if (v >> 16)
		v >>= 16, n += 16;
	if (v >> 8)
		v >>= 8, n += 8;
	if (v >> 4)
		v >>= 4, n += 4;
	if (v >> 2)
		v >>= 2, n += 2;
	return n + (v >> 1);
}

SEC("syscall") int histogram(struct reading *r)
{
	__u32 bucket = log2_of(r->value);
	__u32 *count = bpf_map_lookup_elem(&buckets, &bucket);

	if (!count)
		return -1; /* too large for the last one */
	*count += 1;
	return *count;
}

char LICENSE[] SEC("license") = "GPL";
