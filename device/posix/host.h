/* SPDX-License-Identifier: BSD-2-Clause */
/* A device on the host: the server thread with its console, asked datagram by datagram. There is one in a process. */
#ifndef DEVICE_POSIX_HOST_H
#define DEVICE_POSIX_HOST_H

#include <stdint.h>

/* Starts it. base: host address of device address 0; the pool must be mapped there. */
void posix_start(uint8_t *base, uint32_t pool_addr, uint32_t pool_bytes);

#endif
