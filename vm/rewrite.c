/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/rewrite.h"

#include <stddef.h>

#include "abi/port.h"
#include "vm/handler.h"
#include "vm/opcodes.h"

#if UB_VM_THREADED
/* The slot behind the registers that holds a constant, or 0. */
static uint32_t vm_constant(struct vm_rewritten *r, int32_t imm)
{
	for (uint32_t i = 0; i < r->nconstants; i++)
		if (r->constants[i] == imm)
			return VM_CONSTANT_FIRST + i;
	if (r->nconstants == VM_CONSTANTS_MAX)
		return 0;
	r->constants[r->nconstants] = imm;
	return VM_CONSTANT_FIRST + r->nconstants++;
}

/* The form of an instruction that takes its constant from a register, `constant`: its handler and operands. `word` is
 * the first of the slot. */
static const uint8_t *vm_with_register(uint32_t word, uint32_t constant, uint32_t *operands)
{
	uint32_t opcode = UB_CLASS(word) == UB_ST ? (word & 0xff) + (UB_STX - UB_ST) : (word & 0xff) | UB_X;
	const uint8_t *handler = vm_handler_of(opcode);

	*operands = (word & VM_UPPER) | constant * VM_SLOT_BYTES << 8 | VM_DST(word);
	switch (vm_kind(handler)->shape & VM_SHAPE_MASK) {
	case VM_STX:
		return VM_DST(word) == VM_R10 ? handler + vm_kind(handler)->frame : handler;
	case VM_ALU_X:
		if (word >> 16) {
			*operands |= opcode << 24;
			return vm_signed;
		}
	}
	return handler;
}

/* An instruction whose constant is too large for the operands. Returns its handler, or NULL if there is no memory. */
static __attribute__((noinline)) const uint8_t *vm_large(struct vm_rewritten *r, uint32_t word, int32_t imm,
							 uint32_t *operands)
{
	uint32_t constant = vm_constant(r, imm);
	struct vm_wide *wide = r->wides + r->nwides;

	if (constant)
		return vm_with_register(word, constant, operands);
	if (r->nwides == r->wides_max)
		return NULL;
	wide->imm = imm;
	wide->handler = vm_address(vm_with_register(word, VM_SCRATCH, &wide->operands));
	*operands = r->wides_addr + r->nwides++ * (uint32_t)sizeof *wide;
	return vm_wide;
}

static const uint8_t *vm_swap(uint32_t opcode, int32_t width)
{
	int le = opcode == (UB_ALU32 | UB_K | UB_END);

	if (width == 16)
		return le ? vm_le16 : vm_be16;
	if (width == 32)
		return le ? vm_le32 : vm_be32;
	return le ? vm_le64 : vm_be64;
}

static const uint8_t *vm_shift_by32(uint32_t opcode)
{
	if (UB_OP(opcode) == UB_LSH)
		return vm_lsh64_k32;
	return UB_OP(opcode) == UB_RSH ? vm_rsh64_k32 : vm_arsh64_k32;
}

/* Arithmetic whose offset is not 0. */
static const uint8_t *vm_variant(uint32_t opcode)
{
	if (UB_OP(opcode) != UB_MOV)
		return vm_signed;
	return UB_CLASS(opcode) == UB_ALU64 ? vm_movsx64 : vm_movsx32;
}

/* Fuses the instruction in `slot`, of which `kind` is the handler's, with that in `before` and, where there are three,
 * `first`; all are rewritten. NULL: there is none. Only the handler of the first in a row changes. */
static void vm_fuse(uint32_t *first, uint32_t *before, const uint32_t *slot, const struct vm_kind *kind)
{
	const struct vm_fusion *fusion = vm_fusions + (kind->shape >> VM_SHAPE_BITS);
	uint32_t shape = kind->shape & VM_SHAPE_MASK;
	int src_is_dst = ((slot[0] >> 8 ^ slot[0]) & 0xff) == 0;

	if (!before || before[1] != vm_address(vm_handlers + fusion->before) || ((before[0] ^ slot[0]) & 0xff) != 0)
		return;
	if (shape == VM_LDX ? !src_is_dst || slot[0] >> 16 : shape == VM_ALU_X && src_is_dst)
		return; /* a sum that is loaded from must be overwritten; what was written before must not be read */
	if (kind->opcode == (UB_ALU64 | UB_K | UB_RSH) && before[0] >> 8 != 32)
		return;
	before[1] = vm_address(vm_handlers + fusion->two);
	if (fusion->three && first && first[1] == vm_address(vm_handlers + fusion->first) &&
	    ((first[0] ^ slot[0]) & 0xff) == 0)
		first[1] = vm_address(vm_handlers + fusion->three);
}

int32_t vm_rewrite(struct vm_rewritten *r)
{
	uint32_t *const end = r->text + 2 * r->slots;
	uint32_t *first = NULL, *before = NULL;

	for (uint32_t *slot = r->text; slot < end; slot += 2) {
		uint32_t word = slot[0], opcode = word & 0xff, operands = VM_DST(word);
		int32_t imm = (int32_t)slot[1];
		const uint8_t *handler = vm_handler_of(opcode);
		const struct vm_kind *kind = vm_kind(handler);

		switch (kind->shape & VM_SHAPE_MASK) {
		case VM_ALU_X:
			operands |= VM_SRC(word) | (word & VM_UPPER);
			if (word >> 16) {
				handler = vm_variant(opcode);
				if (handler == vm_signed)
					operands |= opcode << 24;
			}
			break;
		case VM_JUMP_X:
			operands |= VM_SRC(word) | (word & VM_UPPER);
			break;
		case VM_ALU_K:
			operands |= (uint32_t)imm << 8;
			if (imm >> 23 != imm >> 31)
				handler = vm_large(r, word, imm, &operands);
			break;
		case VM_POSITIVE_K:
			operands |= (uint32_t)imm << 8;
			if (word >> 16 || (uint32_t)imm - 1 >= 1u << 23)
				handler = vm_large(r, word, imm, &operands);
			break;
		case VM_SHIFT_K:
			operands |= (uint32_t)imm << 8;
			if ((uint32_t)imm > (UB_CLASS(opcode) == UB_ALU64 ? 63 : 31))
				handler = vm_large(r, word, imm, &operands);
			else if (imm >= 32)
				handler = vm_shift_by32(opcode);
			break;
		case VM_JUMP_K:
			operands |= ((uint32_t)imm & 0xff) << 8 | (word & VM_UPPER);
			if (imm >> 7 != imm >> 31)
				handler = vm_large(r, word, imm, &operands);
			break;
		case VM_LDX:
			operands |= VM_SRC(word) | (word & VM_UPPER);
			if (VM_SRC(word) == VM_R10 << 8)
				handler += kind->frame;
			break;
		case VM_STX:
			operands |= VM_SRC(word) | (word & VM_UPPER);
			if (VM_DST(word) == VM_R10)
				handler += kind->frame;
			break;
		case VM_ST:
			operands |= ((uint32_t)imm & 0xff) << 8 | (word & VM_UPPER);
			if (imm >> 7 != imm >> 31)
				handler = vm_large(r, word, imm, &operands);
			else if (VM_DST(word) == VM_R10)
				handler += kind->frame;
			break;
		case VM_SWAP:
			operands |= opcode << 24 | (uint32_t)imm << 16;
			handler = vm_swap(opcode, imm);
			break;
		case VM_ATOMIC:
			operands = (word & ~0xffu) | (uint32_t)imm;
			break;
		case VM_LDDW: /* the value lies in the second slot, the source field in the first */
			operands |= (word & 0xf000) << 4;
			slot[2] = (uint32_t)imm;
			if (operands >> 16 == UB_LDDW_FUNC)
				slot[2] = UB_CODE_ADDR((slot - r->text) / 2 + 1 + imm);
			slot[0] = operands;
			slot[1] = vm_address(handler);
			slot += 2;
			before = NULL;
			continue;
		default:
			if (word & 0xf000) /* call local */
				handler = vm_call_local;
			operands = (uint32_t)imm;
		}
		if (!handler) {
			r->slots = (uint32_t)(slot - r->text) / 2;
			vm_restore(r);
			r->slots = (uint32_t)(end - r->text) / 2;
			return UB_E_MEMORY;
		}
		slot[0] = operands;
		slot[1] = vm_address(handler);
		kind = vm_kind(handler);
		if (kind->shape > VM_SHAPE_MASK)
			vm_fuse(first, before, slot, kind);
		first = before;
		before = slot;
	}
	return 0;
}
#endif
