/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults and how a step survives them.
 *
 * boot_protect leaves its stack pointer in boot_recovery while a step runs. A fault handler moves
 * to a stack of its own (the faulting one may be the reason), lets boot_fault note what happened,
 * and returns from the exception into a frame boot_fault made: below the protected stack pointer,
 * continuing at boot_recover, or, if no step was running, below the top of the stack, continuing at
 * boot_restart.
 */
	.syntax unified
	.thumb

	.macro entry name, status
	.section .text.\name, "ax", %progbits
	.global \name
	.thumb_func
	.type \name, %function
\name:
	mov r0, sp
	mvn r1, #(\status - 1)	/* -status */
	b boot_fault_common
	.size \name, . - \name
	.endm

	/* Numbers of abi/status.h, negated; fault.c asserts them. */
	entry boot_hard_fault, 120
	entry boot_mem_fault, 121
	entry boot_bus_fault, 122
	entry boot_usage_fault, 123
	entry boot_unexpected, 4

	.section .text.boot_fault_common, "ax", %progbits
	.thumb_func
	.type boot_fault_common, %function
boot_fault_common:
	ldr r2, =boot_fault_stack_top
	mov sp, r2
	bl boot_fault		/* (stacked frame, status) -> frame to return to */
	mov sp, r0
	mvn lr, #6		/* 0xfffffff9: thread mode, main stack, no floating point */
	bx lr
	.size boot_fault_common, . - boot_fault_common

/* int32_t boot_protect(agent_step step, void *arg) */
	.section .text.boot_protect, "ax", %progbits
	.global boot_protect
	.thumb_func
	.type boot_protect, %function
boot_protect:
	push {r3-r11, lr}
	mov r2, r0
	mov r0, r1
	ldr r1, =boot_recovery
	str sp, [r1]
	blx r2
boot_protect_end:
	ldr r1, =boot_recovery
	movs r2, #0
	str r2, [r1]
	pop {r3-r11, pc}
	.size boot_protect, . - boot_protect

	.global boot_recover
	.thumb_func
	.type boot_recover, %function
boot_recover:			/* r0 = status, sp as boot_protect left it */
	cpsie i
	b boot_protect_end
	.size boot_recover, . - boot_recover

	.section .bss.boot_fault_stack, "aw", %nobits
	.balign 8
	.skip 256
boot_fault_stack_top:
