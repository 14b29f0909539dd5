/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps of programs in compartments. Everything of a map is taken when its program is loaded, and stays until the program is
 * unloaded: through runs, faults, stops.
 *
 *   values a program has pointers to    in its compartment, between stack and data, or, if the map is shared, in a piece
 *                                       of their own, which is a wall of each program that shares it
 *   everything else                     in pieces that are only the firmware's: keys, links, counts, queues, names
 *
 * A map that a configuration says is shared is the one of this name, whichever program came first; it goes with the
 * last.
 */
#include "device/supervisor/internal.h"

/* A shared map; it lies in front of what is only the firmware's of it. */
struct supervisor_shared {
	struct supervisor_shared *next;
	char name[UB_MAP_NAME_BYTES];
	struct maps_map *map;
	struct pool_piece rest, values;
	uint32_t users;
};

static uint32_t up(uint32_t bytes)
{
	return (bytes + 7) & ~7u;
}

static uint32_t rights_of(const struct supervisor_config *c, uint32_t map)
{
	return c->shared >> 2 * map & (UB_READ | UB_WRITE);
}

/* Bytes of a map that are only the firmware's. */
static uint32_t rest_of(const struct ub_map_def *d)
{
	return up(sizeof(struct maps_map)) + maps_links_bytes(d) + (maps_is_reached(d->type) ? 0 : maps_value_bytes(d));
}

static int same_name(const char *a, const char *b)
{
	return !strncmp(a, b, UB_MAP_NAME_BYTES);
}

int32_t supervisor_count_maps(const struct supervisor_config *c, const struct ub_program *p, struct supervisor_maps *to,
			      struct ub_fault *where)
{
	uint32_t walls = 0;

	*to = (struct supervisor_maps){.n = p->nmaps};
	to->rest_bytes = p->nmaps ? up(sizeof(struct maps)) + p->nmaps * (uint32_t)(sizeof(struct maps_row) + UB_MAP_NAME_BYTES) + 8 : 0;
	if (p->nmaps < 16 && c->shared >> 2 * p->nmaps)
		return where->status = UB_E_GRANT;
	for (uint32_t i = 0; i < p->nmaps; i++) {
		const struct ub_map_def *d = &p->maps[i];
		uint32_t rights = rights_of(c, i);
		where->pc = i;
		if (rights == UB_WRITE || (rights && d->type == UB_MAP_PROG_ARRAY)) /* walls cannot; functions are one program's */
			return where->status = UB_E_GRANT;
		if (rights) {
			walls += maps_is_reached(d->type);
			continue;
		}
		to->rest_bytes += rest_of(d);
		if (maps_is_reached(d->type))
			to->value_bytes += maps_value_bytes(d);
	}
	if (walls > SUPERVISOR_SHARED_WALLS)
		return where->status = UB_E_MAP_WALLS;
	where->pc = 0;
	return 0;
}

static struct supervisor_shared *shared_named(const struct supervisor *s, const char *name)
{
	struct supervisor_shared *m = s->shared;

	while (m && !same_name(m->name, name))
		m = m->next;
	return m;
}

static void leave_shared(struct supervisor *s, const struct maps_map *map)
{
	for (struct supervisor_shared **at = &s->shared; *at; at = &(*at)->next) {
		struct supervisor_shared *m = *at;
		if (m->map != map)
			continue;
		if (--m->users)
			return;
		*at = m->next;
		pool_give(&s->pool, &m->values);
		struct pool_piece rest = m->rest;
		pool_give(&s->pool, &rest);
		return;
	}
}

static int declared_so(const struct maps_map *m, const struct ub_map_def *d)
{
	return m->type == d->type && m->flags == d->flags && m->key_size == d->key_size && m->value_size == d->value_size && m->max == d->max_entries;
}

static const char SHARED[] = "a map that it shares";

/* Finds or makes the shared map of this name. */
static int32_t join(struct supervisor *s, const struct ub_program *p, const struct ub_map_def *d, struct maps_map **out)
{
	struct supervisor_shared *m = shared_named(s, d->name);
	struct pool_piece rest = {0}, values = {0};
	uint32_t head = up(sizeof *m);

	if (m && !declared_so(m->map, d))
		return UB_E_MAP_SHARED;
	if (m) {
		m->users++;
		*out = m->map;
		return 0;
	}
	int32_t err = supervisor_take(s, head + rest_of(d), 1, SHARED, &rest);
	if (!err && maps_is_reached(d->type))
		err = supervisor_take(s, maps_value_bytes(d), 0, SHARED, &values);
	if (err) {
		pool_give(&s->pool, &rest);
		return err;
	}
	struct ub_arena own = {.mem = supervisor_memory(s, rest.addr), .addr = rest.addr, .size = rest.len, .used = head};
	struct ub_arena reached = {.mem = supervisor_memory(s, values.len ? values.addr : rest.addr), .addr = values.addr, .size = values.len};
	m = (void *)own.mem;
	memset(m, 0, sizeof *m);
	if (values.len)
		memset(reached.mem, 0, values.len);
	err = maps_make_one(d, p, values.len ? &reached : &own, &own, supervisor_seed(s), &m->map);
	if (err) {
		pool_give(&s->pool, &rest);
		pool_give(&s->pool, &values);
		return err;
	}
	memcpy(m->name, d->name, sizeof m->name);
	m->rest = rest;
	m->values = values;
	m->users = 1;
	m->next = s->shared;
	s->shared = m;
	*out = m->map;
	return 0;
}

int32_t supervisor_make_maps(struct supervisor *s, struct supervisor_image *image, const struct ub_program *p, uint32_t values,
			     struct ub_fault *where)
{
	struct supervisor_maps *to = &image->maps;
	int32_t err = supervisor_take(s, to->rest_bytes, 1, "keys, links and queues of its maps", &to->rest);

	if (err)
		return where->status = err;
	struct ub_arena rest = {.mem = supervisor_memory(s, to->rest.addr), .addr = to->rest.addr, .size = to->rest.len};
	struct ub_arena reached = {.mem = supervisor_memory(s, values), .addr = values, .size = to->value_bytes};
	to->maps = maps_table(to->n, &rest);
	to->names = ub_arena_take(&rest, to->n * UB_MAP_NAME_BYTES);
	for (uint32_t i = 0; !err && i < to->n; i++) {
		const struct ub_map_def *d = &p->maps[i];
		struct maps_row *row = &to->maps->row[i];
		uint32_t rights = rights_of(&image->config, i);
		row->flags = d->flags | (rights == UB_READ ? UB_MAP_READ_ONLY : 0);
		memcpy(to->names[i], d->name, sizeof to->names[i]);
		err = rights ? join(s, p, d, &row->map)
			     : maps_make_one(d, p, maps_is_reached(d->type) ? &reached : &rest, &rest, supervisor_seed(s), &row->map);
		if (err) {
			row->map = NULL;
			*where = (struct ub_fault){.status = err, .pc = i};
		}
	}
	return err;
}

void supervisor_drop_maps(struct supervisor *s, struct supervisor_image *image)
{
	struct supervisor_maps *m = &image->maps;

	for (uint32_t i = 0; m->maps && i < m->n; i++)
		if (rights_of(&image->config, i) && m->maps->row[i].map)
			leave_shared(s, m->maps->row[i].map);
	m->maps = NULL;
	pool_give(&s->pool, &m->rest);
	pool_give(&s->pool, &m->block);
}

void supervisor_adopt_maps(struct supervisor_image *to, const struct supervisor_image *from)
{
	for (uint32_t i = 0; to->maps.maps && i < to->maps.n; i++) {
		struct maps_map *m = to->maps.maps->row[i].map;
		if (rights_of(&to->config, i) || m->type == UB_MAP_PROG_ARRAY)
			continue;
		for (uint32_t k = 0; from->maps.maps && k < from->maps.n; k++) {
			const struct maps_map *old = from->maps.maps->row[k].map;
			const struct ub_map_def d = {.type = old->type, .flags = old->flags, .key_size = old->key_size, .value_size = old->value_size,
						     .max_entries = old->max};
			if (!rights_of(&from->config, k) && same_name(to->maps.names[i], from->maps.names[k]) && declared_so(m, &d))
				maps_adopt(m, old);
		}
	}
}

uint32_t supervisor_share_walls(const struct supervisor *s, const struct supervisor_image *image, struct os_wall *walls)
{
	const struct supervisor_maps *m = &image->maps;
	uint32_t n = 0;

	for (uint32_t i = 0; m->maps && i < m->n; i++) {
		const struct supervisor_shared *shared = s->shared;
		while (shared && shared->map != m->maps->row[i].map)
			shared = shared->next;
		if (shared && shared->values.len)
			walls[n++] = (struct os_wall){shared->values.addr, shared->values.len,
						      m->maps->row[i].flags & UB_MAP_READ_ONLY ? UB_READ : UB_READ | UB_WRITE};
	}
	return n;
}

int supervisor_is_shared(const struct supervisor *s, uint32_t addr)
{
	const struct supervisor_shared *m = s->shared;

	while (m && addr - m->values.addr >= m->values.len)
		m = m->next;
	return m != NULL;
}

int32_t supervisor_map_named(const struct supervisor_program *p, const char *name, uint32_t len)
{
	const struct supervisor_maps *m = &p->loaded.maps;

	for (uint32_t i = 0; m->maps && i < m->n; i++)
		if (strnlen(m->names[i], UB_MAP_NAME_BYTES) == len && !memcmp(m->names[i], name, len))
			return (int32_t)i;
	return UB_E_PROGRAM;
}

void supervisor_begin_maps(struct supervisor_program *p)
{
	struct maps *maps = p->loaded.maps.maps;

	maps_begin(maps);
	maps->owner = p->number + 1;
}

void supervisor_end_maps(struct supervisor_program *p)
{
	maps_end(p->loaded.maps.maps);
}
