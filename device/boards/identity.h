/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a device is, and whom it believes: what was burned into its firmware (build/device/keys.h, `make device KEYS=`), and
 * what sets it apart from others with the same firmware. */
#ifndef DEVICE_BOARDS_IDENTITY_H
#define DEVICE_BOARDS_IDENTITY_H

#include "device/oscore/oscore.h"
#include "device/trust/trust.h"

enum { BOARD_OPERATORS = 4 };

/* Written before the firmware starts: by a debugger, by QEMU (-device loader, at the address of the symbol board_provision).
 * No two devices may have the same id and, where what is stored is gone when the power is, no two starts the same nonce:
 * security contexts are derived from them, and their sequence numbers begin at 0. */
struct board_provision {
	uint32_t magic; /* BOARD_PROVISION_MAGIC, or nothing was written: then the id is zero */
	uint8_t id[8];
	uint8_t nonce[4];
};
enum { BOARD_PROVISION_MAGIC = 0x31444955 /* "UID1" */ };
extern struct board_provision board_provision;

struct board_identity {
	struct trust_device trust;
	struct trust_keys keys;
	uint8_t classes[2][TRUST_UUID_BYTES];
	/* id, nonce, and how often it started since: clients need it, and it is no secret. */
	uint8_t id_context[OSCORE_CONTEXT_BYTES];
	struct oscore_context contexts[BOARD_OPERATORS];
	uint32_t ncontexts;
};
/* To be called once after each reset. */
void board_identify(struct board_identity *i);

#endif
