/* SPDX-License-Identifier: BSD-2-Clause */
/* Lets each sender have RATE datagrams a second, BURST at once, and drops what is more: a bucket of tokens for each, which
 * fills as time goes. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

enum { RATE = 10, BURST = 3, TOKEN = 1000 };

struct source {
	uint8_t peer[20];
};

struct bucket {
	uint32_t last_ms;
	uint32_t tokens; /* thousandths */
	uint32_t dropped;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, struct source);
	__type(value, struct bucket);
} buckets SEC(".maps");

BPF_CTX_MIN(sizeof(struct bpf_packet_ctx));

SEC("packet/in") int rate_limiter(struct bpf_packet_ctx *ctx)
{
	struct source key;
	struct bucket *b, full = { ctx->hook.now_ms, BURST * TOKEN, 0 };
	uint32_t passed;

	__builtin_memcpy(&key, ctx->peer, sizeof key);
	bpf_map_update_elem(&buckets, &key, &full, BPF_NOEXIST);
	b = bpf_map_lookup_elem(&buckets, &key);
	if (!b)
		return BPF_PACKET_PASS;
	passed = ctx->hook.now_ms - b->last_ms;
	if (passed > BURST * TOKEN / RATE)
		passed = BURST * TOKEN / RATE; /* it is full by then */
	b->last_ms = ctx->hook.now_ms;
	b->tokens += passed * RATE;
	if (b->tokens > BURST * TOKEN)
		b->tokens = BURST * TOKEN;
	if (b->tokens < TOKEN) {
		b->dropped++;
		return BPF_PACKET_DROP;
	}
	b->tokens -= TOKEN;
	return BPF_PACKET_PASS;
}
