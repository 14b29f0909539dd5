/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks addresses up in a binary trie of routes, the longest prefix wins: chains of loads, each of
 * which depends on the one before. */
#include "benchmarks/kernel.h"

struct lpm_node {
	uint16_t child[2]; /* index of a node; 0: none */
	uint16_t route;    /* 0: none ends here */
};

struct lpm_ctx {
	uint32_t nodes, addresses;
	uint32_t address[]; /* then the nodes, the root first */
};

uint64_t UB_KERNEL(lpm)(void *ctx, unsigned long len)
{
	const struct lpm_ctx *in = ctx;

	if (len < sizeof *in || !ub_kernel_fits(len, sizeof *in, in->addresses, 4))
		return UB_KERNEL_REFUSED;
	uint32_t n = in->addresses, nodes = in->nodes;
	const struct lpm_node *node = (const void *)(in->address + n);
	if (nodes == 0 || !ub_kernel_fits(len, sizeof *in + n * 4, nodes, sizeof *node))
		return UB_KERNEL_REFUSED;
	uint32_t found = 0, hash = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t address = in->address[i], at = 0, route = 0;
		for (uint32_t depth = 0;; depth++) {
			if (node[at].route)
				route = node[at].route;
			if (depth == 32)
				break;
			at = node[at].child[address >> 31];
			address <<= 1;
			if (at == 0 || at >= nodes)
				break;
		}
		found += route != 0;
		hash = hash * 31 + route;
	}
	return (uint64_t)found << 32 | hash;
}
