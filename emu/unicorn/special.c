// SPDX-License-Identifier: GPL-2.0-or-later
/* What a Cortex-M does and libunicorn leaves out: accesses that have to be aligned, traps of CCR, and the FPU that is off
 * until it is switched on. emu/bare/testdata/behaviour.txt has a case of each, held against QEMU.
 */
#include "emu/unicorn/machine.h"

enum { CCR_UNALIGN_TRP = 1 << 3, CCR_DIV_0_TRP = 1 << 4 };

/* Bits 1:0 of SP are zero whatever is written (B1.4.1). */
void unicorn_align_sp(struct unicorn_machine *m)
{
	static const int ids[] = { UC_ARM_REG_SP, UC_ARM_REG_MSP, UC_ARM_REG_PSP };
	m->sp_written = false;
	for (int i = 0; i < 3; i++) {
		uint32_t sp = 0;
		uc_reg_read(m->uc, ids[i], &sp);
		if (sp & 3) {
			sp &= ~3u;
			uc_reg_write(m->uc, ids[i], &sp);
		}
	}
}

/* The fault the instruction at addr of the running block takes before it executes; 0 for none. */
uint32_t unicorn_special_fault(struct unicorn_machine *m, uint32_t addr)
{
	const uint8_t *code = m->block->code + (addr - m->block->addr);
	uint32_t shift = 20, access;
	switch (unicorn_special_of(code)) {
	case UNICORN_FPU: /* CPACR: 01 is for privileged code, 11 for all */
		access = m->io.cpacr >> shift & 3;
		if (m->core == 3 || !(access & 1))
			return CFSR_NOCP;
		unicorn_fpu_used(m);
		return 0;
	case UNICORN_COPROCESSOR:
		return CFSR_NOCP;
	case UNICORN_DIVIDES:
		return m->io.ccr & CCR_DIV_0_TRP && !unicorn_reg(m, code[2] & 15) ? CFSR_DIVBYZERO : 0;
	case UNICORN_WRITES_SP:
		m->sp_written = true;
		return 0;
	default:
		return 0;
	}
}

/* Whether the instruction at m->insn may not access memory that is not aligned. */
bool unicorn_aligns(struct unicorn_machine *m)
{
	if (m->io.ccr & CCR_UNALIGN_TRP)
		return true;
	uint32_t offset = m->insn - m->block->addr;
	if (offset >= m->block->size)
		return false;
	enum unicorn_special s = unicorn_special_of(m->block->code + offset);
	return s == UNICORN_ALIGNED || s == UNICORN_FPU;
}
