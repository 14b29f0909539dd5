/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is measured of maps, once: costs.bpf.c makes programs of it, costs.c native code, twice: one that calls the functions of
 * maps/ as C does, and one that calls the helpers. Who includes this says what these are:
 *
 *	COST(name)                           begins a function of `struct costs *c` that returns uint64_t
 *	LOOKUP(map, key)                     a pointer to a value, or NULL
 *	UPDATE(map, key, value), DELETE(map, key), PUSH(map, value), POP(map, value)   0, or an error
 *	RESERVE(map, bytes), SUBMIT(record)  a record, or NULL
 *	OUTPUT(map, data, bytes)             0, or an error
 *
 * Each does something n times and returns what bench/maps.go knows: a sum of values, or how often it went well. One time is the
 * difference of two runs with another n, less that of `nothing`.
 */
#ifndef COSTS_VALUE
struct costs {
	uint32_t n;    /* times */
	uint32_t fill; /* entries there are: keys 0, 1, 2, … */
	uint32_t keys; /* that are used in turn */
	uint32_t from; /* the first of these */
};

/* Value of the i-th entry. */
#define COSTS_VALUE(key) (3 * (uint64_t)(key) + 1)

#define COSTS_FILL(map)                                        \
	for (uint32_t k = 0; k < c->fill; k++) {                \
		uint64_t value = COSTS_VALUE(k);                \
		UPDATE(map, &k, &value);                        \
	}

#define COSTS_EACH(key) for (uint32_t i = 0, at = 0, key = c->from; i < c->n; i++, at = at + 1 < c->keys ? at + 1 : 0, key = c->from + at)

#define COSTS_LOOKUP(name, map)                                \
	COST(name)                                              \
	{                                                       \
		uint64_t sum = 0;                               \
		COSTS_FILL(map)                                 \
		COSTS_EACH(key) {                               \
			uint32_t k = key;                       \
			uint64_t *value = LOOKUP(map, &k);      \
			if (value)                              \
				sum += *value;                  \
		}                                               \
		return sum;                                     \
	}

#define COSTS_UPDATE(name, map)                                \
	COST(name)                                              \
	{                                                       \
		uint64_t sum = 0;                               \
		COSTS_FILL(map)                                 \
		COSTS_EACH(key) {                               \
			uint32_t k = key;                       \
			uint64_t value = key;                   \
			sum += UPDATE(map, &k, &value) == 0;    \
		}                                               \
		return sum;                                     \
	}

/* A record is reserved, written and submitted; or written on the stack, and copied. Nobody reads them: there is room for all. */
#define COSTS_RING(bytes)                                                       \
	COST(ring_submit_##bytes)                                               \
	{                                                                       \
		uint64_t sum = 0;                                               \
		COSTS_EACH(key) {                                               \
			uint64_t *record = RESERVE(events, bytes);              \
			if (!record)                                            \
				continue;                                       \
			for (uint32_t w = 0; w < (bytes) / 8; w++)              \
				record[w] = key;                                \
			SUBMIT(record);                                         \
			sum++;                                                  \
		}                                                               \
		return sum;                                                     \
	}                                                                       \
	COST(ring_output_##bytes)                                               \
	{                                                                       \
		uint64_t sum = 0;                                               \
		COSTS_EACH(key) {                                               \
			uint64_t record[(bytes) / 8];                           \
			for (uint32_t w = 0; w < (bytes) / 8; w++)              \
				record[w] = key;                                \
			sum += OUTPUT(events, record, bytes) == 0;              \
		}                                                               \
		return sum;                                                     \
	}
#endif

COST(nothing)
{
	uint64_t sum = 0;

	COSTS_EACH(key) {
		uint32_t k = key;
		__asm__ volatile("" : : "r"(&k) : "memory"); /* a key lies in memory */
		sum += k;
	}
	return sum;
}

COSTS_LOOKUP(array_lookup, array)
COSTS_LOOKUP(hash_lookup, hash)
COSTS_LOOKUP(lru_lookup, lru)
COSTS_UPDATE(array_update, array)
COSTS_UPDATE(hash_update, hash)
COSTS_UPDATE(lru_update, lru)

COST(hash_insert_delete)
{
	uint64_t sum = 0;

	COSTS_FILL(hash)
	COSTS_EACH(key) {
		uint32_t k = key;
		uint64_t value = key;
		if (UPDATE(hash, &k, &value) == 0)
			sum += DELETE(hash, &k) == 0;
	}
	return sum;
}

COST(queue_push_pop)
{
	uint64_t sum = 0;

	COSTS_EACH(key) {
		uint64_t value = key;
		if (PUSH(queue, &value) == 0)
			sum += POP(queue, &value) == 0;
	}
	return sum;
}

COSTS_RING(8)
COSTS_RING(32)
COSTS_RING(128)
