// SPDX-License-Identifier: GPL-2.0-or-later
/* Which instructions are to be looked at before they execute (special.c). */
#include "emu/unicorn/machine.h"

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
