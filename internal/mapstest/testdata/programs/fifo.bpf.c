// SPDX-License-Identifier: GPL-2.0-or-later
/* Work that waits: what is asked for is put in, taken out or looked at. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct order {
	__u32 what; /* 0 put, 1 put and lose the oldest, 2 take, 3 look */
	__u32 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, __u32);
} work SEC(".maps");

SEC("syscall") int fifo(struct order *o)
{
	__u32 value = o->number;
	long err;

	switch (o->what & 3) {
	case 0:
		return bpf_map_push_elem(&work, &value, BPF_ANY);
	case 1:
		return bpf_map_push_elem(&work, &value, BPF_EXIST);
	case 2:
		err = bpf_map_pop_elem(&work, &value);
		break;
	default:
		err = bpf_map_peek_elem(&work, &value);
	}
	o->number = err ? 0 : value;
	return err;
}

char LICENSE[] SEC("license") = "GPL";
