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
#define FPCCR REG(0xe000ef34)
#define CPACR REG(0xe000ed88)

#if CASE >= 15 && CASE <= 17
/* What a handler sees of the frame: the bit of EXC_RETURN, whether writing it was put off, and control.FPCA. */
static __attribute__((noinline, used)) void note_frame(uint32_t exc_return)
{
	uint32_t control;
	__asm__ volatile("mrs %0, control" : "=r"(control));
	note(exc_return & 16 ? 'b' : 'e');
	note(FPCCR & 1 ? 'l' : '-');
	note(control & 4 ? 'u' : '-');
}

static void use_fpu(uint32_t with)
{
	__asm__ volatile("vmov s0, %0\n\tvmov s7, %0\n\tvmov s15, %0\n\tvmsr fpscr, %0\n\tvadd.f32 s1, s0, s15" : : "r"(with) : "s0", "s1", "s7", "s15");
}

static __attribute__((used)) void pendsv(uint32_t exc_return)
{
	note_frame(exc_return);
#if CASE != 15
	use_fpu(0);
	note(FPCCR & 1 ? 'l' : '-');
#endif
#if CASE == 17
	REG(0xe000e200) = 1; /* interrupt 0 preempts, and uses the FPU as well */
	BARRIER();
	note(FPCCR & 1 ? 'l' : '-');
#endif
}
static __attribute__((naked)) void on_pendsv(void) { __asm__ volatile("mov r0, lr\n\tb pendsv"); }
#else
static void on_pendsv(void) { note('P'); }
#endif

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
#if CASE == 17
	use_fpu(0x40000000);
#endif
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
#elif CASE >= 15 && CASE <= 17 /* floating-point registers: a handler that uses none, one that does, two nested ones */
	CPACR = 0xf << 20;
	BARRIER();
	SHPR3 = 0xff << 16, PRIORITY(0) = 0x40, ISER0 = 1;
	ICSR = 1 << 28; /* the FPU was not used yet */
	BARRIER();
	note(' ');
	use_fpu(0x3f800000);
	for (int lazy = 1; lazy >= 0; lazy--) {
		if (!lazy)
			FPCCR &= ~(1u << 30);
		uint32_t a, b, c, d, sp, after;
		use_fpu(0x3f800000);
		__asm__ volatile("mov %0, sp" : "=r"(sp));
		ICSR = 1 << 28;
		BARRIER();
		__asm__ volatile("mov %0, sp" : "=r"(after));
		__asm__ volatile("vmov %0, s0\n\tvmov %1, s7\n\tvmov %2, s15\n\tvmrs %3, fpscr" : "=r"(a), "=r"(b), "=r"(c), "=r"(d));
		note(a == 0x3f800000 && b == a && c == a && d == (0x3f800000 & 0xf7c0009f) && sp == after ? 'y' : 'n');
		note(FPCCR & 1 ? 'L' : '.');
	}
#elif CASE == 18 /* straight code takes its interrupts when they come, not when it ends */
	systick(200);
	uint32_t straight;
	__asm__ volatile("mov %0, #0\n\t.rept 400\n\tadd %0, #1\n\t.endr" : "=r"(straight));
	SYST_CSR = 0;
	BARRIER();
	note(straight == 400 && ticks >= 2 && ticks <= 4 ? 'y' : 'n');
#elif CASE == 19 /* what a program makes pending is taken before its next instructions */
	uint32_t before, after;
	__asm__ volatile("ldr %0, [%3]\n\tstr %4, [%2]\n\tnop\n\tnop\n\tldr %1, [%3]\n\tnop\n\tnop" : "=&r"(before), "=&r"(after)
			 : "r"(0xe000ed04), "r"(&logged), "r"(1 << 28) : "memory");
	note(after == before + 1 ? 'y' : 'n');
#elif CASE == 20 /* an IT block with an interrupt in it is not taken apart */
	systick(40);
	uint32_t odd = 0, sum = 0;
	for (int i = 0; i < 1000; i++)
		__asm__ volatile("tst %2, #1\n\titte ne\n\taddne %0, #1\n\taddne %1, #3\n\taddeq %1, #1\n\t.rept 20\n\tnop\n\t.endr" : "+r"(odd), "+r"(sum) : "r"(i) : "cc");
	SYST_CSR = 0;
	note(odd == 500 && sum == 2000 && ticks > 400 ? 'y' : 'n');
#elif CASE == 21 /* not emulated: the run says so */
	REG(0xe000ef3c) = 1 << 24;
	BARRIER();
#endif
	finish();
	for (;;)
		;
}
