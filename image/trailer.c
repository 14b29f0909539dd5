/* SPDX-License-Identifier: BSD-2-Clause */
/* What may follow a packed program: entries of type, length and payload, of which the plan is the only one known. */
#include "image/reader.h"

enum { TLV_PLAN = 1, TLV_CRITICAL = 0x80 };

/* The parts of the plan, one behind the other, in `to` if that is not NULL. Returns how many bytes they are. */
static uint32_t get_plan(const struct image_reader *r, uint32_t at, uint32_t end, uint8_t *to)
{
	uint32_t bytes = 0;

	for (; at < end; at += 2u + r->bytes[at + 1]) {
		if (r->bytes[at] != TLV_PLAN)
			continue;
		if (to)
			memcpy(to + bytes, r->bytes + at + 2, r->bytes[at + 1]);
		else
			r->program->plan = r->bytes + at + 2;
		bytes += r->bytes[at + 1];
	}
	return bytes;
}

int32_t image_trailer(const struct image_reader *r, uint32_t has_entries, uint32_t start, uint32_t end)
{
	uint32_t parts = 0, at;

	for (at = start; has_entries && at + 2 <= end && !(r->bytes[at] & TLV_CRITICAL); at += 2u + r->bytes[at + 1])
		parts += r->bytes[at] == TLV_PLAN;
	if (at != end)
		return at < end ? UB_E_IMAGE_VERSION : UB_E_IMAGE_TRUNCATED;
	if (parts == 0)
		return UB_OK;
	r->program->plan_bytes = get_plan(r, start, end, NULL);
	if (parts > 1) {
		uint8_t *whole = ub_arena_take(r->arena, r->program->plan_bytes);
		if (!whole)
			return UB_E_MEMORY;
		get_plan(r, start, end, whole);
		r->program->plan = whole;
	}
	return UB_OK;
}
