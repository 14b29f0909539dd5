/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps as programs see them: names, arguments and results are Linux's (bpf-helpers(7)).
 *
 * A map is a handle (UB_MAP_HANDLE). Pointers must lie in one region of the run that has the right, all bytes of the key
 * or value; else the program is stopped. Work on keys and values is paid for, as that of other helpers.
 */
#include <string.h>

#include "abi/port.h"
#include "maps/helpers.h"
#include "maps/internal.h"

#define UNUSED __attribute__((unused))
#define HELPER(name)                                                                                                   \
	uint64_t maps_helper_##name(UNUSED struct ub_run *run, UNUSED uint32_t r1, UNUSED uint32_t r2, UNUSED uint32_t r3, \
				    UNUSED uint32_t r4, UNUSED uint32_t r5)
#define STATUS(code) ((uint64_t)(int64_t)(code))

enum { WORK_BYTES = 16 }; /* of keys and values for a unit of work (SPEC.md, Helpers) */

static void *stop(struct ub_run *run, int32_t status, uint32_t addr)
{
	run->fault.status = status;
	run->fault.addr = addr;
	return NULL;
}

/* The map a handle is of, as this program has it; NULL, and the program is stopped, if it is of none. */
static inline struct maps_row *row_of(struct ub_run *run, uint32_t handle)
{
	struct maps *maps = run->maps;
	uint32_t index = handle - UB_MAP_BASE;

	index = index >> 3 | index << 29;
	if (maps && index < maps->n)
		return &maps->row[index];
	return stop(run, UB_E_HELPER_ARG, handle);
}

static inline struct maps_map *map_of(struct ub_run *run, uint32_t handle)
{
	struct maps_row *row = row_of(run, handle);

	return row ? row->map : NULL;
}

/* The map of a handle that is about to be changed, or read; *err is EPERM if this program may not. */
static struct maps_map *map_for(struct ub_run *run, uint32_t handle, uint32_t unless, int32_t *err)
{
	struct maps_row *row = row_of(run, handle);

	*err = row && row->flags & unless ? MAPS_EPERM : 0;
	return row ? row->map : NULL;
}

static inline void *memory(struct ub_run *run, uint32_t addr, uint32_t bytes, uint32_t rights)
{
	if (ub_region_of(run, addr, bytes, rights))
		return ub_at(run, addr);
	return stop(run, UB_E_HELPER_ARG, addr);
}

static inline bool pay(struct ub_run *run, uint32_t bytes)
{
	if (bytes < WORK_BYTES)
		return true;
	if (bytes / WORK_BYTES > run->work)
		return stop(run, UB_E_BUDGET, 0);
	run->work -= bytes / WORK_BYTES;
	return true;
}

/* Whether a map has keys. Linux's verifier admits no program that looks for a key in one that has none. */
static bool keyed(struct ub_run *run, const struct maps_map *m, uint32_t handle)
{
	if (m->key_size)
		return true;
	stop(run, UB_E_HELPER_ARG, handle);
	return false;
}

/* Any key of any map, wherever it lies. */
static __attribute__((noinline)) uint64_t lookup(struct ub_run *run, uint32_t handle, uint32_t addr)
{
	struct maps_map *m = map_of(run, handle);
	const void *key;

	if (!m || !keyed(run, m, handle) || !(key = memory(run, addr, m->key_size, UB_READ)) || !pay(run, m->key_size))
		return 0;
	uint32_t entry = maps_lookup(m, key);
	return entry == MAPS_NONE || m->type == UB_MAP_PROG_ARRAY ? 0 : m->values_addr + entry * m->value_size;
}

/* Most keys are one word on the stack, the first region of a run, a multiple of 4 bytes from where that begins: the short way
 * is for those. */
HELPER(map_lookup_elem)
{
	const struct maps *maps = run->maps;
	const struct ub_region *stack = &run->regions[UB_REGION_STACK];
	uint32_t index = r1 - UB_MAP_BASE, at = r2 - stack->start, entry;

	index = index >> 3 | index << 29; /* what is no multiple becomes too large */
	at = at >> 2 | at << 30;
	if (!maps || index >= maps->n || at >= stack->len >> 2)
		return lookup(run, r1, r2);
	const struct maps_map *m = maps->row[index].map;
	uint32_t word = maps_word(ub_at(run, r2));
	if (m->quick == MAPS_QUICK_HASH) {
		uint32_t head = maps_mix(m->seed ^ word) & m->mask;
		for (entry = m->heads[head]; entry < MAPS_FREE; entry = m->next[entry]) {
			if (m->keys[entry] == word)
				return m->values_addr + entry * m->value_size;
		}
		if (entry == (MAPS_END | head))
			return 0;
	} else if (m->quick == MAPS_QUICK_ARRAY) {
		return word < m->max ? m->values_addr + word * m->value_size : 0;
	}
	return lookup(run, r1, r2);
}

HELPER(map_update_elem)
{
	int32_t err;
	struct maps_map *m = map_for(run, r1, UB_MAP_READ_ONLY, &err);
	const void *key, *value;

	if (!m || !keyed(run, m, r1) || !(key = memory(run, r2, m->key_size, UB_READ)) ||
	    !(value = memory(run, r3, m->value_size, UB_READ)) || !pay(run, m->key_size + m->value_size))
		return 0;
	if (err || m->type == UB_MAP_PROG_ARRAY)
		return STATUS(MAPS_EPERM);
	return STATUS(maps_update(m, key, value, r4));
}

HELPER(map_delete_elem)
{
	int32_t err;
	struct maps_map *m = map_for(run, r1, UB_MAP_READ_ONLY, &err);
	const void *key;

	if (!m || !keyed(run, m, r1) || !(key = memory(run, r2, m->key_size, UB_READ)) || !pay(run, m->key_size))
		return 0;
	if (err || m->type == UB_MAP_PROG_ARRAY)
		return STATUS(MAPS_EPERM);
	return STATUS(maps_delete(m, key));
}

HELPER(map_push_elem)
{
	int32_t err;
	struct maps_map *m = map_for(run, r1, UB_MAP_READ_ONLY, &err);
	const void *value;

	if (!m || !(value = memory(run, r2, m->value_size, UB_READ)) || !pay(run, m->value_size))
		return 0;
	return STATUS(err ? err : maps_push(m, value, r3));
}

static uint64_t pop(struct ub_run *run, uint32_t handle, uint32_t to, bool take)
{
	int32_t err;
	struct maps_map *m = map_for(run, handle, take ? UB_MAP_READ_ONLY | UB_MAP_WRITE_ONLY : UB_MAP_WRITE_ONLY, &err);
	void *value;

	if (!m || !(value = memory(run, to, m->value_size, UB_WRITE)) || !pay(run, m->value_size))
		return 0;
	return STATUS(err ? err : maps_pop(m, value, take));
}

HELPER(map_pop_elem)
{
	return pop(run, r1, r2, true);
}

HELPER(map_peek_elem)
{
	return pop(run, r1, r2, false);
}

/* r2: the number of the entry to go on from, which moves on; r3: room for the key. Returns the value's address; 0 behind
 * the last. bpf_for_each_map_elem is a loop of it. */
HELPER(map_iterate)
{
	struct maps_map *m = map_of(run, r1);
	uint32_t *cursor, from;
	void *key;

	if (!m || !keyed(run, m, r1) || !(cursor = memory(run, r2, sizeof *cursor, UB_READ | UB_WRITE)) ||
	    !(key = memory(run, r3, m->key_size, UB_WRITE)))
		return 0;
	memcpy(&from, cursor, sizeof from);
	uint32_t entry = maps_next(m, from);
	if (entry == MAPS_NONE || !pay(run, (entry - from) + m->key_size))
		return 0;
	maps_key(m, entry, key);
	uint32_t next = entry + 1;
	memcpy(cursor, &next, sizeof next);
	return m->type == UB_MAP_PROG_ARRAY ? 0 : m->values_addr + entry * m->value_size;
}

static struct maps_map *ring_for(struct ub_run *run, uint32_t handle, uint32_t unless, int32_t *err)
{
	struct maps_map *m = map_for(run, handle, unless, err);

	if (m && m->type != UB_MAP_RINGBUF)
		return stop(run, UB_E_HELPER_ARG, handle);
	return m;
}

enum { NO_WAKEUP = 1, FORCE_WAKEUP = 2 }; /* flags of Linux without meaning here: who reads is asked by nobody */

HELPER(ringbuf_output)
{
	int32_t err;
	struct maps_map *m = ring_for(run, r1, UB_MAP_READ_ONLY, &err);
	const void *data;

	if (!m || (r3 && !(data = memory(run, r2, r3, UB_READ))) || !pay(run, r3))
		return 0;
	if (r4 & ~(uint32_t)(NO_WAKEUP | FORCE_WAKEUP))
		return STATUS(MAPS_EINVAL);
	if (err)
		return STATUS(err);
	uint32_t offset = maps_reserve(m, run->maps->owner, r3);
	if (!offset)
		return STATUS(MAPS_EAGAIN);
	if (r3)
		memcpy(m->values + offset, data, r3);
	maps_submit(m, offset, false);
	return 0;
}

HELPER(ringbuf_reserve)
{
	int32_t err;
	struct maps_map *m = ring_for(run, r1, UB_MAP_READ_ONLY, &err);
	uint32_t offset = m && !err && !r3 ? maps_reserve(m, run->maps->owner, r2) : 0;

	if (!offset)
		return 0;
	run->maps->open++;
	return m->values_addr + offset;
}

/* The ring buffer whose records an address lies in: programs do not say which. */
static uint64_t submit(struct ub_run *run, uint32_t addr, bool discard)
{
	struct maps *maps = run->maps;

	for (uint32_t i = 0; maps && i < maps->n; i++) {
		struct maps_map *m = maps->row[i].map;
		if (m->type != UB_MAP_RINGBUF || maps->row[i].flags & UB_MAP_READ_ONLY || addr - m->values_addr > m->max ||
		    !maps_submit(m, addr - m->values_addr, discard))
			continue;
		maps->open -= maps->open > 0;
		return 0;
	}
	stop(run, UB_E_HELPER_ARG, addr);
	return 0;
}

HELPER(ringbuf_submit)
{
	return submit(run, r1, false);
}

HELPER(ringbuf_discard)
{
	return submit(run, r1, true);
}

HELPER(ringbuf_query)
{
	int32_t err;
	const struct maps_map *m = ring_for(run, r1, 0, &err);
	uint32_t consumed = m ? __atomic_load_n(&m->consumed, __ATOMIC_RELAXED) : 0;

	if (!m)
		return 0;
	switch (r2) {
	case 0: return m->produced - consumed;
	case 1: return m->max;
	case 2: return consumed;
	case 3: return m->produced;
	}
	return 0;
}

/* Programs of a device run one at a time on the maps they have, helpers as a whole: there is nobody to lock out. */
HELPER(spin_lock)
{
	memory(run, r1, sizeof(uint32_t), UB_READ | UB_WRITE);
	return 0;
}

HELPER(spin_unlock)
{
	memory(run, r1, sizeof(uint32_t), UB_READ | UB_WRITE);
	return 0;
}

/* Ends this program if the map has another at the index: whoever ran it runs it again (maps_again), and what `ubench`
 * puts in front of programs with tail calls asks tail_entry which function that is. */
HELPER(tail_call)
{
	const struct maps_map *m = map_of(run, r2);
	struct maps *maps = run->maps;
	uint32_t address = 0;

	if (!m)
		return 0;
	if (m->type != UB_MAP_PROG_ARRAY)
		return stop(run, UB_E_HELPER_ARG, r2), 0;
	if (r3 < m->max && maps->tails < UB_TAIL_CALLS_MAX)
		memcpy(&address, maps_value(m, r3), sizeof address);
	if (!address)
		return STATUS(MAPS_ENOENT);
	maps->tails++;
	maps->tail = address;
	run->fault.status = UB_E_TAIL_CALL;
	return 0;
}

HELPER(tail_entry)
{
	return run->maps ? run->maps->tail : 0;
}
