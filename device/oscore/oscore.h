/* SPDX-License-Identifier: BSD-2-Clause */
/* OSCORE (RFC 8613): CoAP messages that only who knows a secret can read, write or play again. Between the link and the
 * server: a request is unprotected where it lies before the server sees it, and what the server answers is protected where
 * it lies before it is sent. AES-CCM-16-64-128 with HKDF SHA-256, which RFC 8613 makes mandatory; nothing else.
 *
 *     n = oscore_unprotect_request(contexts, ncontexts, bytes, len, &x);
 *     n < 0:   oscore_refuse(n, &x, out, sizeof out): what to send, or 0 for nothing
 *     else:    coap_datagram(…), and for what it sends: oscore_protect_response(&x, bytes, len, size)
 *
 * A datagram that comes again must be given its answer before it gets here: here it is a replay, and refused. What a
 * message holds outside is dropped; Block and Observe are those inside.
 */
#ifndef DEVICE_OSCORE_H
#define DEVICE_OSCORE_H

#include "device/crypto/crypto.h"

/* X(NAME, number, CoAP code of the answer, "text", which is its diagnostic payload (RFC 8613, 8.2)) */
#define OSCORE_ERRORS(X)                                                                 \
	X(E_PLAIN, -1, 4, 1, "not protected")                                            \
	X(E_OPTION, -2, 4, 2, "Failed to decode COSE")                                   \
	X(E_CONTEXT, -3, 4, 1, "Security context not found")                             \
	X(E_REPLAY, -4, 4, 1, "Replay detected")                                         \
	X(E_DECRYPT, -5, 4, 0, "Decryption failed")                                      \
	X(E_FRESH, -6, 4, 1, "Echo")            /* protected, with what is to be echoed */ \
	X(E_SEQUENCE, -7, 5, 3, "no sequence numbers left, or they cannot be kept")      \
	X(E_ROOM, -8, 5, 0, "no room for the answer")

enum oscore_error {
#define OSCORE_ERROR(name, number, class, detail, text) OSCORE_##name = (number),
	OSCORE_ERRORS(OSCORE_ERROR)
#undef OSCORE_ERROR
};

enum {
	OSCORE_ID_BYTES = 7,       /* of a sender or recipient, at most */
	OSCORE_CONTEXT_BYTES = 16, /* of an id context, at most */
	OSCORE_PIV_BYTES = 5,      /* of a sequence number in a message */
	OSCORE_MORE_BYTES = 48,    /* a message grows by less */
	OSCORE_WINDOW = 32,
	OSCORE_RESERVE = 256,      /* sequence numbers reserved at a time */
};
#define OSCORE_SEQUENCE_END ((uint64_t)1 << 40) /* sequence numbers are below */

struct oscore_id {
	uint8_t len;
	uint8_t bytes[OSCORE_ID_BYTES];
};

/* What the device shares with one client. */
struct oscore_context {
	struct oscore_id sender, recipient;
	uint8_t id_context_len; /* 0: none */
	uint8_t id_context[OSCORE_CONTEXT_BYTES];
	uint8_t sender_key[CRYPTO_KEY_BYTES], recipient_key[CRYPTO_KEY_BYTES];
	uint8_t common_iv[CRYPTO_NONCE_BYTES];
	/* Our own sequence numbers: the next one, and the first that was not reserved. `reserve` keeps, where it survives a reset,
	 * that all below `end` may have been used; after a reset both begin with what was kept last. NULL: nothing needs to be
	 * kept, because the context is derived anew at each reset, with an id context that never was before. */
	uint64_t sequence, reserved;
	int32_t (*reserve)(void *arg, const struct oscore_context *c, uint64_t end);
	void *arg;
	/* Theirs: the highest number that came, and bits of those just below it. Which came before a reset is not known. Then
	 * (`lost`) the first request is answered with a challenge, whose echo shows where numbers are (RFC 8613, B.1.2). */
	uint64_t highest;
	uint32_t window; /* bit i: highest - i has come */
	uint8_t lost;
	uint64_t challenge; /* the number of the first challenge: it, or that of a later one, has to be echoed */
};

/* Derives keys (RFC 8613, 3.2). Sequence numbers begin at 0, nothing has come and nothing is lost: whoever goes on after
 * a reset sets `sequence`, `reserved` and `lost` afterwards. */
struct oscore_secret {
	const uint8_t *master, *salt, *id_context;
	uint32_t master_len, salt_len, id_context_len;
};
void oscore_derive(struct oscore_context *c, const struct oscore_secret *secret, const struct oscore_id *sender,
		   const struct oscore_id *recipient);

/* A request and what answers it. Kept with an observation for as long as there are notifications; else only until the
 * answer is sent. */
struct oscore_exchange {
	struct oscore_context *context; /* NULL: none, and what answers is not protected either */
	uint8_t head[4 + 8], token_len; /* of the message, to refuse it with */
	uint8_t piv_len;
	uint8_t piv[OSCORE_PIV_BYTES];
	uint8_t used; /* the request's nonce was used for an answer: others need one of their own */
};

/* Whether the option is there. */
int oscore_protected(const uint8_t *bytes, uint32_t len);

/* Both work on the message where it lies and return its new length, or an error; then the message is not to be used. What
 * is no request (acknowledgements, resets, pings, and what is malformed), and no response, is left as it is. A request of
 * which the option is not understood, or that was not protected by who is known, is refused before anything is changed. */
int32_t oscore_unprotect_request(struct oscore_context *contexts, uint32_t ncontexts, uint8_t *bytes, uint32_t len,
				 struct oscore_exchange *x);
int32_t oscore_protect_response(struct oscore_exchange *x, uint8_t *bytes, uint32_t len, uint32_t size);
/* The answer to what could not be unprotected; 0: it is to be ignored. */
uint32_t oscore_refuse(int32_t error, struct oscore_exchange *x, uint8_t *to, uint32_t size);

#endif
