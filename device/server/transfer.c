/* SPDX-License-Identifier: BSD-2-Clause */
/* How a program comes:
 *
 *   blocks → intake: manifest whole → signature verified → record in the store begun → image whole, digest right → install.c
 *
 * Verifying a signature takes so long that it is done a bit at a time, with everything else in between: the block that made
 * the manifest whole is answered when that is over. What came so far is in flash, where it still is after a cut of power: then
 * its manifest is judged anew when the next block comes.
 */
#include "device/server/internal.h"

static void say_trust(struct coap_reply *reply, int32_t error)
{
	switch (error) {
#define TRUST_TEXT(name, number, text)                                                                          \
	case number:                                                                                            \
		return server_say(reply,                                                                        \
			number == TRUST_E_OLD ? COAP_CONFLICT                                                   \
			: number == TRUST_E_LONG || number == TRUST_E_SIZE ? COAP_TOO_LARGE                     \
			: number >= TRUST_E_SIGNATURE && number <= TRUST_E_ALGORITHM ? COAP_UNAUTHORIZED         \
			: COAP_BAD_REQUEST, text);
		TRUST_ERRORS(TRUST_TEXT)
#undef TRUST_TEXT
	}
	server_say(reply, COAP_BAD_REQUEST, "refused");
}

/* The manifest is good: from here on flash is written. */
static int32_t begin(struct server *s)
{
	struct trust_intake *in = &s->transfer.in;
	const struct trust_manifest *m = &in->manifest;
	struct store_entry e;
	int there = !store_find(&s->store, m->config.name, &e);
	/* What is part of an application goes with the rest of it, also if it is the first of its name. */
	int trial = m->trial_s && (there || m->application[0]);
	int32_t err = store_begin(&s->store, m->config.name, m->sequence, in->head_len + m->size, trial ? STORE_TRIAL : 0);

	if (!err)
		err = store_append(&s->store, in->head, in->head_len);
	s->transfer.begun = !err;
	return err;
}

/* What is in flash of a program that is not whole: its record, its manifest, and how much there is to go on from. */
static int interrupted(const struct server *s, struct store_entry *e, struct trust_manifest *m, uint32_t *have)
{
	const uint8_t *image;

	if (store_partial(&s->store, e, have) || e->name[0] == '.' || trust_read(m, e->bytes, e->len, &image))
		return 0;
	*have = s->transfer.begun ? s->transfer.have : *have - *have % s->setup->block;
	return *have >= (uint32_t)(image - e->bytes);
}

static void say_begin(struct coap_reply *reply)
{
	server_say(reply, COAP_INCOMPLETE, "begin with the first block");
}

/* Begins with what is in flash. It was signed when it came; whether it still may come is judged again. */
static int resume(struct server *s, uint32_t offset)
{
	struct store_entry e;
	struct trust_manifest m;
	const uint8_t *image;
	uint32_t have, len;

	if (!interrupted(s, &e, &m, &have) || have != offset)
		return 0;
	s->transfer.from = have;
	return trust_take(&s->transfer.in, e.bytes, have, &image, &len) == TRUST_CHECKING;
}

/* Once more all that flash has, if it is still that. */
static int32_t resumed(struct server *s)
{
	struct trust_intake *in = &s->transfer.in;
	struct store_entry e;
	const uint8_t *image;
	uint32_t have, len;
	int32_t err = store_partial(&s->store, &e, &have);

	if (err || have < s->transfer.from || memcmp(e.bytes, in->head, in->head_len) ||
	    (err = trust_take(in, e.bytes + in->head_len, s->transfer.from - in->head_len, &image, &len)))
		return STORE_E_NONE;
	err = store_resume(&s->store, s->transfer.from);
	s->transfer.begun = !err;
	return err;
}

/* A piece of the image, which was or was not the manifest's last. */
static void take(struct server *s, const uint8_t *bytes, uint32_t len, struct coap_reply *reply)
{
	struct trust_intake *in = &s->transfer.in;
	const uint8_t *image = bytes;
	int32_t err = trust_take(in, bytes, len, &image, &len), stored = 0;
	uint32_t before = ub_port_instructions();

	if (!err && in->judged && !s->transfer.begun)
		stored = begin(s);
	if (!err && !stored && len)
		stored = store_append(&s->store, image, len);
	server_cost(s, SERVER_COST_STORE, before);
	pool_give(&s->supervisor.pool, &s->transfer.room);
	if (!err && !s->transfer.more)
		err = trust_finish(in);
	reply->code = COAP_CHANGED;
	if (err)
		say_trust(reply, err);
	else if (stored)
		server_say_store(reply, stored);
	else if (!s->transfer.more)
		server_install(s, reply);
	if (err || stored || !s->transfer.more)
		server_end_transfer(s);
}

/* What lies in memory of programs while a signature is verified. */
struct checking {
	struct crypto_es256 verifier;
	uint32_t len;
	uint8_t rest[]; /* of the block that made the manifest whole */
};

static struct checking *checking(const struct server *s)
{
	return (void *)(s->setup->board->pool + (s->transfer.room.addr - s->setup->board->pool_addr));
}

/* The signature was verified: the rest of the block. */
static void checked(struct server *s, const uint8_t *rest, uint32_t len, struct coap_reply *reply)
{
	int32_t err = s->transfer.in.error;

	if (err)
		say_trust(reply, err);
	else if (s->transfer.from && (err = resumed(s)))
		say_begin(reply);
	if (err)
		return server_end_transfer(s);
	take(s, rest, len, reply);
}

/* All at once, where no request can wait or there is no memory to keep its rest in. */
static __attribute__((noinline)) void check_now(struct server *s)
{
	struct crypto_es256 verifier;
	uint32_t before = ub_port_instructions();

	while (trust_check(&s->transfer.in, &verifier) == TRUST_CHECKING)
		;
	server_cost(s, SERVER_COST_MANIFEST, before);
}

static void check(struct server *s, uint32_t ticket, const uint8_t *rest, uint32_t len, struct coap_reply *reply)
{
	if (!ticket || pool_take_private(&s->supervisor.pool, sizeof(struct checking) + len, &s->transfer.room)) {
		check_now(s);
		return checked(s, rest, len, reply);
	}
	struct checking *c = checking(s);
	c->len = len;
	if (len)
		memcpy(c->rest, rest, len);
	s->transfer.ticket = ticket;
	reply->code = COAP_LATER;
}

uint64_t server_check(struct server *s)
{
	uint32_t ticket = s->transfer.ticket, all = ub_port_instructions();
	uint64_t end = os_now() + OS_TICK_US / 2;
	int32_t err;

	if (!ticket)
		return UINT64_MAX;
	do
		err = trust_check(&s->transfer.in, &checking(s)->verifier);
	while (err == TRUST_CHECKING && os_now() < end);
	server_cost(s, SERVER_COST_MANIFEST, all);
	if (err != TRUST_CHECKING)
		coap_finish(&s->coap, ticket, os_now());
	s->costs[SERVER_COST_RECEIVE] += ub_port_instructions() - all;
	return err == TRUST_CHECKING ? end + OS_TICK_US / 2 : UINT64_MAX;
}

static void receive(struct server *s, const struct coap_request *q, struct coap_reply *reply)
{
	struct trust_intake *in = &s->transfer.in;
	const uint8_t *image;
	uint32_t len;

	if (q->finished) {
		const struct checking *c = checking(s);
		s->transfer.ticket = 0;
		return checked(s, c->rest, c->len, reply);
	}
	if (s->transfer.ticket)
		return server_say_busy(reply);
	int goes_on = s->transfer.active && s->transfer.have == q->offset;
	if (!goes_on && s->transfer.active && q->offset)
		return say_begin(reply);
	if (!goes_on) {
		const struct coap_segment *name = &q->path[1];
		memset(s->transfer.name, 0, sizeof s->transfer.name);
		if (!name->len || name->len >= SUPERVISOR_NAME)
			return say_trust(reply, TRUST_E_NAME);
		memcpy(s->transfer.name, name->text, name->len);
		memset(s->costs, 0, sizeof s->costs);
		s->transfer.begun = 0;
		s->transfer.from = 0;
		trust_begin(in, &s->trust, s->transfer.name);
		if (q->offset && !resume(s, q->offset))
			return say_begin(reply);
		s->transfer.active = 1;
	}
	s->transfer.more = (uint8_t)q->more;
	s->transfer.have = q->offset + q->len;
	if (s->transfer.from && !s->transfer.begun)
		return check(s, q->ticket, q->payload, q->len, reply);
	if (in->judged)
		return take(s, q->payload, q->len, reply);
	int32_t err = trust_take(in, q->payload, q->len, &image, &len);
	if (err == TRUST_CHECKING)
		return check(s, q->ticket, image, len, reply);
	if (!err && !q->more)
		err = trust_finish(in);
	reply->code = COAP_CHANGED;
	if (err) {
		say_trust(reply, err);
		server_end_transfer(s);
	}
}

void server_program_named(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	int32_t number = server_named(s, q);

	if (q->finished || q->message->code == COAP_PUT)
		return receive(s, q, reply);
	if (number < 0)
		return server_say_absent(reply);
	if (q->message->code == COAP_DELETE)
		return server_erase(s, (uint32_t)number, reply);
	reply->code = COAP_CONTENT;
	server_show(s, &w, (uint32_t)number);
}

void server_transfer(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	struct store_entry e;
	struct trust_manifest m;
	uint8_t digest[CRYPTO_SHA256_BYTES];
	uint32_t have;
	int there = !s->transfer.ticket && interrupted(s, &e, &m, &have);

	(void)q;
	reply->code = COAP_CONTENT;
	cbor_head(&w, CBOR_MAP, there ? 5 : 1);
	if (there) {
		trust_identity(e.bytes, e.len, digest);
		server_text(&w, SERVER_KEY_NAME, m.config.name);
		server_uint(&w, SERVER_KEY_SEQUENCE, m.sequence);
		server_bytes(&w, SERVER_KEY_DIGEST, digest, sizeof digest);
		server_uint(&w, SERVER_KEY_HAVE, have);
	}
	server_key(&w, SERVER_KEY_COSTS);
	cbor_head(&w, CBOR_ARRAY, SERVER_COSTS);
	for (uint32_t i = 0; i < SERVER_COSTS; i++)
		cbor_head(&w, CBOR_UINT, s->costs[i]);
}
