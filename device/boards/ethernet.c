/* SPDX-License-Identifier: BSD-2-Clause */
/* The link of boards in the field that have Ethernet. Their address is built in: that of QEMU's user network by default. */
#include "device/boards/board.h"
#include "device/boards/identity.h"
#include "device/network/network.h"

#ifndef BOARD_ADDRESS
#define BOARD_ADDRESS {{10, 0, 2, 15}, {10, 0, 2, 2}, 24}
#endif

os_filter_frames board_link_start(void)
{
	static const struct network_address address = BOARD_ADDRESS;

	/* Without a card there is nobody to tell; the programs that are kept run all the same. */
	(void)network_start(&address, board_provision.id);
	return network_filter;
}
