/* SPDX-License-Identifier: BSD-2-Clause */
/* Classifies IPv4 packets by a list of rules, the first that fits: a firewall's inner loop. */
#include "benchmarks/kernel.h"

struct classify_rule {
	uint32_t source, source_mask;
	uint32_t target, target_mask;
	uint16_t low, high; /* ports of the target, both included */
	uint8_t protocol;   /* 0: any */
	uint8_t action;
	uint16_t unused;
};

/* An IPv4 header without options and the ports behind it, in network byte order. */
struct classify_packet {
	uint8_t head[9];
	uint8_t protocol;
	uint8_t checksum[2];
	uint8_t source[4], target[4];
	uint8_t source_port[2], target_port[2];
};

struct classify_ctx {
	uint32_t rules, packets;
	struct classify_rule rule[]; /* then the packets */
};

UB_INLINE uint32_t classify_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t UB_KERNEL(classify)(void *ctx, unsigned long len)
{
	const struct classify_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->rules, sizeof in->rule[0]))
		return UB_KERNEL_REFUSED;
	uint32_t rules = in->rules, packets = in->packets;
	const struct classify_packet *p = (const void *)(in->rule + rules);
	if (!ub_kernel_fits(len, sizeof *in + rules * sizeof in->rule[0], packets, sizeof *p))
		return UB_KERNEL_REFUSED;
	uint32_t matched = 0, all = 0;
	for (uint32_t i = 0; i < packets; i++, p++) {
		uint32_t source = classify_be32(p->source), target = classify_be32(p->target);
		uint32_t port = (uint32_t)p->target_port[0] << 8 | p->target_port[1];
		uint32_t action = 0;
		if (p->head[0] != 0x45) /* another version, or options */
			continue;
		for (uint32_t k = 0; k < rules; k++) {
			const struct classify_rule *r = in->rule + k;
			if ((source & r->source_mask) != r->source || (target & r->target_mask) != r->target)
				continue;
			if (r->protocol && r->protocol != p->protocol)
				continue;
			if (port < r->low || port > r->high)
				continue;
			action = r->action;
			matched++;
			break;
		}
		all = all * 31 + action;
	}
	return (uint64_t)matched << 32 | all;
}
