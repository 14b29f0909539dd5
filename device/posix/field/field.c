/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/posix/field/field.h"

#include <string.h>

#include "device/posix/link.h"

static struct {
	struct field_setup setup;
	struct server server;
	struct server_setup server_setup;
	struct supervisor_board board;
	struct trust_keys keys;
	struct oscore_context contexts[FIELD_CONTEXTS];
	struct nor flash;
	struct os_thread thread;
	pthread_cond_t begun;
	int32_t error;
	uint8_t id_context[OSCORE_CONTEXT_BYTES];
	uint8_t ready, halting;
} field = {.begun = PTHREAD_COND_INITIALIZER};

static int32_t serve(const void *a, void *b)
{
	(void)a, (void)b;
	os_listen(SERVER_FLAG_DATAGRAM);
	os_lock();
	field.error = server_init(&field.server, &field.server_setup);
	field.ready = 1;
	pthread_cond_broadcast(&field.begun);
	for (uint32_t woken = SERVER_FLAGS; !field.halting;) {
		uint64_t next = field.error ? OS_FOREVER : server_step(&field.server, woken);
		os_unlock();
		woken = os_wait(SERVER_FLAGS, next);
		os_lock();
	}
	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++)
		if (supervisor_at(&field.server.supervisor, i))
			os_thread_kill(&field.server.supervisor.programs[i]->thread, UB_E_KILLED);
	os_unlock();
	return 0;
}

void field_make(const struct field_setup *setup)
{
	posix_stop_clock();
	field.setup = *setup;
	setup = &field.setup;
	field.board = (struct supervisor_board){
		.name = "host", .core = "host", .cpu = UB_CPU_DSP, .pool = setup->base + setup->pool_addr, .pool_addr = setup->pool_addr,
		.pool_bytes = setup->pool_bytes, .base = setup->base, .filter_frames = posix_filter,
	};
	field.keys = (struct trust_keys){setup->keys, setup->nkeys, 0, setup->production};
	nor_init(&field.flash, setup->flash, setup->area_bytes, setup->areas);
	field.server_setup = (struct server_setup){
		.board = &field.board, .firmware = setup->firmware, .flash = &field.flash.flash,
		.trust = {.keys = &field.keys, .classes = setup->classes, .nclasses = 2},
		.contexts = field.contexts, .ncontexts = setup->nsecrets, .id_context = field.id_context, .block = setup->block, .random = setup->random,
	};
	memcpy(field.server_setup.trust.vendor, setup->vendor, TRUST_UUID_BYTES);
}

int32_t field_start(void)
{
	field.id_context[0]++;
	for (uint32_t i = 0; i < field.setup.nsecrets; i++) {
		const struct field_secret *s = &field.setup.secrets[i];
		const struct oscore_secret secret = {.master = s->master, .master_len = sizeof s->master,
			.id_context = field.id_context, .id_context_len = sizeof field.id_context};
		oscore_derive(&field.contexts[i], &secret, &s->device, &s->client);
	}
	os_lock();
	field.ready = field.halting = 0;
	os_thread_make(&field.thread, &(struct os_start){.name = "server", .entry = serve});
	os_thread_start(&field.thread);
	while (!field.ready)
		posix_wait(&field.begun);
	os_unlock();
	return field.error;
}

void field_halt(void)
{
	os_lock();
	field.halting = 1;
	os_thread_kill(&field.thread, UB_E_KILLED);
	os_unlock();
	posix_forget();
}

struct nor *field_flash(void)
{
	return &field.flash;
}
