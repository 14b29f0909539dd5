/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/rewrite.h"

#include "abi/port.h"
#include "vm/handler.h"
#include "vm/opcodes.h"

#if UB_VM_THREADED
/* Restores one instruction. Returns the slots it has. */
static uint32_t vm_restore_slot(struct vm_rewritten *r, uint32_t *slot)
{
	uint32_t operands = slot[0], handler = slot[1], imm = 0, scratch = 0;
	const struct vm_kind *kind = vm_kind_at(handler);

	if (!kind->shape) {
		const struct vm_wide *wide = r->wides + (operands - r->wides_addr) / sizeof *wide;
		scratch = (uint32_t)wide->imm;
		operands = wide->operands;
		kind = vm_kind_at(wide->handler);
	}
	uint32_t opcode = kind->opcode, upper = operands & 0xffff0000, source = operands >> 11 & 31;
	uint32_t shape = kind->shape & VM_SHAPE_MASK;
	uint32_t registers = (operands & 0x78) << 5;

	if (!opcode) {
		opcode = operands >> 24;
		upper &= 0x00ff0000;
	}
	switch (shape) {
	case VM_ALU_K:
	case VM_SHIFT_K:
	case VM_POSITIVE_K:
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
		opcode = shape == VM_STX ? opcode - (UB_STX - UB_ST) : opcode & ~(uint32_t)UB_X;
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
	case VM_FAR:
		imm = operands;
		upper = 0;
		registers = handler == vm_address(vm_call_local) ? UB_CALL_LOCAL << 12 : 0;
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
	return shape == VM_LDDW ? 2 : 1;
}

void vm_restore(struct vm_rewritten *r)
{
	uint32_t i = 0;

	while (i < r->slots)
		i += vm_restore_slot(r, r->text + 2 * i);
}
#endif
