/* SPDX-License-Identifier: BSD-2-Clause */
/* The threaded form, for Cortex-M3 and M4: a handler for each opcode. docs/vm.md explains it.
 *
 * Program text is slots of two words, {operands, address of the handler}. While a handler executes:
 *
 *   r4       the slot after this one          r8, r9    window of loads: start, length - 3
 *   r5       operands of this slot            r10       budget left
 *   r6       0                                r11, r12  window of stores: start, length - 3
 *   r7       struct vm_threaded               r0-r3, lr free
 *
 * A register field in the operands is a byte, 8 times the register's number: added to r7 it is the register's address.
 * A handler fetches the next slot (`fetch`, into r5 and lr) as soon as it needs neither any more.
 */
#if defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__)
#include "vm/layout.h"
#include "vm/opcodes.h"

	.syntax unified
	.thumb
	.altmacro
	.section .text.vm_handlers, "ax", %progbits
	.balign 4
	.global vm_handlers
vm_handlers:

/* Number and shape of each opcode by the name of its handler. */
#define ROW(name, opcode, isa, shape)           \
	.set opcode_##name, opcode;             \
	.set shape_##name, shape;
VM_OPCODES(ROW)

/* Begins a handler, behind what rewrite.c wants to know about it (struct vm_kind). `frame` is the handler of the same
 * opcode for accesses based on r10. */
	.macro kind name, opcode, shape, frame
	.balign 4
	.2byte \frame
	.byte \opcode, \shape
	.endm
	.macro handler name
	kind \name, opcode_\name, shape_\name, 0
vm_\name:
	.endm
	.macro handler_of_row name, row
	kind \name, opcode_\row, shape_\row, 0
	.global vm_\name
vm_\name:
	.endm
	.macro handler_with_frame name
	kind \name, opcode_\name, shape_\name, vm_\name\()_frame - vm_\name
vm_\name:
	.endm

/* reg = the address of the register in a field. */
	.macro dst reg
#ifdef __ARM_ARCH_7EM__
	uxtab \reg, r7, r5
#else
	uxtb \reg, r5
	add \reg, r7
#endif
	.endm
	.macro src reg
#ifdef __ARM_ARCH_7EM__
	uxtab \reg, r7, r5, ror #8
#else
	ubfx \reg, r5, #8, #8
	add \reg, r7
#endif
	.endm
	.macro imm24 reg
	asrs \reg, r5, #8
	.endm
	.macro imm8 reg
	sxtb.w \reg, r5, ror #8
	.endm

	.macro fetch
	ldm r4!, {r5, lr}
	.endm
	.macro next			/* without anything to do in between */
	ldm r4!, {r5, pc}
	.endm
/* The result goes to where r2 points. */
	.macro next64			/* r0, r1 */
	fetch
	str r0, [r2]
	str r1, [r2, #4]
	bx lr
	.endm
	.macro next32			/* r0 */
	fetch
	str r0, [r2]
	str r6, [r2, #4]
	bx lr
	.endm
/* Calls C, which may use r0-r3, r12 and lr. */
	.macro c function
	push {r3, r12}
	bl \function
	pop {r3, r12}
	.endm

/* Arithmetic. `lo` and `hi` are the instructions for the halves. */
	.macro alu name, lo, hi
	handler \name\()32_k
	dst r2
	imm24 r3
	ldr r0, [r2]
	\lo r0, r0, r3
	next32
	handler \name\()32_x
	src r3
	dst r2
	ldr r1, [r3]
	ldr r0, [r2]
	\lo r0, r0, r1
	next32
	handler \name\()64_k
	dst r2
	imm24 r3
	ldrd r0, r1, [r2]
	\lo r0, r0, r3
	\hi r1, r1, r3, asr #31
	next64
	handler \name\()64_x
	src r3
	dst r2
	ldrd r0, r1, [r3]
	ldrd r3, lr, [r2]
	\lo r0, r3, r0
	\hi r1, lr, r1
	next64
	.endm
	alu add, adds, adc
	alu sub, subs, sbc
	alu or, orrs, orr
	alu and, ands, and
	alu xor, eors, eor

	handler mov32_k
	dst r2
	imm24 r0
	next32
	handler mov64_k
	dst r2
	imm24 r0
	asrs r1, r0, #31
	next64
	handler mov32_x
	src r3
	dst r2
	ldr r0, [r3]
	next32
	handler mov64_x
	src r3
	dst r2
	ldrd r0, r1, [r3]
	next64

/* Sign-extending moves: the width is in the upper half. */
	.macro movsx
	src r3
	dst r2
	lsrs r1, r5, #16
	rsb r1, r1, #32
	ldr r0, [r3]
	lsls r0, r1
	asrs r0, r1
	.endm
	handler_of_row movsx32, mov32_x
	movsx
	next32
	handler_of_row movsx64, mov64_x
	movsx
	asrs r1, r0, #31
	next64

	handler neg32
	dst r2
	ldr r0, [r2]
	rsbs r0, r0, #0
	next32
	handler neg64
	dst r2
	ldrd r0, r1, [r2]
	rsbs r0, r0, #0
	sbc r1, r6, r1
	next64

	handler mul32_k
	dst r2
	imm24 r3
	ldr r0, [r2]
	muls r0, r3
	next32
	handler mul32_x
	src r3
	dst r2
	ldr r1, [r3]
	ldr r0, [r2]
	muls r0, r1
	next32
	handler mul64_k			/* of a negative constant, the upper half is -1 */
	dst r2
	imm24 r3
	ldrd r0, r1, [r2]
	mul r1, r1, r3
	and lr, r0, r3, asr #31
	sub r1, r1, lr
	umull r0, lr, r0, r3
	add r1, lr
	next64
	handler mul64_x
	src r3
	dst r2
	ldrd r0, r1, [r3]
	ldrd r3, lr, [r2]
	mul r1, r3, r1
	mla r1, lr, r0, r1
	umull r0, r3, r3, r0
	add r1, r3
	next64

/* Division: r0 by r3, not relying on what dividing by zero gives. */
	.macro divide32_div
	movs r1, #0
	cbz r3, 1f
	udiv r1, r0, r3
1:	mov r0, r1
	.endm
	.macro divide32_mod
	cbz r3, 1f
	udiv r1, r0, r3
	mls r0, r1, r3, r0
1:
	.endm
	.macro quotient64_div
	udiv r0, r0, r3
	.endm
	.macro quotient64_mod
	udiv r1, r0, r3
	mls r0, r1, r3, r0
	.endm
	.macro divide op
	handler \op\()32_k
	dst r2
	imm24 r3
	ldr r0, [r2]
	divide32_\op
	next32
	handler \op\()32_x
	src r3
	dst r2
	ldr r3, [r3]
	ldr r0, [r2]
	divide32_\op
	next32
	handler \op\()64_k
	dst r2
	imm24 r3
	ldrd r0, r1, [r2]
	cbnz r1, 1f
	cmp r3, #0
	ble 1f
	quotient64_\op
	next32
1:	mov r2, r3
	asrs r3, r3, #31
	b 2f
	handler \op\()64_x
	src r3
	dst r2
	ldrd r0, r1, [r2]
	ldrd r2, r3, [r3]
2:	c vm_\op\()64
	dst r2
	next64
	.endm
	divide div
	divide mod

/* Shifts: of r0, or r0 and r1, by r3, which is below 32 or 64. A count of 32 to 255 in a register gives 0. */
	.macro shift64_lsl
	lsls r1, r3
	sub lr, r3, #32
	lsl lr, r0, lr
	orr r1, lr
	rsb lr, r3, #32
	lsr lr, r0, lr
	orr r1, lr
	lsls r0, r3
	.endm
	.macro shift64_lsr
	lsrs r0, r3
	sub lr, r3, #32
	lsr lr, r1, lr
	orr r0, lr
	rsb lr, r3, #32
	lsl lr, r1, lr
	orr r0, lr
	lsrs r1, r3
	.endm
	.macro shift64_asr
	lsrs r0, r3
	rsb lr, r3, #32
	lsl lr, r1, lr
	orr r0, lr
	subs lr, r3, #32
	itt pl
	asrpl lr, r1, lr
	orrpl r0, lr
	asrs r1, r3
	.endm
	.macro below32_lsl
	lsls r1, r3
	rsb lr, r3, #32
	lsr lr, r0, lr
	orr r1, lr
	lsls r0, r3
	.endm
	.macro below32_lsr
	lsrs r0, r3
	rsb lr, r3, #32
	lsl lr, r1, lr
	orr r0, lr
	lsrs r1, r3
	.endm
	.macro below32_asr
	lsrs r0, r3
	rsb lr, r3, #32
	lsl lr, r1, lr
	orr r0, lr
	asrs r1, r3
	.endm
	.macro shift name, how, hows
	handler \name\()32_k
	dst r2
	ubfx r3, r5, #8, #5
	ldr r0, [r2]
	\hows r0, r3
	next32
	handler \name\()32_x
	src r3
	dst r2
	ldr r3, [r3]
	ldr r0, [r2]
	and r3, r3, #31
	\hows r0, r3
	next32
	handler \name\()64_k
	dst r2
	lsrs r3, r5, #8
	ldrd r0, r1, [r2]
	below32_\how
	next64
	handler \name\()64_x
	src r3
	dst r2
	ldr r3, [r3]
	ldrd r0, r1, [r2]
	and r3, r3, #63
	shift64_\how
	next64
	.endm
	shift lsh, lsl, lsls
	shift rsh, lsr, lsrs
	shift arsh, asr, asrs
/* By 32 and more. */
	.macro shift_by32
	dst r2
	lsrs r3, r5, #8
	subs r3, #32
	.endm
	handler_of_row lsh64_k32, lsh64_k
	shift_by32
	ldr r1, [r2]
	lsls r1, r3
	movs r0, #0
	next64
	handler_of_row rsh64_k32, rsh64_k
	shift_by32
	ldr r0, [r2, #4]
	lsrs r0, r3
	next32
	handler_of_row arsh64_k32, arsh64_k
	shift_by32
	ldr r0, [r2, #4]
	asrs r1, r0, #31
	asrs r0, r3
	next64

/* Byte order, by width. The opcode is in the operands. */
	.macro swap name
	kind \name, 0, VM_SWAP, 0
	.global vm_\name
vm_\name:
	dst r2
	.endm
	swap le16
	ldrh r0, [r2]
	next32
	swap le32
	ldr r0, [r2]
	next32
	swap le64
	next
	swap be16
	ldr r0, [r2]
	rev16 r0, r0
	uxth r0, r0
	next32
	swap be32
	ldr r0, [r2]
	rev r0, r0
	next32
	swap be64
	ldrd r0, r1, [r2]
	rev r3, r0
	rev r0, r1
	mov r1, r3
	next64
/* Signed division, and what else is rare: opcode and registers are in the operands. */
	kind signed, 0, VM_ALU_X, 0
	.global vm_signed
vm_signed:
	mov r0, r7
	mov r1, r5
	c vm_divide_signed
	next

	handler lddw
	dst r2
	ldm r4!, {r0, r1}
	next64

/* Loads: of the address in r0, whose base is the register r3 points at. */
	.macro check_load size
	sub r1, r0, r8
	.if \size == 8
	add r6, r1, #4
	cmp r1, r9
	it cc
	cmpcc r6, r9
	mov.w r6, #0
	.else
	cmp r1, r9
	.endif
	it cs
	blcs vm_load_miss_\size
	.endm
	.macro check_store size
	sub r1, r0, r11
	.if \size == 8
	add r6, r1, #4
	cmp r1, r12
	it cc
	cmpcc r6, r12
	mov.w r6, #0
	.else
	cmp r1, r12
	.endif
	it cs
	blcs vm_store_miss_\size
	.endm
	.macro load name, size, instruction, rest:vararg
	handler_with_frame \name
	src r3
	dst r2
	ldr r0, [r3]
	add r0, r0, r5, asr #16
	check_load \size
	\instruction \rest
	handler_of_row \name\()_frame, \name
	ldr r0, [r7, #VM_R10]
	dst r2
	add r0, r0, r5, asr #16
	\instruction \rest
	.endm
	.macro load_zero instruction
	\instruction r0, [r0]
	next32
	.endm
	.macro load_sign instruction
	\instruction r0, [r0]
	asrs r1, r0, #31
	next64
	.endm
	.macro load_pair
	ldr r1, [r0, #4]
	ldr r0, [r0]
	next64
	.endm
	load ldx8, 1, load_zero, ldrb
	load ldx16, 2, load_zero, ldrh
	load ldx32, 4, load_zero, ldr
	load ldx64, 8, load_pair
	load ldsx8, 1, load_sign, ldrsb
	load ldsx16, 2, load_sign, ldrsh
	load ldsx32, 4, load_sign, ldr

/* Stores. */
	.macro store_x name, size, instruction
	handler_with_frame \name
	dst r3
	src r2
	ldr r0, [r3]
	add r0, r0, r5, asr #16
	check_store \size
	put_x \instruction
	handler_of_row \name\()_frame, \name
	ldr r0, [r7, #VM_R10]
	src r2
	add r0, r0, r5, asr #16
	put_x \instruction
	.endm
	.macro put_x instruction
	.ifc \instruction, pair
	ldrd r1, r2, [r2]
	fetch
	str r1, [r0]
	str r2, [r0, #4]
	.else
	ldr r2, [r2]
	fetch
	\instruction r2, [r0]
	.endif
	bx lr
	.endm
	store_x stx8, 1, strb
	store_x stx16, 2, strh
	store_x stx32, 4, str
	store_x stx64, 8, pair
	.macro store_k name, size, instruction
	handler_with_frame \name
	dst r3
	ldr r0, [r3]
	add r0, r0, r5, asr #16
	imm8 r2
	check_store \size
	put_k \instruction
	handler_of_row \name\()_frame, \name
	ldr r0, [r7, #VM_R10]
	imm8 r2
	add r0, r0, r5, asr #16
	put_k \instruction
	.endm
	.macro put_k instruction
	fetch
	.ifc \instruction, pair
	str r2, [r0]
	asrs r2, r2, #31
	str r2, [r0, #4]
	.else
	\instruction r2, [r0]
	.endif
	bx lr
	.endm
	store_k st8, 1, strb
	store_k st16, 2, strh
	store_k st32, 4, str
	store_k st64, 8, pair

	.macro atomic name
	handler \name
	mov r0, r7
	bic r1, r5, #0xff
	orr r1, r1, #opcode_\name
	uxtb r2, r5
	c vm_atomic
	cmp r0, #0
	bne.w vm_stop_noted
	next
	.endm
	atomic atomic32
	atomic atomic64

/* Conditional jumps: `compare` macros set the flags, `condition` is that of the jump. */
	.macro compare64_x_eq
	cmp r0, r2
	it eq
	cmpeq r1, r3
	.endm
	.macro compare64_x_set
	tst r0, r2
	it eq
	tsteq r1, r3
	.endm
	.macro compare64_x_below	/* dst against operand */
	cmp r0, r2
	sbcs r1, r3
	.endm
	.macro compare64_x_above	/* operand against dst */
	cmp r2, r0
	sbcs r3, r1
	.endm
	.macro compare64_k_eq
	cmp r0, r3
	it eq
	cmpeq r1, r3, asr #31
	.endm
	.macro compare64_k_set
	tst r0, r3
	it eq
	tsteq r1, r3, asr #31
	.endm
	.macro compare64_k_below
	cmp r0, r3
	sbcs r1, r1, r3, asr #31
	.endm
	.macro compare64_k_above
	cmp r3, r0
	asr r3, r3, #31
	sbcs r3, r1
	.endm
	.macro compare32_eq
	cmp r0, r3
	.endm
	.macro compare32_set
	tst r0, r3
	.endm
	.macro compare32_below
	cmp r0, r3
	.endm
	.macro compare32_above
	cmp r3, r0
	.endm
	.macro jump name, compare, condition
	handler \name\()32_k
	dst r2
	imm8 r3
	ldr r0, [r2]
	compare32_\compare
	b\condition\().w vm_taken
	next
	handler \name\()32_x
	src r3
	dst r2
	ldr r3, [r3]
	ldr r0, [r2]
	compare32_\compare
	b\condition\().w vm_taken
	next
	handler \name\()64_k
	dst r2
	imm8 r3
	ldrd r0, r1, [r2]
	compare64_k_\compare
	b\condition\().w vm_taken
	next
	handler \name\()64_x
	dst r2
	src r3
	ldrd r0, r1, [r2]
	ldrd r2, r3, [r3]
	compare64_x_\compare
	b\condition\().w vm_taken
	next
	.endm
	jump jeq, eq, eq
	jump jne, eq, ne
	jump jset, set, ne
	jump jlt, below, cc
	jump jge, below, cs
	jump jgt, above, cc
	jump jle, above, cs
	jump jslt, below, lt
	jump jsge, below, ge
	jump jsgt, above, lt
	jump jsle, above, ge

	handler gotol
	mov r3, r5
	b 1f
	handler ja
vm_taken:				/* r4 at the slot after the jump, the distance in the operands */
	asrs r3, r5, #16
1:	add r4, r4, r3, lsl #3
	subs r10, r10, r3, lsr #31
	ldm r4!, {r5, lr}
	bcc 2f
	bx lr
2:	sub r4, r4, #8
	sub r4, r4, r3, lsl #3
vm_broke:
	mov r10, #0
	mvn r0, #(-VM_E_BUDGET - 1)
	b vm_stop_status

/* Calls. */
	handler call
	mov r0, r7
	mov r1, r5
	c vm_helper
	cmp r0, #0
	bne vm_stop_status
	next
	handler_of_row call_local, call
	bl vm_nest
	add r4, r4, r5, lsl #3
	next
	handler callx
	dst r2
	ldr r1, [r2]
	ldr r0, [r7, #VM_PROGRAM]
	c vm_function
	cmp r0, #0
	blt vm_stop_status
	mov r5, r0
	bl vm_nest
	b vm_continue
vm_nest:				/* saves the caller, and charges for the call */
	push {r3, r12, lr}
	sub sp, #4
	ldr r1, [r7, #VM_TEXT]
	mov r0, r7
	subs r1, r4, r1
	lsrs r1, #3
	bl vm_enter
	add sp, #4
	pop {r3, r12, lr}
	cmp r0, #0
	bne vm_stop_status
	subs r10, #1
	bcc vm_broke
	bx lr
	handler exit
	mov r0, r7
	c vm_leave
	subs r5, r0, #0
	blt vm_done
vm_continue:				/* at slot r5 */
	ldr r4, [r7, #VM_TEXT]
	add r4, r4, r5, lsl #3
	next

/* An instruction with a constant there is no room for: {constant, operands, handler} are elsewhere. */
	kind wide, 0, VM_NONE, 0
	.global vm_wide
vm_wide:
	ldm r5, {r0, r5, lr}
	asrs r1, r0, #31
	strd r0, r1, [r7, #8 * VM_SCRATCH]
	bx lr

	.global vm_handlers_end
vm_handlers_end:

/* Ends. r4 is at the slot after the one that is to blame. */
	.balign 4
vm_read_fault:				/* at r0 */
	mvn r2, #(-VM_E_READ - 1)
	b 1f
vm_write_fault:
	mvn r2, #(-VM_E_WRITE - 1)
1:	ldr r1, [r7, #VM_RUN]
	str r0, [r1, #VM_RUN_ADDR]
	mov r0, r2
vm_stop_status:
	ldr r1, [r7, #VM_RUN]
	str r0, [r1, #VM_RUN_STATUS]
vm_stop_noted:
	ldr r1, [r7, #VM_RUN]
	ldr r2, [r7, #VM_TEXT]
	subs r2, r4, r2
	lsrs r2, #3
	subs r2, #1
	str r2, [r1, #VM_RUN_PC]
	b 2f
vm_done:
	ldr r1, [r7, #VM_RUN]
	ldrd r2, r3, [r7]
	strd r2, r3, [r1, #VM_RUN_R0]
2:	str r10, [r1, #VM_RUN_BUDGET]
	ldr r0, [r1, #VM_RUN_STATUS]
	pop {r3-r11, pc}

/* int32_t vm_execute(struct vm_threaded *state, const uint32_t *entry) */
	.global vm_execute
	.thumb_func
	.type vm_execute, %function
vm_execute:
	push {r3-r11, lr}
	mov r7, r0
	mov r4, r1
	ldr r1, [r7, #VM_RUN]
	movs r6, #0
	mov r9, r6
	mov r12, r6
	ldr r10, [r1, #VM_RUN_BUDGET]
	next

/* The access to r0 is not all in the window, r1 bytes from its start. Looks whether the size was why; into the window of
 * the base register, at r3; then through the regions. Keeps r0, r2 and r3, and the caller's operands are gone. */
	.macro miss kind, start, limit, windows, right, fault
	.irp size, 1, 2, 4, 8
vm_\kind\()_miss_\size:
	movs r6, #\size
	.if \size < 8
	b vm_\kind\()_miss
	.endif
	.endr
vm_\kind\()_miss:
	push {r2, lr}
	cmp \limit, #0
	beq 1f
	add r5, \limit, #3
	subs r5, r5, r1
	bls 1f
	cmp r5, r6
	bcs 5f
1:	ldrd r1, r2, [r3, #\windows]
	cbz r2, 2f
	adds r5, r1, #3
	add r5, r2
	cmp r0, r1
	bcc 2f
	subs r5, r5, r0
	bls 2f
	cmp r5, r6
	bcc 2f
	mov \start, r1
	mov \limit, r2
	b 5f
2:	ldr r1, [r7, #VM_RUN]
	ldr r2, [r1, #VM_RUN_NREGIONS]
	adds r1, #VM_RUN_REGIONS
3:	subs r2, #1
	bmi 6f
	ldrd r5, lr, [r1], #12
	subs r5, r0, r5
	bcc 3b
	subs lr, lr, r5
	bls 3b
	cmp lr, r6
	bcc 3b
	ldr r5, [r1, #-4]
	lsrs r5, #\right
	bcc 3b
	ldr r5, [r1, #-12]
	ldr lr, [r1, #-8]
	subs lr, #3
	bls 5f
	mov \start, r5
	mov \limit, lr
	strd r5, lr, [r3, #\windows]
5:	movs r6, #0
	pop {r2, pc}
6:	pop {r2, lr}
	b \fault
	.endm
	.balign 4
	miss load, r8, r9, VM_LOADS, 1, vm_read_fault
	miss store, r11, r12, VM_STORES, 2, vm_write_fault

/* Where the handler of each opcode is, from vm_handlers on; 0: nowhere. */
	.macro offset opcode
	.ifdef offset_\opcode
	.2byte offset_\opcode
	.else
	.2byte 0
	.endif
	.endm
	.macro row name, opcode
	.set offset_\opcode, vm_\name - vm_handlers
	.endm
#undef ROW
#define ROW(name, opcode, isa, shape) row name, %(opcode);
	.set vm_le, vm_le16
	.set vm_be, vm_be16
	.set vm_bswap, vm_be16
VM_OPCODES(ROW)
	.section .rodata.vm_offsets, "a", %progbits
	.balign 2
	.global vm_offsets
vm_offsets:
	.set i, 0
	.rept 256
	offset %i
	.set i, i + 1
	.endr
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
