// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs each line of behaviour.txt and sends over USART1 what came of it: registers, or the fault. rows.h is made of it:
 * ROW(number, CCR, CPACR, instructions).
 */
#include <stdint.h>

#define REG(addr) (*(volatile uint32_t *)(addr))

extern uint32_t _estack[];
void reset(void);
void on_fault(void);
void report_fault(const uint32_t *frame);

__attribute__((section(".isr_vector"), used)) void *const g_pfnVectors[16] = {
	_estack, reset, on_fault, on_fault, on_fault, on_fault, on_fault, 0, 0, 0, 0, on_fault,
};

uint32_t buffer[16] __attribute__((aligned(16)));
uint32_t saved_sp, results[5];

#define ROW(n, ccr, cpacr, text) \
	__attribute__((naked)) static void row_##n(void) { __asm__ volatile(text "\n\tb row_done"); }
#include "rows.h"
#undef ROW

static const struct row {
	void (*code)(void);
	uint32_t ccr, cpacr;
} rows[] = {
#define ROW(n, ccr, cpacr, text) { row_##n, ccr, cpacr },
#include "rows.h"
};

static void put(char c) { REG(0x40011004) = (uint8_t)c; }

static void hex(uint32_t v)
{
	put(' ');
	for (int i = 28; i >= 0; i -= 4)
		put("0123456789abcdef"[v >> i & 15]);
}

/* Runs a row with the registers it expects. It ends at row_done, or in a fault. */
__attribute__((naked, noinline)) void run_row(void (*code)(void), uint32_t *at)
{
	__asm__ volatile("push {r3-r11, lr}\n"
			 "	mov r7, r0\n"
			 "	ldr r2, =saved_sp\n"
			 "	str sp, [r2]\n"
			 "	mov r0, r1\n"
			 "	add r1, r0, #1\n"
			 "	add r2, r0, #2\n"
			 "	ldr r4, =0x12345678\n"
			 "	movs r3, #0\n"
			 "	movs r5, #0\n"
			 "	movs r6, #0\n"
			 "	mov r8, r3\n"
			 "	msr apsr_nzcvq, r3\n"
			 "	bx r7\n"
			 "	.global row_done\n"
			 "	.thumb_func\n"
			 "row_done:\n"
			 "	ldr r7, =results\n"
			 "	stmia r7!, {r1-r2, r3-r5}\n"
			 "	.global row_leave\n"
			 "	.thumb_func\n"
			 "row_leave:\n"
			 "	ldr r2, =saved_sp\n"
			 "	ldr r2, [r2]\n"
			 "	mov sp, r2\n"
			 "	mov r0, r6\n"
			 "	pop {r3-r11, pc}\n"
			 "	.ltorg");
}

__attribute__((naked)) void on_fault(void)
{
	__asm__ volatile("mov r0, sp\n"
			 "	push {r0, lr}\n"
			 "	bl report_fault\n"
			 "	pop {r0, lr}\n"
			 "	ldr r1, =row_leave\n"
			 "	str r1, [r0, #24]\n"
			 "	mov r1, #0x01000000\n"
			 "	str r1, [r0, #28]\n"
			 "	movs r1, #0\n"
			 "	msr basepri, r1\n"
			 "	bx lr\n"
			 "	.ltorg");
}

static volatile uint32_t faulted;

void report_fault(const uint32_t *frame)
{
	uint32_t ipsr, cfsr = REG(0xe000ed28);
	__asm__("mrs %0, ipsr" : "=r"(ipsr));
	faulted = 1;
	put('F');
	hex(ipsr);
	hex(cfsr & 0x8000 ? cfsr : cfsr & ~0x8000u);
	hex(cfsr & 0x8000 ? REG(0xe000ed38) : 0);
	hex(frame[6]); /* PC */
	hex(frame[7] & 0x0700fc00);
	hex(frame[1]);
	hex(frame[2]);
	hex(frame[3]);
	REG(0xe000ed28) = cfsr;
}

static uint32_t run(void (*code)(void))
{
	uint32_t (*call)(void (*)(void), uint32_t *) = (void *)run_row;
	return call(code, &buffer[4]);
}

void reset(void)
{
	REG(0x40011000 + 0x0c) = 0x200c; /* USART1: UE, TE, RE */
	REG(0xe000ed24) |= 7 << 16;
	uint32_t ccr = REG(0xe000ed14);
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (unsigned k = 0; k < 16; k++)
			buffer[k] = 0x03020100 + 0x04040404 * k;
		for (unsigned k = 0; k < 5; k++)
			results[k] = 0;
		REG(0xe000ed14) = ccr | rows[i].ccr;
		REG(0xe000ed88) = rows[i].cpacr;
		__asm__ volatile("dsb\n\tisb");
		faulted = 0;
		hex(i);
		put(' ');
		uint32_t r6 = run(rows[i].code);
		REG(0xe000ed14) = ccr;
		if (!faulted) {
			hex(r6);
			for (unsigned k = 0; k < 5; k++)
				hex(results[k]);
		}
		for (unsigned k = 3; k < 8; k++)
			hex(buffer[k]);
		put('\n');
	}
	/* semihosting: exit */
	register uint32_t r0 __asm__("r0") = 0x18;
	register uint32_t r1 __asm__("r1") = 0x20026;
	__asm__ volatile("bkpt 0xab" : : "r"(r0), "r"(r1) : "memory");
	for (;;)
		;
}
