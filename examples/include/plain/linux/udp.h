/* SPDX-License-Identifier: BSD-2-Clause */
/* The header of a UDP datagram (RFC 768). */
#ifndef PLAIN_LINUX_UDP_H
#define PLAIN_LINUX_UDP_H

#include <linux/types.h>

struct udphdr {
	__be16 source;
	__be16 dest;
	__be16 len;
	__sum16 check;
};

#endif
