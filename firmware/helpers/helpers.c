/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of helpers, what all of them share, and those that need no device. */
#include "firmware/helpers/helpers.h"
#include "firmware/helpers/internal.h"
#include "maps/helpers.h"

const ub_helper helper_table[UB_HELPER_ENTRIES] = {
#define HELPER_ROW(name, id, arguments) [UB_HELPER_##name] = helper_##name,
	UB_PLAIN_HELPERS(HELPER_ROW)
#undef HELPER_ROW
#define HELPER_ROW(name, id, arguments) [UB_HELPER_##name] = maps_helper_##name,
	UB_MAP_HELPERS(HELPER_ROW)
#undef HELPER_ROW
};

const uint16_t helper_ids[UB_HELPER_COUNT] = {
#define HELPER_ID(name, id, arguments) id,
	UB_HELPERS(HELPER_ID)
#undef HELPER_ID
};

static void refuse(struct ub_run *run, int32_t status, uint32_t addr)
{
	run->fault.status = status;
	run->fault.addr = addr;
}

/* How many bytes lie from addr to the end of the region that holds it and has the rights. */
static uint32_t room(const struct ub_run *run, uint32_t addr, uint32_t rights)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < run->nregions; i++) {
		const struct ub_region *r = &run->regions[i];
		uint32_t in = addr - r->start;
		if ((r->rights & rights) == rights && in < r->len && r->len - in > most)
			most = r->len - in;
	}
	return most;
}

void *helper_memory(struct ub_run *run, uint32_t addr, uint32_t len, uint32_t rights)
{
	if (len > room(run, addr, rights)) {
		refuse(run, UB_E_HELPER_ARG, addr);
		return NULL;
	}
	return ub_at(run, addr);
}

bool helper_pay(struct ub_run *run, uint32_t bytes)
{
	uint32_t units = bytes / HELPER_UNIT;

	if (units > run->work) {
		refuse(run, UB_E_BUDGET, 0);
		return false;
	}
	run->work -= units;
	return true;
}

const char *helper_string(struct ub_run *run, uint32_t addr, uint32_t *len)
{
	const char *s = ub_at(run, addr);
	uint32_t left = room(run, addr, UB_READ), most = left, n = 0;

	if (run->work < left / HELPER_UNIT) /* no further than what is paid for */
		most = (run->work + 1) * HELPER_UNIT;
	while (n < most && s[n])
		n++;
	if (n == left)
		refuse(run, UB_E_HELPER_ARG, addr);
	else if (helper_pay(run, n))
		return *len = n, s;
	return NULL;
}

HELPER(memcpy)
{
	if (r3) {
		const void *src = helper_memory(run, r2, r3, UB_READ);
		void *dst = src ? helper_memory(run, r1, r3, UB_WRITE) : NULL;
		if (!dst || !helper_pay(run, r3))
			return 0;
		memmove(dst, src, r3); /* they may overlap: the result must not depend on how */
	}
	return r1;
}

HELPER(strlen)
{
	uint32_t len;

	return helper_string(run, r1, &len) ? len : 0;
}

/* The two key-value stores: small tables, searched from the front. */
uint64_t helper_store(struct helper_entry *table, uint8_t *used, uint32_t size, uint32_t key, uint32_t value)
{
	for (uint32_t i = 0; i < *used; i++) {
		if (table[i].key == key) {
			table[i].value = value;
			return 0;
		}
	}
	if (*used == size)
		return STATUS(HELPER_NO_MEMORY);
	table[*used].key = key;
	table[*used].value = value;
	++*used;
	return 0;
}

uint64_t helper_fetch(struct ub_run *run, const struct helper_entry *table, uint32_t used, uint32_t key,
		       uint32_t addr)
{
	uint32_t value = 0;
	void *out = helper_memory(run, addr, sizeof value, UB_WRITE);

	if (!out)
		return 0;
	for (uint32_t i = 0; i < used; i++) {
		if (table[i].key == key)
			value = table[i].value;
	}
	memcpy(out, &value, sizeof value);
	return 0;
}

HELPER(store_local)
{
	return helper_store(ENV->local, &ENV->nlocal, UB_DEVICE_LOCALS, r1, r2);
}

HELPER(store_global)
{
	return helper_store(ENV->global, &ENV->nglobal, UB_DEVICE_GLOBALS, r1, r2);
}

HELPER(fetch_local)
{
	return helper_fetch(run, ENV->local, ENV->nlocal, r1, r2);
}

HELPER(fetch_global)
{
	return helper_fetch(run, ENV->global, ENV->nglobal, r1, r2);
}

/* xorshift32 (Marsaglia): any number but 0, each once. */
HELPER(get_prandom_u32)
{
	uint32_t x = ENV->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return ENV->random = x;
}

HELPER(get_smp_processor_id)
{
	return 0;
}
