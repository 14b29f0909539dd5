// SPDX-License-Identifier: GPL-2.0-or-later
/* Tells whether a message was seen before. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct message {
	__u8 id[6];
	__u8 pad[2];
};

struct key {
	__u8 id[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1000);
	__type(key, struct key);
	__type(value, __u8);
} seen SEC(".maps");

SEC("syscall") int dedup(struct message *m)
{
	struct key key;
	__u8 one = 1, *times;

	__builtin_memcpy(key.id, m->id, sizeof key.id);
	times = bpf_map_lookup_elem(&seen, &key);
	if (times) {
		if (*times < 255)
			*times += 1;
		return *times;
	}
	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
