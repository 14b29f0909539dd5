/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector table: the core's exceptions, and one interrupt, that of the link; others are never enabled. */
	.syntax unified
	.thumb

	.section .vectors, "a", %progbits
	.global board_vectors
board_vectors:
	.word board_stack_top
	.word board_main
	.word kernel_unexpected	/* NMI */
	.word kernel_hard_fault
	.word kernel_mem_fault
	.word kernel_bus_fault
	.word kernel_usage_fault
	.word 0, 0, 0, 0
	.word kernel_svc
	.word kernel_unexpected	/* DebugMonitor */
	.word 0
	.word kernel_pendsv
	.word kernel_tick
	.rept BOARD_LINK_IRQ
	.word kernel_unexpected
	.endr
	.word board_link_interrupt
