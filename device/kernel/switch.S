/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of the exceptions: PendSV, which switches threads, SVC, and faults. Offsets are those of struct os_thread
 * (kernel.h asserts them).
 */
	.syntax unified
	.thumb

	.macro function name
	.section .text.\name, "ax", %progbits
	.global \name
	.thumb_func
	.type \name, %function
\name:
	.endm

	/* All threads run on the process stack, without floating point: EXC_RETURN is always 0xfffffffd. */
	function kernel_pendsv
	bl kernel_switch	/* the next one in r0 */
	ldr r3, =os_kernel
	mvn lr, #2
	ldr r2, [r3]		/* current */
	cmp r0, r2
	it eq
	bxeq lr
	mrs r1, psp
	stmia r2!, {r4-r11}
	str r1, [r2]
	str r0, [r3]
	ldr r2, =0xe000ed9c	/* MPU_RBAR, and its aliases: four regions at a time */
	add r1, r0, #40
	ldmia r1!, {r4-r11}
	stmia r2, {r4-r11}
	ldmia r1, {r4-r5}
	stmia r2, {r4-r5}
	ldmia r0!, {r4-r11}
	ldrd r1, r2, [r0]
	msr psp, r1
	msr control, r2
	dsb
	bx lr
	.size kernel_pendsv, . - kernel_pendsv

	/* The number is in the instruction, the arguments are in the frame. It lies where the thread itself could have
	 * written: the hardware pushed it with the thread's rights. A trusted thread has no gate, and asks for nothing:
	 * that it did is the firmware's own fault, and becomes one here. */
	function kernel_svc
	mrs r0, psp
	ldr r3, =os_kernel
	ldr r1, [r0, #24]	/* pc */
	ldr r3, [r3]		/* current */
	ldrb r1, [r1, #-2]
	cmp r1, #0xf0		/* OS_NUMBERS */
	bhs kernel_ask		/* (frame, number); returns from the exception */
	mov r2, r0
	ldrd r3, r0, [r3, #80]
	push {r2, lr}
	blx r3			/* gate(owner, number, arguments) */
	pop {r2, lr}
	strd r0, r1, [r2]
	bx lr
	.size kernel_svc, . - kernel_svc

	.macro fault name, status
	function \name
	mvn r1, #(\status - 1)	/* -status */
	b kernel_fault_common
	.size \name, . - \name
	.endm

	/* Numbers of abi/status.h, negated; fault.c asserts them. */
	fault kernel_hard_fault, 120
	fault kernel_mem_fault, 121
	fault kernel_bus_fault, 122
	fault kernel_usage_fault, 123
	fault kernel_unexpected, 4

	function kernel_fault_common
	tst lr, #4
	ite eq
	mrseq r0, msp
	mrsne r0, psp
	mov r3, lr
	push {r3-r11, lr}	/* r4 to r11 at sp + 4 */
	add r2, sp, #4
	bl kernel_fault		/* (frame, status, r4 to r11, EXC_RETURN) */
	pop {r3-r11, lr}
	mvn lr, #2
	bx lr
	.size kernel_fault_common, . - kernel_fault_common
