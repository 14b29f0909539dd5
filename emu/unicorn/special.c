// SPDX-License-Identifier: GPL-2.0-or-later
/* What a Cortex-M does and libunicorn leaves out: accesses that have to be aligned, traps of CCR, and the FPU that is off
 * until it is switched on. emu/bare/testdata/behaviour.txt has a case of each, held against QEMU.
 */
#include "emu/unicorn/machine.h"

enum { CCR_UNALIGN_TRP = 1 << 3, CCR_DIV_0_TRP = 1 << 4 };

/* Instructions that fault by what their operands or the core's registers are. 16-bit ones are in the lower half. */
static const struct {
	uint32_t mask, value;
	enum unicorn_special special;
} table[] = {
	{ 0xfffff000, 0x0000c000, UNICORN_ALIGNED },     /* stm */
	{ 0xfffff800, 0x0000c800, UNICORN_ALIGNED },     /* ldm */
	{ 0xfe400000, 0xe8000000, UNICORN_ALIGNED },     /* stm.w, ldm.w, stmdb, ldmdb */
	{ 0xff600000, 0xe8600000, UNICORN_ALIGNED },     /* strd, ldrd, post-indexed */
	{ 0xff400000, 0xe9400000, UNICORN_ALIGNED },     /* strd, ldrd */
	{ 0xffe00000, 0xe8400000, UNICORN_ALIGNED },     /* strex, ldrex */
	{ 0xffe000f0, 0xe8c00050, UNICORN_ALIGNED },     /* strexh, ldrexh */
	{ 0xfff000f0, 0xfb9000f0, UNICORN_DIVIDES },     /* sdiv */
	{ 0xfff000f0, 0xfbb000f0, UNICORN_DIVIDES },     /* udiv */
	{ 0xec000e00, 0xec000a00, UNICORN_FPU },         /* p10, p11 */
	{ 0xec000000, 0xec000000, UNICORN_COPROCESSOR }, /* all others */
	{ 0xffffff87, 0x00004485, UNICORN_WRITES_SP },   /* add sp, r */
	{ 0xffffff87, 0x00004685, UNICORN_WRITES_SP },   /* mov sp, r */
	{ 0xf8008f00, 0xf0000d00, UNICORN_WRITES_SP },   /* add, sub: immediates */
	{ 0xfe000f00, 0xea000d00, UNICORN_WRITES_SP },   /* add, sub: registers */
	{ 0xff70f000, 0xf850d000, UNICORN_WRITES_SP },   /* ldr sp */
	{ 0xfff0fffe, 0xf3808808, UNICORN_WRITES_SP },   /* msr msp, msr psp */
	{ 0xffffffff, 0x0000bf10, UNICORN_HINT },        /* yield */
	{ 0xffffffff, 0x0000bf20, UNICORN_HINT },        /* wfe */
	{ 0xffffffff, 0xf3af8001, UNICORN_HINT },
	{ 0xffffffff, 0xf3af8002, UNICORN_HINT },
};

static uint32_t fetch(const uint8_t *code)
{
	uint32_t first = code[0] | (uint32_t)code[1] << 8;
	return code[1] >= 0xe8 ? first << 16 | code[2] | (uint32_t)code[3] << 8 : first;
}

enum unicorn_special unicorn_special_of(const uint8_t *code)
{
	uint32_t insn = fetch(code);
	for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if ((insn & table[i].mask) == table[i].value)
			return table[i].special;
	return UNICORN_ORDINARY;
}

/* Whether a block has instructions that are to be looked at before they execute. */
bool unicorn_has_special(const uint8_t *code, uint32_t size)
{
	for (uint32_t at = 0; at + 1 < size; at += code[at + 1] >= 0xe8 ? 4 : 2)
		if ((code[at + 1] < 0xe8 || at + 3 < size) && unicorn_special_of(code + at) > UNICORN_ALIGNED)
			return true;
	return false;
}

bool unicorn_is_hint(const uint8_t *code, uint32_t size)
{
	return size >= 2 && (code[1] < 0xe8 || size >= 4) && unicorn_special_of(code) == UNICORN_HINT;
}

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
