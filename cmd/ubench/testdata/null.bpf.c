// SPDX-License-Identifier: GPL-2.0-or-later
/* Pointers compared with NULL, and not. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} m SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256);
} r SEC(".maps");

int good(__u32 *c)
{
	__u64 *v = bpf_map_lookup_elem(&m, c), *w;

	if (!v)
		return 0;
	*v += 1;
	w = bpf_map_lookup_elem(&m, c + 1);
	if (w)
		*w += *v;
	return 1;
}

int bad(__u32 *c)
{
	__u64 *v = bpf_map_lookup_elem(&m, c);
	if (c[1])
		*v += 1;
	__u32 *e = bpf_ringbuf_reserve(&r, 8, 0);
	e[1] = 5;
	bpf_ringbuf_submit(e, 0);
	return 1;
}
