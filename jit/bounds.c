// SPDX-License-Identifier: BSD-2-Clause
#include "jit/bounds.h"

/* All ones up to the highest bit of v. */
static uint32_t smear(uint32_t v)
{
	return v ? FAR >> __builtin_clz(v) : 0;
}

struct value jit_bound_move(struct value v, uint32_t bits, bool wide)
{
	if (is_number(&v) ? bits && v.max >> (bits - 1) : bits || !wide)
		return unknown(wide);
	return v;
}

/* dst + n, or dst - n, one of them a pointer. Only a number from a register is an index, and only the first:
 * another would take its place in the sum. */
static uint32_t move_pointer(struct value *dst, struct value n, uint32_t op, bool imm)
{
	struct value p = *dst;
	uint32_t fact = 0, min = 0, max = FAR, indexed = imm ? p.tag & INDEXED : 0;

	if (!(p.tag & POINTER)) {
		if (op == UB_SUB) {
			*dst = unknown(true);
			return 0;
		}
		p = n;
		n = *dst;
		fact = JIT_POINTER_SRC;
	}
	if (!is_number(&n)) {
		indexed = 0;
	} else if (op == UB_ADD) {
		if (p.max < FAR && p.max + n.max >= p.max)
			max = p.max + n.max;
		min = p.min + n.min;
		if (!imm && is_exact(&p) && !is_exact(&n)) {
			indexed = INDEXED;
			min = p.min;
		}
	} else if (p.min >= n.max) {
		min = p.min - n.max;
		max = p.max < FAR ? p.max - n.min : FAR;
	} else {
		indexed = 0;
	}
	if (min > NEAR)
		indexed = 0;
	if (max > NEAR) {
		max = FAR;
		min = indexed ? min : 0;
	}
	*dst = (struct value){ max, min, POINTER | (p.tag & REGION) | indexed | (max < FAR ? NARROW : 0) };
	return fact;
}

uint32_t jit_bound_alu(struct value *now, const struct ub_insn *insn)
{
	const bool wide = UB_CLASS(insn->opcode) == UB_ALU64, imm = !(insn->opcode & UB_X);
	uint32_t op = UB_OP(insn->opcode), n = (uint32_t)insn->imm, min = 0, max = FAR;
	struct value *dst = now + UB_DST(insn), a = *dst, b = imm ? constant(n) : now[UB_SRC(insn)];
	uint32_t fact = (a.tag & NARROW) | (imm ? 0 : (b.tag & NARROW) * JIT_SRC_ZX);

	if (imm && insn->imm < 0) {
		if (op <= UB_SUB) {
			op ^= UB_ADD ^ UB_SUB;
			b = constant(0u - n);
		} else if (wide) {
			b = unknown(true);
		}
	}
	if (op == UB_END) {
		*dst = unknown(n == 64);
		dst->max = n == 16 ? 0xffff : FAR;
		return fact & JIT_DST_ZX;
	}
	if (op == UB_MOV) {
		*dst = jit_bound_move(b, (uint32_t)insn->offset, wide);
		return fact;
	}
	if (insn->offset || op == UB_NEG) { /* signed division; a remainder of that */
		*dst = unknown(wide);
		return fact;
	}
	if ((a.tag | b.tag) & POINTER) {
		if (wide && op <= UB_SUB)
			return fact | move_pointer(dst, b, op, imm);
		a = a.tag & POINTER ? unknown(true) : a;
		b = b.tag & POINTER ? unknown(true) : b;
	}
	/* What is not known has no bound but FAR, and no high half in 32 bits. */
	bool known = a.tag & NARROW || !wide, both = known && (b.tag & NARROW || !wide), fits = both;
	switch (op >> 4) { /* dense: a jump through a table */
	case UB_ADD >> 4:
		min = a.min + b.min;
		max = a.max + b.max;
		fits = both && max >= a.max;
		break;
	case UB_SUB >> 4:
		min = a.min - b.max;
		max = a.max - b.min;
		fits = both && a.min >= b.max;
		break;
	case UB_MUL >> 4:
		max = a.max * b.max;
		fits = both && (uint64_t)a.max * b.max <= FAR;
		break;
	case UB_DIV >> 4:
		max = b.min ? a.max / b.min : a.max;
		break;
	case UB_MOD >> 4:
		max = a.max;
		if (!imm || n == 0 || !(b.tag & NARROW))
			break;
		if (!known || max >= n) {
			fact |= known && max - n < n ? JIT_ONCE : 0;
			max = n - 1;
			fits = true;
			break;
		}
		return fact | JIT_NO_EFFECT;
	case UB_AND >> 4:
		max = a.max < b.max ? a.max : b.max;
		fits = known || b.tag & NARROW;
		if (!imm || !known || smear(a.max) & ~n)
			break;
		fact |= JIT_NO_EFFECT;
		max = a.max;
		min = a.min;
		break;
	case UB_OR >> 4:
	case UB_XOR >> 4:
		max = smear(a.max | b.max);
		break;
	case UB_LSH >> 4:
		n &= wide ? 63 : 31;
		max = a.max << (n & 31);
		fits = known && imm && n < 32 && max >> n == a.max;
		break;
	case UB_RSH >> 4:
	case UB_ARSH >> 4: /* by a register: by 0, perhaps */
		n = imm ? n & (wide ? 63 : 31) : 0;
		fits = op == UB_RSH || (known && (wide || !(a.max >> 31)));
		if (!known) { /* a high half goes down */
			fits &= n >= 32;
			n -= 32;
		}
		max = n < 32 ? a.max >> n : 0;
		break;
	}
	*dst = fits ? (struct value){ max, min, NARROW } : unknown(wide);
	return fact;
}
