/* SPDX-License-Identifier: BSD-2-Clause */
/* What maps may be declared as, and how they come to be. */
#include <string.h>

#include "maps/internal.h"

static int is_hash(uint32_t type)
{
	return type == UB_MAP_HASH || type == UB_MAP_LRU_HASH;
}

static uint32_t heads_of(uint32_t entries)
{
	return entries < 2 ? 1 : 1u << (32 - __builtin_clz(entries - 1));
}

static uint32_t words_of(uint32_t bytes)
{
	return (bytes + 3) / 4;
}

static uint32_t up(uint32_t bytes)
{
	return (bytes + 7) & ~7u;
}

/* On a device, which is what sizes are about. */
enum { MAP_BYTES = 80 + 8 };
UB_STATIC_ASSERT(sizeof(void *) > 4 || ((sizeof(struct maps_map) + 7) & ~7u) + sizeof(struct maps_row) == MAP_BYTES, map_bytes);

uint32_t maps_value_bytes(const struct ub_map_def *d)
{
	return up(d->type == UB_MAP_RINGBUF ? d->max_entries : d->value_size * d->max_entries);
}

uint32_t maps_links_bytes(const struct ub_map_def *d)
{
	uint32_t links = d->type == UB_MAP_LRU_HASH ? 3 : 1;

	if (!is_hash(d->type))
		return 0;
	return up(4 * words_of(d->key_size) * d->max_entries) +
	       up(2 * heads_of(d->max_entries)) + links * up(2 * d->max_entries);
}

uint32_t maps_other_bytes(const struct ub_map_def *d)
{
	return MAP_BYTES + maps_links_bytes(d);
}

static int32_t check_sizes(const struct ub_map_def *d)
{
	uint32_t key_least = 1, key_most = UB_MAP_KEY_MAX, value_least = 1, most = UB_MAP_BYTES_MAX;

	switch (d->type) {
	case UB_MAP_ARRAY:
	case UB_MAP_PROG_ARRAY:
		key_least = key_most = 4;
		most = MAPS_NONE;
		break;
	case UB_MAP_QUEUE:
	case UB_MAP_STACK:
		key_least = key_most = 0;
		break;
	case UB_MAP_RINGBUF:
		if (d->key_size)
			return UB_E_MAP_KEY;
		if (d->value_size)
			return UB_E_MAP_VALUE;
		return d->max_entries < UB_MAP_RING_MIN || d->max_entries > UB_MAP_BYTES_MAX ||
			       d->max_entries & (d->max_entries - 1) ? UB_E_MAP_ENTRIES : 0;
	case UB_MAP_HASH:
	case UB_MAP_LRU_HASH:
		most = UB_MAP_ENTRIES_MAX;
		break;
	default:
		return UB_E_MAP_TYPE;
	}
	if (d->key_size < key_least || d->key_size > key_most)
		return UB_E_MAP_KEY;
	if (d->value_size < value_least || d->value_size > UB_MAP_VALUE_MAX || (d->type == UB_MAP_PROG_ARRAY && d->value_size != 4))
		return UB_E_MAP_VALUE;
	if (!d->max_entries || d->max_entries > most || d->max_entries > UB_MAP_BYTES_MAX / d->value_size)
		return UB_E_MAP_ENTRIES;
	return 0;
}

/* Letters, digits, _ and dots, and a zero at the end. */
static int good_name(const char *name)
{
	uint32_t n = 0;

	for (; n < UB_MAP_NAME_BYTES && name[n]; n++) {
		char c = name[n];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'))
			return 0;
	}
	return n && n < UB_MAP_NAME_BYTES;
}

static int same_name(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static int32_t check_one(const struct ub_map_def *defs, uint32_t i)
{
	const struct ub_map_def *d = &defs[i];
	int32_t err = check_sizes(d);

	if (err)
		return err;
	if (d->flags & ~(UB_MAP_READ_ONLY | UB_MAP_WRITE_ONLY) || d->flags == (UB_MAP_READ_ONLY | UB_MAP_WRITE_ONLY))
		return UB_E_MAP_FLAGS;
	if (!good_name(d->name))
		return UB_E_MAP_NAME;
	for (uint32_t k = 0; k < i; k++)
		if (same_name(defs[k].name, d->name))
			return UB_E_MAP_NAME;
	return d->nprograms && d->type != UB_MAP_PROG_ARRAY ? UB_E_MAP_PROGRAM : 0;
}

int32_t maps_check(const struct ub_map_def *defs, uint32_t n, struct ub_fault *where)
{
	*where = (struct ub_fault){.status = n > UB_MAPS_MAX ? UB_E_MAP_COUNT : 0};
	for (uint32_t i = 0; !where->status && i < n; i++)
		*where = (struct ub_fault){.status = check_one(defs, i), .pc = i};
	if (!where->status)
		where->pc = 0;
	return where->status;
}

static int is_function(const struct ub_program *p, uint32_t slot)
{
	for (uint32_t i = 0; i < p->nfuncs; i++)
		if (p->funcs[i] == slot)
			return 1;
	return 0;
}

/* The programs that a program array begins with; what it holds are addresses of functions, or zeros. */
static int32_t put_programs(struct maps_map *m, const struct ub_map_def *d, const struct ub_program *p)
{
	for (uint32_t i = 0; i < d->nprograms; i++) {
		const uint8_t *row = d->programs + 4 * i;
		uint32_t index = row[0] | (uint32_t)row[1] << 8, slot = row[2] | (uint32_t)row[3] << 8;
		uint32_t address = UB_CODE_ADDR(slot);
		if (index >= m->max || !is_function(p, slot))
			return UB_E_MAP_PROGRAM;
		memcpy(maps_value(m, index), &address, sizeof address);
	}
	return 0;
}

static int take_hash(struct maps_map *m, struct ub_arena *rest)
{
	uint32_t heads = heads_of(m->max), links = 2 * m->max;

	m->mask = (uint16_t)(heads - 1);
	m->key_words = (uint16_t)words_of(m->key_size);
	m->keys = ub_arena_take(rest, 4 * m->key_words * m->max);
	m->heads = ub_arena_take(rest, 2 * heads);
	m->next = ub_arena_take(rest, links);
	if (m->type == UB_MAP_LRU_HASH) {
		m->newer = ub_arena_take(rest, links);
		m->older = ub_arena_take(rest, links);
	}
	return m->keys && m->heads && m->next && (m->type != UB_MAP_LRU_HASH || (m->newer && m->older));
}

int32_t maps_make_one(const struct ub_map_def *d, const struct ub_program *p, struct ub_arena *values, struct ub_arena *rest,
		      uint32_t seed, struct maps_map **out)
{
	uint32_t bytes = maps_value_bytes(d);
	struct maps_map *m = *out = ub_arena_take(rest, sizeof *m);

	if (!m)
		return UB_E_MEMORY;
	*m = (struct maps_map){.type = d->type, .flags = d->flags, .key_size = d->key_size, .value_size = d->value_size,
			       .max = d->max_entries, .seed = seed};
	if (d->type == UB_MAP_ARRAY)
		m->quick = MAPS_QUICK_ARRAY;
	else if (d->type == UB_MAP_HASH && d->key_size == 4)
		m->quick = MAPS_QUICK_HASH;
	if (!(m->values = ub_arena_take(values, bytes)))
		return UB_E_MEMORY;
	m->values_addr = ub_arena_addr(values, m->values);
	memset(m->values, 0, bytes);
	if (is_hash(d->type)) {
		if (!take_hash(m, rest))
			return UB_E_MEMORY;
		maps_hash_clear(m);
	}
	return put_programs(m, d, p);
}

struct maps *maps_table(uint32_t n, struct ub_arena *rest)
{
	struct maps *maps = ub_arena_take(rest, (uint32_t)(sizeof *maps + n * sizeof maps->row[0]));

	if (maps) {
		*maps = (struct maps){.n = n};
		memset(maps->row, 0, n * sizeof maps->row[0]);
	}
	return maps;
}

/* Takes room for the values of all maps, in front of everything else, so that programs see them at addresses that depend on
 * declarations alone, and not on how long pointers are here. Returns 0, or UB_E_MEMORY with *map, for which there is none. */
static int32_t take_values(const struct ub_program *p, struct ub_arena *from, struct ub_arena *to, uint32_t *map)
{
	*to = *from;
	for (uint32_t i = 0; i < p->nmaps; i++) {
		uint8_t *mem = ub_arena_take(from, maps_value_bytes(&p->maps[i]));
		*map = i;
		if (!mem)
			return UB_E_MEMORY;
		to->size = from->used;
	}
	return 0;
}

int32_t maps_make(const struct ub_program *program, struct ub_arena *values, struct ub_arena *rest, uint32_t seed,
		  struct maps **out, struct ub_fault *where)
{
	uint32_t n = program->nmaps, values_used = values->used, rest_used = rest->used;
	struct maps *maps;
	int32_t err;

	*out = NULL;
	*where = (struct ub_fault){0};
	if (!n)
		return 0;
	err = maps_check(program->maps, n, where);
	if (err)
		return err;
	struct ub_arena reached;
	err = take_values(program, values, &reached, &where->pc);
	maps = err ? NULL : maps_table(n, rest);
	if (!maps)
		err = UB_E_MEMORY;
	for (uint32_t i = 0; !err && i < n; i++) {
		const struct ub_map_def *d = &program->maps[i];
		where->pc = i;
		err = maps_make_one(d, program, &reached, rest, seed, &maps->row[i].map);
		maps->row[i].flags = d->flags;
	}
	where->status = err;
	if (err) {
		values->used = values_used;
		rest->used = rest_used;
	} else {
		where->pc = 0;
		*out = maps;
	}
	return err;
}

void maps_adopt(struct maps_map *to, const struct maps_map *from)
{
	uint32_t links = 2 * from->max;

	memcpy(to->values, from->values, from->type == UB_MAP_RINGBUF ? from->max : from->max * from->value_size);
	if (from->keys) {
		memcpy(to->keys, from->keys, 4 * from->key_words * from->max);
		memcpy(to->heads, from->heads, 2 * (from->mask + 1u));
		memcpy(to->next, from->next, links);
	}
	if (from->newer) {
		memcpy(to->newer, from->newer, links);
		memcpy(to->older, from->older, links);
	}
	to->seed = from->seed;
	to->free = from->free;
	to->newest = from->newest;
	to->oldest = from->oldest;
	to->count = from->count;
	to->first = from->first;
	to->produced = from->produced;
	to->consumed = from->consumed;
	to->dropped = from->dropped;
}

void maps_end(struct maps *maps)
{
	for (uint32_t i = 0; maps->open && i < maps->n; i++)
		if (maps->row[i].map->type == UB_MAP_RINGBUF)
			maps_abandon(maps->row[i].map, maps->owner);
	maps->open = 0;
}

bool maps_is_reached(uint32_t type)
{
	return type == UB_MAP_ARRAY || is_hash(type) || type == UB_MAP_RINGBUF;
}

void maps_places(const struct maps *maps, struct ub_map_place *to)
{
	for (uint32_t i = 0; i < maps->n; i++) {
		const struct maps_map *m = maps->row[i].map;
		to[i] = (struct ub_map_place){maps_is_reached(m->type) ? m->values_addr : 0, maps->row[i].flags};
	}
}

int32_t maps_grant(struct maps *maps, struct ub_run *run)
{
	run->maps = maps;
	for (uint32_t i = 0; maps && i < maps->n; i++) {
		const struct maps_map *m = maps->row[i].map;
		uint32_t flags = maps->row[i].flags;
		uint32_t rights = flags & UB_MAP_READ_ONLY ? UB_READ : flags & UB_MAP_WRITE_ONLY ? UB_WRITE : UB_READ | UB_WRITE;
		if (!maps_is_reached(m->type))
			continue;
		if (run->nregions == UB_REGIONS_MAX)
			return UB_E_MAP_COUNT;
		run->regions[run->nregions++] = (struct ub_region){
			m->values_addr, m->type == UB_MAP_RINGBUF ? m->max : m->max * m->value_size, rights};
	}
	return 0;
}
