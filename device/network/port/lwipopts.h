/* SPDX-License-Identifier: BSD-2-Clause */
/* Which part of lwIP there is: IPv4, UDP, ARP, answers to ping. One thread, no system, a fixed address. */
#ifndef DEVICE_NETWORK_PORT_LWIPOPTS_H
#define DEVICE_NETWORK_PORT_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_TCP 0
#define LWIP_RAW 0
#define LWIP_DHCP 0
#define LWIP_DNS 0
#define LWIP_IGMP 0
#define LWIP_STATS 0
#define LWIP_NETIF_API 0
#define LWIP_NETIF_HOSTNAME 0
/* A datagram of CoAP fits into a frame: none is put together or taken apart. */
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define IP_FORWARD 0

/* One frame that goes out, and what comes in, in pieces. */
#define MEM_ALIGNMENT 4
#define MEM_SIZE 1664
#define MEMP_NUM_PBUF 2
#define MEMP_NUM_UDP_PCB 1
#define PBUF_POOL_SIZE 7
#define PBUF_POOL_BUFSIZE 256
#define ARP_TABLE_SIZE 4
#define ARP_QUEUEING 0

#endif
