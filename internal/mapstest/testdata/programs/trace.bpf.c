// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies what it is given into a ring buffer, cut to its length. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct line {
	__u8 length;
	char text[31];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} lines SEC(".maps");

SEC("syscall") int trace(struct line *l)
{
	__u32 n = l->length & 15;
	char text[16];

	__builtin_memcpy(text, l->text, sizeof text);
	if (n == 0)
		return bpf_ringbuf_query(&lines, BPF_RB_RING_SIZE);
	return bpf_ringbuf_output(&lines, text, n, 0);
}

char LICENSE[] SEC("license") = "GPL";
