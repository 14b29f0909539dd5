// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of what is worth one, in a ring buffer. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sample {
	__u32 value;
	__u32 limit;
};

struct event {
	__u32 value, over;
	__u64 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

__u64 numbers;

SEC("syscall") int events_of(struct sample *s)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof *e, 0);

	if (!e)
		return -1;
	if (s->value <= s->limit) {
		bpf_ringbuf_discard(e, 0);
		return 0;
	}
	e->value = s->value;
	e->over = s->value - s->limit;
	e->number = ++numbers;
	bpf_ringbuf_submit(e, 0);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
