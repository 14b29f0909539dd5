// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory: mapping it, and changing it by the program and from outside. */
#include <stdlib.h>
#include <string.h>

#include "emu/unicorn/machine.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* libunicorn 2.0.1 looks for code to invalidate at every store to writable memory, which takes ten times as long as
 * the store. So all memory is read-only to it, and stores are made by store(), to which it tells them as violations. */
static uc_err map(struct unicorn_machine *m, struct unicorn_region r)
{
	if (m->nregions == UNICORN_REGIONS_MAX)
		return UC_ERR_NOMEM;
	uc_err err = uc_mem_map_ptr(m->uc, r.addr, r.size, r.prot | UC_PROT_WRITE, r.mem);
	if (!err) /* this makes it discard what is stored; mapping it read-only would not */
		err = uc_mem_protect(m->uc, r.addr, r.size, r.prot & ~(uint32_t)UC_PROT_WRITE);
	if (!err)
		m->regions[m->nregions++] = r;
	return err;
}

/* Zeroed memory; address and size in steps of 1 KB. */
uc_err unicorn_map(struct unicorn_machine *m, uint32_t addr, uint32_t size, uint32_t prot)
{
	if (!size || size - 1 > ~addr)
		return UC_ERR_ARG;
	struct unicorn_region r = { .addr = addr, .size = size, .prot = prot, .owned = true };
	r.mem = calloc(1, size);
	r.copy = prot & UC_PROT_WRITE ? calloc(1, size) : NULL;
	r.dirty = prot & UC_PROT_WRITE ? calloc(1, size / UNICORN_PAGE + 1) : NULL;
	uc_err err = !r.mem || (prot & UC_PROT_WRITE && (!r.copy || !r.dirty)) ? UC_ERR_NOMEM : map(m, r);
	if (err) {
		free(r.mem);
		free(r.copy);
		free(r.dirty);
	}
	return err;
}

/* The read-only memory at `of` once more, at addr: STM32 flash is also at 0. */
uc_err unicorn_map_alias(struct unicorn_machine *m, uint32_t addr, uint32_t of)
{
	struct unicorn_region *r = unicorn_region_at(m, of);
	if (!r || r->prot & UC_PROT_WRITE)
		return UC_ERR_ARG;
	return map(m, (struct unicorn_region){ .addr = addr, .size = r->size, .prot = r->prot, .mem = r->mem });
}

uc_err unicorn_read(struct unicorn_machine *m, uint32_t addr, void *bytes, size_t n)
{
	struct unicorn_region *r = unicorn_region_at(m, addr);
	if (!r || n > r->size - (addr - r->addr))
		return UC_ERR_READ_UNMAPPED;
	memcpy(bytes, r->mem + (addr - r->addr), n);
	return UC_ERR_OK;
}

/* Changes memory from outside. libunicorn does not notice by itself that code changed. */
void unicorn_poke(struct unicorn_machine *m, struct unicorn_region *r, uint32_t offset, const void *bytes, size_t n)
{
	memcpy(r->mem + offset, bytes, n);
	for (uint32_t page = offset / UNICORN_PAGE; r->dirty && page <= (offset + n - 1) / UNICORN_PAGE; page++)
		r->dirty[page] = 1;
	for (uint32_t i = 0; i < m->nregions; i++) {
		struct unicorn_region *other = &m->regions[i];
		if (other->mem != r->mem || !other->blocks)
			continue;
		if (other->code) {
			unicorn_code_written(m, other, offset, (uint32_t)n);
			continue;
		}
		unicorn_forget_translation(m, other->addr + offset, (uint32_t)n);
		unicorn_blocks_free(m, other); /* they are not compared when they run */
	}
}

/* Read-only memory can be written too: this is the debugger's view. */
uc_err unicorn_write(struct unicorn_machine *m, uint32_t addr, const void *bytes, size_t n)
{
	struct unicorn_region *r = unicorn_region_at(m, addr);
	if (!r || n > r->size - (addr - r->addr))
		return UC_ERR_WRITE_UNMAPPED;
	if (n)
		unicorn_poke(m, r, addr - r->addr, bytes, n);
	return UC_ERR_OK;
}

/* A store the core makes by itself, as of a frame. */
bool unicorn_store_word(struct unicorn_machine *m, uint32_t addr, uint32_t value)
{
	struct unicorn_region *r = unicorn_region_at(m, addr);
	return r && r->prot & UC_PROT_WRITE && !unicorn_write(m, addr, &value, sizeof value);
}

/* A store to memory that is only libunicorn's idea of read-only: see map. Nothing is stored behind a fault. */
bool unicorn_store(struct unicorn_machine *m, uint32_t addr, uint32_t size, uint64_t value)
{
	struct unicorn_region *r = m->stored;
	if (UNLIKELY(!r || addr - r->addr >= r->size)) {
		r = unicorn_region_at(m, addr);
		if (!r || !(r->prot & UC_PROT_WRITE))
			return false;
		m->stored = r;
	}
	uint32_t offset = addr - r->addr;
	if (UNLIKELY(size > r->size - offset)) /* it comes again, byte by byte */
		return true;
	if (UNLIKELY(m->event))
		return true;
	memcpy(r->mem + offset, &value, size);
	r->dirty[offset / UNICORN_PAGE] = r->dirty[(offset + size - 1) / UNICORN_PAGE] = 1;
	if (r->code)
		unicorn_code_written(m, r, offset, size);
	return true;
}
