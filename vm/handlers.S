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
#include "vm/layout.h"
#if UB_VM_THREADED
#include "vm/fuse.h"
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

/* Which handlers end a superinstruction. */
#define FUSION(row, last, before, two, first, three) .set fusion_##last, row;
VM_FUSIONS(FUSION)

#include "vm/handlers_common.inc"
#include "vm/handlers_alu.inc"
#include "vm/handlers_memory.inc"
#include "vm/handlers_flow.inc"
#include "vm/handlers_fused.inc"

	end

/* Where the handler of each opcode is, from vm_handlers on; 0: nowhere. */
	.macro offset opcode
	.ifdef offset_\opcode
	.2byte offset_\opcode
	.else
	.2byte 0
	.endif
	.endm
	.macro row name, opcode
	.set offset_\opcode, at_\name - vm_handlers
	.endm
#undef ROW
#define ROW(name, opcode, isa, shape) row name, %(opcode);
	.set at_le, at_le16
	.set at_be, at_be16
	.set at_bswap, at_be16
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

	.balign 2
	.global vm_fusions
vm_fusions:
	.skip 8
	.set at_none, vm_handlers
#undef FUSION
#define FUSION(row, last, before, two, first, three) \
	.2byte at_##before - vm_handlers, at_##two - vm_handlers, at_##first - vm_handlers, at_##three - vm_handlers;
VM_FUSIONS(FUSION)
#endif
#if defined(__linux__) && defined(__ELF__)
	.section .note.GNU-stack, "", %progbits
#endif
