// SPDX-License-Identifier: BSD-2-Clause
/* What is known of values: the judge of which accesses need no check. docs/onepass.md argues each rule.
 *
 * Facts belong to the value of a variable that has one: whatever writes a place makes what it held unreadable
 * (place.c), and with it what was known of that. They come from instructions, from comparisons, and from frames, which
 * every edge has to satisfy. A check that has passed says nothing about which region was hit: no fact comes from it.
 */
#include "jit/onepass/parts.h"

#define MOST UINT32_MAX
enum { FAR_ACCESS = 4096, FRAMES_BELOW = UB_FRAMES_MAX * UB_FRAME_BYTES, FAR = 1 << 30 };

static struct op_fact anything(void)
{
	return op_fact(OP_ANYTHING, 0, MOST);
}

static struct op_fact number(uint32_t lo, uint32_t hi)
{
	return op_fact(OP_NUMBER, lo, hi);
}

void op_is_mapped(struct op *c, uint32_t var, int32_t offset)
{
	if (var == UB_R10 || offset < -FAR_ACCESS || offset > FAR_ACCESS)
		return;
	struct op_fact *f = &c->facts.fact[op_fact_index(var)];
	if (!op_in(&c->facts.there, var)) {
		*f = anything();
		op_add(&c->facts.there, var);
	}
	f->mapped = true;
}

/* Sets bounds; false if they leave the 32 bits of a number, or of an offset, which is then open. */
static bool set_bounds(struct op_fact *f, int64_t lo, int64_t hi)
{
	bool fits = op_is_number(f) ? lo >= 0 && hi <= MOST : lo >= -INT32_MAX && hi <= INT32_MAX;
	f->lo = (uint32_t)lo;
	f->hi = (uint32_t)hi;
	f->open |= !fits;
	return fits;
}

/* Distances that are far from overflowing are all that is looked at. */
static void set_slack(struct op_fact *a, int64_t slack)
{
	bool far = slack > FAR || slack < -FAR;
	a->slack = far ? 0 : (int32_t)slack;
	a->bounded &= !far;
	a->exact &= !far;
}

/* What is bounded by the length is below what any has. */
static void limit(struct op_fact *a)
{
	if (!op_is_number(a) || !a->bounded)
		return;
	uint32_t most = ((uint32_t)INT32_MAX - (uint32_t)a->slack) / a->times; /* slack is not far from 0 */
	if (a->hi > most)
		a->hi = most > a->lo ? most : a->lo;
}

/* Whether an address is inside a region, or at its end, or not far above where it begins (no memory is so near to the end of all), so that its
 * high half is zero. */
static bool has_no_carry(const struct op_fact *a)
{
	if (a->open)
		return false;
	if (a->kind >= OP_STACK)
		return a->from >= -FRAMES_BELOW && a->to <= FRAMES_BELOW;
	return a->from >= 0 && (a->to <= FAR_ACCESS || (a->bounded && a->slack >= 0));
}

/* a += k. Numbers that may leave 32 bits are not known; returns whether they do not, nor an address does: one that was and is
 * known to be inside a region, or at its end, does not. What was elsewhere may be there after a carry. */
static bool add_constant(struct op_fact *a, int64_t k)
{
	bool near = a->mapped && k >= -FAR_ACCESS && k <= FAR_ACCESS, was = has_no_carry(a), fits;
	a->mapped &= k == 0;
	limit(a);
	fits = set_bounds(a, op_least(a) + k, op_greatest(a) + k);
	set_slack(a, a->slack - k * a->times);
	if (!op_is_number(a))
		return near || (was && has_no_carry(a));
	if (fits) /* of anything, only if 0 was added */
		return true;
	*a = anything();
	return near;
}

/* a += b, two numbers that are not constant. */
static bool add_numbers(struct op_fact *a, const struct op_fact *b)
{
	uint32_t align = a->align < b->align ? a->align : b->align, lo = a->lo + b->lo, hi = a->hi + b->hi;
	bool fits = hi >= a->hi;
	*a = fits ? number(lo, hi) : anything();
	if (fits)
		a->align = (uint8_t)align;
	return fits;
}

/* An address, and a number above it; how far below the end it is, is known if one of the two is constant. */
static bool add_index(struct op_fact *p, const struct op_fact *n)
{
	bool near = p->mapped && n->hi <= FAR_ACCESS, was = has_no_carry(p);
	int64_t lo = (int64_t)p->from + n->lo, hi = (int64_t)p->to + n->hi;
	p->bounded = p->exact = p->mapped = false;
	if (p->kind == OP_CONTEXT && !p->open && p->lo == p->hi && n->bounded) {
		p->bounded = true; /* n is at most n * times */
		p->exact = n->exact;
		set_slack(p, (int64_t)n->slack - p->from);
		if (p->bounded && hi > INT32_MAX && lo >= 0) /* what is known of the end is enough */
			hi = INT32_MAX;
	}
	set_bounds(p, lo, hi);
	return near || (was && has_no_carry(p));
}

/* a += b */
static bool add(struct op_fact *a, struct op_fact *b)
{
	struct op_fact *n = op_is_number(a) ? a : b, *other = op_is_number(a) ? b : a;
	bool exact;
	if (!op_is_number(n)) {
		*a = anything();
		return false;
	}
	if (n->lo == n->hi) {
		exact = add_constant(other, op_is_number(other) ? (int64_t)n->lo : (int32_t)n->lo);
		exact = exact && n->lo <= INT32_MAX; /* what was added is not negative */
	} else if (!op_is_number(other)) {
		exact = add_index(other, n);
	} else if (other->lo == other->hi) {
		exact = add_constant(n, other->lo);
		other = n;
	} else {
		exact = add_numbers(other, n);
	}
	if (other != a)
		*a = *other;
	return exact;
}

/* a -= b */
static bool subtract(struct op_fact *a, const struct op_fact *b)
{
	if (op_is_number(b) && b->lo == b->hi)
		return add_constant(a, -(int64_t)b->lo);
	bool numbers = op_is_number(a) && op_is_number(b), above = numbers && a->lo >= b->hi;
	if (!above && (numbers || a->kind == b->kind) && a->exact && a->bounded && a->times == 1 && !a->open && !b->open && b->bounded && b->slack >= a->slack &&
	    op_least(b) >= 0) { /* b is not above a, which is length - slack */
		int64_t slack = a->slack + op_least(b);
		*a = number(0, INT32_MAX);
		a->bounded = true;
		set_slack(a, slack);
		return true;
	}
	*a = above ? number(a->lo - b->hi, a->hi - b->lo) : anything();
	return above;
}

/* Becomes a number that is at most what it was: what that was below the context's length, this is, too. */
static void at_most(struct op_fact *a, uint32_t lo, uint32_t hi)
{
	struct op_fact f = number(lo, hi < a->hi ? hi : a->hi);
	f.bounded = a->bounded;
	f.slack = a->slack;
	f.times = a->times;
	*a = f;
}

/* a /= by, rounded down: that times by is at most a. */
static void divide(struct op_fact *a, uint32_t by)
{
	at_most(a, a->lo / by, a->hi / by);
	if (a->bounded && by <= 255u / a->times)
		a->times = (uint8_t)(a->times * by);
}

/* a *= by, if there is no overflow. */
static bool multiply(struct op_fact *a, uint32_t by)
{
	uint32_t align = a->align + (uint32_t)__builtin_ctz(by);
	limit(a);
	if ((uint64_t)a->hi * by > MOST)
		return false;
	a->kind = OP_NUMBER;
	a->align = (uint8_t)(align < 31 ? align : 31);
	a->exact = a->mapped = false;
	a->lo *= by;
	a->hi *= by;
	a->bounded &= a->times % by == 0;
	a->times = (uint8_t)(a->bounded ? a->times / by : 1);
	if (!a->bounded)
		a->slack = 0;
	return true;
}

static bool multiply_numbers(struct op_fact *a, struct op_fact *b)
{
	if (a->lo == a->hi) {
		struct op_fact t = *a;
		*a = *b;
		*b = t;
	}
	if (b->lo == b->hi && b->lo)
		return multiply(a, b->lo);
	limit(a);
	limit(b);
	if ((uint64_t)a->hi * b->hi > MOST)
		return false;
	*a = number(a->lo * b->lo, a->hi * b->hi);
	return true;
}

/* All bits up to the highest one. */
static uint32_t bits_of(uint32_t hi)
{
	return hi ? MOST >> __builtin_clz(hi) : 0;
}

/* a = a op b, of numbers; shifts by constants. */
static bool compute(uint32_t op, struct op_fact *a, struct op_fact *b)
{
	if (!op_is_number(a))
		*a = anything();
	if (!op_is_number(b))
		*b = anything();
	uint32_t k = b->lo & 31;
	bool constant = b->lo == b->hi; /* a number: an address is none, whose offset is known */
	switch (op) {
	case UB_MUL:
		if (multiply_numbers(a, b))
			return true;
		break;
	case UB_AND:
		if (a->hi > b->hi)
			*a = *b;
		at_most(a, 0, MOST);
		return true;
	case UB_OR:
	case UB_XOR:
		*a = number(op == UB_OR ? (a->lo > b->lo ? a->lo : b->lo) : 0, bits_of(a->hi | b->hi));
		return true;
	case UB_LSH:
		if (constant && multiply(a, 1u << k))
			return true;
		break;
	case UB_ARSH:
		if (a->hi > INT32_MAX)
			break;
		/* fall through */
	case UB_RSH:
		if (constant)
			divide(a, 1u << k);
		else
			at_most(a, 0, MOST);
		return true;
	case UB_DIV: /* by 0, 0 */
		if (constant && b->lo)
			divide(a, b->lo);
		else
			at_most(a, 0, MOST);
		return true;
	case UB_MOD: /* by 0, a */
		at_most(a, 0, constant && b->lo ? b->lo - 1 : MOST);
		return true;
	}
	*a = anything();
	return false;
}

/* Whether a number is an address in constants or variables, or may be one that was. */
static bool is_in_memory(const struct op *c, const struct op_fact *f)
{
	const struct ub_program *p = c->program;
	return op_is_number(f) && (f->open || (f->lo == f->hi && (f->lo - p->rodata_addr < p->rodata_len || f->lo - p->data_addr < p->data_len)));
}

void op_move_fact(struct op *c, const struct ub_insn *insn, struct op_fact *f)
{
	uint32_t s = UB_SRC(insn), k = (uint32_t)insn->imm;
	if (insn->offset)
		*f = anything();
	else if (!(insn->opcode & UB_X))
		*f = number(k, k);
	else if (s != UB_R10 && op_in(&c->facts.there, s) && c->facts.fact[s].null && op_known(c, s))
		*f = c->facts.fact[s];
	else
		op_get_fact(c, s, f);
}

#define OPERATION(op) (1 << ((op) >> 4))
bool op_alu_fact(struct op *c, const struct ub_insn *insn, struct op_fact *f)
{
	enum { DOWN = OPERATION(UB_RSH) | OPERATION(UB_ARSH), SHIFTS = DOWN | OPERATION(UB_LSH),
	       DEPENDS = DOWN | OPERATION(UB_DIV) | OPERATION(UB_MOD) }; /* on the high halves */
	uint32_t op = UB_OP(insn->opcode), this = OPERATION(op), d = UB_DST(insn), s = UB_SRC(insn), k = (uint32_t)insn->imm;
	bool wide = op_is_wide(insn->opcode), x = insn->opcode & UB_X, sign = insn->offset != 0, negative = !x && insn->imm < 0;
	bool low = true, far = false;
	if (wide) {
		low = op_is_zero(c, d + OP_HIGH) && (x ? op_is_zero(c, s + OP_HIGH) : !negative);
		far = x || (k & 63) > 31; /* a shift: by 32, or what is not known */
	}
	if ((this & DEPENDS && (!low || sign)) || (this & SHIFTS && far) || op == UB_NEG || (!c->plan.bits.bytes && op != UB_ADD)) {
		*f = anything(); /* without a plan most is lost at the next join anyway */
		return low && (op == UB_AND || (this & DEPENDS && op != UB_ARSH && !sign && !(this & DOWN && far)));
	}
	if (op == UB_END) {
		*f = k == 16 ? number(0, 0xffff) : anything();
		return k < 64;
	}
	struct op_fact b = x ? op_know(c, s) : number(k, k);
	op_get_fact(c, d, f);
	f->narrow = b.narrow = false;
	if (x && op == UB_ADD) {
		bool memory = !c->plan.bits.bytes && (is_in_memory(c, f) || is_in_memory(c, &b)), exact = add(f, &b);
		f->open |= memory && op_is_number(f); /* for want of a plan: where it may point to */
		return exact;
	}
	if (x && op == UB_SUB)
		return subtract(f, &b);
	if (op == UB_ADD)
		return add_constant(f, op_is_number(f) && !wide && negative && f->lo < 0u - k ? (int64_t)k : insn->imm);
	if (op == UB_SUB)
		return add_constant(f, -(int64_t)insn->imm);
	return compute(op, f, &b) && (!wide || !negative || op == UB_AND);
}

/* Whether [var + offset, + size) is inside a region that has the right, whatever the run. */
bool op_is_inside(struct op *c, uint32_t var, int32_t offset, uint32_t size, uint32_t rights)
{
	const struct ub_program *p = c->program;
	struct op_fact f = op_know(c, var);
	int64_t lo = op_least(&f) + offset, hi = op_greatest(&f) + offset + size;
	if (op_is_number(&f)) {
		if (p->data_len && lo >= p->data_addr && hi <= (int64_t)p->data_addr + p->data_len)
			return true;
		if (rights == UB_READ && p->rodata_len && lo >= p->rodata_addr && hi <= (int64_t)p->rodata_addr + p->rodata_len)
			return true;
		return op_is_in_values(c, lo, hi, rights);
	}
	if (f.open)
		return false;
	if (f.kind == OP_CONTEXT)
		return lo >= 0 && (hi <= c->facts.length || (f.bounded && (int64_t)offset + size <= f.slack));
	if (f.kind == OP_TOP) /* the stack is one region, whoever's frame it is */
		return lo >= -(int64_t)p->stack_use && hi <= 0;
	/* what a function is called with may point to its caller's frame */
	return lo >= -UB_FRAME_BYTES && p->flags & UB_PROGRAM_FRAME_ESCAPES &&
	       hi <= (p->funcs[c->function] == p->entry ? 0 : UB_FRAME_BYTES);
}

/* Whether what a frame says of a variable follows from what is known here. */
bool op_implies(struct op *c, uint32_t var, const struct op_fact *f)
{
	if (f->kind == OP_ANYTHING || f->open)
		return true; /* it says nothing */
	struct op_fact k = op_know(c, var);
	limit(&k);
	if (k.kind == OP_STACK && f->kind == OP_TOP && !c->called) /* this one's r10 is the top */
		k.kind = OP_TOP;
	if (f->bounded) {
		bool below = !f->exact && k.kind != OP_ANYTHING && !k.open && op_greatest(&k) * f->times + f->slack <= (int64_t)c->facts.length;
		bool distance = k.bounded && !k.open && k.times >= f->times && k.slack >= f->slack && (!f->exact || (k.exact && k.slack == f->slack));
		if (!below && !distance)
			return false;
	}
	if (f->kind != OP_NUMBER)
		return k.kind == f->kind && !k.open && k.from >= f->from && k.to <= f->to;
	bool multiple = f->align == 0 || (((k.lo - f->lo) & ((1u << f->align) - 1)) == 0 && (k.align >= f->align || k.lo == k.hi));
	return op_is_number(&k) && k.lo >= f->lo && k.hi <= f->hi && multiple;
}

/* The context has at least so many bytes. */
static void is_as_long(struct op *c, int64_t length)
{
	if (length > (int64_t)c->facts.length && length <= MOST)
		c->facts.length = (uint32_t)length;
}

/* a < b, or a <= b if or_equal, as unsigned numbers or as offsets into the same memory. */
static void less(struct op *c, struct op_fact *a, struct op_fact *b, bool or_equal)
{
	uint32_t one = !or_equal, above = a->lo + one < one ? MOST : a->lo + one, below = b->hi < one ? 0 : b->hi - one;
	if (op_is_number(a) && op_is_number(b)) {
		if (b->exact && b->bounded) /* a length is above a number */
			is_as_long(c, (int64_t)above + b->slack);
		a->kind = b->kind = OP_NUMBER;
	} else if (a->kind != OP_CONTEXT || b->kind != OP_CONTEXT || a->open || b->open || a->from < 0 || b->from < 0 || !a->bounded ||
		   !b->bounded || a->slack < 0 || b->slack < 0) {
		return; /* two addresses in the context, neither behind its end, are ordered as their offsets are */
	}
	int32_t slack = b->slack + (int32_t)(one * b->times);
	if (b->bounded && slack <= FAR && (!a->bounded || a->times < b->times || (a->times == b->times && a->slack < slack))) {
		a->bounded = true;
		a->exact = false;
		a->times = b->times;
		a->slack = slack;
	}
	if (a->hi > below)
		a->hi = below;
	if (b->lo < above) {
		b->lo = above;
		b->align = 0;
	}
}

static void equal(struct op *c, struct op_fact *a, struct op_fact *b)
{
	if (!op_is_number(a) || !op_is_number(b))
		return;
	if (b->exact && b->bounded)
		is_as_long(c, (int64_t)a->lo + b->slack);
	a->kind = b->kind = OP_NUMBER;
	a->align = b->align = 0;
	a->lo = b->lo = a->lo > b->lo ? a->lo : b->lo;
	a->hi = b->hi = a->hi < b->hi ? a->hi : b->hi;
}

/* Two numbers that differ, one of them constant: a bound of the other is not reached. */
static void exclude(struct op_fact *a, uint32_t k)
{
	uint32_t step = 1u << a->align, room = a->hi - a->lo;
	a->kind = OP_NUMBER;
	if (a->lo != k && a->hi == k) /* down to the multiple below, if there is one */
		step = room & (step - 1) ? 1 : step;
	else if (a->lo != k)
		return;
	if (room < step) {
		a->lo = 1; /* none is left */
		a->hi = 0;
	} else if (a->lo == k) {
		a->lo += step;
	} else {
		a->hi -= step;
	}
}

static void differ(struct op_fact *a, const struct op_fact *b)
{
	bool numbers = op_is_number(a) && op_is_number(b);
	if (numbers && b->lo == b->hi)
		exclude(a, b->lo);
	bool same = numbers || (a->kind == OP_CONTEXT && b->kind == OP_CONTEXT && !a->open && !b->open && a->from >= 0 && b->from >= 0);
	if (same && b->exact && b->bounded && a->bounded && a->times == 1 && b->slack >= 0 && a->slack == b->slack && !a->exact)
		a->slack++;
}

/* What a comparison has left of a register. What is at least so much, and so far below the context's end, says how long
 * that is. Where no number is left, control does not come: any number does. */
static void refined(struct op *c, uint32_t var, struct op_fact *f)
{
	if (f->bounded && !f->open && op_least(f) >= 0)
		is_as_long(c, op_least(f) * f->times + f->slack);
	if (op_least(f) > op_greatest(f))
		f->lo = f->hi = f->align = 0;
	if (var != UB_R10)
		op_learn(c, var, f);
}

/* The same, and of a variable that is known in terms of it. */
static void refined_both(struct op *c, uint32_t var, struct op_fact *f)
{
	struct op_fact of;
	refined(c, var, f);
	uint32_t other = op_relate(c, var, f, &of);
	if (other != OP_NONE)
		refined(c, other, &of);
}

/* What a comparison says where it holds, or where it does not. */
void op_refine(struct op *c, const struct ub_insn *insn, bool taken)
{
	enum { EQUAL = 1u << (UB_JEQ >> 4) | 1u << (UB_JNE >> 4), STRICT = 1u << (UB_JGT >> 4) | 1u << (UB_JSGT >> 4) | 1u << (UB_JLT >> 4) | 1u << (UB_JSLT >> 4),
	       ABOVE = 1u << (UB_JGT >> 4) | 1u << (UB_JSGT >> 4) | 1u << (UB_JGE >> 4) | 1u << (UB_JSGE >> 4),
	       SIGNED = 1u << (UB_JSGT >> 4) | 1u << (UB_JSGE >> 4) | 1u << (UB_JSLT >> 4) | 1u << (UB_JSLE >> 4),
	       ORDER = ABOVE | STRICT | 1u << (UB_JLE >> 4) | 1u << (UB_JSLE >> 4) };
	uint32_t op = insn->opcode >> 4, d = UB_DST(insn), s = UB_SRC(insn);
	bool x = insn->opcode & UB_X, wide = UB_CLASS(insn->opcode) == UB_JMP, is_signed = (uint32_t)SIGNED >> op & 1;
	if (!((uint32_t)(EQUAL | ORDER) >> op & 1))
		return;
	struct op_fact a = op_know(c, d), b = x ? op_know(c, s) : number((uint32_t)insn->imm, (uint32_t)insn->imm);
	bool above = ((uint32_t)ABOVE >> op & 1) == taken, or_equal = ((uint32_t)STRICT >> op & 1) != taken;
	bool dz = op_is_narrow(c, d), sz = x ? op_is_narrow(c, s) : insn->imm >= 0, same = (op == UB_JEQ >> 4) == taken;
	if (wide && !(dz && sz)) { /* what is not above a number without high half has none */
		a.narrow |= sz && !is_signed && ((uint32_t)ORDER >> op & 1 ? !above : same);
		b.narrow |= dz && !is_signed && ((uint32_t)ORDER >> op & 1 ? above : same);
		if (!((dz || a.narrow) && (sz || b.narrow)))
			return;
	}
	if (is_signed && !wide && (!op_is_number(&a) || !op_is_number(&b) || a.hi > INT32_MAX || b.hi > INT32_MAX))
		return; /* of 64 bits without high halves they are not negative */
	if ((uint32_t)ORDER >> op & 1) {
		less(c, above ? &b : &a, above ? &a : &b, or_equal);
	} else if (same) {
		equal(c, &a, &b);
	} else {
		struct op_fact was = a;
		differ(&a, &b);
		differ(&b, &was);
	}
	refined_both(c, d, &a);
	if (x)
		refined_both(c, s, &b);
}
