// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs with interrupts, chosen with -DCASE=. Each puts letters for what happens into a log and sends it. */
#include <stdint.h>

#define REG(addr) (*(volatile uint32_t *)(addr))
#define SYST_CSR REG(0xe000e010)
#define SYST_RVR REG(0xe000e014)
#define SYST_CVR REG(0xe000e018)
#define ICSR REG(0xe000ed04)
#define AIRCR REG(0xe000ed0c)
#define SHPR3 REG(0xe000ed20)
#define STIR REG(0xe000ef00)
#define ISER0 REG(0xe000e100)
#define ISER1 REG(0xe000e104)
#define ISPR0 REG(0xe000e200)
#define PRIORITY(irq) (*(volatile uint8_t *)(0xe000e400 + (irq)))
#define BARRIER() __asm__ volatile("dsb\n\tisb" ::: "memory")

extern uint32_t _estack[];
static volatile uint32_t ticks;
static char log_text[64];
static volatile uint32_t logged;
static void note(char c) { log_text[logged++ & 63] = c; }

static void finish(void)
{
	for (uint32_t i = 0; i < logged; i++)
		REG(0x40011004) = (uint8_t)log_text[i];
	__asm__ volatile("bkpt 0");
}

void reset(void);
static void on_fault(void) { note('F'); finish(); }
static void on_svc(void) { note('V'); }
static void on_pendsv(void) { note('P'); }

static void on_systick(void)
{
	ticks++;
#if CASE == 2 || CASE == 8
	note('T');
#endif
#if CASE == 9
	if (ticks == 20)
		finish();
#endif
}

static void on_irq0(void)
{
	note('a');
#if CASE == 3 /* more urgent: taken at once; less urgent: after this one */
	ISPR0 = 1 << 1 | 1 << 2;
	BARRIER();
	note('A');
#elif CASE == 4
	ICSR = 1 << 28;
	ISPR0 = 1 << 1;
	BARRIER();
	note('A');
#endif
}
static void on_irq1(void) { note('b'); }
static void on_irq2(void) { note('c'); }

static void on_tim2(void)
{
	REG(0x40000010) = 0;
	BARRIER();
	note('t');
	ticks++;
}

static void on_usart2(void)
{
	static const char text[] = "hello";
	static uint32_t at;
	if (text[at])
		note(text[at++]);
	else
		REG(0x4000440c) &= ~(1u << 7);
}

__attribute__((section(".isr_vector"), used)) void *const g_pfnVectors[16 + 64] = {
	_estack, reset, on_fault, on_fault, on_fault, on_fault, on_fault, 0, 0, 0, 0, on_svc, 0, 0, on_pendsv, on_systick,
	on_irq0, on_irq1, on_irq2, [16 + 28] = on_tim2, [16 + 38] = on_usart2,
};

static void systick(uint32_t period)
{
	SYST_RVR = period - 1;
	SYST_CVR = 0;
	SYST_CSR = 7;
}

void reset(void)
{
#if CASE == 1 /* waits for ticks that an interrupt counts */
	systick(1000);
	while (ticks < 10)
		;
	note('0' + (char)ticks);
#elif CASE == 2 /* sleeps between them */
	systick(100000);
	while (ticks < 5)
		__asm__ volatile("wfi");
#elif CASE == 3
	PRIORITY(0) = 0x40, PRIORITY(1) = 0x20, PRIORITY(2) = 0x60;
	ISER0 = 7;
	ISPR0 = 1;
	BARRIER();
#elif CASE == 4 /* equal and lower ones follow in order of priority */
	SHPR3 = 0xff << 16;
	PRIORITY(0) = 0x40, PRIORITY(1) = 0x40;
	ISER0 = 3;
	STIR = 0;
	BARRIER();
#elif CASE == 5 /* masked until they are let through */
	ISER0 = 7;
	__asm__ volatile("cpsid i");
	ISPR0 = 7;
	BARRIER();
	note('1');
	__asm__ volatile("cpsie i\n\tisb");
	note('2');
	PRIORITY(0) = 0x80, PRIORITY(1) = 0x30;
	__asm__ volatile("msr basepri, %0" : : "r"(0x40));
	ISPR0 = 3;
	BARRIER();
	note('3');
	__asm__ volatile("msr basepri, %0\n\tisb" : : "r"(0));
	note('4');
#elif CASE == 6 /* a timer */
	REG(0x40000028) = 0, REG(0x4000002c) = 499, REG(0x4000000c) = 1, REG(0x40000000) = 1;
	ISER0 = 1 << 28;
	while (ticks < 3)
		;
#elif CASE == 7 /* a serial port that is ready to send */
	ISER1 = 1 << 6;
	REG(0x4000440c) = 1 << 13 | 1 << 3 | 1 << 7;
	for (int i = 0; i < 20; i++)
		BARRIER();
#elif CASE == 8 /* on a stack of its own, SVC and PendSV in between */
	static uint64_t stack[32];
	__asm__ volatile("msr psp, %0\n\tmovs r0, #2\n\tmsr control, r0\n\tisb" : : "r"(stack + 32) : "r0");
	SHPR3 = 0xff << 16;
	__asm__ volatile("svc 0");
	ICSR = 1 << 28;
	BARRIER();
	systick(300);
	while (ticks < 2)
		;
	uint32_t control, sp;
	__asm__ volatile("mrs %0, control\n\tmov %1, sp" : "=r"(control), "=r"(sp));
	note(control == 2 && sp > (uint32_t)stack && sp <= (uint32_t)(stack + 32) ? 'y' : 'n');
#elif CASE == 9 /* all is done by the interrupt */
	systick(500);
	for (;;)
		;
#elif CASE == 10 /* nothing is left to do, interrupts apart */
	systick(500);
	note('x');
	REG(0x40011004) = 'x';
	for (;;)
		;
#elif CASE == 11
	systick(500);
	REG(0x40011004) = 'x';
	for (;;)
		__asm__ volatile("wfi");
#elif CASE == 12 /* an interrupt nothing raises here */
	ISER0 = 1 << 6;
	while (!ticks)
		;
#elif CASE == 13
	ISER0 = 1 << 6;
	for (;;)
		__asm__ volatile("wfi");
#elif CASE == 14 /* subpriorities do not preempt */
	AIRCR = 0x05fa0000 | 7 << 8;
	PRIORITY(0) = 0x40, PRIORITY(1) = 0x20, PRIORITY(2) = 0x60;
	ISER0 = 7;
	ISPR0 = 4;
	BARRIER();
	ISPR0 = 7;
	BARRIER();
#endif
	finish();
	for (;;)
		;
}
