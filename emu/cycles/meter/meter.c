// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "emu/cycles/meter/meter.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* The Go side, meter.go. */
extern void meterDecode(uintptr_t go, struct meter_block *b, void *code, struct meter_watch *watch);
extern uint32_t meterCharge(uintptr_t go, uint32_t block, uint32_t state, uint16_t *trace, uint32_t events,
			    uint32_t next, uint32_t *exit_state);
extern uint32_t meterInside(uintptr_t go, uint32_t block, uint32_t state, uint16_t *trace, uint32_t events,
			    uint32_t offset);

enum { FLASH_END = 0x20000000, SRAM = 0x20000000 };

/* cycles.Region of an address: RegionOf in Go. */
static inline uint32_t region(const struct meter *m, uint32_t addr)
{
	if (UNLIKELY(m->alias) && (addr < m->alias || addr - SRAM < m->alias))
		return addr < m->alias ? 4 : 5;
	return addr < FLASH_END ? 0 : addr < 0x40000000 ? 1 : addr - 0xe0000000u < 0x100000 ? 2 : 3;
}

/* Whether an address is one of flash. */
static inline int in_flash(const struct meter *m, uint32_t addr) { return addr < FLASH_END && addr >= m->alias; }

static uint32_t hash_key(const struct meter *m, uint32_t next)
{
	uint32_t h = (m->at.block->id * 0x9e3779b1u) ^ (m->at.state * 0x85ebca6bu) ^ (next * 0xc2b2ae35u);
	for (uint32_t i = 0; i < m->at.events; i++)
		h = (h ^ m->trace[i]) * 0x01000193u;
	return h ^ h >> 15;
}

static inline int matches(const struct meter *m, const struct meter_entry *e, uint32_t next)
{
	if (e->state != m->at.state || e->next != next || e->events != m->at.events)
		return 0;
	for (uint32_t i = 0; i < e->events; i++)
		if (e->trace[i] != m->trace[i])
			return 0;
	return 1;
}

static void grow(struct meter *m)
{
	uint32_t size = m->table_size * 2;
	struct meter_entry **table = calloc(size, sizeof *table);
	if (!table)
		return;
	for (struct meter_entry *e = m->all_entries; e; e = e->all) {
		e->chain = table[e->hash & (size - 1)];
		table[e->hash & (size - 1)] = e;
	}
	free(m->table);
	m->table = table;
	m->table_size = size;
}

static struct meter_entry *find(struct meter *m, uint32_t next)
{
	uint32_t h = hash_key(m, next);
	struct meter_entry *e;
	for (e = m->table[h & (m->table_size - 1)]; e; e = e->chain)
		if (e->hash == h && e->block == m->at.block && matches(m, e, next))
			return e;
	if (m->entries > m->table_size)
		grow(m);
	e = calloc(1, sizeof *e + m->at.events * sizeof *e->trace);
	if (!e) {
		m->failed = 1;
		return NULL;
	}
	e->block = m->at.block;
	e->state = m->at.state;
	e->next = next;
	e->hash = h;
	e->events = m->at.events;
	memcpy(e->trace, m->trace, m->at.events * sizeof *e->trace);
	e->cost = meterCharge(m->go, e->block->id, e->state, e->trace, e->events, next, &e->exit_state);
	struct meter_entry **slot = &m->table[h & (m->table_size - 1)];
	e->chain = *slot;
	*slot = e;
	e->all = m->all_entries;
	m->all_entries = e;
	m->entries++;
	return e;
}

static uint32_t hash_hits(const struct meter_entry *e, uint32_t path)
{
	uint32_t h = (uint32_t)((uintptr_t)e >> 4) * 0x9e3779b1u ^ path * 0x85ebca6bu;
	return h ^ h >> 15;
}

static void grow_hits(struct meter *m)
{
	uint32_t size = m->hits_size ? 2 * m->hits_size : 1 << 10;
	struct meter_hits **table = calloc(size, sizeof *table);
	if (!table)
		return;
	for (uint32_t i = 0; i < m->hits_size; i++)
		for (struct meter_hits *h = m->hits[i], *next; h; h = next) {
			struct meter_hits **slot = &table[hash_hits(h->entry, h->path) & (size - 1)];
			next = h->chain;
			h->chain = *slot;
			*slot = h;
		}
	free(m->hits);
	m->hits = table;
	m->hits_size = size;
}

static void count_path(struct meter *m, struct meter_entry *e)
{
	struct meter_hits *h = e->counted;
	if (UNLIKELY(!h || h->path != m->at.path)) {
		if (m->nhits >= m->hits_size)
			grow_hits(m);
		struct meter_hits **slot = m->hits_size ? &m->hits[hash_hits(e, m->at.path) & (m->hits_size - 1)] : NULL;
		for (h = slot ? *slot : NULL; h && (h->entry != e || h->path != m->at.path);)
			h = h->chain;
		if (!h && (!slot || !(h = calloc(1, sizeof *h)))) {
			m->failed = 1;
			return;
		}
		if (!h->entry) {
			*h = (struct meter_hits){ .next = e->by_path, .chain = *slot, .entry = e, .path = m->at.path };
			e->by_path = *slot = h;
			m->nhits++;
		}
		e->counted = h;
	}
	h->hits++;
}

/* The path that continues with a call; the same path if there are too many. */
static uint32_t extended(struct meter *m, uint32_t parent, uint32_t call)
{
	uint32_t p = m->paths[parent].child;
	while (p && m->paths[p].call != call)
		p = m->paths[p].sibling;
	if (p)
		return p;
	if (m->npaths == m->paths_size) {
		uint32_t size = 2 * m->paths_size;
		struct meter_path *paths = size > METER_PATHS_MAX ? NULL : realloc(m->paths, size * sizeof *paths);
		if (!paths)
			return parent;
		m->paths = paths;
		m->paths_size = size;
	}
	p = m->npaths++;
	m->paths[p] = (struct meter_path){ .parent = parent, .call = call, .sibling = m->paths[parent].child };
	m->paths[parent].child = p;
	return p;
}

/* Keeps the path while block b goes on to next: calls make it longer, returns shorter. */
static void follow_path(struct meter *m, const struct meter_block *b, uint32_t next)
{
	struct meter_position *at = &m->at;
	uint32_t end = b->addr + b->size;
	if (b->call && next != end) {
		if (at->depth == METER_DEPTH_MAX)
			return;
		at->frames[at->depth].returns = end;
		at->frames[at->depth++].path = at->path;
		at->path = extended(m, at->path, b->call);
		return;
	}
	for (uint32_t i = b->leaves ? at->depth : 0; i > 0; i--)
		if (at->frames[i - 1].returns == next) {
			at->depth = i - 1;
			at->path = at->frames[i - 1].path;
			return;
		}
}

int meter_keep_paths(struct meter *m)
{
	m->paths_size = 64;
	m->paths = calloc(m->paths_size, sizeof *m->paths);
	m->npaths = 1;
	m->keep_paths = m->paths != NULL;
	return m->paths ? 0 : -1;
}

void meter_clear(struct meter *m)
{
	for (struct meter_entry *e = m->all_entries; e; e = e->all) {
		e->hits = 0;
		for (struct meter_hits *h = e->by_path; h; h = h->next)
			h->hits = 0;
	}
	for (struct meter_block *b = m->all_blocks; b; b = b->all)
		b->waits = 0;
	memset(m->handlers, 0, sizeof m->handlers);
	m->asleep = 0;
}

void meter_finish(struct meter *m, uint32_t next)
{
	struct meter_block *b = m->at.block;
	if (!b)
		return;
	struct meter_entry **recent = &b->recent[(m->at.state ^ m->at.events ^ next >> 1 ^ next >> 4) & (METER_RECENT - 1)], *e = *recent;
	if (UNLIKELY(!e || !matches(m, e, next))) {
		e = find(m, next);
		if (!e)
			return;
		*recent = e;
	}
	if (UNLIKELY(b->gate)) {
		m->at.closed = b->gate == METER_GATE_CLOSES;
		m->at.path = m->at.depth = 0;
	}
	if (m->at.blocks >= m->counted && !m->at.closed) {
		e->hits++;
		if (UNLIKELY(m->keep_paths))
			count_path(m, e);
	}
	if (UNLIKELY(m->keep_paths))
		follow_path(m, b, next);
	m->at.cycles += e->cost;
	m->at.state = e->exit_state;
	m->at.it = b->it_after;
	m->at.blocks++;
	m->at.block = NULL;
	m->at.events = 0;
}

static enum meter_gate gate_of(const struct meter *m, uint32_t addr)
{
	for (uint32_t i = 0; i < m->gate.nopens; i++)
		if (addr == m->gate.opens[i])
			return METER_GATE_OPENS;
	return m->gate.nopens && addr - m->gate.closes < m->gate.end - m->gate.closes ? METER_GATE_CLOSES : METER_NO_GATE;
}

static struct meter_block *block_new(struct meter *m, const struct unicorn_block *u)
{
	struct meter_block *b = calloc(1, sizeof *b);
	uint32_t halfwords = (u->size + 1) / 2;
	struct meter_watch *watch = calloc(halfwords, sizeof *watch);
	if (!b || !watch) {
		free(b);
		free(watch);
		m->failed = 1;
		return NULL;
	}
	b->addr = u->addr;
	b->size = u->size;
	b->instructions = u->instructions;
	b->gate = gate_of(m, u->addr);
	b->it_before = m->at.it;
	meterDecode(m->go, b, (void *)(uintptr_t)u->code, watch);
	for (uint32_t i = 0; i < halfwords; i++)
		if (watch[i].conditional || watch[i].operands || watch[i].stack || watch[i].reserve)
			b->watch = watch;
	if (!b->watch)
		free(watch);
	b->all = m->all_blocks;
	m->all_blocks = b;
	return b;
}

static void wait_for_flash(struct meter *m, uint32_t waits)
{
	m->at.cycles += waits;
	if (m->at.blocks >= m->counted && !m->at.closed)
		m->at.block->waits += waits;
}

static void on_block(void *state, struct unicorn_block *u)
{
	struct meter *m = state;
	meter_finish(m, u->addr);
	struct meter_block *b = u->model;
	while (b && UNLIKELY(b->it_before != m->at.it))
		b = b->variant;
	if (UNLIKELY(!b)) {
		b = block_new(m, u);
		if (!b)
			return;
		b->variant = u->model;
		u->model = b;
		u->insn |= b->watch != NULL;
	}
	m->at.block = b;
	if (UNLIKELY(m->at.art.wait) && in_flash(m, b->addr))
		wait_for_flash(m, art_execute(&m->at.art, b->addr, b->size, b->instructions));
	m->at.events = 0;
}

static inline void note(struct meter *m, uint32_t event)
{
	if (m->at.events < METER_EVENTS_MAX)
		m->trace[m->at.events++] = (uint16_t)event;
}

static uint32_t magnitude(uint32_t v) { return v >> 31 ? -v : v; }

/* What the cost depends on: see Operands in operands.go, which says the same in Go. */
static uint32_t describe(enum meter_operands kind, uint32_t n, uint32_t m)
{
	uint32_t o = 0;
	if (kind == METER_MULTIPLY)
		return (n >> 16 != 0) | (n << 16 != 0) << 1 | (m >> 16 != 0) << 2 | (m << 16 != 0) << 3 | (n >> 31) << 4 |
		       (m >> 31) << 5;
	if (!n || !m)
		return 1 << 10;
	if (kind == METER_DIVIDE_SIGNED) {
		o |= (uint32_t)(n == 0x80000000u) << 9 | (m >> 31) << 7;
		n = magnitude(n);
		m = magnitude(m);
	}
	o |= (uint32_t)!(m & (m - 1)) << 8;
	return o | (uint32_t)(__builtin_clz(m) - __builtin_clz(n) + 32);
}

static void on_insn(void *state, struct unicorn_machine *machine, uint32_t addr)
{
	struct meter *m = state;
	struct meter_block *b = m->at.block;
	if (UNLIKELY(!b))
		return;
	uint32_t offset = (addr - b->addr) / 2;
	if (!b->watch || offset * 2 >= b->size)
		return;
	const struct meter_watch *w = &b->watch[offset];
	if (w->conditional)
		note(m, offset << 6 | METER_EXECUTED << 4);
	if (w->reserve) {
		uint32_t sp = unicorn_reg(machine, 13) - w->reserve;
		m->sp_low = sp < m->sp_low ? sp : m->sp_low;
	}
	if (w->operands) {
		note(m, offset << 6 | METER_OPERANDS << 4);
		note(m, m->alike[w->alike][describe(w->operands, unicorn_reg(machine, w->n), unicorn_reg(machine, w->m))]);
	}
}

static void on_memory(void *state, uint32_t insn, uint32_t addr, uint32_t bytes, int write)
{
	(void)bytes;
	struct meter *m = state;
	const struct meter_block *b = m->at.block;
	uint32_t offset = b ? (insn - b->addr) / 2 : 0;
	if (write && addr < m->sp_low && b && b->watch && b->watch[offset].stack)
		m->sp_low = addr;
	if (UNLIKELY(m->at.art.wait) && b && !write && in_flash(m, addr))
		wait_for_flash(m, art_read(&m->at.art, addr));
	uint32_t where = region(m, addr), tag = offset << 6 | (where >> 2 ? METER_REMAPPED : METER_MEMORY) << 4;
	/* Of a multiple access the first one tells all. */
	if (m->at.events && (m->trace[m->at.events - 1] & ~0xfu) == tag)
		return;
	note(m, tag | (where & 3) << 2 | (addr & 3));
}

static void on_settle(void *state, uint32_t next) { meter_finish(state, next); }

static struct meter_handler *handler_at(struct meter *m, uint32_t addr)
{
	struct meter_handler *h = m->handlers;
	while (h < m->handlers + METER_HANDLERS_MAX - 1 && h->addr != addr && h->addr)
		h++;
	h->addr = h->addr ? h->addr : addr;
	return h;
}

static void on_exception(void *state, uint32_t handler, uint32_t cycles)
{
	struct meter *m = state;
	if (m->at.block)
		meter_finish(m, m->at.block->addr + m->at.block->size);
	m->at.cycles += cycles;
	m->at.state = 0;
	m->at.it = 0;
	if (m->at.closed)
		return;
	struct meter_handler *h = handler_at(m, handler);
	h->times++;
	h->cycles += cycles;
}

static void on_remap(void *state, uint32_t bytes) { ((struct meter *)state)->alias = bytes; }

static void on_idle(void *state, uint64_t cycles)
{
	struct meter *m = state;
	m->at.cycles += cycles;
	if (!m->at.closed)
		m->asleep += cycles;
}

static uint64_t on_cycles(void *state, uint32_t insn)
{
	struct meter *m = state;
	if (!m->at.block)
		return m->at.cycles;
	return m->at.cycles +
	       meterInside(m->go, m->at.block->id, m->at.state, m->trace, m->at.events, (insn - m->at.block->addr) / 2);
}

static void on_reading(void *state, enum unicorn_counter counter, uint32_t value)
{
	struct meter *m = state;
	struct meter_readings *r = &m->readings[counter];
	if (m->at.blocks >= m->counted && r->n < METER_READINGS_MAX)
		r->values[r->n++] = value;
}

static void on_forget(void *state, struct unicorn_block *u)
{
	(void)state;
	u->model = NULL; /* what was learnt is kept for the report */
}

static void on_save(void *state)
{
	struct meter *m = state;
	m->saved = m->at;
	memcpy(m->saved_trace, m->trace, m->at.events * sizeof *m->trace);
}

static void on_restore(void *state)
{
	struct meter *m = state;
	m->counted = m->at.blocks > m->counted ? m->at.blocks : m->counted;
	m->at = m->saved;
	memcpy(m->trace, m->saved_trace, m->at.events * sizeof *m->trace);
}

struct meter *meter_new(uintptr_t go)
{
	struct meter *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->go = go;
	m->sp_low = UINT32_MAX;
	m->table_size = 1 << 12;
	m->table = calloc(m->table_size, sizeof *m->table);
	if (!m->table) {
		meter_free(m);
		return NULL;
	}
	m->model = (struct unicorn_model){
		.state = m, .block = on_block, .insn = on_insn, .memory = on_memory, .exception = on_exception, .settle = on_settle, .idle = on_idle, .remap = on_remap, .clock = &m->at.cycles,
		.cycles = on_cycles, .reading = on_reading, .forget = on_forget, .save = on_save, .restore = on_restore,
	};
	return m;
}

void meter_free(struct meter *m)
{
	for (struct meter_entry *e = m->all_entries, *next; e; e = next) {
		next = e->all;
		for (struct meter_hits *h = e->by_path, *after; h; h = after) {
			after = h->next;
			free(h);
		}
		free(e);
	}
	for (struct meter_block *b = m->all_blocks, *next; b; b = next) {
		next = b->all;
		free(b->watch);
		free(b);
	}
	free(m->table);
	free(m->hits);
	free(m->paths);
	free(m);
}
