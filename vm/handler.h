/* SPDX-License-Identifier: BSD-2-Clause */
/* How rewrite.c and restore.c find handlers, and how the operand word is laid out:
 *
 *   dst, imm              imm:24 dst:8
 *   dst, src, offset      offset:16 src:8 dst:8
 *   dst, offset, imm      offset:16 imm:8 dst:8
 *   width, signedness     opcode:8 width or offset:8 src:8 dst:8
 *   atomic                the first word of the slot, with imm in place of the opcode
 *   imm alone             imm:32
 *
 * dst and src are 8 times the register's number. A constant that does not fit is the source register of the form of the
 * instruction that has one.
 */
#ifndef UB_VM_HANDLER_H
#define UB_VM_HANDLER_H

#include "vm/rewrite.h"

enum { VM_SLOT_BYTES = 8 };
#define VM_DST(word) ((word) >> 5 & 0x78)
#define VM_SRC(word) ((word) >> 1 & 0x7800)
#define VM_UPPER 0xffff0000u

/* Handlers of instructions that have more than one. */
extern const uint8_t vm_signed[], vm_wide[], vm_movsx32[], vm_movsx64[], vm_call_local[], vm_lsh64_k32[], vm_rsh64_k32[],
	vm_arsh64_k32[], vm_le16[], vm_le32[], vm_le64[], vm_be16[], vm_be32[], vm_be64[];

static inline const uint8_t *vm_handler_of(uint32_t opcode)
{
	return vm_handlers + vm_offsets[opcode];
}

/* Names of handlers have the bit that says Thumb, places in the table have not. */
static inline const struct vm_kind *vm_kind(const uint8_t *handler)
{
	return (const struct vm_kind *)((uintptr_t)handler & ~(uintptr_t)1) - 1;
}

/* The word in rewritten text: always with that bit. */
static inline uint32_t vm_address(const uint8_t *handler)
{
	return (uint32_t)(uintptr_t)handler | 1;
}

static inline const struct vm_kind *vm_kind_at(uint32_t address)
{
	return vm_kind((const uint8_t *)(uintptr_t)(address - 1));
}

#endif
