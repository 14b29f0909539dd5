/* SPDX-License-Identifier: BSD-2-Clause */
/* The counters. The load is the first instruction after a branch: an emulator that counts
 * instructions by whole translation blocks has then counted exactly those before it.
 */
	.syntax unified
	.thumb

	.macro counter name, addr
	.section .text.\name, "ax", %progbits
	.global \name
	.thumb_func
	.type \name, %function
\name:
	movw r0, #:lower16:\addr
	movt r0, #:upper16:\addr
	b 1f
1:	ldr r0, [r0]
	bx lr
	.size \name, . - \name
	.endm

	counter ub_port_instructions, 0x40000024	/* TIM2 CNT */
	counter ub_port_cycles, 0xe0001004		/* DWT CYCCNT */

/* BOOT_PROBE_INSTRUCTIONS more than boot_nothing, and more cycles than that on any core. */
	.section .text.boot_probe, "ax", %progbits
	.global boot_probe
	.thumb_func
	.type boot_probe, %function
boot_probe:
	mov r0, #500
1:	subs r0, r0, #1
	bne 1b
	bx lr
	.size boot_probe, . - boot_probe

	.section .text.boot_nothing, "ax", %progbits
	.global boot_nothing
	.thumb_func
	.type boot_nothing, %function
boot_nothing:
	bx lr
	.size boot_nothing, . - boot_nothing
