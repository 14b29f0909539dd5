/* SPDX-License-Identifier: BSD-2-Clause */
/* The idle thread. When nobody is due at the next tick, the ticks until somebody is are slept through: SysTick is set for all
 * of them at once, and what passed of them is counted on waking. Interrupts are masked meanwhile, which does not keep them
 * from waking the core; they are taken when time is right again.
 */
#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"

enum { SYST_MOST = 0xffffff, SYST_ON = SYST_CLKSOURCE | SYST_TICKINT | SYST_ENABLE };

/* Starts SysTick: `counts` to the next tick, then as many as a tick has, which is said when the first are loaded: that takes a clock, or
 * several instructions of an emulator. */
static void set_clock(uint32_t counts, uint32_t tick)
{
	SYST_RVR = counts - 1;
	SYST_CVR = 0;
	SYST_CSR = SYST_ON;
	while (!SYST_CVR)
		;
	SYST_RVR = tick - 1;
}

/* Ticks that can be slept through, 1 if there is nothing to gain. */
static uint32_t ticks_to_sleep(uint32_t tick)
{
	const struct kernel *k = &os_kernel;
	uint64_t due = k->sleeping.next != &k->sleeping ? kernel_thread(k->sleeping.next)->due : OS_FOREVER, most = SYST_MOST / tick - 1;

	if (k->raised || SCB_ICSR & (ICSR_PENDSVSET | ICSR_PENDSTSET) || due <= k->now + OS_TICK_US)
		return 1;
	uint64_t ticks = (due - k->now) / OS_TICK_US;
	return (uint32_t)(ticks < most ? ticks : most);
}

static void sleep_ticks(uint32_t ticks, uint32_t tick)
{
	SYST_CSR = SYST_CLKSOURCE;
	uint32_t left = SYST_CVR, all = left + (ticks - 1) * tick;

	if (left == 0 || SCB_ICSR & ICSR_PENDSTSET) { /* just now */
		SYST_CSR = SYST_ON;
		return;
	}
	SYST_RVR = all - 1;
	SYST_CVR = 0;
	SYST_CSR = SYST_ON;
	__asm__ volatile("dsb\n\twfi" ::: "memory");
	SYST_CSR = SYST_CLKSOURCE;
	uint32_t now = SYST_CVR, gone = now ? all - 1 - now : 0; /* 0: it has not begun to count */
	if (SCB_ICSR & ICSR_PENDSTSET) { /* all of them; the last is counted when the tick is taken */
		os_kernel.now += (uint64_t)(ticks - 1) * OS_TICK_US;
		set_clock(gone < tick - 1 ? tick - gone : tick, tick);
		return;
	}
	gone += tick - left;
	os_kernel.now += (uint64_t)(gone / tick) * OS_TICK_US;
	set_clock(tick - gone % tick > 1 ? tick - gone % tick : 2, tick);
}

int32_t kernel_idle(const void *a, void *b)
{
	const uint32_t tick = SYST_RVR + 1;

	(void)a;
	(void)b;
	for (;;) {
		uint32_t saved = kernel_mask(), ticks = ticks_to_sleep(tick);
		if (ticks > 1)
			sleep_ticks(ticks, tick);
		else
			__asm__ volatile("dsb\n\twfi" ::: "memory");
		kernel_unmask(saved);
	}
	return 0;
}
