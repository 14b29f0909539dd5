/* SPDX-License-Identifier: BSD-2-Clause */
/* Drops datagrams that are no CoAP of version 1, or longer than the longest that this device takes, before anybody reads them. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

BPF_CTX_MIN(sizeof(struct bpf_packet_ctx));

SEC("packet/in") int packet_filter(struct bpf_packet_ctx *ctx)
{
	if (ctx->captured < 4 || ctx->length > 1152 || ctx->bytes[0] >> 6 != 1)
		return BPF_PACKET_DROP;
	return BPF_PACKET_PASS;
}
