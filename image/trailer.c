/* SPDX-License-Identifier: BSD-2-Clause */
/* What may follow a packed program: entries of type, length and payload. Known are the plan, which may come in parts, maps,
 * and the programs of program arrays. */
#include "image/reader.h"

enum { TLV_PLAN = 1, TLV_CRITICAL = 0x80, TLV_MAP = 0x81, TLV_PROGRAMS = 0x82 };

/* A map's entry: u8 type, u8 flags, u16 key size, u32 value size, u32 entries, name. One of programs: u8 index of the map,
 * then rows of u16 index, u16 slot. */
enum { MAP_NAME = 12, PROGRAMS_ROWS = 1, PROGRAMS_ROW = 4 };

struct entries {
	const struct image_reader *r;
	uint32_t start, end;
};

/* Each entry of a type: its payload and length. *at is where to go on. */
static const uint8_t *next(const struct entries *e, uint32_t *at, uint32_t type, uint32_t *len)
{
	const uint8_t *bytes = e->r->bytes;

	while (*at < e->end) {
		uint32_t here = *at;
		*len = bytes[here + 1];
		*at += 2u + *len;
		if (bytes[here] == type)
			return bytes + here + 2;
	}
	return NULL;
}

static uint32_t count(const struct entries *e, uint32_t type)
{
	uint32_t n = 0, at = e->start, len;

	while (next(e, &at, type, &len))
		n++;
	return n;
}

/* The parts of the plan, one behind the other; where it lies if it is one. */
static int32_t get_plan(const struct entries *e)
{
	struct ub_program *p = e->r->program;
	uint32_t at = e->start, len, parts = 0;
	const uint8_t *part;
	uint8_t *whole;

	for (; (part = next(e, &at, TLV_PLAN, &len)); parts++) {
		p->plan = part;
		p->plan_bytes += len;
	}
	if (parts < 2)
		return UB_OK;
	p->plan = whole = ub_arena_take(e->r->arena, p->plan_bytes);
	if (!whole)
		return UB_E_MEMORY;
	for (at = e->start; (part = next(e, &at, TLV_PLAN, &len)); whole += len)
		memcpy(whole, part, len);
	return UB_OK;
}

/* Maps, of which the text refers to program->nmaps by now. */
static int32_t get_maps(const struct entries *e)
{
	struct ub_program *p = e->r->program;
	uint32_t n = count(e, TLV_MAP), at = e->start, len;
	struct ub_map_def *maps, *map;
	const uint8_t *bytes;

	if (n < p->nmaps || n > UB_MAPS_MAX)
		return UB_E_IMAGE_SECTION;
	p->nmaps = n;
	if (!n)
		return count(e, TLV_PROGRAMS) ? UB_E_IMAGE_SECTION : UB_OK;
	p->maps = maps = map = ub_arena_take(e->r->arena, n * (uint32_t)sizeof *maps);
	if (!maps)
		return UB_E_MEMORY;
	memset(maps, 0, n * sizeof *maps);
	for (; (bytes = next(e, &at, TLV_MAP, &len)); map++) {
		if (len <= MAP_NAME || len - MAP_NAME >= UB_MAP_NAME_BYTES)
			return UB_E_IMAGE_SECTION;
		map->type = bytes[0];
		map->flags = bytes[1];
		map->key_size = (uint16_t)image_u16(bytes + 2);
		map->value_size = image_u32(bytes + 4);
		map->max_entries = image_u32(bytes + 8);
		memcpy(map->name, bytes + MAP_NAME, len - MAP_NAME);
	}
	for (at = e->start; (bytes = next(e, &at, TLV_PROGRAMS, &len));) {
		if (len <= PROGRAMS_ROWS || (len - PROGRAMS_ROWS) % PROGRAMS_ROW || bytes[0] >= n || maps[bytes[0]].programs)
			return UB_E_IMAGE_SECTION;
		maps[bytes[0]].programs = bytes + PROGRAMS_ROWS;
		maps[bytes[0]].nprograms = (len - PROGRAMS_ROWS) / PROGRAMS_ROW;
	}
	return UB_OK;
}

int32_t image_trailer(const struct image_reader *r, uint32_t has_entries, uint32_t start, uint32_t end)
{
	const struct entries e = {r, start, end};
	uint32_t at;
	int32_t err;

	for (at = start; has_entries && at + 2 <= end; at += 2u + r->bytes[at + 1]) {
		uint32_t type = r->bytes[at];
		if (type & TLV_CRITICAL && type != TLV_MAP && type != TLV_PROGRAMS)
			return UB_E_IMAGE_VERSION;
	}
	if (at != end)
		return at < end ? UB_E_IMAGE_VERSION : UB_E_IMAGE_TRUNCATED;
	err = get_maps(&e);
	return err ? err : get_plan(&e);
}
