// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that use maps again and again (costs.h). */
#include "bpf_helpers.h"

#define COSTS_MAP(name, map_type, entries)    \
	struct {                              \
		__uint(type, map_type);        \
		__uint(max_entries, entries);  \
		__type(key, __u32);            \
		__type(value, __u64);          \
	} name SEC(".maps")

COSTS_MAP(array, BPF_MAP_TYPE_ARRAY, 1000);
COSTS_MAP(hash, BPF_MAP_TYPE_HASH, 1000);
COSTS_MAP(lru, BPF_MAP_TYPE_LRU_HASH, 1000);

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 16);
	__type(value, __u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16384);
} events SEC(".maps");

#define COST(name) SEC("syscall") uint64_t name(struct costs *c)
#define LOOKUP(map, key) bpf_map_lookup_elem(&map, key)
#define UPDATE(map, key, value) bpf_map_update_elem(&map, key, value, BPF_ANY)
#define DELETE(map, key) bpf_map_delete_elem(&map, key)
#define PUSH(map, value) bpf_map_push_elem(&map, value, 0)
#define POP(map, value) bpf_map_pop_elem(&map, value)
#define RESERVE(map, bytes) bpf_ringbuf_reserve(&map, bytes, 0)
#define SUBMIT(record) bpf_ringbuf_submit(record, 0)
#define OUTPUT(map, data, bytes) bpf_ringbuf_output(&map, data, bytes, 0)
#include "costs.h"
