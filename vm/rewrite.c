/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/rewrite.h"

#include "abi/port.h"
#include "vm/opcodes.h"

/* How the operand word is laid out, by shape:
 *
 *   dst, imm              imm:24 dst:8
 *   dst, src, offset      offset:16 src:8 dst:8
 *   dst, offset, imm      offset:16 imm:8 dst:8
 *   width, signedness     opcode:8 width or offset:8 src:8 dst:8
 *   atomic                the first word of the slot, with imm in place of the opcode
 *   imm alone             imm:32
 *
 * Constants that do not fit are the source register of the form of the instruction that has one. */
enum { VM_REGISTER_BYTES = 8, VM_OFFSET_BITS = 16 };

#if !UB_HOST
/* The address of a handler, as jumps want it: with the bit that says Thumb. */
static inline uint32_t vm_handler(const uint8_t *handler)
{
	return (uint32_t)handler | 1;
}

static inline uint32_t vm_handler_of(uint32_t opcode)
{
	return vm_handler(vm_handlers + vm_offsets[opcode]);
}

static inline const struct vm_kind *vm_kind(uint32_t handler)
{
	return (const struct vm_kind *)(handler - 1) - 1;
}

#define VM_FORM(name) ({ extern const uint8_t vm_##name[]; vm_handler(vm_##name); })

static inline uint32_t vm_fields(uint32_t word)
{
	return (word >> 5 & 0x78) | (word >> 1 & 0x7800);
}

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

/* The same with the constant in a register: `word` is the first of the slot, with the opcode of that form. */
static uint32_t vm_with_source(uint32_t word, uint32_t slot, uint32_t *operands)
{
	uint32_t opcode = word & 0xff;

	*operands = (word & 0xffff0000) | slot * VM_REGISTER_BYTES << 8 | (word >> 5 & 0x78);
	if (UB_CLASS(opcode) == UB_STX)
		return (word >> 8 & 15) == UB_R10 ? vm_handler_of(opcode) + vm_kind(vm_handler_of(opcode))->frame :
						    vm_handler_of(opcode);
	if (UB_CLASS(opcode) == UB_ALU32 || UB_CLASS(opcode) == UB_ALU64)
		if (word >> 16) {
			*operands |= opcode << 24;
			return VM_FORM(signed);
		}
	return vm_handler_of(opcode);
}

static int32_t vm_large(struct vm_rewritten *r, uint32_t *slot, uint32_t word, int32_t imm)
{
	uint32_t constant = vm_constant(r, imm), operands;
	struct vm_wide *wide = r->wides + r->nwides;

	word = UB_CLASS(word) == UB_ST ? word + (UB_STX - UB_ST) : word | UB_X;
	if (constant) {
		slot[1] = vm_with_source(word, constant, &slot[0]);
		return 0;
	}
	if (r->nwides == r->wides_max)
		return UB_E_MEMORY;
	wide->imm = imm;
	wide->handler = vm_with_source(word, VM_SCRATCH, &operands);
	wide->operands = operands;
	slot[0] = r->wides_addr + r->nwides++ * (uint32_t)sizeof *wide;
	slot[1] = VM_FORM(wide);
	return 0;
}

static uint32_t vm_swap(uint32_t opcode, uint32_t width)
{
	int le = opcode == (UB_ALU32 | UB_K | UB_END);

	switch (width) {
	case 16:
		return le ? VM_FORM(le16) : VM_FORM(be16);
	case 32:
		return le ? VM_FORM(le32) : VM_FORM(be32);
	}
	return le ? VM_FORM(le64) : VM_FORM(be64);
}

/* Arithmetic on two registers whose offset is not 0. */
static uint32_t vm_extended(uint32_t opcode)
{
	if (opcode == (UB_ALU64 | UB_X | UB_MOV))
		return VM_FORM(movsx64);
	return VM_FORM(movsx32);
}

static uint32_t vm_shift_by32(uint32_t opcode)
{
	switch (opcode) {
	case UB_ALU64 | UB_K | UB_LSH:
		return VM_FORM(lsh64_k32);
	case UB_ALU64 | UB_K | UB_RSH:
		return VM_FORM(rsh64_k32);
	}
	return VM_FORM(arsh64_k32);
}

static int vm_is_shift(uint32_t opcode)
{
	uint32_t op = UB_OP(opcode);

	return op == UB_LSH || op == UB_RSH || op == UB_ARSH;
}

/* Rewrites one instruction. Returns the slots it has, or UB_E_MEMORY. */
static int32_t vm_rewrite_slot(struct vm_rewritten *r, uint32_t *slot)
{
	uint32_t word = slot[0], opcode = word & 0xff, upper = word & 0xffff0000;
	uint32_t handler = vm_handler_of(opcode);
	int32_t imm = (int32_t)slot[1];

	slot[1] = handler;
	switch (vm_kind(handler)->shape) {
	case VM_ALU_K:
		if (upper || imm >> 23 != imm >> 31 || (vm_is_shift(opcode) && (uint32_t)imm > 63))
			break;
		slot[0] = (uint32_t)imm << 8 | (word >> 5 & 0x78);
		if (imm >= 32 && vm_is_shift(opcode) && UB_CLASS(opcode) == UB_ALU64)
			slot[1] = vm_shift_by32(opcode);
		return 1;
	case VM_ALU_X:
		slot[0] = upper | vm_fields(word);
		if (upper && UB_OP(opcode) == UB_MOV) {
			slot[1] = vm_extended(opcode);
		} else if (upper) {
			slot[0] |= opcode << 24;
			slot[1] = VM_FORM(signed);
		}
		return 1;
	case VM_JUMP_X:
		slot[0] = upper | vm_fields(word);
		return 1;
	case VM_JUMP_K:
		if (imm >> 7 != imm >> 31)
			break;
		slot[0] = upper | ((uint32_t)imm & 0xff) << 8 | (word >> 5 & 0x78);
		return 1;
	case VM_LDX:
		slot[0] = upper | vm_fields(word);
		if ((word >> 12 & 15) == UB_R10)
			slot[1] += vm_kind(handler)->frame;
		return 1;
	case VM_STX:
		slot[0] = upper | vm_fields(word);
		if ((word >> 8 & 15) == UB_R10)
			slot[1] += vm_kind(handler)->frame;
		return 1;
	case VM_ST:
		if (imm >> 7 != imm >> 31)
			break;
		slot[0] = upper | ((uint32_t)imm & 0xff) << 8 | (word >> 5 & 0x78);
		if ((word >> 8 & 15) == UB_R10)
			slot[1] += vm_kind(handler)->frame;
		return 1;
	case VM_SWAP:
		slot[0] = opcode << 24 | (uint32_t)imm << 16 | (word >> 5 & 0x78);
		slot[1] = vm_swap(opcode, (uint32_t)imm);
		return 1;
	case VM_ATOMIC:
		slot[0] = (word & ~0xffu) | (uint32_t)imm;
		return 1;
	case VM_CALL:
		if ((word >> 12 & 15) == UB_CALL_LOCAL)
			slot[1] = VM_FORM(call_local);
		slot[0] = (uint32_t)imm;
		return 1;
	case VM_FAR:
		slot[0] = (uint32_t)imm;
		return 1;
	case VM_LDDW: /* the value lies in the second slot, the source field in the first */
		slot[0] = (word & 0xf000) << 4 | (word >> 5 & 0x78);
		slot[2] = (uint32_t)imm;
		if ((word >> 12 & 15) == UB_LDDW_FUNC)
			slot[2] = UB_CODE_ADDR((slot - r->text) / 2 + 1 + imm);
		return 2;
	}
	int32_t err = vm_large(r, slot, word, imm);
	if (!err)
		return 1;
	slot[0] = word;
	slot[1] = (uint32_t)imm;
	return err;
}

/* Restores one instruction. Returns the slots it has. */
static uint32_t vm_restore_slot(struct vm_rewritten *r, uint32_t *slot)
{
	uint32_t operands = slot[0], handler = slot[1], imm = 0, scratch = 0;
	const struct vm_kind *kind = vm_kind(handler);

	if (kind->shape == VM_NONE) {
		const struct vm_wide *wide = r->wides + (operands - r->wides_addr) / sizeof *wide;
		scratch = (uint32_t)wide->imm;
		operands = wide->operands;
		kind = vm_kind(wide->handler);
	}
	uint32_t opcode = kind->opcode, upper = operands & 0xffff0000, source = operands >> 11 & 31;
	uint32_t registers = (operands & 0x78) << 5;

	if (!opcode) {
		opcode = operands >> 24;
		upper &= 0x00ff0000;
	}
	switch (kind->shape) {
	case VM_ALU_K:
		upper = 0;
		imm = (uint32_t)((int32_t)operands >> 8);
		break;
	case VM_JUMP_K:
	case VM_ST:
		imm = (uint32_t)(int32_t)(int8_t)(operands >> 8);
		break;
	case VM_ALU_X:
	case VM_JUMP_X:
	case VM_STX:
	case VM_LDX:
		if (source < UB_REGISTERS) {
			registers |= source << 12;
			break;
		}
		opcode = kind->shape == VM_STX ? opcode - (UB_STX - UB_ST) : opcode & ~(uint32_t)UB_X;
		imm = source == VM_SCRATCH ? scratch : (uint32_t)r->constants[source - VM_CONSTANT_FIRST];
		break;
	case VM_SWAP:
		imm = upper >> 16;
		upper = 0;
		break;
	case VM_ATOMIC:
		imm = operands & 0xff;
		registers = operands & 0xff00;
		break;
	case VM_CALL:
	case VM_FAR:
		imm = operands;
		upper = 0;
		registers = handler == VM_FORM(call_local) ? UB_CALL_LOCAL << 12 : 0;
		break;
	case VM_LDDW:
		registers |= upper >> 4;
		imm = slot[2];
		if (upper >> 16 == UB_LDDW_FUNC)
			imm = (uint32_t)((int32_t)(imm - UB_CODE_ADDR((slot - r->text) / 2 + 1)) / UB_SLOT_BYTES);
		slot[2] = 0;
		upper = 0;
	}
	slot[0] = upper | registers | opcode;
	slot[1] = imm;
	return kind->shape == VM_LDDW ? 2 : 1;
}

int32_t vm_rewrite(struct vm_rewritten *r)
{
	uint32_t i = 0, slots = r->slots;

	while (i < slots) {
		int32_t n = vm_rewrite_slot(r, r->text + 2 * i);
		if (n < 0) {
			r->slots = i;
			vm_restore(r);
			r->slots = slots;
			return n;
		}
		i += (uint32_t)n;
	}
	return 0;
}

void vm_restore(struct vm_rewritten *r)
{
	uint32_t i = 0;

	while (i < r->slots)
		i += vm_restore_slot(r, r->text + 2 * i);
}
#endif
