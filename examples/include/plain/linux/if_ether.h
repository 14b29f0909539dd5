/* SPDX-License-Identifier: BSD-2-Clause */
/* The header of an Ethernet frame (IEEE 802.3). */
#ifndef PLAIN_LINUX_IF_ETHER_H
#define PLAIN_LINUX_IF_ETHER_H

#include <linux/types.h>

enum { ETH_ALEN = 6, ETH_HLEN = 14, ETH_DATA_LEN = 1500, ETH_FRAME_LEN = 1514 };
enum { ETH_P_IP = 0x0800, ETH_P_ARP = 0x0806, ETH_P_8021Q = 0x8100, ETH_P_IPV6 = 0x86dd };

struct ethhdr {
	__u8 h_dest[ETH_ALEN];
	__u8 h_source[ETH_ALEN];
	__be16 h_proto;
} __attribute__((packed));

#endif
