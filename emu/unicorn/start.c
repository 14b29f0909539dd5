// SPDX-License-Identifier: GPL-2.0-or-later
/* One call of libunicorn, and the checkpoint before it, to which the machine can go back. */
#include <string.h>

#include "emu/unicorn/machine.h"

void unicorn_checkpoint(struct unicorn_machine *m)
{
	struct unicorn_checkpoint *c = &m->checkpoint;
	uc_context_save(m->uc, c->context);
	c->io = m->io;
	c->count = m->count;
	for (uint32_t i = 0; i < m->nregions; i++) {
		struct unicorn_region *r = &m->regions[i];
		for (uint32_t page = 0; r->copy && page < r->size / UNICORN_PAGE; page++)
			if (r->dirty[page]) {
				memcpy(r->copy + page * UNICORN_PAGE, r->mem + page * UNICORN_PAGE, UNICORN_PAGE);
				r->dirty[page] = 0;
			}
	}
	if (m->model && m->model->save)
		m->model->save(m->model->state);
}

void unicorn_restore(struct unicorn_machine *m)
{
	struct unicorn_checkpoint *c = &m->checkpoint;
	uc_context_restore(m->uc, c->context);
	m->io = c->io;
	m->count = c->count;
	m->deadline = 0;
	m->take = 0;
	m->remap = unicorn_remap_due(m) || m->flash_changed;
	for (uint32_t i = 0; i < m->nregions; i++) {
		struct unicorn_region *r = &m->regions[i];
		for (uint32_t page = 0; r->copy && page < r->size / UNICORN_PAGE; page++)
			if (r->dirty[page]) {
				unicorn_poke(m, r, page * UNICORN_PAGE, r->copy + page * UNICORN_PAGE, UNICORN_PAGE);
				r->dirty[page] = 0;
			}
	}
	if (m->model && m->model->restore)
		m->model->restore(m->model->state);
}

uc_err unicorn_start(struct unicorn_machine *m)
{
	m->event = EVENT_NONE;
	m->block = NULL;
	m->stopped = false;
	uc_err err = uc_emu_start(m->uc, unicorn_reg(m, 15) | 1, m->until, 0, 0);
	if (m->stopped) {
		unicorn_set_reg(m, 15, m->stopped_pc | 1);
		unicorn_set_reg(m, 16, m->stopped_xpsr);
	}
	if (m->sp_written)
		unicorn_align_sp(m);
	return err;
}

/* Whether memory is what it was at the checkpoint. */
bool unicorn_unchanged(const struct unicorn_region *r)
{
	for (uint32_t page = 0; r->copy && page < r->size / UNICORN_PAGE; page++)
		if (r->dirty[page] && memcmp(r->copy + page * UNICORN_PAGE, r->mem + page * UNICORN_PAGE, UNICORN_PAGE))
			return false;
	return true;
}
