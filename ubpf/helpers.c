/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller's helpers: their table, and what is checked before one is called. */
#include "abi/port.h"
#include "ubpf/internal.h"

void *ubpf_pointer(const struct ub_run *run, uint32_t address)
{
	return ub_at(run, address);
}

/* The region with the rights that an address lies in, or NULL. */
static const struct ub_region *region_of(const struct ub_run *run, uint32_t address, uint32_t rights)
{
	for (uint32_t i = 0; i < run->nregions; i++) {
		const struct ub_region *r = &run->regions[i];
		if (address - r->start < r->len && (r->rights & rights) == rights)
			return r;
	}
	return 0;
}

static int refuse(struct ub_run *run, uint32_t address)
{
	run->fault.status = UB_E_HELPER_ARG;
	run->fault.addr = address;
	return 0;
}

int ubpf_check(struct ub_run *run, uint32_t address, uint32_t bytes, uint32_t rights)
{
	const struct ub_region *r = region_of(run, address, rights);

	if (bytes == 0)
		return 1;
	return r && bytes <= r->len - (address - r->start) ? 1 : refuse(run, address);
}

/* Whether the budget has room for a helper's work on so many bytes, and pays. */
static int pay(struct ub_run *run, uint32_t bytes)
{
	if (bytes / UBPF_WORK_BYTES > run->work) {
		run->fault.status = UB_E_BUDGET;
		return 0;
	}
	run->work -= bytes / UBPF_WORK_BYTES;
	return 1;
}

static int check_string(struct ub_run *run, uint32_t address)
{
	const struct ub_region *r = region_of(run, address, UB_READ);
	const char *p = r ? ub_at(run, address) : 0;
	uint32_t room = r ? r->len - (address - r->start) : 0;

	for (uint32_t i = 0; i < room; i++) {
		if (p[i] == 0)
			return pay(run, i);
		if (i / UBPF_WORK_BYTES > run->work)
			return pay(run, i);
	}
	return refuse(run, address);
}

static int check_argument(struct ub_run *run, uint32_t kind, uint32_t value, uint32_t next)
{
	uint32_t bytes = kind & UBPF_BYTES;

	if (kind == UBPF_VALUE)
		return 1;
	if (kind == UBPF_STRING)
		return check_string(run, value);
	if (bytes == 0)
		bytes = next;
	return ubpf_check(run, value, bytes, kind >> UBPF_RIGHTS_SHIFT) && pay(run, bytes);
}

/* In the place of a helper that has pointers. */
static uint64_t call_checked(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	const struct ubpf_helpers *set = (const struct ubpf_helpers *)(const void *)run->helpers;
	const struct ubpf_helper *row = set->rows[run->helper];
	const uint32_t value[UBPF_ARGUMENTS + 1] = { r1, r2, r3, r4, r5, 0 };

	if (run->stop) {
		run->fault.status = UB_E_KILLED;
		return 0;
	}
	for (uint32_t i = 0; i < UBPF_ARGUMENTS; i++) {
		if (!check_argument(run, row->args[i], value[i], value[i + 1]))
			return 0;
	}
	return row->call(run, r1, r2, r3, r4, r5);
}

/* In the place of those that there are none of, so that no table has gaps. */
static uint64_t call_nothing(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r1;
	(void)r2;
	(void)r3;
	(void)r4;
	(void)r5;
	run->fault.status = UB_E_HELPER;
	return 0;
}

static int valid_kind(uint32_t kind, int last)
{
	if (kind == UBPF_VALUE || kind == UBPF_STRING)
		return 1;
	if (kind & ~(uint32_t)(UBPF_BYTES | 0x6000) || !(kind & 0x6000))
		return 0;
	return !last || (kind & UBPF_BYTES); /* the last one has no argument behind it */
}

static int32_t add_row(struct ubpf_helpers *set, const struct ubpf_helper *row)
{
	int index = ub_helper_index(row->id);

	if (index < 0 || set->rows[index] || !row->call)
		return UB_E_ARGUMENT;
	for (uint32_t i = 0; i < UBPF_ARGUMENTS; i++) {
		if (!valid_kind(row->args[i], i == UBPF_ARGUMENTS - 1))
			return UB_E_ARGUMENT;
	}
	set->rows[index] = row;
	set->calls[index] = call_checked;
	return 0;
}

int32_t ubpf_helpers_init(struct ubpf_helpers *set, const struct ubpf_helper *rows, uint32_t n)
{
	memset(set, 0, sizeof *set);
	for (uint32_t i = 0; i < UBPF_HELPERS_MAX; i++)
		set->calls[i] = call_nothing;
	return ubpf_helpers_add(set, rows, n);
}

int32_t ubpf_helpers_add(struct ubpf_helpers *set, const struct ubpf_helper *rows, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int32_t err = add_row(set, rows + i);
		if (err)
			return err;
	}
	set->n = 0;
	for (uint32_t i = 0; i < UBPF_HELPERS_MAX; i++) {
		if (set->rows[i])
			set->ids[set->n++] = set->rows[i]->id; /* indexes ascend as ids do */
	}
	return 0;
}

/* Whether an ascending list has an id; no list has all. */
static int listed(const struct ubpf_ids *list, uint16_t id)
{
	uint32_t low = 0, high = list->n;

	if (!list->ids)
		return 1;
	while (low < high) {
		uint32_t at = (low + high) / 2;
		if (list->ids[at] < id)
			low = at + 1;
		else
			high = at;
	}
	return low < list->n && list->ids[low] == id;
}

uint32_t ubpf_allow(const struct ubpf_ids *known, const struct ubpf_ids *asked, const struct ubpf_ids *allowed, uint16_t *ids)
{
	const struct ubpf_ids *from = asked->ids ? asked : allowed->ids ? allowed : known;
	uint32_t n = 0;

	for (uint32_t i = 0; i < from->n && n < known->n; i++) {
		uint16_t id = from->ids[i];
		if (listed(known, id) && listed(allowed, id))
			ids[n++] = id;
	}
	return n;
}
