/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled code, kept after its last user has left, until its memory is needed. It is known by a digest of all that it
 * was made of: text, plan, read-only data, the addresses of its sections, where its maps lie and how they are declared, engine. Two programs with the same digest by
 * somebody's effort would run one's code in the other's compartment, behind the other's walls. */
#include "device/supervisor/internal.h"
#include "jit/jit.h"
#include "jit/onepass/onepass.h"

/* FNV-1a, 64 bits. */
static uint64_t digest(uint64_t h, const void *bytes, uint32_t len)
{
	for (const uint8_t *p = bytes; len--; p++)
		h = (h ^ *p) * 0x100000001b3ull;
	return h;
}

static uint64_t key_of(const struct ub_program *p, enum supervisor_engine engine)
{
	const uint32_t facts[] = {
		p->slots, p->entry, p->rodata_addr, p->rodata_len, p->data_addr, p->data_len, p->flags, p->stack_use,
		p->ctx_min, engine, engine == SUPERVISOR_JIT_PLAN ? p->plan_bytes : 0,
	};
	uint64_t h = digest(0xcbf29ce484222325ull, facts, sizeof facts);

	h = digest(h, p->text, p->slots * UB_SLOT_BYTES);
	h = digest(h, p->funcs, p->nfuncs * (uint32_t)sizeof p->funcs[0]);
	if (engine == SUPERVISOR_JIT_PLAN)
		h = digest(h, p->plan, p->plan_bytes);
	for (uint32_t i = 0; p->map_places && i < p->nmaps; i++) { /* code has addresses of values in it */
		const struct ub_map_def *d = &p->maps[i];
		const uint32_t map[] = {p->map_places[i].values, p->map_places[i].flags, d->type, d->value_size, d->max_entries};
		h = digest(h, map, sizeof map);
	}
	return p->rodata ? digest(h, p->rodata, p->rodata_len) : h;
}

int supervisor_code_evict(struct supervisor *s)
{
	struct supervisor_code *oldest = NULL;

	for (uint32_t i = 0; i < SUPERVISOR_CODES; i++) {
		struct supervisor_code *c = &s->codes[i];
		if (c->piece.len && !c->users && (!oldest || s->uses - c->last_use > s->uses - oldest->last_use))
			oldest = c;
	}
	if (oldest)
		pool_give(&s->pool, &oldest->piece);
	return oldest != NULL;
}

static int out_of_memory(int32_t err)
{
	return err == UB_E_COMPILE_CODE || err == UB_E_COMPILE_SCRATCH || err == UB_E_MEMORY;
}

void supervisor_short_of(struct supervisor *s, const char *what, uint32_t bytes)
{
	s->shortage = (struct supervisor_shortage){what, bytes, pool_free(&s->pool), pool_largest(&s->pool).len};
}

const struct supervisor_shortage *supervisor_shortage(const struct supervisor *s, int32_t status)
{
	return s->shortage.what && out_of_memory(status) ? &s->shortage : NULL;
}

int32_t supervisor_take(struct supervisor *s, uint32_t bytes, int private, const char *what, struct pool_piece *out)
{
	uint32_t stripe;
	int32_t err;

	do {
		err = private ? pool_take_private(&s->pool, bytes, out) : pool_take_from(&s->pool, s->alias_end, bytes, out);
		if (err && !private)
			err = pool_take(&s->pool, bytes, out);
	} while (err && supervisor_code_evict(s));
	if (err)
		supervisor_short_of(s, what, private || bytes > s->pool.bytes ? bytes : pool_wall(bytes, &stripe));
	return err;
}

static int32_t free_entry(struct supervisor *s)
{
	do {
		for (int32_t i = 0; i < SUPERVISOR_CODES; i++) {
			if (!s->codes[i].piece.len)
				return i;
		}
	} while (supervisor_code_evict(s));
	return UB_E_MEMORY;
}

static int32_t compile(const struct supervisor *s, const struct ub_program *program, enum supervisor_engine engine, uint8_t *mem,
		       uint32_t bytes, struct ub_fault *where)
{
	if (engine == SUPERVISOR_JIT_PLAN)
		return onepass_compile(program, ONEPASS_WALLED, mem, bytes, NULL, where);
	return jit_compile(program, s->board->cpu, JIT_WALLED | (engine == SUPERVISOR_JIT_MPU ? JIT_UNCHECKED : 0), mem, bytes, NULL, where);
}

/* Compiles in the largest free part of the pool, and moves the code, which may lie anywhere, to a piece of its own. */
static int32_t make(struct supervisor *s, const struct ub_program *program, enum supervisor_engine engine,
		    struct supervisor_code *c, struct ub_fault *where)
{
	struct pool_piece room = pool_largest(&s->pool);
	uint32_t at = (room.addr + 3) & ~3u;

	if (room.len < 8)
		return where->status = UB_E_COMPILE_CODE;
	uint8_t *mem = supervisor_memory(s, at);
	int32_t bytes = compile(s, program, engine, mem, room.len - (at - room.addr), where);
	if (bytes < 0)
		return bytes;
	int32_t err = pool_take(&s->pool, (uint32_t)bytes, &c->piece);
	if (err)
		return where->status = err;
	uint8_t *to = supervisor_memory(s, c->piece.addr);
	memmove(to, mem, (uint32_t)bytes);
	memset(to + bytes, 0, c->piece.len - (uint32_t)bytes);
	c->bytes = (uint32_t)bytes;
	s->compiled++;
	return 0;
}

int32_t supervisor_code_of(struct supervisor *s, const struct ub_program *program, enum supervisor_engine engine,
			   struct ub_fault *where)
{
	uint64_t key = key_of(program, engine);
	int32_t i, err;

	for (i = 0; i < SUPERVISOR_CODES; i++) {
		if (s->codes[i].piece.len && s->codes[i].key == key)
			break;
	}
	if (i == SUPERVISOR_CODES) {
		i = free_entry(s);
		if (i < 0)
			return where->status = i;
		while (out_of_memory(err = make(s, program, engine, &s->codes[i], where)) && supervisor_code_evict(s))
			;
		if (out_of_memory(err))
			supervisor_short_of(s, "its compiled code", 0);
		if (err)
			return err;
		s->codes[i].key = key;
		s->codes[i].users = 0;
	}
	s->codes[i].users++;
	s->codes[i].last_use = ++s->uses;
	return i;
}

void supervisor_code_leave(struct supervisor *s, int32_t code)
{
	s->codes[code].users--;
	s->codes[code].last_use = ++s->uses;
}
