/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts datagrams and their bytes by who sent them; of those that there is no room for, those heard of longest ago go. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

struct source {
	uint8_t peer[20];
};

struct totals {
	uint32_t packets;
	uint32_t bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, struct source);
	__type(value, struct totals);
} sources SEC(".maps");

BPF_CTX_MIN(sizeof(struct bpf_packet_ctx));

SEC("packet/in") int packet_counter(struct bpf_packet_ctx *ctx)
{
	struct source key;
	struct totals *t, first = { 1, ctx->length };

	__builtin_memcpy(&key, ctx->peer, sizeof key);
	t = bpf_map_lookup_elem(&sources, &key);
	if (t) {
		t->packets++;
		t->bytes += ctx->length;
	} else {
		bpf_map_update_elem(&sources, &key, &first, BPF_ANY);
	}
	return BPF_PACKET_PASS;
}
