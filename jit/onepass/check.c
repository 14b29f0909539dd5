// SPDX-License-Identifier: BSD-2-Clause
/* What is known of values: the judge of which accesses need no check. docs/onepass.md argues each rule.
 *
 * Facts belong to the value of a variable that has one: whatever writes a place makes what it held unreadable
 * (place.c), and with it what was known of that. They come from instructions, from comparisons, and from frames, which
 * every edge has to satisfy. A check that has passed says nothing about which region was hit: no fact comes from it.
 */
#include "jit/onepass/state.h"

#define MOST INT64_C(0xffffffff)
enum { FAR_ACCESS = 4096, FRAMES_BELOW = UB_FRAMES_MAX * UB_FRAME_BYTES, FAR = 1 << 30 };

static const struct op_fact anything = { .kind = OP_ANYTHING, .times = 1, .hi = MOST };

static struct op_fact number(int64_t lo, int64_t hi)
{
	return op_fact(OP_NUMBER, lo, hi);
}

static struct op_fact aligned(struct op_fact f, uint32_t align)
{
	f.align = (uint8_t)align;
	return f;
}

struct op_fact *op_fact_of(struct op *c, uint32_t var)
{
	return &c->facts.fact[var < OP_BUDGET ? var : var - OP_WORD + OP_BUDGET];
}

void op_forget(struct op *c, uint32_t var)
{
	*op_fact_of(c, var) = anything;
}

void op_is_mapped(struct op *c, uint32_t var, int32_t offset)
{
	if (var != UB_R10 && offset >= -FAR_ACCESS && offset <= FAR_ACCESS)
		op_fact_of(c, var)->mapped = true;
}

/* An address stays one, of which only the region may be guessed. */
void op_doubt_fact(struct op *c, uint32_t var)
{
	struct op_fact *f = op_fact_of(c, var);
	f->open = true;
	f->bounded = f->exact = f->mapped = false;
	if (f->kind <= OP_NUMBER)
		*f = anything;
}

/* What is known of the low half of a register, or of a word. */
struct op_fact op_know(struct op *c, uint32_t var)
{
	if (op_is_const(c, var))
		return number((uint32_t)op_val(c, var)->imm, (uint32_t)op_val(c, var)->imm);
	if (var == UB_R10)
		return op_fact(OP_STACK, 0, 0);
	return op_known(c, var) ? *op_fact_of(c, var) : anything;
}

static bool is_number(const struct op_fact *f)
{
	return f->kind <= OP_NUMBER;
}

/* Distances that are far from overflowing are all that is looked at. */
static struct op_fact with_slack(struct op_fact a, int64_t slack)
{
	bool far = slack > FAR || slack < -FAR;
	a.slack = far ? 0 : (int32_t)slack;
	a.bounded &= !far;
	a.exact &= !far;
	return a;
}

/* What is bounded by the length is below what any has. */
static void limit(struct op_fact *a)
{
	if (!is_number(a) || !a->bounded)
		return;
	int64_t most = (uint32_t)(INT32_MAX - (int64_t)a->slack) / a->times; /* slack is not far from 0 */
	if (a->hi > most)
		a->hi = most > a->lo ? most : a->lo;
}

/* a + k. Numbers that may leave 32 bits are not known; *exact says that they do not, nor an address: offsets that are
 * known to be inside a region, or at its end, do not. */
static struct op_fact add_constant(struct op_fact a, int64_t k, bool *exact)
{
	bool near = a.mapped;
	a.mapped &= k == 0;
	limit(&a);
	a.lo += k;
	a.hi += k;
	a = with_slack(a, a.slack - k * a.times);
	if (is_number(&a)) {
		*exact = a.lo >= 0 && a.hi <= MOST;
		if (*exact) /* of anything, only if 0 was added */
			return a;
		*exact = near && k >= -FAR_ACCESS && k <= FAR_ACCESS;
		return anything;
	}
	if (a.lo < -INT32_MAX || a.hi > INT32_MAX)
		a.open = true;
	*exact = (near && k >= -FAR_ACCESS && k <= FAR_ACCESS) ||
		 (!a.open && ((a.kind >= OP_STACK && a.lo >= -FRAMES_BELOW && a.hi <= FRAMES_BELOW) ||
			      (a.kind == OP_CONTEXT && a.lo >= 0 && a.bounded && a.slack >= 0)));
	return a;
}

static struct op_fact add(struct op_fact a, struct op_fact b, bool *exact)
{
	*exact = false;
	if (!is_number(&a)) {
		struct op_fact t = a;
		a = b;
		b = t;
	}
	if (!is_number(&a))
		return anything;
	if (a.lo == a.hi) {
		b = add_constant(b, is_number(&b) ? a.lo : (int32_t)a.lo, exact);
		*exact = *exact && a.lo <= INT32_MAX; /* what was added is not negative */
		return b;
	}
	if (b.lo == b.hi && is_number(&b))
		return add_constant(a, b.lo, exact);
	if (is_number(&b)) {
		*exact = a.hi + b.hi <= MOST;
		return *exact ? aligned(number(a.lo + b.lo, a.hi + b.hi), a.align < b.align ? a.align : b.align) : anything;
	}
	/* an address, and a number above it; how far below the end it is, is known if one of the two is constant */
	bool near = b.mapped && a.hi <= FAR_ACCESS;
	b.bounded = b.exact = b.mapped = false;
	if (b.kind == OP_CONTEXT && !b.open && b.lo == b.hi && a.bounded) {
		b.bounded = true; /* a is at most a * times */
		b.exact = a.exact;
		b = with_slack(b, a.slack - b.lo);
	}
	b.lo += a.lo;
	b.hi += a.hi;
	if (b.bounded && b.hi > INT32_MAX && b.lo >= 0) /* what is known of the end is enough */
		b.hi = INT32_MAX;
	if (b.hi > INT32_MAX)
		b.open = true;
	*exact = near || (!b.open && ((b.kind >= OP_STACK && b.lo >= -FRAMES_BELOW && b.hi <= FRAMES_BELOW) ||
				      (b.kind == OP_CONTEXT && b.lo >= 0 && b.bounded && b.slack >= 0)));
	return b;
}

static struct op_fact subtract(struct op_fact a, struct op_fact b, bool *exact)
{
	*exact = false;
	if (b.kind <= OP_NUMBER && b.lo == b.hi)
		return add_constant(a, -b.lo, exact);
	if (!is_number(&a) || !is_number(&b) || a.lo < b.hi)
		return anything;
	*exact = true;
	return number(a.lo - b.hi, a.hi - b.lo);
}

/* All bits up to the highest one. */
static int64_t bits_of(int64_t hi)
{
	return hi ? (int64_t)(~0ull >> __builtin_clzll((uint64_t)hi)) : 0;
}

/* A number that is at most a: what a is below the context's length, it is, too. */
static struct op_fact at_most(struct op_fact a, int64_t lo, int64_t hi)
{
	struct op_fact f = number(lo, hi < a.hi ? hi : a.hi);
	f.bounded = a.bounded && is_number(&a);
	f.slack = a.slack;
	f.times = a.times;
	return f;
}

/* a / by, rounded down: that times by is at most a. */
static struct op_fact divided(struct op_fact a, uint32_t by)
{
	struct op_fact f = at_most(a, a.lo / by, a.hi / by);
	if (f.bounded && by <= 255u / f.times)
		f.times = (uint8_t)(f.times * by);
	return f;
}

/* a * by, without overflow. */
static struct op_fact multiplied(struct op_fact a, uint32_t by)
{
	struct op_fact f = number(a.lo * by, a.hi * by);
	uint32_t align = a.align + (uint32_t)__builtin_ctz(by);
	f.align = (uint8_t)(align < 31 ? align : 31);
	f.bounded = a.bounded && a.times % by == 0;
	if (f.bounded) {
		f.slack = a.slack;
		f.times = (uint8_t)(a.times / by);
	}
	return f;
}

/* Arithmetic on numbers; shifts by constants. */
static struct op_fact compute(uint32_t op, struct op_fact a, struct op_fact b, bool *exact)
{
	uint32_t k = (uint32_t)b.lo & 31;
	bool constant = b.lo == b.hi;
	*exact = true;
	if (!is_number(&a))
		a = anything;
	if (!is_number(&b))
		b = anything;
	switch (op) {
	case UB_MUL:
		limit(&a);
		limit(&b);
		if (a.lo == a.hi) {
			struct op_fact t = a;
			a = b;
			b = t;
		}
		if (a.hi && b.hi > MOST / a.hi)
			break;
		if (b.lo == b.hi && b.lo)
			return multiplied(a, (uint32_t)b.lo);
		return number(a.lo * b.lo, a.hi * b.hi);
	case UB_AND:
		return a.hi <= b.hi ? at_most(a, 0, b.hi) : at_most(b, 0, a.hi);
	case UB_OR:
	case UB_XOR:
		return number(op == UB_OR ? (a.lo > b.lo ? a.lo : b.lo) : 0, bits_of(a.hi | b.hi));
	case UB_LSH:
		limit(&a);
		if (!constant || a.hi << k > MOST)
			break;
		return multiplied(a, 1u << k);
	case UB_RSH:
		return constant ? divided(a, 1u << k) : at_most(a, 0, a.hi);
	case UB_ARSH:
		if (a.hi > INT32_MAX)
			break;
		return constant ? divided(a, 1u << k) : at_most(a, 0, a.hi);
	case UB_DIV: /* by 0, 0 */
		return constant && b.lo ? divided(a, (uint32_t)b.lo) : at_most(a, 0, a.hi);
	case UB_MOD: /* by 0, a */
		return constant && b.lo ? at_most(a, 0, b.lo - 1) : at_most(a, 0, a.hi);
	}
	*exact = false;
	return anything;
}

struct op_fact op_alu_fact(struct op *c, const struct ub_insn *insn, bool *exact)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn);
	bool wide = op_is_wide(insn->opcode), x = insn->opcode & UB_X, sign = insn->offset != 0;
	struct op_fact a = op_know(c, d), b = x ? op_know(c, s) : number((uint32_t)insn->imm, (uint32_t)insn->imm);
	bool zero = op_is_zero(c, d + OP_HIGH) && (x ? op_is_zero(c, s + OP_HIGH) : insn->imm >= 0);
	bool low = !wide || zero; /* of 64 bits, these depend on the high halves */

	*exact = false;
	if (!c->plan.bits.bytes && op != UB_MOV && op != UB_ADD) { /* without a plan most is lost at the next join anyway */
		*exact = low && (op == UB_AND || ((op == UB_RSH || op == UB_DIV || op == UB_MOD) && !sign &&
						  !(wide && op == UB_RSH && (x || (insn->imm & 63) > 31))));
		return anything;
	}
	switch (op) {
	case UB_MOV:
		*exact = true;
		return sign ? anything : b;
	case UB_ADD:
		if (x)
			return add(a, b, exact);
		return add_constant(a, is_number(&a) && !wide && insn->imm < 0 && a.lo + insn->imm < 0 ? (int64_t)(uint32_t)insn->imm : insn->imm, exact);
	case UB_SUB:
		if (x)
			return subtract(a, b, exact);
		return add_constant(a, -(int64_t)insn->imm, exact);
	case UB_NEG:
		return anything;
	case UB_END:
		*exact = insn->imm < 64;
		return insn->imm == 16 ? number(0, 0xffff) : anything;
	case UB_RSH:
	case UB_ARSH:
	case UB_DIV:
	case UB_MOD:
		if (!low || sign || (wide && op != UB_DIV && op != UB_MOD && (x || (insn->imm & 63) > 31)))
			return anything;
		break;
	case UB_LSH:
		if (wide && (x || (insn->imm & 63) > 31))
			return anything;
	}
	struct op_fact f = compute(op, a, b, exact);
	if (wide && !x && insn->imm < 0)
		*exact = *exact && op == UB_AND;
	return f;
}

/* Whether [var + offset, + size) is inside a region that has the right, whatever the run. */
bool op_is_inside(struct op *c, uint32_t var, int32_t offset, uint32_t size, uint32_t rights)
{
	const struct ub_program *p = c->program;
	struct op_fact f = op_know(c, var);
	int64_t lo = f.lo + offset, hi = f.hi + offset + size;
	switch (f.kind) {
	case OP_NUMBER:
		if (p->data_len && lo >= p->data_addr && hi <= (int64_t)p->data_addr + p->data_len)
			return true;
		return rights == UB_READ && p->rodata_len && lo >= p->rodata_addr && hi <= (int64_t)p->rodata_addr + p->rodata_len;
	case OP_CONTEXT:
		return !f.open && lo >= 0 && (hi <= c->facts.length || (f.bounded && (int64_t)offset + size <= f.slack));
	case OP_STACK: /* what a function is called with may point to its caller's frame */
		return !f.open && lo >= -UB_FRAME_BYTES && p->flags & UB_PROGRAM_FRAME_ESCAPES &&
		       hi <= (c->program->funcs[c->function] == p->entry ? 0 : UB_FRAME_BYTES);
	case OP_TOP: /* the stack is one region, whoever's frame it is */
		return !f.open && lo >= -(int64_t)p->stack_use && hi <= 0;
	}
	return false;
}

/* Whether what a frame says of a variable follows from what is known here. */
bool op_implies(struct op *c, uint32_t var, const struct op_fact *f)
{
	struct op_fact k = op_know(c, var);
	if (f->kind == OP_ANYTHING || f->open)
		return true; /* it says nothing */
	if (k.kind == OP_STACK && f->kind == OP_TOP && !c->called) /* this one's r10 is the top */
		k.kind = OP_TOP;
	bool below = !f->exact && k.kind != OP_ANYTHING && !k.open && k.hi * f->times + f->slack <= (int64_t)c->facts.length;
	bool distance = k.bounded && !k.open && k.times >= f->times && k.slack >= f->slack && (!f->exact || (k.exact && k.slack == f->slack));
	if (f->bounded && !below && !distance)
		return false;
	if (f->kind == OP_NUMBER ? !is_number(&k) : k.kind != f->kind || k.open)
		return false;
	bool multiple = f->align == 0 || (((k.lo - f->lo) & ((1 << f->align) - 1)) == 0 && (k.align >= f->align || k.lo == k.hi));
	return k.lo >= f->lo && k.hi <= f->hi && multiple;
}

/* a < b, or a <= b if or_equal, as unsigned numbers or as offsets into the same memory. */
static void less(struct op *c, struct op_fact *a, struct op_fact *b, bool or_equal)
{
	int64_t one = !or_equal;
	if (a->kind <= OP_NUMBER && b->kind <= OP_NUMBER) {
		if (b->exact && b->bounded && a->lo + one + b->slack > (int64_t)c->facts.length) /* a length is above a number */
			c->facts.length = (uint32_t)(a->lo + one + b->slack < MOST ? a->lo + one + b->slack : MOST);
		a->kind = b->kind = OP_NUMBER;
	} else if (a->kind != b->kind || a->open || b->open || a->lo < 0 || b->lo < 0 || a->kind != OP_CONTEXT ||
		   !a->bounded || !b->bounded || a->slack < 0 || b->slack < 0) {
		return; /* two addresses in the context, neither behind its end, are ordered as their offsets are */
	}
	int64_t slack = b->slack + one * b->times;
	if (b->bounded && slack <= FAR && (!a->bounded || a->times < b->times || (a->times == b->times && a->slack < slack))) {
		a->bounded = true;
		a->exact = false;
		a->times = b->times;
		a->slack = (int32_t)slack;
	}
	if (a->hi > b->hi - one)
		a->hi = b->hi - one;
	if (b->lo < a->lo + one) {
		b->lo = a->lo + one;
		b->align = 0;
	}
}

static void equal(struct op *c, struct op_fact *a, struct op_fact *b)
{
	if (a->kind > OP_NUMBER || b->kind > OP_NUMBER)
		return;
	if (b->exact && b->bounded && a->lo + b->slack > (int64_t)c->facts.length)
		c->facts.length = (uint32_t)(a->lo + b->slack < MOST ? a->lo + b->slack : MOST);
	int64_t lo = a->lo > b->lo ? a->lo : b->lo, hi = a->hi < b->hi ? a->hi : b->hi;
	a->kind = b->kind = OP_NUMBER;
	a->align = b->align = 0;
	a->lo = b->lo = lo;
	a->hi = b->hi = hi;
}

/* Two that differ: a bound that one of them has is not reached. */
static void differ(struct op_fact *a, const struct op_fact *b)
{
	if (is_number(a) && is_number(b) && b->lo == b->hi) {
		int64_t step = INT64_C(1) << a->align;
		a->kind = OP_NUMBER;
		if (a->lo == b->lo)
			a->lo += step;
		if (a->hi == b->lo)
			a->hi -= (a->hi - a->lo) & (step - 1) ? 1 : step;
	}
	bool same = (is_number(a) && is_number(b)) ||
		    (a->kind == OP_CONTEXT && b->kind == OP_CONTEXT && !a->open && !b->open && a->lo >= 0 && b->lo >= 0);
	if (same && b->exact && b->bounded && a->bounded && a->times == 1 && b->slack >= 0 && a->slack == b->slack && !a->exact)
		a->slack++;
}

/* Where no number is left, control does not come: any number does. */
static struct op_fact possible(struct op_fact f)
{
	if (f.lo > f.hi)
		f.lo = f.hi = f.align = 0;
	return f;
}

/* What is at least so much, and so far below the context's end, says how long that is. */
static void learn_length(struct op *c, const struct op_fact *f)
{
	int64_t least = f->lo * f->times + f->slack;
	if (f->bounded && !f->open && f->lo >= 0 && least > (int64_t)c->facts.length && least <= MOST)
		c->facts.length = (uint32_t)least;
}

/* What a comparison says where it holds, or where it does not. */
void op_refine(struct op *c, const struct ub_insn *insn, bool taken)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn);
	bool x = insn->opcode & UB_X, wide = UB_CLASS(insn->opcode) == UB_JMP;
	struct op_fact a = op_know(c, d), b = x ? op_know(c, s) : number((uint32_t)insn->imm, (uint32_t)insn->imm);
	bool is_signed = op >= UB_JSGT && op != UB_JLT && op != UB_JLE && op != UB_CALL && op != UB_EXIT;
	if (wide && !(op_is_zero(c, d + OP_HIGH) && (x ? op_is_zero(c, s + OP_HIGH) : insn->imm >= 0)))
		return;
	if (is_signed && !wide && (!is_number(&a) || !is_number(&b) || a.hi > INT32_MAX || b.hi > INT32_MAX))
		return; /* of 64 bits without high halves they are not negative */
	switch (op) {
	case UB_JEQ:
	case UB_JNE:
		if ((op == UB_JEQ) == taken) {
			equal(c, &a, &b);
		} else {
			struct op_fact was = a;
			differ(&a, &b);
			differ(&b, &was);
		}
		break;
	case UB_JGT:
	case UB_JSGT:
		if (taken)
			less(c, &b, &a, false);
		else
			less(c, &a, &b, true);
		break;
	case UB_JGE:
	case UB_JSGE:
		if (taken)
			less(c, &b, &a, true);
		else
			less(c, &a, &b, false);
		break;
	case UB_JLT:
	case UB_JSLT:
		if (taken)
			less(c, &a, &b, false);
		else
			less(c, &b, &a, true);
		break;
	case UB_JLE:
	case UB_JSLE:
		if (taken)
			less(c, &a, &b, true);
		else
			less(c, &b, &a, false);
		break;
	default:
		return;
	}
	learn_length(c, &a);
	if (x)
		learn_length(c, &b);
	if (d != UB_R10)
		*op_fact_of(c, d) = possible(a);
	if (x && s != UB_R10)
		*op_fact_of(c, s) = possible(b);
}
