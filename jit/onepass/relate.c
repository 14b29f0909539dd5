// SPDX-License-Identifier: BSD-2-Clause
/* Variables that are known in terms of each other: what a comparison says of one, it says of the other.
 *
 *   var = of + plus             copies, and sums with constants
 *   var + of + plus = length    what a difference from the end of the context leaves behind an index, or an address
 *
 * of low halves and offsets as whole numbers: nothing was reduced modulo 2^32 on the way. What is written has no relations any
 * more but the one that this makes; where paths meet there are none.
 */
#include "jit/onepass/parts.h"

enum { MOST_PLUS = 1 << 20, MOST_SLACK = 1 << 30 };

static bool is_none(const struct op_relation *r)
{
	return r->var == r->of;
}

void op_unrelate_it(struct op *c, uint32_t var)
{
	op_take(&c->in_relations, var);
	for (uint32_t i = 0; i < OP_RELATIONS; i++)
		if (c->relation[i].var == var || c->relation[i].of == var)
			c->relation[i].of = c->relation[i].var;
}

static void relate(struct op *c, uint32_t var, uint32_t of, bool rest, int32_t plus)
{
	op_unrelate(c, var);
	op_add(&c->in_relations, var);
	op_add(&c->in_relations, of);
	struct op_relation *r = c->relation; /* one by one: no call of memmove */
	r[3] = r[2];
	r[2] = r[1];
	r[1] = r[0];
	r[0] = (struct op_relation){ (uint8_t)var, (uint8_t)of, rest, plus };
}

void op_relate_copy(struct op *c, uint32_t var, uint32_t from)
{
	if (from == OP_NONE || from == UB_R10 || !c->plan.bits.bytes) /* without a plan nothing asks */
		op_unrelate(c, var);
	else if (from != var)
		relate(c, var, from, false, 0);
}

/* A variable moves by a constant. */
static void move(struct op *c, uint32_t var, int32_t by)
{
	for (struct op_relation *r = c->relation; r < c->relation + OP_RELATIONS; r++) {
		if (is_none(r) || (r->var != var && r->of != var))
			continue;
		r->plus += r->var == var && !r->rest ? by : -by;
		if (r->plus > MOST_PLUS || r->plus < -MOST_PLUS)
			r->of = r->var;
	}
}

void op_relate_sum(struct op *c, const struct ub_insn *insn, const struct op_fact *now)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn);
	bool x = insn->opcode & UB_X, open = now->kind == OP_ANYTHING || now->open;
	struct op_fact was = op_know(c, d);
	int32_t by = op == UB_ADD ? insn->imm : (int32_t)(0u - (uint32_t)insn->imm);
	/* a number that went beyond 32 bits, which the sum of its low halves does, went the other way */
	bool whole = now->lo - was.lo == (uint32_t)by && (!op_is_number(now) || (by < 0) == (now->lo < was.lo)) && by >= -MOST_PLUS && by <= MOST_PLUS;
	if (!x && !open && whole)
		move(c, d, by);
	else if (op == UB_SUB && x && s != d && s != UB_R10 && was.exact && now->kind == OP_NUMBER && now->bounded)
		relate(c, d, s, true, was.slack); /* only the distance from the end is bounded */
	else
		op_unrelate(c, d);
}

static const struct op_relation *find(const struct op *c, uint32_t var)
{
	for (const struct op_relation *r = c->relation; op_in(&c->in_relations, var) && r < c->relation + OP_RELATIONS; r++)
		if (!is_none(r) && (r->var == var || r->of == var))
			return r;
	return NULL;
}

uint32_t op_related(const struct op *c, uint32_t var)
{
	const struct op_relation *r = find(c, var);
	return !r ? OP_NONE : r->var == var ? r->of : r->var;
}

/* v + by, no less and no more than 32 bits hold. */
static uint32_t moved(uint32_t v, int32_t by)
{
	uint32_t m = v + (uint32_t)by;
	return by < 0 ? (m > v ? 0 : m) : m < v ? UINT32_MAX : m;
}

uint32_t op_relate(struct op *c, uint32_t var, const struct op_fact *a, struct op_fact *f)
{
	const struct op_relation *r = find(c, var);
	if (!r || a->open)
		return OP_NONE;
	uint32_t other = op_related(c, var), times = r->rest ? 1 : a->times;
	int32_t by = r->var == var ? -r->plus : r->plus, slack = a->slack - by * (int32_t)times;
	*f = op_know(c, other);
	if (f->open || f->exact || (r->rest ? r->of == var || a->lo > MOST_SLACK : f->kind > OP_NUMBER && f->kind != a->kind) || (op_is_number(f) != op_is_number(a) && !r->rest))
		return OP_NONE;
	if (r->rest) {
		slack = r->plus + (int32_t)a->lo;
	} else if (op_is_number(f)) {
		uint32_t lo = moved(a->lo, by), hi = moved(a->hi, by);
		f->kind = OP_NUMBER;
		if (lo > f->lo) {
			f->lo = lo;
			f->align = 0;
		}
		f->hi = hi < f->hi ? hi : f->hi;
	}
	if ((r->rest || a->bounded) && slack >= -MOST_SLACK && slack <= MOST_SLACK &&
	    (!f->bounded || f->times < times || (f->times == times && f->slack < slack))) {
		f->bounded = true;
		f->times = (uint8_t)times;
		f->slack = slack;
	}
	return other;
}
