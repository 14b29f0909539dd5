/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of OSCORE. */
#ifndef DEVICE_OSCORE_INTERNAL_H
#define DEVICE_OSCORE_INTERNAL_H

#include "device/coap/message.h"
#include "device/oscore/oscore.h"

enum { OSCORE_AES_CCM_16_64_128 = 10 };

/* A sequence number as it stands in messages: without zeros in front, but 0 is one byte. */
struct oscore_piv {
	uint8_t len;
	uint8_t bytes[OSCORE_PIV_BYTES];
};
struct oscore_piv oscore_piv(uint64_t number);

/* What encrypts a message of an exchange: sent by `id` under `piv`. */
struct oscore_sealing {
	uint8_t nonce[CRYPTO_NONCE_BYTES];
	uint8_t aad[40];
	struct crypto_aead aead;
};
void oscore_sealing(struct oscore_sealing *s, const struct oscore_exchange *x, const uint8_t *key,
		    const struct oscore_id *id, const struct oscore_piv *piv);

/* Whether a number is one that came already, or is too old to tell; and that it came. */
int oscore_came(const struct oscore_context *c, uint64_t number);
void oscore_comes(struct oscore_context *c, uint64_t number);
/* The next sequence number of our own, or OSCORE_SEQUENCE_END. */
uint64_t oscore_next(struct oscore_context *c);

#endif
