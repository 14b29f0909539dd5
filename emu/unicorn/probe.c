// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether libunicorn tells of every load. Before 2.1.2, on computers with 64-bit Arm CPUs, it does so only for the first
 * load from a page (github.com/unicorn-engine/unicorn, issue 1908).
 */
#include "emu/unicorn/machine.h"

static void count(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user)
{
	(void)uc, (void)type, (void)addr, (void)size, (void)value;
	++*(int *)user;
}

UNICORN_CTL int unicorn_loads_told(void)
{
	enum { CODE = 0x1000, DATA = 0x20000000 };
	static const uint8_t code[] = { 0x08, 0x68, 0x08, 0x68, 0x08, 0x68, 0x00, 0xbf }; /* ldr r0, [r1], three times; nop */
	uint32_t data = DATA;
	int told = -1;
	uc_engine *uc;
	uc_hook h;

	if (uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &uc))
		return -1;
	if (!uc_ctl_set_cpu_model(uc, UC_CPU_ARM_CORTEX_M4) && !uc_mem_map(uc, CODE, 0x1000, UC_PROT_ALL) &&
	    !uc_mem_map(uc, DATA, 0x1000, UC_PROT_READ) && !uc_mem_write(uc, CODE, code, sizeof code) &&
	    !uc_reg_write(uc, UC_ARM_REG_R1, &data) && !uc_hook_add(uc, &h, UC_HOOK_MEM_READ, count, &told, 1, 0)) {
		told = 0;
		if (uc_emu_start(uc, CODE | 1, CODE + sizeof code, 0, 0))
			told = -1;
	}
	uc_close(uc);
	return told;
}
