/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps: what programs keep beyond a run, and what they are declared with. X(NAME, number, name); numbers are Linux's,
 * per-CPU forms are their plain ones.
 */
#ifndef UB_ABI_MAPS_H
#define UB_ABI_MAPS_H

#include <stdint.h>

#define UB_MAP_TYPES(X)                       \
	X(HASH, 1, "hash")                    \
	X(ARRAY, 2, "array")                  \
	X(PROG_ARRAY, 3, "program-array")     \
	X(LRU_HASH, 9, "lru-hash")            \
	X(QUEUE, 22, "queue")                 \
	X(STACK, 23, "stack")                 \
	X(RINGBUF, 27, "ring-buffer")

enum ub_map_type {
#define UB_MAP_TYPE(name, number, text) UB_MAP_##name = (number),
	UB_MAP_TYPES(UB_MAP_TYPE)
#undef UB_MAP_TYPE
};

/* What a program may do with a map, as flags of its declaration. */
enum { UB_MAP_READ_ONLY = 1 << 0, UB_MAP_WRITE_ONLY = 1 << 1 };

/* Flags of an update. */
enum { UB_MAP_ANY = 0, UB_MAP_NOEXIST = 1, UB_MAP_EXIST = 2 };

enum {
	UB_MAPS_MAX = 16,             /* of a program: as many regions as can be granted */
	UB_MAP_NAME_BYTES = 16,       /* with the zero at the end */
	UB_MAP_KEY_MAX = 256,         /* bytes */
	UB_MAP_VALUE_MAX = 32 * 1024, /* bytes */
	UB_MAP_ENTRIES_MAX = 16383,   /* of a hash map */
	UB_MAP_BYTES_MAX = 1 << 20,   /* of a map */
	UB_MAP_RING_MIN = 16,         /* bytes of a ring buffer, a power of two */
	UB_TAIL_CALLS_MAX = 33,       /* in one run, as on Linux */
};

/* What a program has instead of a pointer to the map with this index: in a range no memory lies in (abi/isa.h has
 * functions in the same). */
#define UB_MAP_BASE 0xf8000000u
#define UB_MAP_HANDLE(index) (UB_MAP_BASE + 8u * (uint32_t)(index))

/* A map as it is declared. */
struct ub_map_def {
	uint8_t type;  /* enum ub_map_type */
	uint8_t flags; /* UB_MAP_READ_ONLY, UB_MAP_WRITE_ONLY */
	uint16_t key_size;
	uint32_t value_size;
	uint32_t max_entries; /* of a ring buffer: bytes */
	char name[UB_MAP_NAME_BYTES];
	/* Program arrays: rows of u16 index, u16 slot of a function, little endian; read when the map is made. */
	uint32_t nprograms;
	const uint8_t *programs;
#if UINTPTR_MAX == UINT32_MAX
	uint32_t pad; /* as long as elsewhere, so that what lies behind declarations has the same address */
#endif
};

/* Bytes that programs may have pointers to: values, or records of a ring buffer. */
static inline uint32_t ub_map_values_bytes(const struct ub_map_def *d)
{
	return d->type == UB_MAP_RINGBUF ? d->max_entries : d->max_entries * d->value_size;
}

/* A map as compilers see it: where programs find its values, 0 if they have no pointers there, and what this program may
 * do with them. */
struct ub_map_place {
	uint32_t values;
	uint32_t flags; /* UB_MAP_READ_ONLY, UB_MAP_WRITE_ONLY */
};

#endif
