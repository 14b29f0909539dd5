/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps: arrays, hash maps, queues, ring buffers of a program (abi/maps.h), in memory that the caller owns.
 *
 * All memory is taken when maps are made, nothing later. Values, and records of ring buffers, lie in areas that runs are
 * granted as regions, one for each map, because programs get pointers to them; keys, links and everything else that is
 * trusted lie elsewhere. Numbers that fail are negative, as Linux's errno.
 *
 * Changes are made with interrupts masked (abi/port.h), so interrupt handlers may use the same maps; lookups mask
 * nothing. A pointer to a value stays valid as long as the map; after its entry was deleted it is another entry's. Whoever
 * iterates while others change the map comes to an end, and sees no entry twice. A ring buffer has any number of
 * producers and one consumer, which holds nothing that a producer waits for.
 */
#ifndef UB_MAPS_MAPS_H
#define UB_MAPS_MAPS_H

#include <stdbool.h>

#include "abi/run.h"

enum {
	MAPS_NONE = 0xffff, /* no entry */

	MAPS_EPERM = -1, MAPS_ENOENT = -2, MAPS_E2BIG = -7, MAPS_EAGAIN = -11, MAPS_EEXIST = -17, MAPS_EINVAL = -22,
};

/* Maps with the short way to an entry: arrays, and hash maps without order whose keys are a word. */
enum { MAPS_QUICK_NO, MAPS_QUICK_ARRAY, MAPS_QUICK_HASH };

/* A map that was made. Its fields are for maps/ and for who wants to know. */
struct maps_map {
	uint8_t type;
	uint8_t flags; /* of its declaration */
	uint16_t key_size;
	uint32_t value_size;
	uint32_t max;         /* entries; of a ring buffer: bytes */
	uint8_t *values;      /* max of them; of a ring buffer its records */
	uint32_t values_addr; /* where programs see them */
	uint32_t *keys;       /* hash maps: key_words each, zeros at the end */
	/* Hash maps: entries of a chain are linked by index. A link from FREE on ends it (hash.c). */
	uint16_t *heads, *next;
	uint16_t *newer, *older; /* LRU only */
	uint16_t mask;           /* heads - 1 */
	uint16_t key_words;
	uint16_t free;
	uint16_t newest, oldest;
	uint8_t quick;           /* MAPS_QUICK_* */
	uint8_t pad;
	uint32_t seed; /* of hashes */
	/* Hash maps, queues, stacks: entries; queues: where the first is. */
	uint32_t count, first;
	/* Ring buffers: bytes ever produced and consumed, and records there was no room for. */
	uint32_t produced, consumed, dropped;
};

/* A map as one program has it: programs may share a map, and each may do something else with it. */
struct maps_row {
	struct maps_map *map;
	uint32_t flags; /* UB_MAP_READ_ONLY, UB_MAP_WRITE_ONLY */
};

/* The maps of a program. */
struct maps {
	uint32_t n;
	uint32_t tail;  /* program array: the function that is to run, or 0 */
	uint32_t tails; /* tail calls of this run */
	uint32_t owner; /* says of records of ring buffers who reserved them; other numbers where maps are shared */
	uint32_t open;  /* records of ring buffers that it has reserved and not submitted */
	struct maps_row row[];
};

/* Whether maps can be as they are declared. Returns 0 or a negative status, with the index of the map in where->pc. */
int32_t maps_check(const struct ub_map_def *defs, uint32_t n, struct ub_fault *where);

/* Bytes that values of a map take, and those of everything else; of one that was checked. Of the latter, keys and links. */
uint32_t maps_value_bytes(const struct ub_map_def *def);
uint32_t maps_other_bytes(const struct ub_map_def *def);
uint32_t maps_links_bytes(const struct ub_map_def *def);
/* Whether programs have pointers to what lies in maps of the type. */
bool maps_is_reached(uint32_t type);

/* A table of n maps, all NULL so far, and one map, with the values it begins with; the declaration was checked. NULL, or
 * a negative status: there is no memory, or a function of a program array is none. */
struct maps *maps_table(uint32_t n, struct ub_arena *rest);
int32_t maps_make_one(const struct ub_map_def *def, const struct ub_program *program, struct ub_arena *values,
		      struct ub_arena *rest, uint32_t seed, struct maps_map **out);

/* Makes the maps of a program, which was verified, if it has any: *out is NULL if it has none. Values come from one
 * arena, the rest from another, which may be the same. `seed` makes hashes hard to guess for who sends keys. Returns 0 or
 * a negative status, with the index of the map in where->pc. */
int32_t maps_make(const struct ub_program *program, struct ub_arena *values, struct ub_arena *rest, uint32_t seed,
		  struct maps **out, struct ub_fault *where);

/* Appends the regions of values to those of a run, and gives it the maps, of which there may be none. UB_E_MAP_COUNT: there is
 * no room for so many. */
int32_t maps_grant(struct maps *maps, struct ub_run *run);

/* What compilers are told of the maps, UB_MAPS_MAX at most. */
void maps_places(const struct maps *maps, struct ub_map_place *to);

/* Before each run. */
static inline void maps_begin(struct maps *maps)
{
	maps->tail = maps->tails = maps->open = 0;
}

/* After each run, however it ended: what it has reserved in ring buffers and not submitted is nobody's, so that it keeps no
 * consumer waiting. */
void maps_end(struct maps *maps);

/* Puts into a map what is in another one that is declared the same. */
void maps_adopt(struct maps_map *to, const struct maps_map *from);

/* After an engine has run: whether the program has called another one (UB_E_TAIL_CALL), and the engine is to run once more,
 * with a cleared stack and the budget as it was. */
static inline bool maps_again(struct ub_run *run)
{
	if (run->fault.status != UB_E_TAIL_CALL || !run->maps)
		return false;
	run->fault = (struct ub_fault){0};
	return true;
}

/* ---- Entries: by key ------------------------------------------------------------------------------------------ */

/* Index of the entry with this key, MAPS_NONE if there is none. Arrays: key is an index of 32 bits. maps_lookup also counts
 * as use of an entry of an LRU hash map. */
uint32_t maps_find(const struct maps_map *m, const void *key);
uint32_t maps_lookup(struct maps_map *m, const void *key);

/* 0, or MAPS_E…: E2BIG no room, or an index that is none; EEXIST, ENOENT as flags want; EINVAL flags, or a type of map that
 * cannot. */
int32_t maps_update(struct maps_map *m, const void *key, const void *value, uint32_t flags);
int32_t maps_delete(struct maps_map *m, const void *key);

/* The first entry from an index on, MAPS_NONE if there is none: for (e = maps_next(m, 0); e != MAPS_NONE; e = maps_next(m, e + 1)). */
uint32_t maps_next(const struct maps_map *m, uint32_t from);
/* Copies the key of an entry. */
void maps_key(const struct maps_map *m, uint32_t entry, void *key);

static inline uint8_t *maps_value(const struct maps_map *m, uint32_t entry)
{
	return m->values + entry * m->value_size;
}

/* ---- All of a map, for who looks from outside ----------------------------------------------------------------------- */

/* A record for each entry there can be, free ones included: u32 1 if it is used, the key, the value, each filled up to 4
 * bytes. Queues and stacks have no keys, and begin with the oldest. Ring buffers: u32 bytes produced, consumed, records dropped,
 * bytes of the buffer, and the buffer. */
uint32_t maps_dump_bytes(const struct maps_map *m);
void maps_dump(const struct maps_map *m, uint32_t offset, uint8_t *to, uint32_t bytes);
/* Puts in what was given as key and value, one behind the other; of queues and stacks, the value. False if that cannot be. */
bool maps_put(struct maps_map *m, const uint8_t *bytes, uint32_t n);

/* ---- Queues and stacks ------------------------------------------------------------------------------------------ */

/* Appends a value. With UB_MAP_EXIST a full one loses its oldest. */
int32_t maps_push(struct maps_map *m, const void *value, uint32_t flags);
/* Where the n-th of the values lies, from the oldest on. */
uint8_t *maps_nth(const struct maps_map *m, uint32_t n);
/* The next value, zeros if there is none; `take`: and removes it. */
int32_t maps_pop(struct maps_map *m, void *value, bool take);

/* ---- Ring buffers ------------------------------------------------------------------------------------------------ */

/* A record's header: its length, and these; and who reserved it. */
#define MAPS_RECORD_BUSY (UINT32_C(1) << 31)
#define MAPS_RECORD_DISCARDED (UINT32_C(1) << 30)
enum { MAPS_RECORD_HEADER = 8 };

/* Offset of room for a record of so many bytes, a multiple of 8, or 0: none, and it counts as dropped. */
uint32_t maps_reserve(struct maps_map *m, uint32_t owner, uint32_t bytes);
/* Gives a record to the consumer, or what was reserved to nobody. False if none was reserved there. */
bool maps_submit(struct maps_map *m, uint32_t offset, bool discard);
/* Discards all that an owner has reserved and not submitted. */
void maps_abandon(struct maps_map *m, uint32_t owner);
/* The consumer: the oldest record, NULL if there is none yet; until maps_consume it stays where it is. */
const uint8_t *maps_record(struct maps_map *m, uint32_t *bytes);
void maps_consume(struct maps_map *m);
/* One that takes several at a time. The next record from a position on, which moves behind it; NULL if there is none yet: begin
 * at m->consumed. Then all before a position is free; what is no position that maps_peek came to changes nothing. */
const uint8_t *maps_peek(const struct maps_map *m, uint32_t *position, uint32_t *bytes);
void maps_consume_to(struct maps_map *m, uint32_t position);

#endif
