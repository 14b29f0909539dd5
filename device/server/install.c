/* SPDX-License-Identifier: BSD-2-Clause */
/* How a program that came (transfer.c) takes its place, stays and goes:
 *
 *   image whole → supervisor: verified, in place of the old one, started → record committed
 *
 * Until the last step flash has the old program, and if anything fails before it, so has the supervisor. A new version is
 * on trial when it takes another's place: at its first fault, at a reset, or when it is told to, the one before returns.
 * Programs of an application are on trial together: all of them are confirmed with one write, or all go back; they go as well
 * when the time of their trial is over and nobody has confirmed them, as who deployed them may have gone amid it.
 */
#include "device/server/internal.h"

void server_end_transfer(struct server *s)
{
	pool_give(&s->supervisor.pool, &s->transfer.room);
	s->transfer.active = s->transfer.begun = 0;
}

int server_busy(struct server *s)
{
	if (!s->transfer.begun)
		return 0;
	if (os_now() - s->coap.upload.last < COAP_UPLOAD_US)
		return 1;
	server_end_transfer(s);
	return 0;
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
		.faults_seen = seen, .part = m->application[0] != 0,
	};
	memcpy(p->faulted, faulted, sizeof faulted);
	memcpy(p->digest, m->digest, sizeof p->digest);
}

static void try_it(struct server *s, uint32_t number)
{
	struct server_program *p = &s->programs[number];

	p->trial = 1;
	p->trial_since = os_now();
	p->faults = s->supervisor.programs[number]->fault.count;
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
	struct supervisor_program *p = s->supervisor.programs[number];
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
void server_install(struct server *s, struct coap_reply *reply)
{
	const struct trust_manifest *m = &s->transfer.in.manifest;
	struct store_entry old, new;
	struct ub_fault where = {0};
	int there = !store_find(&s->store, m->config.name, &old);
	int32_t err = store_seal(&s->store, &new);

	if (err)
		return server_say_store(reply, err);
	int32_t number = place(s, m, new.bytes + s->transfer.in.head_len, &where);
	if (number < 0) {
		server_refuse(s, reply, &where);
		return put_back(s, m->config.name); /* where the place was taken, and starting it failed */
	}
	uint32_t before = ub_port_instructions();
	err = store_commit(&s->store);
	server_cost(s, SERVER_COST_STORE, before);
	if (err) {
		put_back(s, m->config.name);
		return server_say_store(reply, err);
	}
	describe(s, (uint32_t)number, m);
	if (new.trial)
		try_it(s, (uint32_t)number);
	reply->code = there ? COAP_CHANGED : COAP_CREATED;
	const struct cbor_writer w = server_writer(reply);
	server_show(s, &w, (uint32_t)number);
}

void server_erase(struct server *s, uint32_t number, struct coap_reply *reply)
{
	const char *name = s->supervisor.programs[number]->loaded.config.name;
	int32_t err;

	if (server_busy(s))
		return server_say_busy(reply);
	/* First what must not be forgotten: with power lost in between, the program is still there. */
	trust_removed(&s->kept.history, name, s->programs[number].sequence);
	if ((err = server_keep(s)) || (err = store_remove(&s->store, name)))
		return server_say_store(reply, err);
	supervisor_unload(&s->supervisor, number);
	memset(&s->programs[number], 0, sizeof s->programs[number]);
	reply->code = COAP_DELETED;
}

/* The manifest of a program that is there. Returns whether it could be read. */
static int manifest_of(const struct server *s, const char *name, struct trust_manifest *m)
{
	struct store_entry e;
	const uint8_t *image;

	return !store_find(&s->store, name, &e) && !trust_read(m, e.bytes, e.len, &image);
}

/* Those on trial together with a program, one by one: *i is 0 at first. Returns whether there was another one. */
static int together(struct server *s, const char *application, uint32_t number, uint32_t *i)
{
	for (; *i < SUPERVISOR_PROGRAMS; ++*i) {
		struct trust_manifest m;
		if (!s->programs[*i].trial || !supervisor_at(&s->supervisor, *i))
			continue;
		if (*i == number || (*application && manifest_of(s, s->supervisor.programs[*i]->loaded.config.name, &m) &&
				     !strcmp(m.application, application)))
			return 1;
	}
	return 0;
}

/* What it is part of, in a copy: "" is nothing. */
static void application_of(const struct server *s, uint32_t number, char application[SUPERVISOR_NAME])
{
	struct trust_manifest m = {.application = ""};

	manifest_of(s, s->supervisor.programs[number]->loaded.config.name, &m);
	memcpy(application, m.application, SUPERVISOR_NAME);
}

/* In flash the one before is back, or there is none. */
static int32_t untry(struct server *s, const char *name)
{
	int32_t err = store_revoke(&s->store, name);

	return err == STORE_E_NONE ? store_remove(&s->store, name) : err; /* the first of its name */
}

/* The one before returns, of all that are on trial together. */
static int32_t go_back(struct server *s, uint32_t number, const char *why)
{
	char application[SUPERVISOR_NAME];
	int32_t failed = 0;

	application_of(s, number, application);
	for (uint32_t i = 0; together(s, application, number, &i); i++) {
		char name[SUPERVISOR_NAME];
		memcpy(name, s->supervisor.programs[i]->loaded.config.name, sizeof name);
		int32_t err = untry(s, name);
		if (err) {
			failed = err;
			continue;
		}
		s->programs[i].trial = 0;
		supervisor_log(&s->supervisor, i, why);
		put_back(s, name);
	}
	return failed;
}

/* A trial is over, and was a good one. Of an application, a record says so before the first of its programs is confirmed. */
static int32_t stay(struct server *s, uint32_t number)
{
	char application[SUPERVISOR_NAME];
	int32_t err = 0;

	application_of(s, number, application);
	if (*application)
		err = server_keep_confirmed(s, application);
	for (uint32_t i = 0; !err && together(s, application, number, &i); i++) {
		err = store_confirm(&s->store, s->supervisor.programs[i]->loaded.config.name);
		if (!err)
			s->programs[i].trial = 0;
	}
	if (!err && *application)
		err = server_keep_confirmed(s, NULL);
	return err;
}

void server_confirm(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	int32_t number = server_named(s, q), err;

	if (number < 0)
		return server_say_absent(reply);
	if (!s->programs[number].trial)
		return server_say(reply, COAP_CONFLICT, "it is not on trial");
	if (s->programs[number].part && server_busy(s))
		return server_say_busy(reply);
	if ((err = stay(s, (uint32_t)number)))
		return server_say_store(reply, err);
	reply->code = COAP_CHANGED;
}

void server_rollback(void *owner, const struct coap_request *q, struct coap_reply *reply)
{
	struct server *s = owner;
	int32_t number = server_named(s, q), err;

	if (number < 0)
		return server_say_absent(reply);
	if (!s->programs[number].trial)
		return server_say(reply, COAP_CONFLICT, "not on trial: there is none to go back to");
	if (server_busy(s))
		return server_say_busy(reply);
	if ((err = go_back(s, (uint32_t)number, "[server] rolled back\n")))
		return server_say_store(reply, err);
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
		int faulted = p->fault.count != own->faults;
		if (!faulted && !runs && !own->part)
			own->trial_since = now;
		else if (!faulted && due > now)
			next = due < next ? due : next;
		else if (!faulted && !own->part && !stay(s, i))
			supervisor_log(&s->supervisor, i, "[server] no fault for long enough: confirmed\n");
		else if (server_busy(s))
			next = now + COAP_UPLOAD_US; /* flash is being written */
		else
			go_back(s, i, faulted ? "[server] faulted on trial: the version before is back\n"
					      : "[server] nobody confirmed it: the version before is back\n");
	}
	return next;
}

void server_restore(struct server *s)
{
	struct store_entry e;
	struct trust_manifest m;
	const uint8_t *image;
	struct ub_fault where;
	char confirmed[SUPERVISOR_NAME];

	/* A trial that a reset ended was none, unless it was being confirmed. Each step changes the list, so that it is begun anew. */
	server_kept_confirmed(s, confirmed);
	for (uint32_t at = 0; !store_next(&s->store, &at, &e);) {
		char name[STORE_NAME + 1] = {0};
		memcpy(name, e.name, STORE_NAME);
		if (!e.trial)
			continue;
		int stays = *confirmed && !trust_read(&m, e.bytes, e.len, &image) && !strcmp(m.application, confirmed);
		if (stays ? store_confirm(&s->store, name) : untry(s, name))
			break; /* flash fails: what there is is better than nothing */
		at = 0;
	}
	if (*confirmed)
		server_keep_confirmed(s, NULL);
	for (uint32_t at = 0; !store_next(&s->store, &at, &e);) {
		if (e.name[0] == '.' || trust_read(&m, e.bytes, e.len, &image))
			continue;
		int32_t number = place(s, &m, image, &where);
		if (number >= 0)
			describe(s, (uint32_t)number, &m);
	}
}
