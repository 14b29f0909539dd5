/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that are still there after a reset, in flash. Power may fail at any write or erase: then a name has what it had
 * before, or what was being written, whole, and never neither.
 *
 *   area   a sector, or several erased together; there are two or more. One is in use. It begins with a head, written last
 *          when the area is made, whose generation is one above that of the area before.
 *   record appended to the area in use: head, contents, and an end of words that are written one by one, in this order:
 *
 *     | head | contents, to a multiple of 4 | crc | commit | confirm | revoke |
 *
 * A record counts once its commit word is written. It is what its name has until a later one counts, or its revoke word is
 * written: then the last confirmed one before it is back. What was written without a commit word is passed over.
 * When an area is full, what still counts is copied to the next one in turn, so that all wear alike.
 */
#ifndef DEVICE_STORE_H
#define DEVICE_STORE_H

#include <stdint.h>

/* X(NAME, number, "text") */
#define STORE_ERRORS(X)                                                         \
	X(E_FLASH, -1, "flash does not hold what was written")                  \
	X(E_FULL, -2, "no room")                                                \
	X(E_NAME, -3, "a name has 1 to 16 characters")                          \
	X(E_OLD, -4, "not newer than what is there")                            \
	X(E_NONE, -5, "no such program, or none to go back to")                 \
	X(E_ORDER, -6, "begin, then exactly the length that was announced, then commit")

enum store_error {
#define STORE_ERROR(name, number, text) STORE_##name = (number),
	STORE_ERRORS(STORE_ERROR)
#undef STORE_ERROR
};

enum { STORE_NAME = 16, STORE_WORD = 4 };

/* The seam to a flash of the NOR kind: erased bytes are 0xff, programming clears bits and sets none. */
struct store_flash {
	const uint8_t *bytes; /* where it can be read; 4-byte aligned */
	uint32_t area_bytes, areas; /* a multiple of 4; at least 2 */
	void *arg;
	/* at and len: multiples of 4. Return 0 or negative. */
	int32_t (*program)(void *arg, uint32_t at, const uint8_t *bytes, uint32_t len);
	int32_t (*erase)(void *arg, uint32_t area);
};

enum store_flag {
	STORE_TRIAL = 1,   /* the one before comes back unless this one is confirmed */
	STORE_REMOVED = 2, /* a record that says that the name has nothing any more */
};

/* As it lies in flash. */
struct store_head {
	uint32_t magic, sequence, len, flags;
	uint8_t name[STORE_NAME]; /* the rest zero */
	uint32_t crc;             /* of the above: where the record ends can be relied on */
};

struct store_entry {
	const uint8_t *bytes; /* the contents, in flash, until the next store_begin or store_remove */
	uint32_t len, sequence;
	uint8_t trial; /* not confirmed so far */
	uint8_t name[STORE_NAME];
};

struct store {
	const struct store_flash *flash;
	uint32_t area, generation; /* in use */
	uint32_t end;              /* behind its last record; offset in the flash */
	uint8_t torn;              /* something unreadable lies at the end: nothing can be appended */
	/* What is being written; 0: nothing. */
	uint32_t record, written, npart;
	uint8_t part[STORE_WORD];
};

/* Finds what there is. A flash without any area in use is given one. Returns 0 or an error. */
int32_t store_mount(struct store *s, const struct store_flash *flash);

/* The name's program, or STORE_E_NONE. */
int32_t store_find(const struct store *s, const char *name, struct store_entry *entry);
/* All programs, one by one: *at is 0 at first. Returns 0, or STORE_E_NONE after the last. */
int32_t store_next(const struct store *s, uint32_t *at, struct store_entry *entry);

/* Writing: begin, append until `len` bytes are there, commit. Whatever is done instead of commit leaves the old one.
 * A sequence number has to be above that of the name's present program. A name that was removed begins anew: what must
 * outlive that is to be remembered by whoever trusts sequence numbers. */
int32_t store_begin(struct store *s, const char *name, uint32_t sequence, uint32_t len, uint32_t flags);
int32_t store_append(struct store *s, const uint8_t *bytes, uint32_t len);
/* Before commit, and only to look at it: writes what is missing, and says where all of it lies. */
int32_t store_seal(struct store *s, struct store_entry *entry);
int32_t store_commit(struct store *s);
/* Bytes that a record's contents may have at most, with what counts kept. */
uint32_t store_room(const struct store *s);

/* A record that was begun and has no end, as after a cut of power: what it is to be, of which so many bytes are there. */
int32_t store_partial(const struct store *s, struct store_entry *entry, uint32_t *have);
/* Goes on with it from there, or from before with the same bytes. `from`: a multiple of 4. */
int32_t store_resume(struct store *s, uint32_t from);

int32_t store_remove(struct store *s, const char *name);
/* A program on trial stays. */
int32_t store_confirm(struct store *s, const char *name);
/* A program on trial goes, and the one before is back. */
int32_t store_revoke(struct store *s, const char *name);

#endif
