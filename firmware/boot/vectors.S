/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector table and reset. The agent runs in thread mode on the main stack; no interrupt is ever
 * taken, so the table ends with the exceptions.
 */
	.syntax unified
	.thumb

	.section .vectors, "a", %progbits
	.global boot_vectors
boot_vectors:
	.word boot_stack_top
	.word boot_reset
	.word boot_unexpected	/* NMI */
	.word boot_hard_fault
	.word boot_mem_fault
	.word boot_bus_fault
	.word boot_usage_fault
	.word 0, 0, 0, 0
	.word boot_unexpected	/* SVCall */
	.word boot_unexpected	/* DebugMonitor */
	.word 0
	.word boot_unexpected	/* PendSV */
	.word boot_unexpected	/* SysTick */

	.section .text.boot_reset, "ax", %progbits
	.global boot_reset
	.thumb_func
	.type boot_reset, %function
boot_reset:
	ldr r0, =boot_data_start
	ldr r1, =boot_data_load
	ldr r2, =boot_data_bytes
	bl memcpy
	ldr r0, =boot_bss_start
	movs r1, #0
	ldr r2, =boot_bss_bytes
	bl memset
	bl boot_main
	b .
	.size boot_reset, . - boot_reset
