// SPDX-License-Identifier: GPL-2.0-or-later
/* A stack of what was done. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct step {
	__u32 undo;
	__u32 values[3];
};

struct state {
	__u32 values[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 5);
	__type(value, struct state);
} done SEC(".maps");

SEC("syscall") int undo(struct step *s)
{
	struct state state = {};
	long err;

	if (s->undo & 1) {
		err = bpf_map_pop_elem(&done, &state);
		if (err)
			return err;
		__builtin_memcpy(s->values, state.values, sizeof state.values);
		return 1;
	}
	__builtin_memcpy(state.values, s->values, sizeof state.values);
	return bpf_map_push_elem(&done, &state, BPF_ANY);
}

char LICENSE[] SEC("license") = "GPL";
