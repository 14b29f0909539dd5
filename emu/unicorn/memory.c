// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory: mapping it, and changing it by the program and from outside. */
#include <stdlib.h>
#include <string.h>

#include "emu/unicorn/machine.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* libunicorn 2.0.1 looks for code to invalidate at every store to writable memory, which takes ten times as long as
 * the store. So all memory is read-only to it, and stores are made by store(), to which it tells them as violations. */
static uc_err show(struct unicorn_machine *m, const struct unicorn_region *r)
{
	uc_err err = uc_mem_map_ptr(m->uc, r->addr, r->size, r->prot | UC_PROT_WRITE, r->mem);
	if (!err) /* this makes it discard what is stored; mapping it read-only would not */
		err = uc_mem_protect(m->uc, r->addr, r->size, r->prot & ~(uint32_t)UC_PROT_WRITE);
	return err;
}

static uc_err map(struct unicorn_machine *m, struct unicorn_region r)
{
	if (m->nregions == UNICORN_REGIONS_MAX)
		return UC_ERR_NOMEM;
	uc_err err = show(m, &r);
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
	return map(m, (struct unicorn_region){ .addr = addr, .size = r->size, .prot = r->prot, .mem = r->mem, .of = r });
}

/* What STM32F2 and F4 can show at address 0 (RM0090 9.2.1): flash, or SRAM1, which both have at 0x20000000. The other
 * choices show nothing here, and flash stays. */
enum { FLASH_AT = 0x08000000, SRAM1_AT = 0x20000000, SRAM1_BYTES = 112 << 10, MEM_MODE = 3, MEM_MODE_SRAM1 = 3 };

static bool wants_sram(const struct unicorn_machine *m) { return (m->io.memrmp & MEM_MODE) == MEM_MODE_SRAM1; }

/* The alias at address 0, NULL if there is none that can show something else. */
static struct unicorn_region *alias_at_zero(struct unicorn_machine *m)
{
	struct unicorn_region *r = unicorn_region_at(m, 0), *sram = unicorn_region_at(m, SRAM1_AT);
	return r && r->of && sram && sram->size >= SRAM1_BYTES ? r : NULL;
}

static bool shows_sram(const struct unicorn_region *alias) { return alias->of->addr == SRAM1_AT; }

bool unicorn_remap_due(struct unicorn_machine *m)
{
	const struct unicorn_region *r = alias_at_zero(m);
	return r && shows_sram(r) != wants_sram(m);
}

/* SYSCFG_MEMRMP is written. */
void unicorn_remap_to(struct unicorn_machine *m, uint32_t memrmp)
{
	m->io.memrmp = memrmp;
	m->remap = unicorn_remap_due(m) || m->flash_changed;
}

/* Shows at address 0 what SYSCFG_MEMRMP says, between two calls of libunicorn. */
uc_err unicorn_remap(struct unicorn_machine *m)
{
	m->remap = false;
	if (m->flash_changed)
		unicorn_flash_forget(m);
	if (!unicorn_remap_due(m))
		return UC_ERR_OK;
	struct unicorn_region *r = alias_at_zero(m), *of = unicorn_region_at(m, wants_sram(m) ? SRAM1_AT : FLASH_AT);
	if (!of)
		return UC_ERR_ARG;
	unicorn_forget_translation(m, r->addr, r->size);
	unicorn_blocks_free(m, r);
	m->stored = NULL;
	uc_err err = uc_mem_unmap(m->uc, r->addr, r->size);
	if (err)
		return err;
	r->of->alias = NULL;
	struct unicorn_region next = { .addr = r->addr, .size = of->addr == SRAM1_AT ? SRAM1_BYTES : of->size,
				       .prot = of->prot, .mem = of->mem, .of = of };
	if ((err = show(m, &next)))
		return err;
	*r = next;
	if (of->prot & UC_PROT_WRITE)
		of->alias = r;
	m->sram_at_zero = shows_sram(r) ? r->size : 0;
	if (m->model && m->model->remap)
		m->model->remap(m->model->state, m->sram_at_zero);
	return UC_ERR_OK;
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
	uint8_t *dirty = r->of ? r->of->dirty : r->dirty;
	memcpy(r->mem + offset, bytes, n);
	for (uint32_t page = offset / UNICORN_PAGE; dirty && page <= (offset + n - 1) / UNICORN_PAGE; page++)
		dirty[page] = 1;
	for (uint32_t i = 0; i < m->nregions; i++) {
		struct unicorn_region *other = &m->regions[i];
		if (other->mem != r->mem || !other->blocks || offset >= other->size)
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
		if (!r)
			return false;
		if (!(r->prot & UC_PROT_WRITE))
			return unicorn_flash_store(m, r, addr, size, value);
		m->stored = r;
	}
	uint32_t offset = addr - r->addr;
	if (UNLIKELY(size > r->size - offset)) /* it comes again, byte by byte */
		return true;
	if (UNLIKELY(m->event))
		return true;
	if (UNLIKELY(r->of))
		r = r->of;
	memcpy(r->mem + offset, &value, size);
	r->dirty[offset / UNICORN_PAGE] = r->dirty[(offset + size - 1) / UNICORN_PAGE] = 1;
	if (r->code)
		unicorn_code_written(m, r, offset, size);
	if (r->alias && r->alias->code)
		unicorn_code_written(m, r->alias, offset, size);
	return true;
}
