/* SPDX-License-Identifier: BSD-2-Clause */
/* SRAM1 at address 0. Code that is fetched from below 0x20000000 comes over the code bus, a word in a cycle; where SRAM
 * lies, it comes over the system bus, which takes two and serves data as well. ST recommends this for code in SRAM
 * (RM0090 2.3.1; RM0033 2.3.1). The vector table is not read at 0: VTOR was set before.
 */
#include "firmware/boot/boot.h"
#include "firmware/boot/regs.h"

/* Emulators keep the register and show something else. */
static int shows(uint32_t value)
{
	static volatile uint32_t probe;
	const volatile uint32_t *alias = (const volatile uint32_t *)((uint32_t)(uintptr_t)&probe - BOOT_RAM_START);

	probe = value;
	__asm__ volatile("dsb" ::: "memory");
	return *alias == value;
}

int boot_show_sram1_at_zero(void)
{
	RCC_APB2ENR |= RCC_SYSCFG;
	(void)RCC_APB2ENR;
	SYSCFG_MEMRMP = MEM_MODE_SRAM1;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
	if (shows(0x5a17ab1e) && shows(~0x5a17ab1eu))
		return 1;
	SYSCFG_MEMRMP = MEM_MODE_FLASH;
	return 0;
}
