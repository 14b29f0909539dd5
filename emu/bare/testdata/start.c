// SPDX-License-Identifier: GPL-2.0-or-later
/* A program as people write them for an STM32F100: start-up code, clocks, and a workload between two
 * readings of a counter. How it ends is chosen with -DEND_…
 */
#include <stdint.h>

#define REG(addr) (*(volatile uint32_t *)(addr))
#define CYCCNT REG(0xe0001004)

extern uint32_t _sidata[], _sdata[], _edata[], _sbss[], _ebss[], _estack[];
void reset(void);
void fault(void);

__attribute__((section(".isr_vector"), used)) void *const g_pfnVectors[16] = {
	_estack, reset, fault, fault, fault, fault, fault,
};

uint32_t table[16] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 };
uint32_t zeroed[16];
volatile uint32_t result;

__attribute__((noinline)) uint32_t work(uint32_t n)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < n; i++) {
		sum = sum * 31 + table[i % 16];
		sum ^= sum / (i + 1);
	}
	return sum;
}

static void clocks(void)
{
#ifdef BIT_BAND
	REG(0x42420060) = 1; /* RCC_CR PLLON, bit 24, by its bit-band alias */
	while (!REG(0x42420064))
		;
#endif
	REG(0x40021000) |= 1 << 16; /* HSE on */
	while (!(REG(0x40021000) & 1 << 17))
		;
	REG(0x40022000) = 0x30; /* flash: prefetch on */
	REG(0x40021004) |= 0x1d0402; /* PLL as system clock */
	REG(0x40021000) |= 1 << 24;
	while (!(REG(0x40021000) & 1 << 25))
		;
	while ((REG(0x40021004) & 0xc) != 0x8)
		;
	REG(0x40021018) |= 1 << 4; /* GPIOC */
	REG(0x40011004) = 0x33;    /* PC8, PC9 outputs */
	REG(0xe0042004) = 7;       /* DBGMCU_CR */
}

static void semihost(uint32_t op, const void *arg)
{
	register uint32_t r0 __asm__("r0") = op;
	register const void *r1 __asm__("r1") = arg;
	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void put(const char *s)
{
	for (; *s; s++) {
		while (!(REG(0x40013800) & 1 << 7)) /* USART1 TXE */
			;
		REG(0x40013804) = (uint8_t)*s;
	}
}

void done(void);
__attribute__((noinline)) void done(void) { __asm__ volatile("" ::: "memory"); }

int main(void)
{
	clocks();
	REG(0xe000edfc) |= 1 << 24; /* DEMCR TRCENA */
	CYCCNT = 0;
	REG(0xe0001000) |= 1; /* CYCCNTENA */
	REG(0xe000e014) = 0xffffff;
	REG(0xe000e018) = 0;
	REG(0xe000e010) = 5; /* SysTick with the core's clock */

	uint32_t ticks = REG(0xe000e018), cycles = CYCCNT;
	uint32_t n = 100;
	__asm__ volatile("" : "+r"(n) : : "memory"); /* not before the reading */
	result = work(n);
	__asm__ volatile("" ::: "memory");
	cycles = CYCCNT - cycles;
	ticks -= REG(0xe000e018);

	REG(0x40011010) = 1 << 8; /* LED */
	put(cycles > 1000 && cycles - ticks + 20 < 40 && table[5] == 9 && !zeroed[3] ? "good\n" : "bad\n");
	done();
	return 0;
}

void reset(void)
{
	for (uint32_t *to = _sdata, *from = _sidata; to < _edata;)
		*to++ = *from++;
	for (uint32_t *to = _sbss; to < _ebss;)
		*to++ = 0;
	main();
#if defined END_BKPT
	__asm__ volatile("bkpt 0");
#elif defined END_WFI
	__asm__ volatile("wfi");
#elif defined END_SEMIHOSTING
	semihost(4, "bye\n");
	semihost(0x18, (void *)0x20026);
#elif defined END_EXTENDED
	semihost(0x20, (const uint32_t[]){ 0x20026, 3 });
#elif defined END_RESET
	REG(0xe000ed0c) = 0x05fa0004;
#elif defined END_WAITING
	while (REG(0x40010808) != 1) /* a button nobody presses */
		;
#elif defined END_NOPS
	for (;;)
		__asm__ volatile("nop; nop");
#elif defined END_FAULT
	REG(0x70000000) = 0;
#elif defined END_COUNTING
	for (;;)
		result++;
#endif
	(void)semihost;
	for (;;)
		;
}

void fault(void)
{
	for (;;)
		;
}
