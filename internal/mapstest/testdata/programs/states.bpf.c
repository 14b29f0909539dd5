// SPDX-License-Identifier: GPL-2.0-or-later
/* A machine of three states, a program each. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct input {
	__u64 state;
	__u64 letters;
};

int start(struct input *i);
int word(struct input *i);
int end(struct input *i);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} machine SEC(".maps") = {
	.values = {
		[0] = (void *)&start,
		[1] = (void *)&word,
		[2] = (void *)&end,
	},
};

/* Where a chain of programs has been. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} visits SEC(".maps");

static __always_inline __u32 visit(__u32 state)
{
	__u32 *n = bpf_map_lookup_elem(&visits, &state);

	return n ? ++*n : 0;
}

SEC("raw_tp/test") int start(struct input *i)
{
	visit(0);
	bpf_tail_call(i, &machine, i->letters & 1 ? 1 : 3); /* 3: there is none */
	return 10;
}

SEC("raw_tp/test") int word(struct input *i)
{
	__u32 n = visit(1);

	if (i->letters >> (n & 31) & 1)
		bpf_tail_call(i, &machine, 1); /* comes back after 33 */
	bpf_tail_call(i, &machine, 2);
	return 20;
}

SEC("raw_tp/test") int end(struct input *i)
{
	return 30 + visit(2);
}

SEC("raw_tp/test") int states(struct input *i)
{
	bpf_tail_call(i, &machine, i->state);
	return visit(3);
}

char LICENSE[] SEC("license") = "GPL";
