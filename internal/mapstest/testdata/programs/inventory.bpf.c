// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums up a map, and takes out what is used up. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct change {
	__u32 item;
	__s32 amount;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __s64);
} stock SEC(".maps");

struct sum {
	__s64 amount;
	__u32 items;
	__u32 empty;
};

static long add(void *map, const __u32 *item, __s64 *amount, struct sum *sum)
{
	sum->amount += *amount;
	sum->items++;
	if (*amount == 0)
		sum->empty = *item;
	return 0;
}

SEC("syscall") int inventory(struct change *c)
{
	__u32 item = c->item;
	__s64 *there = bpf_map_lookup_elem(&stock, &item), amount = c->amount;
	struct sum sum = { 0, 0, -1 };

	if (there)
		*there += amount;
	else if (bpf_map_update_elem(&stock, &item, &amount, BPF_ANY))
		return -1;
	if (bpf_for_each_map_elem(&stock, add, &sum, 0) < 0)
		return -2;
	if (sum.empty != -1)
		bpf_map_delete_elem(&stock, &sum.empty);
	return sum.amount * 100 + sum.items;
}

char LICENSE[] SEC("license") = "GPL";
