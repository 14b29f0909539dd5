// SPDX-License-Identifier: BSD-2-Clause
#include "jit/bounds.h"

/* All ones up to the highest bit of v. */
static uint32_t smear(uint32_t v)
{
	return v ? FAR >> __builtin_clz(v) : 0;
}

void jit_bound_move(struct value *dst, const struct value *src, uint32_t bits, bool wide)
{
	if (is_number(src) ? bits && src->max >> (bits - 1) : bits || !wide)
		*dst = unknown(wide);
	else
		*dst = *src;
}

/* dst + src, one of them a pointer, or dst - src, of a pointer. Only a number from a register is an index, and
 * only the first: another would take its place in the sum. Returns a fact. */
static NOINLINE uint32_t move_pointer(struct value *dst, const struct value *src, bool sub, bool imm)
{
	bool swapped = !(dst->tag & POINTER);
	const struct value *p = swapped ? src : dst, *n = swapped ? dst : src;
	uint32_t min = 0, max = FAR, indexed = imm ? p->tag & INDEXED : 0;

	if (!is_number(n)) {
		indexed = 0;
	} else if (!sub) {
		if (p->max < FAR && p->max + n->max >= p->max)
			max = p->max + n->max;
		min = p->min + n->min;
		if (!imm && is_exact(p) && !is_exact(n)) {
			indexed = INDEXED;
			min = p->min;
		}
	} else if (p->min >= n->max) {
		min = p->min - n->max;
		max = p->max < FAR ? p->max - n->min : FAR;
	} else {
		indexed = 0;
	}
	if (min > NEAR)
		indexed = 0;
	if (max > NEAR) {
		max = FAR;
		min = indexed ? min : 0;
	}
	*dst = between(min, max, POINTER | (p->tag & REGION) | indexed | (max < FAR ? NARROW : 0));
	return swapped ? JIT_POINTER_SRC : 0;
}

/* a = a op b, but for moves and changes of byte order. Returns facts: `fact` and more. */
static uint32_t arithmetic(struct value *a, const struct value *b, const struct ub_insn *insn, uint32_t op,
			   uint32_t fact)
{
	static const struct value anything = { FAR, 0, ANY };
	const bool wide = UB_CLASS(insn->opcode) == UB_ALU64, imm = !(insn->opcode & UB_X);
	uint32_t n = (uint32_t)insn->imm, min = 0, max = FAR;

	if ((a->tag | b->tag) & POINTER) {
		if (wide && (op == UB_ADD || (op == UB_SUB && a->tag & POINTER)))
			return fact | move_pointer(a, b, op == UB_SUB, imm);
		if (b->tag & POINTER)
			b = &anything;
		if (a->tag & POINTER)
			*a = anything;
	}
	/* What is not known has no bound but FAR, and no high half in 32 bits. */
	uint32_t narrow = wide ? 0 : NARROW, known = (a->tag | narrow) & NARROW, both = known & (b->tag | narrow);
	bool fits = both;
	switch (insn->offset ? UB_NEG >> 4 : op >> 4) { /* dense: a jump through a table */
	case UB_ADD >> 4:
		min = a->min + b->min;
		max = a->max + b->max;
		fits = both && max >= a->max;
		break;
	case UB_SUB >> 4:
		min = a->min - b->max;
		max = a->max - b->min;
		fits = both && a->min >= b->max;
		break;
	case UB_MUL >> 4:
		max = a->max * b->max;
		fits = both && (uint64_t)a->max * b->max <= FAR;
		break;
	case UB_DIV >> 4:
		max = b->min ? a->max / b->min : a->max;
		break;
	case UB_MOD >> 4:
		max = a->max;
		if (!imm || n == 0 || !(b->tag & NARROW))
			break;
		if (known && max < n)
			return fact | JIT_NO_EFFECT;
		fact |= known && max - n < n ? JIT_ONCE : 0;
		max = n - 1;
		fits = true;
		break;
	case UB_NEG >> 4: /* and division with signs */
		fits = false;
		break;
	case UB_AND >> 4:
		max = a->max < b->max ? a->max : b->max;
		fits = known || b->tag & NARROW;
		if (!imm || !known || smear(a->max) & ~n)
			break;
		fact |= JIT_NO_EFFECT;
		max = a->max;
		min = a->min;
		break;
	case UB_OR >> 4:
	case UB_XOR >> 4:
		max = smear(a->max | b->max);
		break;
	case UB_LSH >> 4:
		n &= wide ? 63 : 31;
		max = a->max << (n & 31);
		fits = known && imm && n < 32 && max >> n == a->max;
		break;
	case UB_RSH >> 4:
	case UB_ARSH >> 4: /* by a register: by 0, perhaps */
		n = imm ? n & (wide ? 63 : 31) : 0;
		fits = op == UB_RSH || (known && (wide || !(a->max >> 31)));
		if (!known) { /* a high half goes down */
			fits &= n >= 32;
			n -= 32;
		}
		max = n < 32 ? a->max >> n : 0;
		break;
	}
	*a = fits ? between(min, max, NARROW) : unknown(wide);
	return fact;
}

/* An instruction's constant, as a value like those of registers; adding what is negative is subtracting. */
static const struct value *immediate(struct value *v, const struct ub_insn *insn, bool wide, uint32_t *op)
{
	*v = constant((uint32_t)insn->imm);
	if (insn->imm >= 0)
		return v;
	if (*op <= UB_SUB) {
		*op ^= UB_ADD ^ UB_SUB;
		v->max = v->min = 0u - v->max;
	} else if (wide) {
		*v = unknown(true);
	}
	return v;
}

uint32_t jit_bound_alu(struct value *now, const struct ub_insn *insn)
{
	const bool wide = UB_CLASS(insn->opcode) == UB_ALU64;
	struct value *dst = now + UB_DST(insn);
	const struct value *src = now + UB_SRC(insn);
	uint32_t op = UB_OP(insn->opcode), fact = dst->tag & NARROW;

	if (op == UB_END) {
		*dst = (struct value){ insn->imm == 16 ? 0xffff : FAR, 0, insn->imm == 64 ? ANY : NARROW };
		return fact;
	}
	if (insn->opcode & UB_X)
		fact |= (src->tag & NARROW) * JIT_SRC_ZX;
	else
		src = immediate(now + IMM, insn, wide, &op);
	if (op != UB_MOV)
		return arithmetic(dst, src, insn, op, fact);
	jit_bound_move(dst, src, (uint32_t)insn->offset, wide);
	return fact;
}
