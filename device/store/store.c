/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/store/store.h"

#include <string.h>

#include "firmware/agent/frame.h"

/* Head of an area. */
struct area_head {
	uint32_t magic, generation, crc;
};
/* End of a record: words that are written one by one. */
enum { END_CRC = 0, END_COMMIT = 4, END_CONFIRM = 8, END_REVOKE = 12, END_BYTES = 16 };
enum { HEAD = sizeof(struct store_head), FIRST = sizeof(struct area_head) };
#define AREA_MAGIC 0x31524155u   /* UAR1 */
#define RECORD_MAGIC 0x31504355u /* UCP1 */
#define WORD_WRITTEN 0x5ac35ac3u /* of commit, confirm and revoke */

static uint32_t padded(uint32_t len)
{
	return (len + STORE_WORD - 1) & ~(uint32_t)(STORE_WORD - 1);
}

static uint32_t area_at(const struct store *s, uint32_t area)
{
	return area * s->flash->area_bytes;
}

static uint32_t limit(const struct store *s)
{
	return area_at(s, s->area) + s->flash->area_bytes;
}

static int32_t program(struct store *s, uint32_t at, const void *bytes, uint32_t len)
{
	if (s->flash->program(s->flash->arg, at, bytes, len) || memcmp(s->flash->bytes + at, bytes, len))
		return STORE_E_FLASH;
	return 0;
}

static int32_t program_word(struct store *s, uint32_t at, uint32_t word)
{
	uint8_t bytes[STORE_WORD];

	agent_put32(bytes, word);
	return program(s, at, bytes, sizeof bytes);
}

static int written(const struct store *s, uint32_t at)
{
	return agent_get32(s->flash->bytes + at) == WORD_WRITTEN;
}

static int blank(const struct store *s, uint32_t at, uint32_t end)
{
	for (; at < end; at++)
		if (s->flash->bytes[at] != 0xff)
			return 0;
	return 1;
}

/* Whether a record with so many bytes of contents fits into the room. */
static int holds(uint32_t room, uint32_t len)
{
	return room >= HEAD + END_BYTES && len <= (room - HEAD - END_BYTES) / STORE_WORD * STORE_WORD;
}

/* The head of the record at `at`, if one is there that can be relied on and lies in the area. */
static int head_at(const struct store *s, uint32_t at, struct store_head *h)
{
	if (!holds(limit(s) - at, 0))
		return 0;
	memcpy(h, s->flash->bytes + at, HEAD);
	return h->magic == RECORD_MAGIC && h->crc == agent_crc32(s->flash->bytes + at, HEAD - 4) && holds(limit(s) - at, h->len);
}

static uint32_t end_words(uint32_t at, const struct store_head *h)
{
	return at + HEAD + padded(h->len);
}

static uint32_t behind(uint32_t at, const struct store_head *h)
{
	return end_words(at, h) + END_BYTES;
}

/* Whether it counts. The sum is over what flash has now: a record that lost a bit does not count, and the one before does. */
static int counts(const struct store *s, uint32_t at, const struct store_head *h)
{
	uint32_t end = end_words(at, h);

	return written(s, end + END_COMMIT) && !written(s, end + END_REVOKE) &&
	       agent_get32(s->flash->bytes + end + END_CRC) == agent_crc32(s->flash->bytes + at, end - at);
}

static int confirmed(const struct store *s, uint32_t at, const struct store_head *h)
{
	return !(h->flags & STORE_TRIAL) || written(s, end_words(at, h) + END_CONFIRM);
}

/* Records of the area in use, from first_at on, each behind the one before. */
static int record_at(const struct store *s, uint32_t at, struct store_head *h)
{
	return at < s->end && head_at(s, at, h);
}

static uint32_t first_at(const struct store *s)
{
	return area_at(s, s->area) + FIRST;
}

/* The last record of a name that counts, at *at, confirmed if `sure`. Returns whether there is one. */
static int last_of(const struct store *s, const uint8_t *name, int sure, uint32_t *at, struct store_head *h)
{
	struct store_head next;
	int found = 0;

	for (uint32_t p = first_at(s); record_at(s, p, &next); p = behind(p, &next)) {
		if (p == s->record || memcmp(next.name, name, STORE_NAME) || !counts(s, p, &next) || (sure && !confirmed(s, p, &next)))
			continue;
		*at = p;
		*h = next;
		found = 1;
	}
	return found;
}

static int32_t name_of(const char *name, uint8_t *to)
{
	uint32_t len = (uint32_t)strnlen(name, STORE_NAME + 1);

	if (!len || len > STORE_NAME)
		return STORE_E_NAME;
	memset(to, 0, STORE_NAME);
	memcpy(to, name, len);
	return 0;
}

static int area_generation(const struct store_flash *f, uint32_t area, uint32_t *generation)
{
	struct area_head h;

	memcpy(&h, f->bytes + area * f->area_bytes, FIRST);
	*generation = h.generation;
	return h.magic == AREA_MAGIC && h.crc == agent_crc32(f->bytes + area * f->area_bytes, FIRST - 4);
}

static int32_t put_area_head(struct store *s, uint32_t area, uint32_t generation)
{
	struct area_head h = {AREA_MAGIC, generation, 0};

	h.crc = agent_crc32((const uint8_t *)&h, FIRST - 4);
	return program(s, area_at(s, area), &h, FIRST);
}

static void find_end(struct store *s)
{
	struct store_head h;

	for (s->end = area_at(s, s->area) + FIRST; head_at(s, s->end, &h); s->end = behind(s->end, &h))
		;
	s->torn = !blank(s, s->end, limit(s));
}

int32_t store_mount(struct store *s, const struct store_flash *flash)
{
	uint32_t generation;
	int found = 0;

	memset(s, 0, sizeof *s);
	s->flash = flash;
	for (uint32_t i = 0; i < flash->areas; i++) {
		if (!area_generation(flash, i, &generation) || (found && (int32_t)(generation - s->generation) <= 0))
			continue;
		found = 1;
		s->area = i;
		s->generation = generation;
	}
	if (!found) {
		s->generation = 1;
		if (flash->erase(flash->arg, 0))
			return STORE_E_FLASH;
		int32_t err = put_area_head(s, 0, 1);
		if (err)
			return err;
	}
	find_end(s);
	return 0;
}

/* Whether a record has to be in the next area: the last that counts of its name, and where that is on trial, the last
 * confirmed one as well. Names that were removed have nothing to keep. */
static int wanted(const struct store *s, uint32_t at, const struct store_head *h)
{
	struct store_head other;
	uint32_t last, sure;

	if (!last_of(s, h->name, 0, &last, &other))
		return 0;
	if (last == at)
		return !(h->flags & STORE_REMOVED);
	return !confirmed(s, last, &other) && last_of(s, h->name, 1, &sure, &other) && sure == at && !(h->flags & STORE_REMOVED);
}

/* What is left of an area beside what still counts. */
static uint32_t left_over(const struct store *s)
{
	uint32_t left = s->flash->area_bytes - FIRST;
	struct store_head h;

	for (uint32_t at = first_at(s); record_at(s, at, &h); at = behind(at, &h))
		if (wanted(s, at, &h))
			left -= behind(at, &h) - at;
	return left;
}

uint32_t store_room(const struct store *s)
{
	uint32_t left = left_over(s);

	return left > HEAD + END_BYTES ? left - HEAD - END_BYTES : 0;
}

/* Copies what still counts to the next area, and goes on there. */
static int32_t move(struct store *s)
{
	uint32_t area = (s->area + 1) % s->flash->areas, to = area_at(s, area) + FIRST;
	struct store_head h;
	int32_t err;

	if (s->flash->erase(s->flash->arg, area))
		return STORE_E_FLASH;
	if (!blank(s, area_at(s, area), area_at(s, area) + s->flash->area_bytes))
		return STORE_E_FLASH;
	for (uint32_t at = first_at(s); record_at(s, at, &h); at = behind(at, &h)) {
		if (!wanted(s, at, &h))
			continue;
		uint32_t end = end_words(at, &h);
		if ((err = program(s, to, s->flash->bytes + at, end + END_CRC + 4 - at)))
			return err;
		to += end - at;
		if ((err = program_word(s, to + END_COMMIT, WORD_WRITTEN)))
			return err;
		if (written(s, end + END_CONFIRM) && (err = program_word(s, to + END_CONFIRM, WORD_WRITTEN)))
			return err;
		to += END_BYTES;
	}
	/* From this write on, the next area is the one in use. */
	if ((err = put_area_head(s, area, s->generation + 1)))
		return err;
	s->area = area;
	s->generation++;
	s->end = to;
	s->torn = 0;
	return 0;
}

static int room(const struct store *s, uint32_t len)
{
	return !s->torn && holds(limit(s) - s->end, len);
}

/* Begins a record, whatever its sequence number. */
static int32_t begin(struct store *s, const uint8_t *name, uint32_t sequence, uint32_t len, uint32_t flags)
{
	struct store_head h = {RECORD_MAGIC, sequence, len, flags, {0}, 0};
	int32_t err;

	s->record = 0;
	if (!room(s, len)) {
		if (!holds(left_over(s), len))
			return STORE_E_FULL; /* without wearing the flash to find out */
		if ((err = move(s)))
			return err;
	}
	memcpy(h.name, name, STORE_NAME);
	h.crc = agent_crc32((const uint8_t *)&h, HEAD - 4);
	uint32_t at = s->end;
	if ((err = program(s, at, &h, HEAD))) {
		s->torn = 1;
		return err;
	}
	s->end = behind(at, &h);
	s->record = at;
	s->written = s->npart = 0;
	return 0;
}

int32_t store_begin(struct store *s, const char *name, uint32_t sequence, uint32_t len, uint32_t flags)
{
	uint8_t padded_name[STORE_NAME];
	struct store_head present;
	uint32_t at;
	int32_t err = name_of(name, padded_name);

	s->record = 0;
	if (err)
		return err;
	if (last_of(s, padded_name, 0, &at, &present) && !(present.flags & STORE_REMOVED) && sequence <= present.sequence)
		return STORE_E_OLD;
	return begin(s, padded_name, sequence, len, flags & STORE_TRIAL);
}

int32_t store_append(struct store *s, const uint8_t *bytes, uint32_t len)
{
	struct store_head h;
	int32_t err;

	if (!s->record || !head_at(s, s->record, &h) || len > h.len - s->written - s->npart)
		return STORE_E_ORDER;
	while (len) {
		if (!s->npart && len >= STORE_WORD) {
			uint32_t whole = len & ~(uint32_t)(STORE_WORD - 1);
			if ((err = program(s, s->record + HEAD + s->written, bytes, whole)))
				return err;
			s->written += whole;
			bytes += whole;
			len -= whole;
			continue;
		}
		s->part[s->npart++] = *bytes++;
		len--;
		if (s->npart == STORE_WORD) {
			if ((err = program(s, s->record + HEAD + s->written, s->part, STORE_WORD)))
				return err;
			s->written += STORE_WORD;
			s->npart = 0;
		}
	}
	return 0;
}

static void describe(const struct store *s, uint32_t at, const struct store_head *h, struct store_entry *entry)
{
	*entry = (struct store_entry){s->flash->bytes + at + HEAD, h->len, h->sequence, (uint8_t)!confirmed(s, at, h), {0}};
	memcpy(entry->name, h->name, STORE_NAME);
}

/* The last record, if it is not finished. Returns whether it is there. */
static int unfinished(const struct store *s, uint32_t *at, struct store_head *h)
{
	struct store_head next;

	*at = 0;
	for (uint32_t p = first_at(s); record_at(s, p, &next); p = behind(p, &next)) {
		*at = p;
		*h = next;
	}
	return *at && !s->torn && !written(s, end_words(*at, h) + END_COMMIT);
}

int32_t store_partial(const struct store *s, struct store_entry *entry, uint32_t *have)
{
	struct store_head h;
	uint32_t at;

	if (!unfinished(s, &at, &h))
		return STORE_E_NONE;
	describe(s, at, &h, entry);
	/* The last word that is not blank may have been torn. */
	for (*have = padded(h.len); *have && blank(s, at + HEAD + *have - STORE_WORD, at + HEAD + *have);)
		*have -= STORE_WORD;
	*have -= *have ? STORE_WORD : 0;
	return 0;
}

int32_t store_resume(struct store *s, uint32_t from)
{
	struct store_head h;
	uint32_t at;

	if (!unfinished(s, &at, &h) || from > h.len)
		return STORE_E_NONE;
	s->record = at;
	s->written = from;
	s->npart = 0;
	return 0;
}

/* The last bytes, which made no word. */
static int32_t finish(struct store *s, struct store_head *h)
{
	if (!s->record || !head_at(s, s->record, h) || s->written + s->npart != h->len)
		return STORE_E_ORDER;
	if (!s->npart)
		return 0;
	memset(s->part + s->npart, 0xff, STORE_WORD - s->npart);
	int32_t err = program(s, s->record + HEAD + s->written, s->part, STORE_WORD);
	s->written += s->npart;
	s->npart = 0;
	return err;
}

int32_t store_seal(struct store *s, struct store_entry *entry)
{
	struct store_head h;
	int32_t err = finish(s, &h);

	if (!err)
		describe(s, s->record, &h, entry);
	return err;
}

int32_t store_commit(struct store *s)
{
	struct store_head h;
	uint32_t at = s->record;
	int32_t err = finish(s, &h);

	s->record = 0; /* whatever comes of it, there is nothing to go on with */
	if (err)
		return err;
	uint32_t end = end_words(at, &h);
	if ((err = program_word(s, end + END_CRC, agent_crc32(s->flash->bytes + at, end - at))))
		return err;
	return program_word(s, end + END_COMMIT, WORD_WRITTEN);
}

int32_t store_remove(struct store *s, const char *name)
{
	struct store_entry e;
	int32_t err = store_find(s, name, &e);

	if (err)
		return err;
	if ((err = begin(s, e.name, e.sequence, 0, STORE_REMOVED)))
		return err;
	return store_commit(s);
}

/* The name's program, on trial. */
static int32_t on_trial(const struct store *s, const char *name, uint32_t *end, uint8_t *padded_name)
{
	struct store_head h;
	uint32_t at;
	int32_t err = name_of(name, padded_name);

	if (err)
		return err;
	if (!last_of(s, padded_name, 0, &at, &h) || confirmed(s, at, &h))
		return STORE_E_NONE;
	*end = end_words(at, &h);
	return 0;
}

int32_t store_confirm(struct store *s, const char *name)
{
	uint8_t padded_name[STORE_NAME];
	uint32_t end;
	int32_t err = on_trial(s, name, &end, padded_name);

	return err ? err : program_word(s, end + END_CONFIRM, WORD_WRITTEN);
}

int32_t store_revoke(struct store *s, const char *name)
{
	uint8_t padded_name[STORE_NAME];
	struct store_head h;
	uint32_t end, at;
	int32_t err = on_trial(s, name, &end, padded_name);

	if (err)
		return err;
	if (!last_of(s, padded_name, 1, &at, &h) || h.flags & STORE_REMOVED)
		return STORE_E_NONE;
	/* Trials that another trial followed go first; with the last write the confirmed one is back. */
	for (at = behind(at, &h); record_at(s, at, &h); at = behind(at, &h))
		if (!memcmp(h.name, padded_name, STORE_NAME) && counts(s, at, &h) &&
		    (err = program_word(s, end_words(at, &h) + END_REVOKE, WORD_WRITTEN)))
			return err;
	return 0;
}

int32_t store_find(const struct store *s, const char *name, struct store_entry *entry)
{
	uint8_t padded_name[STORE_NAME];
	struct store_head h;
	uint32_t at;
	int32_t err = name_of(name, padded_name);

	if (err)
		return err;
	if (!last_of(s, padded_name, 0, &at, &h) || h.flags & STORE_REMOVED)
		return STORE_E_NONE;
	describe(s, at, &h, entry);
	return 0;
}

int32_t store_next(const struct store *s, uint32_t *at, struct store_entry *entry)
{
	struct store_head h, other;
	uint32_t last;

	if (!*at)
		*at = first_at(s);
	while (record_at(s, *at, &h)) {
		uint32_t p = *at;
		*at = behind(p, &h);
		if (!(h.flags & STORE_REMOVED) && last_of(s, h.name, 0, &last, &other) && last == p) {
			describe(s, p, &h, entry);
			return 0;
		}
	}
	return STORE_E_NONE;
}
