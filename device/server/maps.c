/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps of programs, to look at and to change.
 *
 *   m                     all of them
 *   m/PROGRAM/MAP         entries, a page at a time: from=N is where the next page begins
 *                         of a ring buffer: records. from=N says that all before N have come, and makes room; so what gets lost
 *                         on the way is asked for again, and a producer waits for nobody
 *   m/PROGRAM/MAP?key=    one entry: GET, PUT, DELETE; a queue or stack takes a value without a key
 */
#include "device/server/internal.h"

enum {
	PAGE = 440,  /* bytes of entries, so that with what is around it fits into a block */
	WHOLE = 128, /* bytes of a value that are read in one */
	KEY_DIGITS = 2 * 64,
};

static uint32_t used(const struct maps_map *m)
{
	return m->type == UB_MAP_ARRAY || m->type == UB_MAP_PROG_ARRAY ? m->max : m->type == UB_MAP_RINGBUF ? m->produced - m->consumed : m->count;
}

static void name(const struct cbor_writer *w, enum server_key key, const char *text, uint32_t most)
{
	uint32_t len = (uint32_t)strnlen(text, most);

	server_key(w, key);
	cbor_head(w, CBOR_TEXT, len);
	w->put(w->arg, (const uint8_t *)text, len);
}

static void describe(const struct cbor_writer *w, const struct supervisor_program *p, uint32_t index)
{
	const struct supervisor_maps *maps = &p->loaded.maps;
	const struct maps_map *m = maps->maps->row[index].map;
	const struct ub_map_def d = {.type = m->type, .key_size = m->key_size, .value_size = m->value_size, .max_entries = m->max};

	cbor_head(w, CBOR_MAP, 11);
	server_uint(w, SERVER_KEY_FLAGS, maps->maps->row[index].flags);
	name(w, SERVER_KEY_NAME, maps->names[index], UB_MAP_NAME_BYTES);
	name(w, SERVER_KEY_PROGRAM, p->loaded.config.name, SUPERVISOR_NAME);
	server_uint(w, SERVER_KEY_TYPE, m->type);
	server_uint(w, SERVER_KEY_KEY_BYTES, m->key_size);
	server_uint(w, SERVER_KEY_VALUE_BYTES, m->value_size);
	server_uint(w, SERVER_KEY_ENTRIES_MOST, m->max);
	server_uint(w, SERVER_KEY_ENTRIES_USED, used(m));
	server_uint(w, SERVER_KEY_MAP_BYTES, maps_value_bytes(&d) + maps_other_bytes(&d));
	server_uint(w, SERVER_KEY_SHARED, p->loaded.config.shared >> 2 * index & 3);
	server_uint(w, SERVER_KEY_DROPPED, m->dropped);
}

void server_maps(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	uint32_t n = 0;

	reply->code = COAP_CONTENT;
	for (int write = 0; write < 2; write++) {
		struct server_page page = {server_from(q->message), 0, 0};
		if (write)
			cbor_head(&w, CBOR_ARRAY, n);
		for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
			const struct supervisor_program *p = supervisor_at(&s->supervisor, i);
			for (uint32_t k = 0; p && k < p->loaded.maps.n; k++)
				if (server_shows(&page) && write)
					describe(&w, p, k);
		}
		n = page.shown;
	}
}

/* What a query says. */
struct asked {
	uint64_t from;
	uint32_t key_bytes; /* ~0: no key */
	uint8_t key[KEY_DIGITS / 2];
};

/* Returns whether the queries can be understood. */
static int read_query(const struct coap_message *message, struct asked *a)
{
	struct coap_options options = coap_options(message);
	struct coap_option o;

	a->from = 0;
	a->key_bytes = ~0u;
	while (coap_next(&options, &o)) {
		if (o.number != COAP_OPTION_URI_QUERY)
			continue;
		if (o.len > 5 && !memcmp(o.value, "from=", 5)) {
			for (uint32_t i = 5; i < o.len; i++) {
				uint32_t d = o.value[i] - (uint32_t)'0';
				if (d > 9 || a->from > (UINT64_MAX - d) / 10)
					return 0;
				a->from = a->from * 10 + d;
			}
		} else if (o.len >= 4 && !memcmp(o.value, "key=", 4)) {
			uint32_t digits = o.len - 4;
			if (digits > KEY_DIGITS || digits % 2 || !server_hex(a->key, o.value + 4, digits / 2))
				return 0;
			a->key_bytes = digits / 2;
		} else {
			return 0;
		}
	}
	return 1;
}

static int is_queue(const struct maps_map *m)
{
	return m->type == UB_MAP_QUEUE || m->type == UB_MAP_STACK;
}

/* The entry from an index on, ~0 if there is none. */
static uint32_t entry_from(const struct maps_map *m, uint32_t from)
{
	if (is_queue(m))
		return from < m->count ? from : ~0u;
	uint32_t e = maps_next(m, from);
	return e == MAPS_NONE ? ~0u : e;
}

static uint32_t head_bytes(uint32_t len)
{
	return len < 24 ? 1 : len < 256 ? 2 : 3;
}

/* A page: where its entries lie. The least that one takes is the heads of three items and a byte. */
struct page {
	uint32_t n, next; /* entries; the index behind them, that the next page begins with */
	uint16_t place[PAGE / 4 + 1];
};

/* Entries from one on, as many as go into a page, one at least. Interrupts are not masked, however many places are empty. */
static void gather(const struct maps_map *m, uint32_t from, struct page *page)
{
	uint32_t each = 1 + head_bytes(m->key_size) + m->key_size + head_bytes(m->value_size) + m->value_size, e;

	page->n = 0;
	page->next = from;
	while ((!page->n || (page->n + 1) * each <= PAGE) && (e = entry_from(m, page->next)) != ~0u) {
		page->place[page->n++] = (uint16_t)(is_queue(m) ? (m->first + e) % m->max : e);
		page->next = e + 1;
	}
}

/* A value, of which the first bytes are read in one with what was read before. Interrupts, if they were masked, are on again then. */
static void put_value(const struct cbor_writer *w, const uint8_t *value, uint32_t len, int live, uint32_t masked)
{
	uint32_t whole = len < WHOLE ? len : WHOLE;

	cbor_head(w, CBOR_BYTES, len);
	w->put(w->arg, value, whole);
	if (live)
		os_unmask(masked);
	w->put(w->arg, value + whole, len - whole);
}

/* What lies at a place now, or lay there if that was deleted meanwhile. */
static void show_entry(const struct maps_map *m, uint32_t place, int live, const struct cbor_writer *w)
{
	uint8_t key[UB_MAP_KEY_MAX];
	uint32_t masked = live ? os_mask() : 0;

	if (m->key_size)
		maps_key(m, place, key);
	cbor_head(w, CBOR_ARRAY, 2);
	cbor_bytes(w, key, m->key_size);
	put_value(w, maps_value(m, place), m->value_size, live, masked);
}

/* Of a map that interrupts change these are masked for one entry at a time. Each place is shown once, and where one is in use again, what
 * is there now. */
static void show_entries(const struct maps_map *m, uint32_t from, int live, const struct cbor_writer *w)
{
	struct page page;

	gather(m, from, &page);
	int more = entry_from(m, page.next) != ~0u;
	cbor_head(w, CBOR_MAP, more ? 2 : 1);
	if (more)
		server_uint(w, SERVER_KEY_NEXT, page.next);
	server_key(w, SERVER_KEY_ENTRIES);
	cbor_head(w, CBOR_ARRAY, page.n);
	for (uint32_t i = 0; i < page.n; i++)
		show_entry(m, page.place[i], live, w);
}

/* Likewise of records, `most` of them at most: there may be more by then, as programs in interrupts go on writing. */
static uint32_t records(const struct maps_map *m, uint32_t *at, uint32_t most, const struct cbor_writer *w)
{
	uint32_t n = 0, all = 0;

	for (; n < most;) {
		uint32_t next = *at, bytes;
		const uint8_t *record = maps_peek(m, &next, &bytes);
		all += record ? head_bytes(bytes) + bytes : 0;
		if (!record || (n && all > PAGE)) {
			*at = record ? *at : next;
			return n;
		}
		n++;
		*at = next;
		if (w)
			cbor_bytes(w, record, bytes);
	}
	return n;
}

/* Positions are those of one ring buffer: its seed, which is another one for each that was made, stands above them. */
static void show_records(struct maps_map *m, uint64_t from, const struct cbor_writer *w)
{
	if ((uint32_t)(from >> 32) == m->seed)
		maps_consume_to(m, (uint32_t)from);
	uint32_t at = m->consumed, next = at, n = records(m, &next, ~0u, NULL);

	cbor_head(w, CBOR_MAP, 3);
	server_uint64(w, SERVER_KEY_NEXT, (uint64_t)m->seed << 32 | next);
	server_uint(w, SERVER_KEY_DROPPED, m->dropped);
	server_key(w, SERVER_KEY_ENTRIES);
	cbor_head(w, CBOR_ARRAY, n);
	records(m, &at, n, w);
}

static void say_errno(struct coap_reply *reply, int32_t err)
{
	switch (err) {
	case 0:
		return;
	case MAPS_ENOENT:
		return server_say(reply, COAP_NOT_FOUND, "no such entry");
	case MAPS_E2BIG:
		return server_say(reply, COAP_TOO_LARGE, "the map is full, or the index too large");
	}
	server_say(reply, COAP_METHOD_NOT_ALLOWED, "not of this type of map");
}

static void change(struct maps_map *m, const struct coap_request *q, const struct asked *a, struct coap_reply *reply)
{
	int put = q->message->code == COAP_PUT;
	uint32_t key = is_queue(m) ? ~0u : m->key_size;

	if (m->type == UB_MAP_RINGBUF || m->type == UB_MAP_PROG_ARRAY || (is_queue(m) && !put))
		return say_errno(reply, MAPS_EINVAL);
	if (a->key_bytes != key)
		return server_say(reply, COAP_BAD_REQUEST, "key= has to be the map's key, in hexadecimal digits, 64 bytes at most; queues have none");
	if (put && (q->more || q->offset))
		return server_say(reply, COAP_TOO_LARGE, "a value has to come in one block");
	if (put && q->len != m->value_size)
		return server_say(reply, COAP_BAD_REQUEST, "the value has another size");
	reply->code = put ? COAP_CHANGED : COAP_DELETED;
	say_errno(reply, !put ? maps_delete(m, a->key) : is_queue(m) ? maps_push(m, q->payload, UB_MAP_ANY)
							       : maps_update(m, a->key, q->payload, UB_MAP_ANY));
}

void server_map(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	int32_t number = server_named(s, q);
	const struct supervisor_program *p = number < 0 ? NULL : supervisor_at(&s->supervisor, (uint32_t)number);
	int32_t index = p ? supervisor_map_named(p, (const char *)q->path[2].text, q->path[2].len) : -1;
	struct asked a;

	if (index < 0)
		return server_say(reply, COAP_NOT_FOUND, p ? "the program has no such map" : "no such program");
	struct maps_map *m = p->loaded.maps.maps->row[index].map;
	if (!read_query(q->message, &a))
		return server_say(reply, COAP_BAD_REQUEST, "a query is from=NUMBER, or key= and hexadecimal digits");
	if (q->message->code != COAP_GET)
		return change(m, q, &a, reply);
	reply->code = COAP_CONTENT;
	if (m->type == UB_MAP_RINGBUF)
		return show_records(m, a.from, &w);
	int live = p->loaded.config.events & UB_EVENTS_INTERRUPT || p->loaded.config.shared >> 2 * index & 3;
	if (a.key_bytes == ~0u)
		return show_entries(m, a.from > MAPS_NONE ? MAPS_NONE : (uint32_t)a.from, live, &w);
	uint32_t masked = live ? os_mask() : 0, e = a.key_bytes == m->key_size && m->key_size ? maps_find(m, a.key) : (uint32_t)MAPS_NONE;
	if (e != MAPS_NONE)
		return put_value(&w, maps_value(m, e), m->value_size, live, masked);
	if (live)
		os_unmask(masked);
	say_errno(reply, MAPS_ENOENT);
}
