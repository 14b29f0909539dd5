/* SPDX-License-Identifier: BSD-2-Clause */
/* uint32_t *boot_stack_first_used(void): the lowest word of the stack that lost its paint. Looked
 * for twice around every run, so eight words at a time.
 */
	.syntax unified
	.thumb

	.section .text.boot_stack_first_used, "ax", %progbits
	.global boot_stack_first_used
	.thumb_func
	.type boot_stack_first_used, %function
boot_stack_first_used:
	push {r4-r8, lr}
	ldr r0, =0x20000000	/* BOOT_RAM_START */
	ldr r12, =0x5afe57ac	/* BOOT_PAINT */
1:	ldmia r0!, {r1-r8}
	cmp r1, r12
	itttt eq
	cmpeq r2, r12
	cmpeq r3, r12
	cmpeq r4, r12
	cmpeq r5, r12
	ittt eq
	cmpeq r6, r12
	cmpeq r7, r12
	cmpeq r8, r12
	beq 1b
	subs r0, r0, #32
2:	ldr r1, [r0], #4
	cmp r1, r12
	beq 2b
	subs r0, r0, #4
	pop {r4-r8, pc}
	.size boot_stack_first_used, . - boot_stack_first_used
