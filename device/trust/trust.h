/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a program may come onto this device. A program travels in a SUIT envelope (draft-ietf-suit-manifest), which says
 * what it is, what it may do and who says so, with the image behind it:
 *
 *     signature (COSE_Sign1, ES256) | manifest | image
 *
 * The envelope is taken as it comes, in pieces of any size. Once the manifest is whole it is judged, before the first byte
 * of the image: only then may anything be written. SPEC.md has every byte; whatever is not in there is refused, by name.
 *
 *     struct trust_intake in;
 *     struct crypto_es256 verifier;
 *     trust_begin(&in, &device, "weather");
 *     for each piece:    trust_take(&in, bytes, len, &image, &image_len)    0, or an error that ends it
 *                        in.judged: in.manifest is to be relied on, in.head[0 .. in.head_len) are the bytes before the image
 *       once:            TRUST_CHECKING: the signature is to be verified, which takes a while:
 *                        trust_check(&in, &verifier) until it is something else, 0 or an error; then trust_take(&in, image, image_len, …)
 *     at the end:        trust_finish(&in)                                  0: the image is the one that was signed
 *
 * Nothing here allocates, keeps state of its own or knows what time it is.
 */
#ifndef DEVICE_TRUST_H
#define DEVICE_TRUST_H

#include "device/crypto/crypto.h"
#include "device/config/config.h"

/* X(NAME, number, "text") */
#define TRUST_ERRORS(X)                                                                     \
	X(E_FORM, -1, "not a manifest: malformed, or not in the deterministic encoding")    \
	X(E_SUBSET, -2, "the manifest asks for something that this device does not do")     \
	X(E_LONG, -3, "the manifest is too long")                                           \
	X(E_ALGORITHM, -4, "not signed with ES256 over SHA-256")                            \
	X(E_KEY, -5, "signed with a key that this device does not have")                    \
	X(E_REVOKED, -6, "signed with a key that was revoked")                              \
	X(E_DEVELOPMENT, -7, "signed with a development key, which this device does not take") \
	X(E_SIGNATURE, -8, "the signature is not one of this manifest")                     \
	X(E_VENDOR, -9, "for devices of another vendor")                                    \
	X(E_CLASS, -10, "for devices of another class")                                     \
	X(E_NAME, -11, "not a name of a program: 1 to 15 letters, digits, - and _")         \
	X(E_SLOT, -12, "the manifest is one of another program")                            \
	X(E_OLD, -13, "not newer than what is or was there")                                \
	X(E_GRANTS, -14, "grants or start policy that this device does not know")           \
	X(E_SIZE, -15, "the image is not as long as the manifest says")                     \
	X(E_DIGEST, -16, "the image is not the one that was signed")

enum trust_error {
#define TRUST_ERROR(name, number, text) TRUST_##name = (number),
	TRUST_ERRORS(TRUST_ERROR)
#undef TRUST_ERROR
};

enum {
	TRUST_HEAD_BYTES = 640, /* of an envelope before its image, at most */
	TRUST_UUID_BYTES = 16,
	TRUST_KEY_ID_BYTES = 8,
	TRUST_NAMES = 8, /* names whose sequence numbers are remembered one by one after they were removed */
};

/* A public key that manifests are signed with. Its id is the first bytes of the SHA-256 of its COSE_Key (RFC 9679). */
enum trust_key_flag {
	TRUST_KEY_DEVELOPMENT = 1, /* anybody may have the private part */
	TRUST_KEY_REVOKED = 2,
};
struct trust_key {
	uint8_t id[TRUST_KEY_ID_BYTES];
	uint8_t point[CRYPTO_POINT_BYTES]; /* x, y on P-256 */
	uint8_t flags;
};
struct trust_keys {
	const struct trust_key *keys; /* burned into the firmware: build/device/keys.h, which `make device KEYS=` writes */
	uint32_t nkeys;
	uint32_t revoked;   /* bits by index: those revoked since; the owner keeps them */
	uint8_t production; /* development keys are refused */
};
/* The index of a key, or TRUST_E_KEY. */
int32_t trust_key_find(const struct trust_keys *keys, const uint8_t *id, uint32_t len);

/* The highest sequence numbers of programs that are not there any more, so that none of them comes back. Where there are
 * more names than places, `floor` stands for those that had the lowest: below it no unknown name is admitted. The owner
 * keeps it, as it is, where it survives a reset. */
struct trust_history {
	uint32_t floor;
	struct {
		char name[SUPERVISOR_NAME]; /* "": free */
		uint32_t sequence;
	} removed[TRUST_NAMES];
};
/* A program is removed. Calling it again, or with a lower number, changes nothing. */
void trust_removed(struct trust_history *h, const char *name, uint32_t sequence);
/* The number that a manifest for the name has to be above. `present`: that of the program there is, 0 if none. */
uint32_t trust_newest(const struct trust_history *h, const char *name, uint32_t present);

/* What a manifest is held against. */
struct trust_device {
	const struct trust_keys *keys;
	uint8_t vendor[TRUST_UUID_BYTES];
	const uint8_t (*classes)[TRUST_UUID_BYTES]; /* the device is of all of these: its board, and any board */
	uint32_t nclasses;
	/* The number that a manifest for the name has to be above; NULL: any is new. */
	uint32_t (*newest)(void *arg, const char *name);
	void *arg;
};

/* When a program starts. X(NAME, number, text) */
#define TRUST_STARTS(X)                                              \
	X(BY_HAND, 0, "when it is told to")                          \
	X(ALWAYS, 1, "when it was deployed, and after each reset")
enum trust_start {
#define TRUST_START(name, number, text) TRUST_START_##name = (number),
	TRUST_STARTS(TRUST_START)
#undef TRUST_START
};

/* Whose requests a program answers itself, under x/NAME. X(NAME, number, text) */
#define TRUST_ANSWERS(X)                                                          \
	X(NOBODY, 0, "nobody's")                                                  \
	X(KNOWN, 1, "those of who has a key of OSCORE")                           \
	X(ANYBODY, 2, "anybody's")
enum trust_answers {
#define TRUST_ANSWER(name, number, text) TRUST_ANSWERS_##name = (number),
	TRUST_ANSWERS(TRUST_ANSWER)
#undef TRUST_ANSWER
};

/* What was signed. */
struct trust_manifest {
	struct supervisor_config config; /* the name is that of the component */
	uint32_t sequence;
	uint32_t size; /* of the image */
	uint8_t digest[CRYPTO_SHA256_BYTES];
	uint8_t start;            /* enum trust_start */
	uint8_t answers;          /* enum trust_answers: key 18 of the grants */
	uint32_t trial_s;         /* on trial until it is confirmed, or has run so many seconds without a fault; 0: no trial */
	char application[SUPERVISOR_NAME]; /* what it is part of; "": nothing */
	uint32_t key; /* index of the one that signed it */
};

struct trust_intake {
	const struct trust_device *device;
	const char *name; /* of the program it is sent to; NULL: whichever it says */
	struct trust_manifest manifest;
	uint8_t checking;  /* the manifest is whole: enum trust_checking */
	uint8_t judged;    /* it was accepted */
	int32_t error;     /* what it was refused for: all later pieces are too */
	uint32_t at;       /* where in the head that is */
	uint32_t received; /* of the image */
	uint32_t head_len; /* bytes in `head`, which the image follows once `judged` */
	struct crypto_sha256 hash;
	uint8_t head[TRUST_HEAD_BYTES];
};

enum trust_checking { TRUST_CHECKING = 1 /* its signature is to be verified */, TRUST_VERIFYING = 2 /* and that has begun */ };
void trust_begin(struct trust_intake *in, const struct trust_device *device, const char *name);
/* Takes the next piece. What of it belongs to the image: *image_len bytes from *image on, which are the last of the piece;
 * with TRUST_CHECKING they have not been taken, and are to be given again. */
int32_t trust_take(struct trust_intake *in, const uint8_t *bytes, uint32_t len, const uint8_t **image, uint32_t *image_len);
/* Verifies a bit of the signature, as crypto_es256_step does: 0, an error, or TRUST_CHECKING. */
int32_t trust_check(struct trust_intake *in, struct crypto_es256 *verifier);
int32_t trust_finish(struct trust_intake *in);

/* Which manifest it is: its digest, which is what is signed. */
int32_t trust_identity(const uint8_t *bytes, uint32_t len, uint8_t digest[CRYPTO_SHA256_BYTES]);

/* An envelope that was accepted before and was kept since, whole: finds the manifest and the image in it, as after a reset.
 * Nothing is held against the device: whoever kept it answers for its bytes. */
int32_t trust_read(struct trust_manifest *m, const uint8_t *bytes, uint32_t len, const uint8_t **image);

#endif
