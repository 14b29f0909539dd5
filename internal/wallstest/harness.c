/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal/wallstest/harness.h"

#include "device/mpu/regions.h"
#include "device/supervisor/internal.h"

static struct supervisor supervisor;
static struct supervisor_board board;
static struct os_thread server;
static uint32_t mpu[SUPERVISOR_PROGRAMS][2 * OS_WALLS];
static uint64_t now_us;

/* The seam (device/os.h): one thread of the firmware's, and programs that only are or are not alive. */
void os_thread_make(struct os_thread *t, const struct os_start *s)
{
	const struct supervisor_program *p = s->owner;

	memset(t, 0, sizeof *t);
	regions_of_thread(mpu[p->number], s);
}

void os_thread_start(struct os_thread *t)
{
	t->end = (struct os_end){0};
	t->alive = 1;
}

void os_thread_kill(struct os_thread *t, int32_t status)
{
	if (t->alive)
		t->end.fault = (struct ub_fault){.status = status};
	t->alive = 0;
}

const struct os_end *os_thread_ended(const struct os_thread *t)
{
	return t->alive ? NULL : &t->end;
}

struct os_thread *os_self(void) { return &server; }
uint64_t os_now(void) { return now_us; }
uint64_t os_now_ns(void) { return now_us * 1000; }
void os_wake(struct os_thread *t, uint32_t flags) { t->flags |= flags; }
uint32_t os_mask(void) { return 0; }
void os_unmask(uint32_t masked) { (void)masked; }
void os_lock(void) {}
void os_unlock(void) {}

uint32_t os_wait(uint32_t mask, uint64_t until)
{
	(void)mask, (void)until;
	return 0;
}

void os_pause(struct os_thread *t, uint32_t mask, uint64_t until)
{
	(void)t, (void)mask, (void)until;
}

void os_observe(uint32_t point, os_observer observer, void *owner)
{
	(void)point, (void)observer, (void)owner;
}

const ub_helper os_ways[OS_WAYS]; /* no program runs */

void wallstest_begin(uint8_t *base, uint32_t pool_addr, uint32_t pool_bytes, uint32_t alias_end)
{
	board = (struct supervisor_board){
		.name = "model", .core = "model", .cpu = UB_CPU_DSP, .base = base,
		.pool = base + pool_addr, .pool_addr = pool_addr, .pool_bytes = pool_bytes, .alias_end = alias_end,
	};
	memset(mpu, 0, sizeof mpu);
	now_us = 0;
	supervisor_init(&supervisor, &board);
}

int32_t wallstest_load(const uint8_t *config, const uint8_t *image, uint32_t len)
{
	struct supervisor_config c;
	struct ub_fault where;

	memcpy(&c, config, sizeof c);
	return supervisor_load(&supervisor, &c, image, len, &where);
}

int32_t wallstest_replace(uint32_t number, const uint8_t *config, const uint8_t *image, uint32_t len)
{
	struct supervisor_config c;
	struct ub_fault where;

	memcpy(&c, config, sizeof c);
	return supervisor_replace(&supervisor, number, &c, image, len, &where);
}

int32_t wallstest_start(uint32_t number)
{
	struct ub_fault where;

	return supervisor_start(&supervisor, number, &where);
}

int32_t wallstest_kill(uint32_t number) { return supervisor_kill(&supervisor, number); }
int32_t wallstest_unload(uint32_t number) { return supervisor_unload(&supervisor, number); }
int32_t wallstest_call(uint32_t number, uint32_t len) { return supervisor_call(&supervisor, number, NULL, len, 0); }

static void step(void)
{
	uint32_t woken = server.flags;

	server.flags = 0;
	supervisor_step(&supervisor, woken & SUPERVISOR_FLAGS);
}

void wallstest_end(uint32_t number, const struct ub_fault *fault)
{
	struct supervisor_program *p = supervisor_at(&supervisor, number);

	if (!p || !p->thread.alive)
		return;
	p->thread.end.fault = *fault;
	p->thread.alive = 0;
	server.flags |= 1u << number;
	step();
}

void wallstest_step(uint32_t ms)
{
	now_us += 1000ull * ms;
	step();
}

int wallstest_program(uint32_t number, struct wallstest_program *out)
{
	const struct supervisor_program *p = supervisor_at(&supervisor, number);

	memset(out, 0, sizeof *out);
	if (!p)
		return 0;
	out->state = p->state;
	out->runs = p->runs;
	out->image = p->loaded.image;
	out->own = p->own;
	out->maps = p->loaded.maps.rest;
	out->fault = p->fault.end.fault;
	out->fault_code_at = p->fault.code_at;
	if (!supervisor_placed(p))
		return 1;
	out->block = p->block;
	out->mailbox = p->mailbox.ring;
	out->values = p->block.addr + supervisor_values_at(&p->loaded);
	out->arena = p->block.addr + supervisor_arena_at(&p->loaded);
	if (p->code >= 0) {
		out->code = supervisor.codes[p->code].piece;
		out->code_bytes = supervisor.codes[p->code].bytes;
		out->code_at = (uint32_t)p->prepared->code_addr;
	}
	for (uint32_t i = 0; i < p->run.nregions; i++)
		out->grants[i] = (struct wallstest_range){p->run.regions[i].start, p->run.regions[i].len, p->run.regions[i].rights};
	memcpy(out->mpu, mpu[number], sizeof out->mpu);
	return 1;
}

uint32_t wallstest_pieces(struct pool_piece out[POOL_PIECES])
{
	memcpy(out, supervisor.pool.pieces, supervisor.pool.n * sizeof out[0]);
	return supervisor.pool.n;
}

void wallstest_board(uint32_t all[6], const uint32_t b[6])
{
	regions_of_all(all, &(struct regions_board){b[0], b[1], b[2], b[3], b[4], b[5]});
}
