/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of protocols above IP. */
#ifndef PLAIN_LINUX_IN_H
#define PLAIN_LINUX_IN_H

#include <linux/types.h>

enum { IPPROTO_IP = 0, IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_IPV6 = 41, IPPROTO_ICMPV6 = 58 };

#endif
