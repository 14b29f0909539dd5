/* SPDX-License-Identifier: BSD-2-Clause */
/* What lwIP asks of a compiler and a machine. */
#ifndef DEVICE_NETWORK_PORT_CC_H
#define DEVICE_NETWORK_PORT_CC_H

#include <stdint.h>

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_UNISTD_H 1
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x)
#define LWIP_NOASSERT 1
#define LWIP_RAND() network_random()
uint32_t network_random(void);

#endif
