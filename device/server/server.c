/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/server/internal.h"

static const struct coap_resource resources[] = {
#define RESOURCE(path, methods, traits, format, takes, attributes, handler, state) \
	{path, COAP_ALLOW_##methods, traits, COAP_FORMAT_##format, COAP_FORMAT_##takes, attributes, handler, state},
	SERVER_RESOURCES(RESOURCE)
#undef RESOURCE
};
enum { RESOURCES = sizeof resources / sizeof resources[0] };

/* Programs that answer themselves. */
static const struct coap_resource answering[] = {
	{"x/*", 15, 0, COAP_FORMAT_NONE, COAP_FORMAT_NONE, NULL, server_packet, NULL},
	{"x/*", 15, COAP_OPEN, COAP_FORMAT_NONE, COAP_FORMAT_NONE, NULL, server_packet, NULL},
};

static const struct coap_resource *find(void *owner, const struct coap_request *q)
{
	struct server *s = owner;
	int32_t number = q->segments && q->path[0].len == 1 && *q->path[0].text == 'x' ? server_named(s, q) : -1;

	if (number < 0)
		number = server_of_path(s, q);
	if (number < 0 || s->programs[number].answers == TRUST_ANSWERS_NOBODY)
		return NULL;
	return &answering[s->programs[number].answers == TRUST_ANSWERS_ANYBODY];
}

static void list(void *owner, void (*put)(void *arg, const struct coap_resource *r), void *arg)
{
	struct server *s = owner;
	char name[2 + SUPERVISOR_NAME] = "x/";

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = supervisor_at(&s->supervisor, i);
		if (!p || s->programs[i].answers == TRUST_ANSWERS_NOBODY)
			continue;
		struct coap_resource r = answering[s->programs[i].answers == TRUST_ANSWERS_ANYBODY];
		memcpy(name + 2, p->loaded.config.name, SUPERVISOR_NAME);
		r.path = p->attached & UB_EVENT_COAP ? p->loaded.config.hook_path : name;
		r.attributes = "rt=\"ubench.answers\"";
		put(arg, &r);
	}
}

/* The guard of the CoAP server is OSCORE. */
_Static_assert(sizeof(struct oscore_exchange) <= COAP_BOUND_BYTES, "kept with an observation");

static int32_t open(void *arg, uint8_t *bytes, uint32_t len, struct coap_bound *bound, int32_t *who)
{
	struct server *s = arg;
	struct oscore_exchange *x = (void *)bound;
	int32_t n = oscore_unprotect_request(s->setup->contexts, s->setup->ncontexts, bytes, len, x);

	*who = n < 0 ? 0 : (int32_t)(x->context - s->setup->contexts) + 1;
	return n;
}

static uint32_t refuse(void *arg, int32_t error, struct coap_bound *bound, uint8_t *to, uint32_t size)
{
	(void)arg;
	return oscore_refuse(error, (struct oscore_exchange *)(void *)bound, to, size);
}

static int32_t seal(void *arg, struct coap_bound *bound, uint8_t *bytes, uint32_t len, uint32_t size)
{
	(void)arg;
	return oscore_protect_response((struct oscore_exchange *)(void *)bound, bytes, len, size);
}

static void send(void *link, const struct coap_endpoint *to, const uint8_t *bytes, uint32_t len)
{
	struct os_peer peer;

	_Static_assert(sizeof peer == sizeof *to, "the same");
	memcpy(&peer, to, sizeof peer);
	if (supervisor_passes(link, UB_EVENT_PACKET_OUT, peer.bytes, bytes, len))
		os_send(&peer, bytes, len);
}

static uint32_t newest(void *arg, const char *name)
{
	struct server *s = arg;
	struct store_entry e;

	return trust_newest(&s->kept.history, name, store_find(&s->store, name, &e) ? 0 : e.sequence);
}

int32_t server_init(struct server *s, const struct server_setup *setup)
{
	memset(s, 0, sizeof *s);
	s->setup = setup;
	s->trust = setup->trust;
	s->keys = *setup->trust.keys;
	s->trust.keys = &s->keys;
	s->trust.newest = newest;
	s->trust.arg = s;
	s->guard = (struct coap_guard){open, refuse, seal, s};
	s->coap.resources = resources;
	s->coap.nresources = RESOURCES;
	s->coap.owner = s;
	s->coap.send = send;
	s->coap.link = &s->supervisor;
	s->coap.guard = &s->guard;
	s->coap.find = find;
	s->coap.list = list;
	s->coap.block = setup->block;
	s->coap.id = (uint16_t)setup->random;
	s->coap.sequence = setup->random >> 8;
	coap_init(&s->coap);
	supervisor_init(&s->supervisor, setup->board);
	s->supervisor.seed = setup->random;
	s->supervisor.answered = server_answered;
	s->supervisor.answered_arg = s;
	int32_t err = store_mount(&s->store, setup->flash);
	if (err)
		return err;
	server_keep_read(s);
	server_restore(s);
	supervisor_booted(&s->supervisor);
	return 0;
}

static void note_faults(struct server *s)
{
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		struct server_program *own = &s->programs[i];
		uint32_t count = s->supervisor.programs[i]->fault.count;
		if (count == own->faults_seen)
			continue;
		own->faults_seen = count;
		memcpy(own->faulted, own->digest, sizeof own->faulted);
	}
}

uint64_t server_step(struct server *s, uint32_t woken)
{
	struct coap_endpoint from;
	struct os_peer peer;
	uint32_t n;
	uint64_t check = server_check(s), next = supervisor_step(&s->supervisor, woken);

	while ((n = os_receive(&peer, s->datagram, sizeof s->datagram)) != 0) {
		memcpy(&from, &peer, sizeof from);
		uint32_t before = ub_port_instructions();
		if (!supervisor_passes(&s->supervisor, UB_EVENT_PACKET_IN, peer.bytes, s->datagram, n))
			continue;
		coap_datagram(&s->coap, &from, s->datagram, n, os_now());
		s->costs[SERVER_COST_RECEIVE] += ub_port_instructions() - before;
		next = supervisor_step(&s->supervisor, 0);
	}
	if (check == UINT64_MAX && s->transfer.ticket)
		check = 0; /* one that came just now */
	note_faults(s);
	uint64_t trial = server_judge(s, os_now());
	uint64_t coap = coap_step(&s->coap, os_now());
	if (trial < next)
		next = trial;
	if (check < next)
		next = check;
	return coap < next ? coap : next;
}

void server_serve(struct server *s, const struct server_setup *setup)
{
	os_listen(SERVER_FLAG_DATAGRAM);
	os_lock();
	int32_t err = server_init(s, setup);
	os_unlock();
	while (err) /* flash that holds nothing: there is nobody to tell */
		os_wait(0, OS_FOREVER);
	for (uint32_t woken = SERVER_FLAGS;;) {
		os_lock();
		uint64_t next = server_step(s, woken);
		os_unlock();
		woken = os_wait(SERVER_FLAGS, next);
	}
}
