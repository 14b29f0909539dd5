// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

struct header {
	uint8_t version, traffic;
	uint16_t flow;
	uint16_t length;
	uint8_t next, hops;
	uint8_t source[16], destination[16];
};
struct udp {
	uint16_t source, destination, length, checksum;
};

enum { DROP = 0, PASS = 1, UDP = 17, COAP = 5683 };

int packet_filter(void *ctx, unsigned long len)
{
	struct header *ip = ctx;
	struct udp *udp = ctx + sizeof *ip;

	if (len < sizeof *ip + sizeof *udp)
		return DROP;
	if (ip->version >> 4 != 6 || ip->next != UDP || ip->hops == 0)
		return DROP;
	if (__builtin_bswap16(udp->destination) != COAP)
		return DROP;
	if (__builtin_bswap16(udp->length) > len - sizeof *ip)
		return DROP;
	if (ip->source[0] == 0xff)
		return DROP;
	return PASS;
}
