// SPDX-License-Identifier: GPL-2.0-or-later
/* What all other files ask of the machine: registers, how much was executed, which memory lies where. */
#include "emu/unicorn/machine.h"

static int reg_id(int number)
{
	static const int ids[] = { UC_ARM_REG_SP, UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_XPSR };
	return number < 13 ? UC_ARM_REG_R0 + number : ids[(number - 13) & 3];
}

uint32_t unicorn_reg(struct unicorn_machine *m, int number)
{
	uint32_t v = 0;
	uc_reg_read(m->uc, reg_id(number), &v);
	return v;
}

void unicorn_set_reg(struct unicorn_machine *m, int number, uint32_t value)
{
	/* Writing PC sets the Thumb state from bit 0, which the run loop looks at. */
	uc_reg_write(m->uc, reg_id(number), &value);
}

/* Instructions executed before the running block: what a counter shows that is read by the first
 * instruction of a block. */
uint64_t unicorn_count_before_block(const struct unicorn_machine *m)
{
	return m->block ? m->count - m->block->instructions : m->count;
}

bool unicorn_has_cycles(const struct unicorn_machine *m)
{
	return m->model && m->model->cycles;
}

/* The clock of counters: modelled cycles, or instructions if there is no model. */
uint64_t unicorn_now(struct unicorn_machine *m)
{
	return unicorn_has_cycles(m) ? m->model->cycles(m->model->state, m->insn) : unicorn_count_before_block(m) + m->io.asleep;
}

/* A register access is of 1, 2 or 4 bytes; registers are words. */
uint64_t unicorn_part(uint32_t word, uint64_t offset, unsigned size)
{
	return word >> (offset & 3) * 8 & (size == 4 ? 0xffffffffu : (1u << size * 8) - 1);
}

uint32_t unicorn_merge(uint32_t word, uint64_t offset, unsigned size, uint64_t value)
{
	uint32_t mask = size == 4 ? 0xffffffffu : ((1u << size * 8) - 1) << (offset & 3) * 8;
	return (word & ~mask) | ((uint32_t)value << (offset & 3) * 8 & mask);
}

struct unicorn_region *unicorn_region_at(struct unicorn_machine *m, uint32_t addr)
{
	for (uint32_t i = 0; i < m->nregions; i++)
		if (addr - m->regions[i].addr < m->regions[i].size)
			return &m->regions[i];
	return NULL;
}

UNICORN_CTL void unicorn_forget_translation(struct unicorn_machine *m, uint32_t addr, uint32_t size)
{
	uc_ctl_remove_cache(m->uc, (uint64_t)addr, (uint64_t)addr + size);
}
