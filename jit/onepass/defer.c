// SPDX-License-Identifier: BSD-2-Clause
/* Results that are left to who reads them: sums, shifts, products of what is in registers, and rotations made of two shifts. Nothing is emitted
 * for them; whoever writes one of these registers makes the value lost (place.c). */
#include "jit/onepass/parts.h"

/* A value as one that can be part of others: a register is a sum of one. */
static struct op_value as_sum(const struct op_value *v)
{
	if (op_in_register(v))
		return op_value(OP_SUM, v->a, OP_NONE, 0, 0);
	return *v;
}

/* Of a sum: a register and a shifted one. */
static bool as_index(const struct op_value *v, uint8_t *reg, uint8_t *shift)
{
	*reg = v->a;
	*shift = 0;
	if (op_in_register(v))
		return true;
	*shift = v->shift & 31;
	return v->kind == OP_SHIFT && v->shift >> 5 == T2_LSL && *shift <= 3;
}

static bool defer_sum(struct op_value a, const struct op_value *b, struct op_value *to)
{
	uint8_t reg, shift;
	if (a.kind == OP_SUM && b->kind == OP_CONST) {
		*to = a;
		to->imm = (int32_t)((uint32_t)a.imm + (uint32_t)b->imm);
		return true;
	}
	if (a.kind != OP_SUM || a.b != OP_NONE)
		return false;
	*to = a;
	if (b->kind == OP_SUM && b->b == OP_NONE) {
		to->b = b->a;
		to->imm = (int32_t)((uint32_t)a.imm + (uint32_t)b->imm);
		return true;
	}
	if (!as_index(b, &reg, &shift))
		return false;
	to->b = reg;
	to->shift = shift;
	return true;
}

/* Two shifts of the same register that make a rotation. */
static bool rotation(const struct op_value *a, const struct op_value *b, struct op_value *to)
{
	uint32_t la = a->shift & 31, lb = b->shift & 31;
	if (a->kind != OP_SHIFT || b->kind != OP_SHIFT || a->a != b->a || la + lb != 32)
		return false;
	if (b->shift >> 5 == T2_LSR && a->shift >> 5 == T2_LSL)
		*to = op_value(OP_SHIFT, a->a, 0, (uint32_t)T2_ROR << 5 | lb, 0);
	else if (a->shift >> 5 == T2_LSR && b->shift >> 5 == T2_LSL)
		*to = op_value(OP_SHIFT, a->a, 0, (uint32_t)T2_ROR << 5 | la, 0);
	else
		return false;
	return true;
}

static uint32_t shifted(uint32_t v, uint32_t op, uint32_t k)
{
	return op == UB_LSH ? v << k : op == UB_RSH ? v >> k : (uint32_t)((int32_t)v >> k);
}

/* The value of a op b if nothing has to be emitted for it. */
bool op_defer(uint32_t op, const struct op_value *a, const struct op_value *b, struct op_value *to)
{
	uint32_t k = (uint32_t)b->imm & 31;
	struct op_value minus = *b;
	switch (op) {
	case UB_MOV:
		*to = *b;
		if (b->kind == OP_HELD)
			to->kind = OP_COPY;
		return b->kind != OP_LOST;
	case UB_SUB:
		minus.imm = (int32_t)(0u - (uint32_t)b->imm);
		b = &minus; /* fall through */
	case UB_ADD:
		if (a->kind == OP_CONST && b->kind == OP_CONST) {
			*to = op_value(OP_CONST, 0, 0, 0, (uint32_t)a->imm + (uint32_t)b->imm);
			return true;
		}
		return defer_sum(as_sum(a), b, to) || defer_sum(as_sum(b), a, to);
	case UB_LSH:
	case UB_RSH:
	case UB_ARSH:
		if (k == 0)
			return op_defer(UB_MOV, a, a, to);
		if (a->kind == OP_CONST) {
			*to = op_value(OP_CONST, 0, 0, 0, shifted((uint32_t)a->imm, op, k));
			return true;
		}
		*to = op_value(OP_SHIFT, a->a, 0, (uint32_t)op_shift_of(op) << 5 | k, 0);
		return op_in_register(a);
	case UB_MUL:
		*to = op_value(OP_PRODUCT, a->a, b->a, 0, 0);
		return op_in_register(a) && op_in_register(b);
	case UB_OR:
		return rotation(a, b, to);
	}
	return false;
}

uint32_t op_last_bits_of_others(const struct ub_insn *insn)
{
	uint32_t mode = UB_MODE(insn->opcode);
	switch (UB_CLASS(insn->opcode)) {
	case UB_LD:
		return OP_DEFERS | OP_HIGH_LOST;
	case UB_LDX: /* of a word of the frame that may be a variable */
		return (UB_SRC(insn) == UB_R10 && mode == UB_MEM && op_size(insn->opcode) >= 4 ? OP_DEFERS : 0) |
		       (UB_SIZE(insn->opcode) == UB_DW || mode == UB_MEMSX ? OP_HIGH_LOST : 0);
	case UB_STX:
		return mode == UB_ATOMIC && UB_SIZE(insn->opcode) == UB_DW && insn->imm & UB_FETCH ? OP_HIGH_LOST : 0;
	case UB_JMP:
		return insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_HELPER ? OP_HIGH_LOST : 0;
	default:
		return 0;
	}
}
