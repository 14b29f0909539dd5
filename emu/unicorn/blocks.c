// SPDX-License-Identifier: GPL-2.0-or-later
/* The blocks seen so far, by address: each is decoded once. Memory the program can write notes which halfwords
 * are code; a store to one drops the translation and makes the blocks of that memory be compared with their bytes once
 * more.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/unicorn/machine.h"

/* Instructions in Thumb code: a halfword whose top five bits are 0b11101 or above starts a 32-bit
 * one (Armv7-M ARM A5.1). */
uint32_t unicorn_thumb_count(const uint8_t *code, uint32_t size)
{
	uint32_t n = 0;
	for (uint32_t at = 0; at + 1 < size; n++)
		at += code[at + 1] >= 0xe8 ? 4 : 2;
	return n;
}

static void block_free(struct unicorn_machine *m, struct unicorn_block *b)
{
	if (m->model && m->model->forget)
		m->model->forget(m->model->state, b);
	free(b);
}

/* A branch to itself, 16 or 32 bits wide. */
static bool spins(const uint8_t *code, uint32_t size)
{
	return (size == 2 && !memcmp(code, "\xfe\xe7", 2)) || (size == 4 && !memcmp(code, "\xff\xf7\xfe\xbf", 4));
}

static uint8_t stop_at(const struct unicorn_machine *m, uint32_t addr, const uint8_t *code, uint32_t size)
{
	return addr == m->pause ? UNICORN_PAUSE : spins(code, size) ? UNICORN_SPIN : 0;
}

static struct unicorn_block *block_new(struct unicorn_machine *m, uint32_t addr, const uint8_t *code,
				       uint32_t size)
{
	struct unicorn_block *b = malloc(sizeof *b + size);
	if (!b)
		return NULL;
	uint8_t *copy = (uint8_t *)(b + 1);
	memcpy(copy, code, size);
	*b = (struct unicorn_block){
		.addr = addr, .size = size, .instructions = unicorn_thumb_count(code, size), .code = copy,
		.stop = stop_at(m, addr, code, size),
		.special = unicorn_has_special(code, size),
	};
	if (m->model && m->model->decode)
		m->model->decode(m->model->state, m, b);
	return b;
}

enum { LINE = 64 }; /* bytes, of which a word of region->code knows */

static void mark_code(struct unicorn_region *r, uint32_t offset, uint32_t size)
{
	for (uint32_t at = offset / 2; at < (offset + size + 1) / 2; at++)
		r->code[at / 32] |= 1u << at % 32;
}

/* Memory at offset was written: if there was code, what was made of it goes, and of the line around it. */
void unicorn_code_written(struct unicorn_machine *m, struct unicorn_region *r, uint32_t offset, uint32_t size)
{
	uint32_t end = offset + size < r->size ? offset + size : r->size; /* an alias may show less */
	for (uint32_t at = offset / 2; at < (end + 1) / 2; at++) {
		uint32_t *code = &r->code[at / 32];
		if (!*code) { /* on to the next line */
			at |= 31;
		} else if (*code >> at % 32 & 1) {
			*code = 0;
			r->generation++;
			unicorn_forget_translation(m, r->addr + (at * 2 & ~(uint32_t)(LINE - 1)), LINE);
		}
	}
}

/* The block at addr, NULL if that is not memory or there is none left. */
struct unicorn_block *unicorn_block_at(struct unicorn_machine *m, uint32_t addr, uint32_t size)
{
	struct unicorn_region *r = m->last;
	if (!r || addr - r->addr >= r->size) {
		r = unicorn_region_at(m, addr);
		if (!r)
			return NULL;
		if (!r->blocks && !(r->blocks = calloc(r->size / 2, sizeof *r->blocks)))
			return NULL;
		if (r->prot & UC_PROT_WRITE && !r->code && !(r->code = calloc(r->size / LINE, sizeof *r->code)))
			return NULL;
		m->last = r;
	}
	uint32_t offset = addr - r->addr;
	struct unicorn_block **slot = &r->blocks[offset / 2], *b = *slot;
	if (b && b->size == size && b->generation == r->generation)
		return b;
	if (!size || size > r->size - offset)
		return NULL;
	if (!b || b->size != size || memcmp(b->code, r->mem + offset, size)) {
		if (b)
			block_free(m, b);
		*slot = b = block_new(m, addr, r->mem + offset, size);
		if (!b)
			return NULL;
	}
	if (r->code)
		mark_code(r, offset, size);
	b->generation = r->generation;
	return b;
}

/* Notes a new m->pause in the blocks there are. */
void unicorn_blocks_mark(struct unicorn_machine *m)
{
	for (uint32_t i = 0; i < m->nregions; i++) {
		struct unicorn_region *r = &m->regions[i];
		for (uint32_t at = 0; r->blocks && at < r->size / 2; at++) {
			struct unicorn_block *b = r->blocks[at];
			if (b)
				b->stop = stop_at(m, b->addr, b->code, b->size);
		}
	}
}

void unicorn_blocks_free(struct unicorn_machine *m, struct unicorn_region *r)
{
	if (!r->blocks)
		return;
	for (uint32_t i = 0; i < r->size / 2; i++)
		if (r->blocks[i])
			block_free(m, r->blocks[i]);
	free(r->blocks);
	free(r->code);
	r->blocks = NULL;
	r->code = NULL;
	m->last = NULL;
	m->block = NULL;
}
