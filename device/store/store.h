/* SPDX-License-Identifier: BSD-2-Clause */
/* A store of programs in flash, which keeps them over resets. Power may fail at any write or erase: afterwards a name has
 * the program from before, or the one that was being written, whole; never neither.
 *
 *   area   a sector, or several erased together; there are two or more. One is in use. It begins with a head, written last
 *          when the area is made, whose generation is one above that of the area before.
 *   record appended to the area in use: head, contents, and an end of words that are written one by one, in this order:
 *
 *     | head | contents, to a multiple of 4 | crc | commit | confirm | revoke |
 *
 * A record is valid once its commit word is written. It is the program of its name until a later record is valid, or until its
 * revoke word is written: then the last confirmed record before it is valid again. Records without a commit word are ignored.
 * When an area is full, its valid records are copied to the next one in turn, so that all areas are erased equally often.
 *
 * Lengths and offsets are in bytes. Functions return 0 or a negative STORE_E_. One thread calls them, from no interrupt:
 * they write and erase flash, which on some chips stops the CPU meanwhile. The caller owns all memory.
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

/* What the store needs of flash of the NOR kind: erased bytes are 0xff, programming clears bits and sets none. */
struct store_flash {
	const uint8_t *bytes; /* where it can be read; 4-byte aligned */
	uint32_t area_bytes, areas; /* a multiple of 4; at least 2 */
	void *arg;
	/* at and len: multiples of 4. Return 0 or negative. */
	int32_t (*program)(void *arg, uint32_t at, const uint8_t *bytes, uint32_t len);
	int32_t (*erase)(void *arg, uint32_t area);
};

enum store_flag {
	STORE_TRIAL = 1,   /* the record before can come back (store_revoke) until this one is confirmed */
	STORE_REMOVED = 2, /* a record that says that the name has no program any more */
};

/* As it lies in flash. */
struct store_head {
	uint32_t magic, sequence, len, flags;
	uint8_t name[STORE_NAME]; /* the rest zero */
	uint32_t crc;             /* CRC-32 of the fields above, so that the length can be trusted */
};

struct store_entry {
	const uint8_t *bytes; /* the contents, in flash, until the next store_begin or store_remove */
	uint32_t len, sequence;
	uint8_t trial; /* 1: written with STORE_TRIAL and not confirmed yet */
	uint8_t name[STORE_NAME];
};

struct store {
	const struct store_flash *flash;
	uint32_t area, generation; /* in use */
	uint32_t end;              /* offset in flash behind its last record */
	uint8_t torn;              /* something unreadable lies at the end: nothing can be appended */
	/* What is being written; 0: nothing. */
	uint32_t record, written, npart;
	uint8_t part[STORE_WORD];
};

/* Finds the area in use. Flash that has none is given one. STORE_E_FLASH: it could not be written. */
int32_t store_mount(struct store *s, const struct store_flash *flash);

/* Finds the program of a name, or returns STORE_E_NONE. */
int32_t store_find(const struct store *s, const char *name, struct store_entry *entry);
/* All programs, one by one: set *at to 0 before the first call. Returns 0, or STORE_E_NONE after the last. */
int32_t store_next(const struct store *s, uint32_t *at, struct store_entry *entry);

/* Writing: begin, append in pieces of any size until `len` bytes are there, commit. Until commit the name keeps its old
 * program; beginning something else gives the record up. The sequence number has to be above that of the name's present
 * program, else STORE_E_OLD. A removed name accepts any number: device/trust remembers those of removed programs. */
int32_t store_begin(struct store *s, const char *name, uint32_t sequence, uint32_t len, uint32_t flags);
int32_t store_append(struct store *s, const uint8_t *bytes, uint32_t len);
/* Before commit, to look at the contents: writes all but the commit word, and tells where they lie. */
int32_t store_seal(struct store *s, struct store_entry *entry);
int32_t store_commit(struct store *s);
/* The most bytes that the contents of a new record may have, if all valid records are kept. */
uint32_t store_room(const struct store *s);

/* Finds a record that was begun and not ended, as after a loss of power: its head, and how many bytes of contents there are.
 * STORE_E_NONE: there is no such record. */
int32_t store_partial(const struct store *s, struct store_entry *entry, uint32_t *have);
/* Continues it at offset `from` of its contents, a multiple of 4, at most *have. Bytes that are there may be appended again, the
 * same ones. */
int32_t store_resume(struct store *s, uint32_t from);

int32_t store_remove(struct store *s, const char *name);
/* Ends the trial of a program: it stays. */
int32_t store_confirm(struct store *s, const char *name);
/* Ends the trial of a program: the one before is back, or none if there was none. */
int32_t store_revoke(struct store *s, const char *name);

#endif
