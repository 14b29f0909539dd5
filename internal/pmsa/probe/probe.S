/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One access, and how it ended. */
	.syntax unified
	.thumb

	.section .vectors, "a", %progbits
	.global board_vectors
board_vectors:
	.word probe_stack_top
	.word board_main
	.word stuck		/* NMI */
	.word stuck		/* HardFault */
	.word mem_fault
	.word bus_fault
	.word usage_fault
	.word 0, 0, 0, 0
	.word privileged	/* SVC */
	.word 0, 0
	.word stuck, stuck

	.text
	.thumb_func
stuck:
	b stuck

	/* uint32_t probe_access(kind, address): 0 done, 1 MemManage, 2 BusFault, 3 UsageFault. Kinds are those of main.c.
	 * What faults goes on at `landing`, privileged, with the stack pointer as it was. */
	.global probe_access
	.thumb_func
probe_access:
	push {r4-r11, lr}
	mov r4, sp
	movs r5, #0		/* how it ended */
	movs r2, #0x70		/* low byte of bx lr, which is there */
	tbb [pc, r0]
0:	.byte (1f - 0b) / 2, (2f - 0b) / 2, (3f - 0b) / 2, (4f - 0b) / 2, (5f - 0b) / 2, (6f - 0b) / 2
1:	ldrb r3, [r1]
	b landing
2:	strb r2, [r1]
	b landing
3:	orr r1, #1
	blx r1
	b landing
4:	ldrbt r3, [r1]
	b landing
5:	strbt r2, [r1]
	b landing
6:	movs r3, #1
	msr control, r3
	isb
	orr r1, #1
	blx r1
	svc #0
landing:
	mov sp, r4
	mov r0, r5
	pop {r4-r11, pc}

	.thumb_func
mem_fault:
	movs r5, #1
	b caught
	.thumb_func
bus_fault:
	movs r5, #2
	b caught
	.thumb_func
usage_fault:
	movs r5, #3
caught:
	ldr r0, =landing
	str r0, [sp, #24]	/* pc */
	movs r0, #0x01000000
	str r0, [sp, #28]	/* xpsr */
	ldr r0, =0xe000ed28	/* CFSR: write one to clear */
	ldr r1, [r0]
	str r1, [r0]
	.thumb_func
privileged:
	movs r0, #0
	msr control, r0
	isb
	bx lr
