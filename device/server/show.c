/* SPDX-License-Identifier: BSD-2-Clause */
/* What is to be seen. A map says first how many pairs it has. */
#include "device/server/internal.h"

static void show_key(const struct server *s, const struct cbor_writer *w, uint32_t i)
{
	const struct trust_key *k = &s->keys.keys[i];

	cbor_head(w, CBOR_MAP, 2);
	server_bytes(w, SERVER_KEY_ID, k->id, sizeof k->id);
	server_uint(w, SERVER_KEY_FLAGS, k->flags | (s->keys.revoked >> i & 1 ? TRUST_KEY_REVOKED : 0));
}

/* What contexts of OSCORE are derived with, beside the secret: which device this is, and which of its lives. */
void server_id(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;

	(void)q;
	reply->code = COAP_CONTENT;
	coap_body(reply, s->setup->id_context, OSCORE_CONTEXT_BYTES);
}

void server_device(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct supervisor_board *b = s->setup->board;
	const struct cbor_writer w = server_writer(reply);
	uint32_t programs = 0;

	(void)q;
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++)
		programs += supervisor_at(&s->supervisor, i) != NULL;
	reply->code = COAP_CONTENT;
	cbor_head(&w, CBOR_MAP, 18);
	server_text(&w, SERVER_KEY_BOARD, b->name);
	server_text(&w, SERVER_KEY_CORE, b->core);
	server_text(&w, SERVER_KEY_FIRMWARE, s->setup->firmware);
	server_uint64(&w, SERVER_KEY_UPTIME, os_now() / 1000);
	server_uint(&w, SERVER_KEY_MEMORY, s->supervisor.pool.bytes);
	server_uint(&w, SERVER_KEY_MEMORY_FREE, pool_free(&s->supervisor.pool));
	server_uint(&w, SERVER_KEY_MEMORY_LARGEST, pool_largest(&s->supervisor.pool).len);
	server_uint(&w, SERVER_KEY_PROGRAMS, programs);
	server_uint(&w, SERVER_KEY_PROGRAMS_MOST, SUPERVISOR_PROGRAMS);
	server_uint(&w, SERVER_KEY_STORE, s->setup->flash->area_bytes);
	server_uint(&w, SERVER_KEY_STORE_FREE, store_room(&s->store));
	server_key(&w, SERVER_KEY_STORE_IS_RAM);
	cbor_head(&w, CBOR_SIMPLE, s->setup->flash_is_ram ? CBOR_TRUE : CBOR_FALSE);
	server_int(&w, SERVER_KEY_PANIC, b->panic ? b->panic->status : 0);
	server_key(&w, SERVER_KEY_KEYS);
	cbor_head(&w, CBOR_ARRAY, s->keys.nkeys);
	for (uint32_t i = 0; i < s->keys.nkeys; i++)
		show_key(s, &w, i);
	server_bytes(&w, SERVER_KEY_VENDOR, s->trust.vendor, TRUST_UUID_BYTES);
	server_key(&w, SERVER_KEY_CLASSES);
	cbor_head(&w, CBOR_ARRAY, s->trust.nclasses);
	for (uint32_t i = 0; i < s->trust.nclasses; i++)
		cbor_bytes(&w, s->trust.classes[i], TRUST_UUID_BYTES);
	server_uint(&w, SERVER_KEY_COMPILED, s->supervisor.compiled);
	server_key(&w, SERVER_KEY_ALIAS);
	cbor_head(&w, CBOR_SIMPLE, b->alias_end ? CBOR_TRUE : CBOR_FALSE);
}

void server_show(struct server *s, const struct cbor_writer *w, uint32_t number)
{
	const struct supervisor_program *p = s->supervisor.programs[number];
	const struct server_program *own = &s->programs[number];
	const struct supervisor_config *c = &p->loaded.config;
	uint64_t gone = (os_now() - own->trial_since) / 1000, trial = own->trial_s * (uint64_t)1000;

	struct trust_manifest m = {.application = ""};
	struct store_entry e;
	const uint8_t *image;

	if (!store_find(&s->store, c->name, &e))
		trust_read(&m, e.bytes, e.len, &image);
	cbor_head(w, CBOR_MAP, 21u + !!m.application[0] + own->trial);
	server_text(w, SERVER_KEY_NAME, c->name);
	server_uint(w, SERVER_KEY_STATE, p->state);
	server_uint(w, SERVER_KEY_ENGINE, c->engine);
	server_uint(w, SERVER_KEY_SEQUENCE, own->sequence);
	if (m.application[0])
		server_text(w, SERVER_KEY_APPLICATION, m.application);
	if (own->trial)
		server_uint64(w, SERVER_KEY_TRIAL_LEFT, gone < trial ? trial - gone : 0);
	server_uint(w, SERVER_KEY_START, own->start);
	server_uint(w, SERVER_KEY_ANSWERS, own->answers);
	server_uint(w, SERVER_KEY_RUNS, p->runs);
	server_uint(w, SERVER_KEY_TICKS, p->ticks);
	server_int(w, SERVER_KEY_STATUS, p->status);
	server_uint(w, SERVER_KEY_FAULTS, p->fault.count);
	server_uint(w, SERVER_KEY_IMAGE_BYTES, own->image_bytes);
	server_uint(w, SERVER_KEY_BLOCK_BYTES, p->block.len);
	server_uint(w, SERVER_KEY_CODE_BYTES, p->block.len && p->code >= 0 ? s->supervisor.codes[p->code].bytes : 0);
	server_uint(w, SERVER_KEY_STACK_BYTES, p->loaded.stack);
	server_uint(w, SERVER_KEY_LATE, p->late_us);
	server_uint(w, SERVER_KEY_MAILBOX, p->mailbox.head - p->mailbox.tail);
	server_uint64(w, SERVER_KEY_RESULT, p->result);
	server_uint(w, SERVER_KEY_SPENT, p->spent);
	server_bytes(w, SERVER_KEY_DIGEST, own->digest, sizeof own->digest);
	server_uint(w, SERVER_KEY_FORMAT, c->format);
	server_uint(w, SERVER_KEY_NUMBER, number);
}

/* Of programs, but for what counts up. */
uint32_t server_programs_state(void *owner)
{
	struct server *s = owner;
	uint32_t state = COAP_HASH_START;

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = s->supervisor.programs[i];
		const uint32_t parts[] = {p->state, p->fault.count, s->programs[i].sequence, s->programs[i].trial};
		if (p->state != SUPERVISOR_EMPTY)
			state = coap_hash(state + i, parts, sizeof parts);
	}
	return state;
}

int server_shows(struct server_page *page)
{
	int shows = !page->first || ++page->at - page->first < SERVER_PAGE;

	page->shown += (uint32_t)shows;
	return shows;
}

void server_list(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	uint32_t n = 0;

	reply->code = COAP_CONTENT;
	for (int write = 0; write < 2; write++) {
		struct server_page page = {server_from(q->message), 0, 0};
		if (write)
			cbor_head(&w, CBOR_ARRAY, n);
		for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++)
			if (supervisor_at(&s->supervisor, i) && server_shows(&page) && write)
				server_show(s, &w, i);
		n = page.shown;
	}
}

void server_faults(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	int32_t number = server_named(s, q);

	if (number < 0)
		return server_say_absent(reply);
	const struct supervisor_fault *f = &s->supervisor.programs[number]->fault;
	reply->code = COAP_CONTENT;
	cbor_head(&w, CBOR_MAP, f->count ? 8 : 1);
	if (f->count)
		server_int(&w, SERVER_KEY_STATUS, f->end.fault.status);
	server_uint(&w, SERVER_KEY_FAULTS, f->count);
	if (!f->count)
		return;
	server_bytes(&w, SERVER_KEY_DIGEST, s->programs[number].faulted, sizeof s->programs[number].faulted);
	server_uint(&w, SERVER_KEY_SLOT, f->end.fault.pc);
	server_uint(&w, SERVER_KEY_ADDRESS, f->end.fault.addr);
	server_uint(&w, SERVER_KEY_CODE_AT, f->code_at);
	server_uint(&w, SERVER_KEY_WHEN, f->when_ms);
	server_key(&w, SERVER_KEY_REGISTERS);
	cbor_head(&w, CBOR_ARRAY, 17);
	for (uint32_t i = 0; i < 17; i++)
		cbor_head(&w, CBOR_UINT, f->end.registers[i]);
}
