// SPDX-License-Identifier: BSD-2-Clause
/* What generated code calls on the device. It reaches the routines through its run (stubs.c), with
 * their parameters behind the bl, so that its bytes depend on nothing but the program.
 *
 *   enter    calls the code; the code may change every register, its result is r0, r1
 *   stop     back out of it from wherever it is: r0 status, r1 slot, r2 address, r3 the run
 */
#include "jit/runtime.h"

#if !UB_HOST

#define NAKED __attribute__((naked, used))

UB_STATIC_ASSERT(UB_RUN_STATUS == 0 && UB_RUN_PC == 4 && UB_RUN_ADDR == 8 && UB_RUN_R0 == 16, offsets_below);
UB_STATIC_ASSERT(UB_E_READ == -80 && UB_E_WRITE == -81 && UB_E_ALIGN == -82 && UB_E_BUDGET == -83, statuses_below);
UB_STATIC_ASSERT(UB_READ == 1 && UB_WRITE == 2 && JIT_CHECK_RIGHTS == 4, fields_below);

NAKED int32_t jit_enter(struct ub_run *run __attribute__((unused)), uint32_t code __attribute__((unused)))
{
	__asm__("mov	r3, r0\n\t"
		"push	{r3-r11, lr}\n\t"
		"str	sp, [r0, %0]\n\t"
		"movs	r2, #0\n\t"
		"str	r2, [r0, %1]\n\t" /* nothing was found yet: the regions may be others than last time */
		"str	r2, [r0, %2]\n\t"
		"blx	r1\n\t"
		"pop	{r3}\n\t"
		"strd	r0, r1, [r3, #16]\n\t"
		"movs	r0, #0\n\t"
		"pop	{r4-r11, pc}\n\t" ::"i"(UB_RUN_STACK), "i"(UB_RUN_FOUND + 4), "i"(UB_RUN_FOUND + 12));
}

NAKED static void stop(void)
{
	__asm__("stm	r3, {r0, r1, r2}\n\t"
		"ldr	sp, [r3, %0]\n\t"
		"pop	{r3-r11, pc}\n\t" ::"i"(UB_RUN_STACK));
}

/* r3: the run; r2: address, for UB_E_ALIGN; behind the bl: slot, status. */
NAKED static void fault(void)
{
	__asm__("ldrsh	r0, [lr, #1]\n\t"
		"ldrh	r1, [lr, #-1]\n\t"
		"cmn	r0, #82\n\t"
		"it	ne\n\t"
		"movne	r2, #0\n\t"
		"b	%c0\n\t" ::"i"(stop));
}

/* r3: the run; r1: slot. */
NAKED static void out_of_budget(void)
{
	__asm__("mvn	r0, #82\n\t"
		"movs	r2, #0\n\t"
		"b	%c0\n\t" ::"i"(stop));
}

/* Helpers are C functions, and sp is 8-aligned. ip: the run; r1..r3: arguments; behind the bl: slot, index of
 * the helper. Changes r0..r3, ip, lr. A helper that has said why stops the program. */
#define BEFORE_HELPER            \
	"add	lr, lr, #4\n\t"     \
	"push	{r4, lr}\n\t"       \
	"mov	r4, ip\n\t"
#define CALL_HELPER               \
	"ldrb	r0, [lr, #-3]\n\t"     \
	"str	r0, [r4, %2]\n\t"     \
	"ldr	ip, [r4, %1]\n\t"      \
	"ldr	ip, [ip, r0, lsl #2]\n\t" \
	"mov	r0, r4\n\t"            \
	"blx	ip\n\t"
#define AFTER_HELPER         \
	"ldr	r2, [r4]\n\t"     \
	"cbnz	r2, 1f\n\t"       \
	"pop	{r4, pc}\n\t"     \
	"1:	mov	r3, r4\n\t" \
	"ldr	r1, [sp, #4]\n\t" \
	"mov	r0, r2\n\t"       \
	"ldrh	r1, [r1, #-5]\n\t" \
	"ldr	r2, [r3, #8]\n\t" \
	"b	%c0\n\t"

NAKED static void helper(void)
{
	__asm__(BEFORE_HELPER CALL_HELPER AFTER_HELPER ::"i"(stop), "i"(UB_RUN_HELPERS), "i"(UB_RUN_HELPER));
}

/* The same with two more arguments in [sp]. */
NAKED static void helper5(void)
{
	__asm__(BEFORE_HELPER
		"ldrd	r0, ip, [sp, #8]\n\t"
		"push	{r0, ip}\n\t"
		CALL_HELPER
		"add	sp, sp, #8\n\t"
		AFTER_HELPER ::"i"(stop), "i"(UB_RUN_HELPERS), "i"(UB_RUN_HELPER));
}

/* A check that failed: ip: the address; r3: the run; on the stack: r3, lr; behind the bl: slot,
 * size | rights << 4. Goes on if the access is inside a region, with all registers but lr as they were. Where it last was
 * is looked at first. */
NAKED static void check(void)
{
	__asm__("push	{r0-r2}\n\t"
		"ldrh	r0, [lr, #1]\n\t"
		"mov	r2, r3\n\t"
		"lsrs	r1, r0, #6\n\t" /* UB_WRITE to the carry */
		"it	hs\n\t"
		"addhs	r2, r2, #8\n\t"
		"ldrd	r1, r2, [r2, %3]\n\t"
		"and	r0, r0, #15\n\t"
		"sub	r1, ip, r1\n\t"
		"subs	r2, r2, r0\n\t"
		"it	hs\n\t"
		"cmphs	r2, r1\n\t"
		"pop	{r0-r2}\n\t" /* flags stay */
		"bhs	5f\n\t"
		"push	{r0-r2, r4-r6}\n\t"
		"ldr	r6, [sp, #28]\n\t"
		"ldrh	r5, [r6, #1]\n\t"
		"and	r4, r5, #15\n\t"  /* size */
		"lsrs	r5, r5, #4\n\t"   /* rights */
		"ldr	r2, [r3, %1]\n\t"
		"add	r6, r3, %2\n\t"
		"1:	subs	r2, r2, #1\n\t"
		"bmi	2f\n\t"
		"ldr	r0, [r6, #8]\n\t"
		"ands	r0, r5\n\t"
		"cmp	r0, r5\n\t"
		"ldm	r6, {r0, r1}\n\t"
		"add	r6, r6, #12\n\t"
		"bne	1b\n\t"
		"sub	r0, ip, r0\n\t"
		"subs	r1, r1, r4\n\t"
		"blo	1b\n\t"
		"cmp	r0, r1\n\t"
		"bhi	1b\n\t"
		"ldrd	r0, r1, [r6, #-12]\n\t"
		"lsrs	r5, r5, #2\n\t"
		"blo	3f\n\t"
		"ldr	r2, [r6, #-4]\n\t"
		"cmp	r2, #3\n\t"
		"bne	4f\n\t"
		"add	r3, r3, #8\n\t"
		"3:	strd	r0, r1, [r3, %3]\n\t"
		"4:	pop	{r0-r2, r4-r6}\n\t"
		"5:	pop	{r3, lr}\n\t"
		"add	lr, lr, #4\n\t"
		"bx	lr\n\t"
		"2:	ldr	r6, [sp, #28]\n\t"
		"ldrh	r1, [r6, #-1]\n\t"
		"mov	r2, ip\n\t"
		"tst	r5, #2\n\t"
		"ite	eq\n\t"
		"mvneq	r0, #79\n\t"
		"mvnne	r0, #80\n\t"
		"b	%c0\n\t" ::"i"(stop), "i"(UB_RUN_NREGIONS), "i"(UB_RUN_REGIONS), "i"(UB_RUN_FOUND));
}

/* r1:r0 by r2, whose top bit is set, and r1 < r2: quotient to r0, remainder to r1. Changes r4..r6.
 * Two digits of 16 bits by the divider (Knuth, 4.3.1 D). */
NAKED static void divide_long(void)
{
	__asm__(
		"lsrs r4, r2, #16\n\t"
		"udiv r5, r1, r4\n\t"
		"mls r1, r5, r4, r1\n\t"
		"uxth r6, r2\n\t"
		"muls r6, r5\n\t"
		"lsls r1, r1, #16\n\t"
		"orr r1, r1, r0, lsr #16\n\t"
		"cmp r1, r6\n\t"
		"bhs.n 0f\n\t"
		"subs r5, #1\n\t"
		"adds r1, r1, r2\n\t"
		"bcs.n 0f\n\t"
		"cmp r1, r6\n\t"
		"itt lo\n\t"
		"sublo r5, #1\n\t"
		"addlo r1, r2\n\t"
		"0:\tsubs r1, r1, r6\n\t"
		"uxth r0, r0\n\t"
		"orr r0, r0, r5, lsl #16\n\t"
		"udiv r5, r1, r4\n\t"
		"mls r1, r5, r4, r1\n\t"
		"uxth r6, r2\n\t"
		"muls r6, r5\n\t"
		"lsls r1, r1, #16\n\t"
		"uxth r4, r0\n\t"
		"orrs r1, r4\n\t"
		"cmp r1, r6\n\t"
		"bhs.n 0f\n\t"
		"subs r5, #1\n\t"
		"adds r1, r1, r2\n\t"
		"bcs.n 0f\n\t"
		"cmp r1, r6\n\t"
		"itt lo\n\t"
		"sublo r5, #1\n\t"
		"addlo r1, r2\n\t"
		"0:\tsubs r1, r1, r6\n\t"
		"lsrs r0, r0, #16\n\t"
		"lsls r0, r0, #16\n\t"
		"adds r0, r0, r5\n\t"
		"bx lr\n\t"
	);
}

/* 64-bit division. [sp] dividend, [sp, #8] divisor; behind the bl: 0 quotient, 1 remainder, + 2 signed.
 * The result replaces the dividend. Changes ip, lr. A divisor above 32 bits goes by its top 32 bits and
 * a correction (Warren, Hacker's Delight, 9-5). */
NAKED static void divide(void)
{
	__asm__(
		"push {r0-r8, lr}\n\t"
		"ldrh ip, [lr, #-1]\n\t"
		"ldrd r0, r1, [sp, #40]\n\t"
		"ldrd r2, r3, [sp, #48]\n\t"
		"mov.w r8, #0\n\t"
		"lsls r4, ip, #31\n\t"
		"bcc.n 1f\n\t"
		"eor r8, r1, r3\n\t"
		"it mi\n\t"
		"movmi r8, r1\n\t"
		"cmp r1, #0\n\t"
		"bge.n 0f\n\t"
		"negs r0, r0\n\t"
		"sbc r1, r1, r1, lsl #1\n\t"
		"0:\tcmp r3, #0\n\t"
		"bge.n 1f\n\t"
		"negs r2, r2\n\t"
		"sbc r3, r3, r3, lsl #1\n\t"
		"1:\tcbnz r3, 4f\n\t"
		"cbnz r2, 2f\n\t"
		"mov r4, r0\n\t"
		"mov r5, r1\n\t"
		"movs r0, #0\n\t"
		"movs r1, #0\n\t"
		"b.n 6f\n\t"
		"2:\tcbnz r1, 3f\n\t"
		"udiv r6, r0, r2\n\t"
		"mls r4, r6, r2, r0\n\t"
		"movs r5, #0\n\t"
		"mov r0, r6\n\t"
		"b.n 6f\n\t"
		"3:\tudiv r7, r1, r2\n\t"
		"mls r1, r7, r2, r1\n\t"
		"clz r3, r2\n\t"
		"lsls r2, r3\n\t"
		"rsb r6, r3, #32\n\t"
		"lsr r6, r0, r6\n\t"
		"lsls r1, r3\n\t"
		"orrs r1, r6\n\t"
		"lsls r0, r3\n\t"
		"bl %c0\n\t"
		"lsr r4, r1, r3\n\t"
		"movs r5, #0\n\t"
		"mov r1, r7\n\t"
		"b.n 6f\n\t"
		"4:\tstrd r0, r1, [sp, #40]\n\t"
		"strd r2, r3, [sp, #48]\n\t"
		"clz r7, r3\n\t"
		"lsls r3, r7\n\t"
		"rsb r6, r7, #32\n\t"
		"lsrs r2, r6\n\t"
		"orrs r2, r3\n\t"
		"lsrs r1, r1, #1\n\t"
		"rrx r0, r0\n\t"
		"bl %c0\n\t"
		"rsb r7, r7, #31\n\t"
		"lsr r6, r0, r7\n\t"
		"cbz r6, 5f\n\t"
		"subs r6, #1\n\t"
		"5:\tldrd r2, r3, [sp, #48]\n\t"
		"ldrd r0, r1, [sp, #40]\n\t"
		"umull r4, r5, r6, r2\n\t"
		"mla r5, r6, r3, r5\n\t"
		"subs r4, r0, r4\n\t"
		"sbc r5, r1, r5\n\t"
		"subs r0, r4, r2\n\t"
		"sbcs r1, r5, r3\n\t"
		"itt hs\n\t"
		"movhs r4, r0\n\t"
		"movhs r5, r1\n\t"
		"adc r0, r6, #0\n\t"
		"movs r1, #0\n\t"
		"6:\tlsls r6, ip, #31\n\t"
		"itt mi\n\t"
		"movmi r0, r4\n\t"
		"movmi r1, r5\n\t"
		"cmp r8, #0\n\t"
		"bge.n 7f\n\t"
		"negs r0, r0\n\t"
		"sbc r1, r1, r1, lsl #1\n\t"
		"7:\tstrd r0, r1, [sp, #40]\n\t"
		"pop {r0-r8, lr}\n\t"
		"adds lr, lr, #2\n\t"
		"bx lr\n\t"
		::"i"(divide_long));
}

void jit_set_routines(struct ub_run *run)
{
	run->routines[JIT_CHECK] = check;
	run->routines[JIT_FAULT] = fault;
	run->routines[JIT_HELPER] = helper;
	run->routines[JIT_HELPER5] = helper5;
	run->routines[JIT_DIVIDE] = divide;
	run->routines[JIT_OUT_OF_BUDGET] = out_of_budget;
}

#endif
