/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways into the gate, which programs run themselves: they are as little trusted as the programs. Each is called
 * as a C function uint64_t (struct ub_run *, r1..r5) is (abi/run.h), so its number and its arguments 4 and 5, which C
 * has on the stack, go into registers.
 */
	.syntax unified
	.thumb

	.section .text.ways, "ax", %progbits

	.global kernel_end_walled
	.thumb_func
	.type kernel_end_walled, %function
kernel_end_walled:
	svc #0xf0		/* OS_NUMBER_END */
	.size kernel_end_walled, . - kernel_end_walled

	/* The code of way n is at ways + 8 n. */
	.balign 8
	.thumb_func
	.type ways, %function
ways:
	.set number, 0
	.rept 80		/* OS_WAYS */
	ldrd r0, ip, [sp]
	svc #number
	bx lr
	.set number, number + 1
	.endr
	.size ways, . - ways

	.balign 4
	.global os_ways
	.type os_ways, %object
os_ways:
	.set number, 0
	.rept 80
	.word ways + 8 * number + 1
	.set number, number + 1
	.endr
	.size os_ways, . - os_ways
