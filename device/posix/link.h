/* SPDX-License-Identifier: BSD-2-Clause */
/* The link of a device on the host: datagrams from and to Go one by one, or a UDP socket. */
#ifndef DEVICE_POSIX_LINK_H
#define DEVICE_POSIX_LINK_H

#include "device/os.h"

/* Hands the device a datagram from somebody. Where too many wait it is lost. */
void posix_give(const struct os_peer *from, const uint8_t *bytes, uint32_t len);
/* The same, but nobody is woken: it lies there until the next one is given. */
void posix_queue(const struct os_peer *from, const uint8_t *bytes, uint32_t len);
/* Takes what it sent, the oldest first; 0: nothing. With `wait`, waits until there is something. */
uint32_t posix_take(struct os_peer *to, uint8_t bytes[OS_DATAGRAM_BYTES], int wait);
/* Gives both queues up, as a network does whose device is switched off. */
void posix_forget(void);
/* From now on a UDP socket is the link: address in host order, port 0 is any. Returns the port, or a negative errno. */
int32_t posix_udp(uint32_t address, uint16_t port);

/* The link as a network whose frames are datagrams (os_filter_frames). */
void posix_filter(os_filter filter, void *owner);

/* os.c: moves the device's clock on. */
void posix_skip(uint64_t us);
/* From now on it moves in no other way, however long things take here. */
void posix_stop_clock(void);
/* Waits until all of the device's threads wait, for what has not come yet. */
void posix_settle(void);
/* Waits for a condition, with the lock held. */
int posix_wait(pthread_cond_t *woken);

#endif
