// SPDX-License-Identifier: GPL-2.0-or-later
/* Flash of STM32F2 and F4 as a program writes it (RM0033 2.3.8 and RM0090 3.9): keys unlock CR; PG lets stores of the size that PSIZE says
 * clear bits; SER and STRT erase a sector, MER and STRT all. Nothing takes time: BSY is never seen, and the core is not held up. What a
 * chip does to errors is in SR. Option bytes are not modelled. A store to flash without PG is a BusFault, here, so that it is noticed.
 */
#include <string.h>

#include "emu/unicorn/machine.h"

enum { ACR = 0x00, KEYR = 0x04, SR = 0x0c, CR = 0x10 };
enum { KEY1 = 0x45670123, KEY2 = 0xcdef89ab, KEYS_WRONG = 3 };
enum { SR_PGPERR = 1 << 6, SR_PGSERR = 1 << 7, SR_ERRORS = 0xf2 };
enum { CR_PG = 1 << 0, CR_SER = 1 << 1, CR_MER = 1 << 2, CR_STRT = 1 << 16 };
#define CR_LOCK (1u << 31)

enum { FLASH_AT = 0x08000000, SECTORS = 12 };

/* Where sectors end, in KB: four of 16, one of 64, seven of 128. */
static const uint16_t ends[SECTORS] = { 16, 32, 48, 64, 128, 256, 384, 512, 640, 768, 896, 1024 };

void unicorn_flash_reset(struct unicorn_flash *f) { *f = (struct unicorn_flash){ .cr = CR_LOCK }; }

/* Bytes of flash changed. If code was made of them, it is forgotten before the next block. */
static void changed(struct unicorn_machine *m, uint32_t offset, uint32_t size)
{
	enum { BLOCK_MOST = 512 * 4 }; /* bytes: libunicorn ends a block after 512 instructions */
	const struct unicorn_region *flash = unicorn_region_at(m, FLASH_AT);
	for (uint32_t i = 0; i < m->nregions; i++) {
		const struct unicorn_region *r = &m->regions[i];
		if (r->mem != flash->mem || !r->blocks)
			continue;
		for (uint32_t at = offset > BLOCK_MOST ? offset - BLOCK_MOST : 0; at < offset + size; at += 2) {
			const struct unicorn_block *b = r->blocks[at / 2];
			if (b && at + b->size > offset)
				m->remap = m->flash_changed = true;
		}
	}
}

/* All that was made of code in flash goes; called between two calls of libunicorn. */
void unicorn_flash_forget(struct unicorn_machine *m)
{
	const struct unicorn_region *flash = unicorn_region_at(m, FLASH_AT);
	m->flash_changed = false;
	for (uint32_t i = 0; i < m->nregions; i++)
		if (m->regions[i].mem == flash->mem) {
			unicorn_forget_translation(m, m->regions[i].addr, m->regions[i].size);
			unicorn_blocks_free(m, &m->regions[i]);
		}
}

static void erase(struct unicorn_machine *m, uint32_t from, uint32_t to)
{
	struct unicorn_region *flash = unicorn_region_at(m, FLASH_AT);
	if (!flash || to > flash->size) {
		m->io.flash.sr |= SR_PGSERR;
		return;
	}
	memset(flash->mem + from, 0xff, to - from);
	changed(m, from, to - from);
}

bool unicorn_flash_store(struct unicorn_machine *m, struct unicorn_region *r, uint32_t addr, uint32_t size, uint64_t value)
{
	struct unicorn_flash *f = &m->io.flash;
	uint32_t offset = addr - r->addr;
	if (r->addr != FLASH_AT || !(f->cr & CR_PG) || size > r->size - offset)
		return false;
	if (m->event) /* nothing is stored behind a fault */
		return true;
	if (size != 1u << (f->cr >> 8 & 3) || addr % size) {
		f->sr |= SR_PGPERR;
		return true;
	}
	for (uint32_t i = 0; i < size; i++)
		r->mem[offset + i] &= value >> 8 * i;
	changed(m, offset, size);
	return true;
}

uint32_t unicorn_flash_read(const struct unicorn_machine *m, uint32_t at)
{
	const struct unicorn_flash *f = &m->io.flash;
	return at == ACR ? f->acr : at == SR ? f->sr : at == CR ? f->cr : 0;
}

void unicorn_flash_write(struct unicorn_machine *m, uint32_t at, uint32_t value)
{
	struct unicorn_flash *f = &m->io.flash;
	switch (at) {
	case ACR:
		f->acr = value;
		break;
	case KEYR: /* wrong once: locked until the next reset */
		f->keys = f->keys == 0 && value == KEY1 ? 1 : f->keys == 1 && value == KEY2 ? 2 : KEYS_WRONG;
		if (f->keys == 2)
			f->cr &= ~CR_LOCK, f->keys = 0;
		break;
	case SR:
		f->sr &= ~(value & SR_ERRORS);
		break;
	case CR:
		if (f->cr & CR_LOCK)
			break;
		f->cr = value & ~(uint32_t)CR_STRT;
		uint32_t sector = value >> 3 & 15;
		if (!(value & CR_STRT))
			break;
		if (value & CR_MER)
			erase(m, 0, ends[SECTORS - 1] << 10);
		else if (value & CR_SER && !(value & CR_PG) && sector < SECTORS)
			erase(m, sector ? ends[sector - 1] << 10 : 0, ends[sector] << 10);
		else
			f->sr |= SR_PGSERR;
		break;
	}
}
