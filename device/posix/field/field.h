/* SPDX-License-Identifier: BSD-2-Clause */
/* A device with the server of device/server, on the host: there is one in a process. Its power can be cut and come back. */
#ifndef DEVICE_POSIX_FIELD_H
#define DEVICE_POSIX_FIELD_H

#include "device/posix/nor/nor.h"
#include "device/server/server.h"

enum { FIELD_KEYS = 8, FIELD_CONTEXTS = 4 };

/* Who may ask it: what a context of OSCORE is derived from. */
struct field_secret {
	uint8_t master[CRYPTO_KEY_BYTES];
	struct oscore_id device, client;
};

struct field_setup {
	uint8_t *base; /* host address of device address 0 */
	uint32_t pool_addr, pool_bytes;
	uint8_t *flash;
	uint32_t area_bytes, areas, block, random;
	char firmware[32];
	struct trust_key keys[FIELD_KEYS];
	uint32_t nkeys, nsecrets;
	uint8_t production, vendor[TRUST_UUID_BYTES], classes[2][TRUST_UUID_BYTES];
	struct field_secret secrets[FIELD_CONTEXTS];
};

/* Makes the device and its flash, without power. */
void field_make(const struct field_setup *setup);
/* Power on: returns 0 or an error of the store. */
int32_t field_start(void);
/* Power off: nothing runs any more, and all but flash is forgotten. */
void field_halt(void);
struct nor *field_flash(void);

#endif
