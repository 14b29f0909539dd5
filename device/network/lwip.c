/* SPDX-License-Identifier: BSD-2-Clause */
/* What is compiled of lwIP 2.1.3 (BSD-3-Clause licence), which is fetched, never copied in here: scripts/setup.sh, which
 * compares a digest. */
#if !__has_include("core/udp.c")
#error "lwIP is not in build/lwip-2.1.3: run scripts/setup.sh sources"
#endif

#include "core/def.c"
#include "core/inet_chksum.c"
#include "core/init.c"
#include "core/ip.c"
#include "core/ipv4/etharp.c"
#include "core/ipv4/icmp.c"
#include "core/ipv4/ip4.c"
#include "core/ipv4/ip4_addr.c"
#include "core/mem.c"
#include "core/memp.c"
#include "core/netif.c"
#include "core/pbuf.c"
#include "core/timeouts.c"
#include "core/udp.c"
#include "netif/ethernet.c"
