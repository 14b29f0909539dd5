/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at frames before the network does: UDP of IPv4 that is for any port but CoAP's is dropped, all else passes; frames that have
 * options of IPv4 or are not the first piece of a datagram pass as well. What was seen is counted by kind, in the program's store. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

enum { ARP, UDP, DROPPED, OTHER, KINDS };

/* Where things are in a frame of Ethernet. */
enum { TYPE = 12, IP = 14, IP_FRAGMENT = IP + 6, IP_PROTOCOL = IP + 9, UDP_PORT = IP + 20 + 2, ENOUGH = UDP_PORT + 2, COAP = 5683 };

static uint32_t seen[KINDS];

BPF_CTX_MIN(sizeof(struct bpf_frame_ctx) + ENOUGH);

static uint32_t u16(const uint8_t *b)
{
	return (uint32_t)b[0] << 8 | b[1];
}

static uint32_t kind(const uint8_t *b, uint32_t captured)
{
	if (captured < ENOUGH)
		return OTHER;
	if (u16(b + TYPE) == 0x0806)
		return ARP;
	if (u16(b + TYPE) != 0x0800 || b[IP] != 0x45 || b[IP_PROTOCOL] != 17 || u16(b + IP_FRAGMENT) & 0x1fff)
		return OTHER;
	return u16(b + UDP_PORT) == COAP ? UDP : DROPPED;
}

SEC("frame/in") int frame_filter(struct bpf_frame_ctx *ctx)
{
	uint32_t k = kind(ctx->bytes, ctx->captured);

	bpf_store_local(k, ++seen[k]);
	return k == DROPPED ? BPF_PACKET_DROP : BPF_PACKET_PASS;
}
