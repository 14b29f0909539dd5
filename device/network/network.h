/* SPDX-License-Identifier: BSD-2-Clause */
/* The link of boards with Ethernet: datagrams of CoAP are those of UDP, port 5683, on lwIP. */
#ifndef DEVICE_NETWORK_H
#define DEVICE_NETWORK_H

#include "device/os.h"

enum { NETWORK_PORT = 5683, NETWORK_FRAME_BYTES = 1514 };

/* The card, which is the board's (device/boards/lan9118.c). */
struct network_card {
	uint8_t mac[6]; /* what the card says, or zero */
	/* The next frame that came: its length, 0 if there is none; then read it, in order, all of it. */
	uint32_t (*next)(void);
	void (*read)(uint8_t *to, uint32_t len, uint32_t last);
	/* A frame to send: its length first, then all its bytes, in pieces. Returns 0, or negative if there is no room now. */
	int32_t (*begin)(uint32_t len);
	void (*write)(const uint8_t *bytes, uint32_t len, uint32_t last);
	/* Interrupts again for frames that come. */
	void (*listen)(void);
};
/* Starts the card, and fills it in. Returns 0, or negative if there is none. */
int32_t network_card_start(struct network_card *card);

/* address: four bytes and the bits of the network, and the router; those of QEMU's user network by default. */
struct network_address {
	uint8_t address[4], router[4], bits;
};
int32_t network_start(const struct network_address *address, const uint8_t id[8]);
void network_filter(os_filter filter, void *owner); /* os_filter_frames */

#endif
