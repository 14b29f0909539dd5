/* SPDX-License-Identifier: BSD-2-Clause */
/* How a program comes, stays and goes:
 *
 *   blocks → intake: manifest judged → record in the store begun → image whole → digest right
 *          → supervisor: verified, in place of the old one, started → record committed
 *
 * Until the last step flash has the old program, and if anything fails before it, so has the supervisor. A new version is
 * on trial when it takes another's place: at its first fault, at a reset, or when it is told to, the one before returns.
 */
#include "device/server/internal.h"

static void end_transfer(struct server *s)
{
	s->transfer.active = s->transfer.begun = 0;
}

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

static void say_store(struct coap_reply *reply, int32_t error)
{
	switch (error) {
#define STORE_TEXT(name, number, text) \
	case number:                   \
		return server_say(reply, number == STORE_E_FULL ? COAP_TOO_LARGE : number == STORE_E_OLD ? COAP_CONFLICT : COAP_INTERNAL_ERROR, text);
		STORE_ERRORS(STORE_TEXT)
#undef STORE_TEXT
	}
	server_say(reply, COAP_INTERNAL_ERROR, "the store failed");
}

/* What the manifest says of it, beside what the supervisor has to know. */
static void describe(struct server *s, uint32_t number, const struct trust_manifest *m)
{
	struct server_program *p = &s->programs[number];
	uint8_t wanted = p->wanted, faulted[sizeof p->faulted];
	uint32_t seen = p->faults_seen;

	memcpy(faulted, p->faulted, sizeof faulted);
	*p = (struct server_program){
		.sequence = m->sequence, .image_bytes = m->size, .trial_s = m->trial_s, .start = m->start, .answers = m->answers, .wanted = wanted,
		.faults_seen = seen,
	};
	memcpy(p->faulted, faulted, sizeof faulted);
	memcpy(p->digest, m->digest, sizeof p->digest);
}

static void try_it(struct server *s, uint32_t number)
{
	struct server_program *p = &s->programs[number];

	p->trial = 1;
	p->trial_since = os_now();
	p->faults = s->supervisor.programs[number].fault.count;
}

/* Into the place of a program, or into a free one. Returns its number or a status, as in *where. */
static int32_t place(struct server *s, const struct trust_manifest *m, const uint8_t *image, struct ub_fault *where)
{
	int32_t number = supervisor_find(&s->supervisor, m->config.name, (uint32_t)strlen(m->config.name));
	int32_t err;

	if (number < 0) {
		uint32_t before = ub_port_instructions();
		number = supervisor_load(&s->supervisor, &m->config, image, m->size, where);
		server_cost(s, SERVER_COST_LOAD, before);
		if (number < 0)
			return number;
		s->programs[number].wanted = m->start == TRUST_START_ALWAYS;
		before = ub_port_instructions();
		err = s->programs[number].wanted ? supervisor_start(&s->supervisor, (uint32_t)number, where) : 0;
		server_cost(s, SERVER_COST_START, before);
		if (err) {
			supervisor_unload(&s->supervisor, (uint32_t)number);
			return err;
		}
		return number;
	}
	struct supervisor_program *p = &s->supervisor.programs[number];
	enum supervisor_state was = p->state;
	if ((err = supervisor_replace(&s->supervisor, (uint32_t)number, &m->config, image, m->size, where)))
		return err;
	int go = m->start == TRUST_START_ALWAYS || s->programs[number].wanted;
	if (go && p->state == SUPERVISOR_LOADED && (err = supervisor_start(&s->supervisor, (uint32_t)number, where)))
		return err;
	s->programs[number].wanted = go || was == SUPERVISOR_READY || was == SUPERVISOR_RUNNING;
	return number;
}

/* What flash has under this name goes on; without one, nothing does. */
static void put_back(struct server *s, const char *name)
{
	struct store_entry e;
	struct trust_manifest m;
	const uint8_t *image;
	struct ub_fault where;
	int32_t number = supervisor_find(&s->supervisor, name, (uint32_t)strlen(name));

	if (store_find(&s->store, name, &e) || trust_read(&m, e.bytes, e.len, &image)) {
		if (number >= 0)
			supervisor_unload(&s->supervisor, (uint32_t)number);
		return;
	}
	if ((number = place(s, &m, image, &where)) >= 0)
		describe(s, (uint32_t)number, &m);
}

/* All of it has come, and is what was signed. */
static void install(struct server *s, struct coap_reply *reply)
{
	const struct trust_manifest *m = &s->transfer.in.manifest;
	struct store_entry old, new;
	struct ub_fault where = {0};
	int there = !store_find(&s->store, m->config.name, &old);
	int32_t err = store_seal(&s->store, &new);

	if (err)
		return say_store(reply, err);
	int32_t number = place(s, m, new.bytes + s->transfer.in.head_len, &where);
	if (number < 0) {
		put_back(s, m->config.name); /* where the place was taken, and starting it failed */
		return server_refuse(reply, &where);
	}
	uint32_t before = ub_port_instructions();
	err = store_commit(&s->store);
	server_cost(s, SERVER_COST_STORE, before);
	if (err) {
		put_back(s, m->config.name);
		return say_store(reply, err);
	}
	describe(s, (uint32_t)number, m);
	if (new.trial)
		try_it(s, (uint32_t)number);
	reply->code = there ? COAP_CHANGED : COAP_CREATED;
	const struct cbor_writer w = server_writer(reply);
	server_show(s, &w, (uint32_t)number);
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

static void receive(struct server *s, const struct coap_request *q, struct coap_reply *reply)
{
	struct trust_intake *in = &s->transfer.in;
	const uint8_t *image = NULL;
	uint32_t image_len = 0;
	int32_t err;

	if (!q->offset) {
		const struct coap_segment *name = &q->path[1];
		memset(s->transfer.name, 0, sizeof s->transfer.name);
		if (!name->len || name->len >= SUPERVISOR_NAME)
			return say_trust(reply, TRUST_E_NAME);
		memcpy(s->transfer.name, name->text, name->len);
		trust_begin(in, &s->trust, s->transfer.name);
		s->transfer.active = 1;
		s->transfer.begun = 0;
		s->transfer.have = 0;
		memset(s->costs, 0, sizeof s->costs);
	} else if (!s->transfer.active || s->transfer.have != q->offset) {
		return server_say(reply, COAP_INCOMPLETE, "begin with the first block");
	}
	uint32_t before = ub_port_instructions(), judged = in->judged;
	err = trust_take(in, q->payload, q->len, &image, &image_len);
	if (in->judged != judged)
		server_cost(s, SERVER_COST_MANIFEST, before);
	if (!err && !q->more)
		err = trust_finish(in);
	if (err)
		say_trust(reply, err);
	before = ub_port_instructions();
	if (!err && in->judged && !s->transfer.begun && (err = begin(s)))
		say_store(reply, err);
	if (!err && image_len && (err = store_append(&s->store, image, image_len)))
		say_store(reply, err);
	server_cost(s, SERVER_COST_STORE, before);
	s->transfer.have = q->offset + q->len;
	reply->code = err ? reply->code : COAP_CHANGED;
	if (!err && !q->more)
		install(s, reply);
	if (err || !q->more)
		end_transfer(s);
}

static void erase(struct server *s, uint32_t number, struct coap_reply *reply)
{
	const char *name = s->supervisor.programs[number].loaded.config.name;
	int32_t err;

	if (s->transfer.active && s->transfer.begun && os_now() - s->coap.upload.last < COAP_UPLOAD_US)
		return server_say(reply, COAP_UNAVAILABLE, "another transfer is going on");
	end_transfer(s);
	/* First what must not be forgotten: with power lost in between, the program is still there. */
	trust_removed(&s->kept.history, name, s->programs[number].sequence);
	if ((err = server_keep(s)) || (err = store_remove(&s->store, name)))
		return say_store(reply, err);
	supervisor_unload(&s->supervisor, number);
	memset(&s->programs[number], 0, sizeof s->programs[number]);
	reply->code = COAP_DELETED;
}

void server_program(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct cbor_writer w = server_writer(reply);
	int32_t number = server_named(s, q);

	if (q->message->code == COAP_PUT)
		return receive(s, q, reply);
	if (number < 0)
		return server_say(reply, COAP_NOT_FOUND, "no such program");
	if (q->message->code == COAP_DELETE)
		return erase(s, (uint32_t)number, reply);
	reply->code = COAP_CONTENT;
	server_show(s, &w, (uint32_t)number);
}

static void show_transfer(struct server *s, const struct cbor_writer *w)
{
	const struct trust_intake *in = &s->transfer.in;

	server_key(w, SERVER_KEY_NAME);
	cbor_text(w, s->transfer.name);
	server_uint(w, SERVER_KEY_SEQUENCE, in->manifest.sequence);
	server_key(w, SERVER_KEY_DIGEST);
	cbor_bytes(w, in->manifest.digest, sizeof in->manifest.digest);
	server_uint(w, SERVER_KEY_HAVE, s->transfer.have);
}

void server_transfer(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	const struct trust_intake *in = &s->transfer.in;
	const struct cbor_writer w = server_writer(reply);
	int there = s->transfer.active && in->judged;

	(void)q;
	reply->code = COAP_CONTENT;
	cbor_head(&w, CBOR_MAP, there ? 5 : 1);
	if (there)
		show_transfer(s, &w);
	server_key(&w, SERVER_KEY_COSTS);
	cbor_head(&w, CBOR_ARRAY, SERVER_COSTS);
	for (uint32_t i = 0; i < SERVER_COSTS; i++)
		cbor_head(&w, CBOR_UINT, s->costs[i]);
}

/* The one before returns. */
static int32_t go_back(struct server *s, uint32_t number, const char *why)
{
	char name[SUPERVISOR_NAME];

	memcpy(name, s->supervisor.programs[number].loaded.config.name, sizeof name);
	int32_t err = store_revoke(&s->store, name);
	if (err == STORE_E_NONE) /* the first of its name */
		err = store_remove(&s->store, name);
	if (err)
		return err;
	s->programs[number].trial = 0;
	supervisor_log(&s->supervisor, number, why);
	put_back(s, name);
	return 0;
}

void server_confirm(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	int32_t number = server_named(s, q);

	if (number < 0)
		return server_say(reply, COAP_NOT_FOUND, "no such program");
	if (!s->programs[number].trial)
		return server_say(reply, COAP_CONFLICT, "it is not on trial");
	int32_t err = store_confirm(&s->store, s->supervisor.programs[number].loaded.config.name);
	if (err)
		return say_store(reply, err);
	s->programs[number].trial = 0;
	reply->code = COAP_CHANGED;
}

void server_rollback(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	int32_t number = server_named(s, q), err;

	if (number < 0)
		return server_say(reply, COAP_NOT_FOUND, "no such program");
	if (!s->programs[number].trial)
		return server_say(reply, COAP_CONFLICT, "it is not on trial: there is none to go back to");
	if (s->transfer.begun)
		return server_say(reply, COAP_UNAVAILABLE, "another transfer is going on");
	if ((err = go_back(s, (uint32_t)number, "[server] rolled back\n")))
		return say_store(reply, err);
	reply->code = COAP_CHANGED;
}

uint64_t server_judge(struct server *s, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		struct server_program *own = &s->programs[i];
		const struct supervisor_program *p = supervisor_at(&s->supervisor, i);
		if (!p || !own->trial)
			continue;
		int runs = p->state == SUPERVISOR_READY || p->state == SUPERVISOR_RUNNING;
		uint64_t due = own->trial_since + (uint64_t)own->trial_s * 1000000;
		if (p->fault.count != own->faults) {
			if (!s->transfer.begun || now - s->coap.upload.last >= COAP_UPLOAD_US) {
				end_transfer(s);
				go_back(s, i, "[server] faulted on trial: the version before is back\n");
			} else {
				next = now + COAP_UPLOAD_US; /* flash is being written */
			}
		} else if (!runs) {
			own->trial_since = now;
		} else if (due > now) {
			next = due < next ? due : next;
		} else if (!store_confirm(&s->store, p->loaded.config.name)) {
			own->trial = 0;
			supervisor_log(&s->supervisor, i, "[server] ran long enough without a fault: confirmed\n");
		}
	}
	return next;
}

void server_restore(struct server *s)
{
	struct store_entry e;
	struct trust_manifest m;
	const uint8_t *image;
	struct ub_fault where;

	/* A trial that a reset ended was none. Each step changes the list, so that it is begun anew. */
	for (uint32_t at = 0; !store_next(&s->store, &at, &e);) {
		char name[STORE_NAME + 1] = {0};
		memcpy(name, e.name, STORE_NAME);
		if (!e.trial)
			continue;
		int32_t err = store_revoke(&s->store, name);
		if (err == STORE_E_NONE)
			err = store_remove(&s->store, name);
		if (err)
			break; /* flash fails: what there is is better than nothing */
		at = 0;
	}
	for (uint32_t at = 0; !store_next(&s->store, &at, &e);) {
		if (e.name[0] == '.' || trust_read(&m, e.bytes, e.len, &image))
			continue;
		int32_t number = place(s, &m, image, &where);
		if (number >= 0)
			describe(s, (uint32_t)number, &m);
	}
}
