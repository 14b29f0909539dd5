// SPDX-License-Identifier: BSD-2-Clause
/* Frames: what the plan says of a slot where paths meet. Every edge to it is held against that, and what comes behind it
 * starts from that. */
#include "jit/onepass/loop.h"
#include "jit/onepass/plan.h"

enum { NEVER = 15 };

/* A claim of the plan that cannot be seen to hold. The desk is told what can. */
void op_doubt(struct op *c, uint32_t slot, enum onepass_what what, uint32_t var)
{
#if UB_HOST
	struct onepass_report *r = c->report;
	if (r->doubts) {
		struct op_fact f = what == ONEPASS_FACT ? op_know(c, var) : (struct op_fact){ 0 };
		uint32_t flags = (f.open ? ONEPASS_OPEN : 0u) | (f.bounded ? ONEPASS_BOUNDED : 0u) | (f.exact ? ONEPASS_EXACT : 0u);
		if (r->ndoubts < r->room)
			r->doubts[r->ndoubts++] = (struct onepass_doubt){ (uint16_t)slot, (uint8_t)what, (uint8_t)var, f.kind, (uint8_t)flags, f.align, f.times,
									  f.slack, f.lo, f.hi, c->facts.length };
		return;
	}
#else
	(void)slot;
	(void)what;
	(void)var;
#endif
	op_refuse(c, ONEPASS_NOT_THERE);
}

/* What happens to a variable where paths meet. at: OP_NONE: it is lost; OP_ZERO_HALF: it is 0. */
enum { ZERO_HALF = OP_NONE - 1 };

static void meet(struct op *c, uint32_t var, uint32_t at, enum op_visit how)
{
	if (how == OP_SKIP)
		return;
	if (how == OP_ENTER) {
		if (at == OP_NONE) {
			if (op_known(c, var))
				op_lose(c, var);
		} else if (at == ZERO_HALF) {
			op_set_const(c, var, 0);
		} else {
			c->places.home[var] = (uint8_t)at;
			struct op_places *p = &c->places;
			const struct op_value *v = &p->val[var];
			if (v->kind == OP_HELD && v->a == at && p->owner[at] == var)
				return;
			op_set writable = p->writable; /* nothing is written: it has been there */
			p->writable = ~(op_set)0;
			op_hold(c, var, at);
			p->writable = writable;
		}
	} else if (at == ZERO_HALF) {
		if (!op_is_zero(c, var))
			op_doubt(c, c->plan.frame, ONEPASS_ZERO, var);
	} else if (at != OP_NONE) {
		op_settle(c, var, at);
	}
}

/* Whether a variable is where it should be already. */
static inline bool is_there(const struct op *c, uint32_t var, uint32_t at)
{
	return c->places.val[var].kind == OP_HELD && c->places.val[var].a == at;
}

/* Without a plan everything is at home, but for high halves that nobody reads, or that are 0. */
static void default_frame(struct op *c, enum op_visit how)
{
	const struct op_map *m = &c->map;
	for (uint32_t r = 0; r < UB_R10; r++) {
		uint32_t high = r + OP_HIGH, at = m->zero >> r & 1 ? (uint32_t)ZERO_HALF : m->home[high];
		if (m->home[r] == OP_NONE)
			continue;
		if (!is_there(c, r, m->home[r]))
			meet(c, r, m->home[r], how);
		if (at != OP_NONE && !is_there(c, high, at))
			meet(c, high, at, how);
		if (how == OP_ENTER)
			op_doubt_fact(c, r);
	}
	if (how == OP_ENTER)
		c->facts.length = c->program->ctx_min;
}

static void frame_values(struct op *c, const uint8_t *home, enum op_visit how)
{
	const struct op_map *m = &c->map;
	for (uint32_t r = 0; r < UB_R10; r++) {
		uint32_t known = m->home[r] == OP_NONE ? 0 : op_read(c, 2);
		uint32_t high = known == 3 ? home[r + OP_HIGH] : known == 2 ? ZERO_HALF : OP_NONE;
		if ((known && home[r] == OP_NONE) || (known == 3 && high == OP_NONE))
			op_refuse(c, ONEPASS_MALFORMED);
		meet(c, r, known ? home[r] : OP_NONE, how);
		meet(c, r + OP_HIGH, high, how);
	}
	for (uint32_t i = 0; i < m->nwords; i++) {
		uint32_t at = !op_read(c, 1) ? OP_NONE : home[OP_WORD + i] == OP_NONE ? ZERO_HALF : home[OP_WORD + i];
		meet(c, OP_WORD + i, at, how);
	}
}

static void frame_fact(struct op *c, enum op_visit how)
{
	static const uint8_t kinds[] = { OP_NUMBER, OP_CONTEXT, OP_STACK, OP_NUMBER };
	const struct ub_program *p = c->program;
	uint32_t var = op_read_fact_variable(c), kind = op_read(c, 2);
	struct op_fact f = op_fact(kinds[kind], 0, UINT32_MAX);
	int64_t from = kind == 3 ? op_read(c, 1) ? p->data_addr : p->rodata_addr : 0;
	if (kind == 2 && c->map.calls && op_read(c, 1))
		f.kind = OP_TOP;
	bool low = op_read(c, 1);
	if (low)
		f.lo = op_read_signed(c);
	bool high = op_read(c, 1);
	if (high)
		f.hi = f.lo + op_read_number(c);
	if (f.kind != OP_NUMBER) {
		if (!high)
			f.hi = INT32_MAX;
		f.open = !low && !high;
	}
	if (f.hi > (f.kind == OP_NUMBER ? (int64_t)UINT32_MAX : INT32_MAX))
		f.hi = f.kind == OP_NUMBER ? (int64_t)UINT32_MAX : INT32_MAX;
	f.lo += from;
	f.hi += high ? from : 0;
	if (f.kind == OP_NUMBER && (f.lo < 0 || f.hi > UINT32_MAX)) {
		f.lo = 0;
		f.hi = UINT32_MAX;
	}
	f.bounded = op_read(c, 1);
	if (f.bounded) {
		f.slack = op_read_signed(c);
		f.exact = op_read(c, 1);
		f.open = false;
		if (f.kind == OP_NUMBER && !f.exact && op_read(c, 1))
			f.times = (uint8_t)(op_read_count(c, 253) + 2);
		if (f.kind >= OP_STACK || f.slack > 1 << 30 || f.slack < -(1 << 30))
			op_refuse(c, ONEPASS_MALFORMED);
	}
	if (kind == 0 && op_read(c, 1))
		f.align = (uint8_t)(op_read(c, 3) + 1);
	if (f.lo > f.hi)
		op_refuse(c, ONEPASS_MALFORMED);
	if (how == OP_CALL && f.kind == OP_STACK) { /* the callee's r10 is lower */
		f.lo -= UB_FRAME_BYTES;
		f.hi -= UB_FRAME_BYTES;
	}
	if (how == OP_ENTER) {
		if (!op_known(c, var))
			op_refuse(c, ONEPASS_NOT_THERE);
		*op_fact_of(c, var) = f;
	} else if (how != OP_SKIP && !op_implies(c, var, &f)) {
		op_doubt(c, c->plan.frame, ONEPASS_FACT, var);
	}
}

/* What the fast form of a loop knows; out of one, nothing of interest. */
static void frame_loop(struct op *c, enum op_visit how)
{
	struct op_loop *l = &c->loop;
	bool here = l->fast && how != OP_SKIP, tested = op_read(c, 1);
	if (here && how == OP_ENTER)
		l->tested = tested;
	else if (here && tested && !l->tested)
		op_doubt(c, c->plan.frame, ONEPASS_TESTED, 0);
	while (op_read(c, 1)) {
		uint32_t var = op_read_fact_variable(c), of = op_read_fact_variable(c);
		int32_t more = op_read_signed(c);
		struct op_form *f = &l->form[op_fact_of(c, var) - c->facts.fact];
		if (!here)
			continue;
		if (how == OP_ENTER)
			*f = (struct op_form){ (uint8_t)of, OP_NONE, OP_NONE, 0, more };
		else if (f->a != of || f->b != OP_NONE || f->add != more || !op_known(c, var))
			op_doubt(c, c->plan.frame, ONEPASS_FORM, var);
	}
}

/* In place of a variable that lives elsewhere: control never comes here. */
static bool is_never(struct op *c)
{
	uint32_t at = c->plan.bits.at;
	if (op_read(c, 6) == NEVER)
		return true;
	c->plan.bits.at = at;
	return false;
}

static void read_frame(struct op *c, enum op_visit how)
{
	uint8_t home[OP_VARS];
	const uint8_t *homes = c->map.home;
	if (how == OP_ENTER)
		c->plan.never = false;
	while (op_read(c, 1)) {
		if (is_never(c)) {
			c->plan.never |= how == OP_ENTER;
			if (how == OP_EDGE || how == OP_CALL)
				op_refuse(c, ONEPASS_NOT_THERE);
			return;
		}
		if (homes != home)
			for (uint32_t v = 0; v < OP_VARS; v++)
				home[v] = homes[v];
		homes = home;
		uint32_t var = op_read_variable(c);
		home[var] = (uint8_t)op_read_place(c);
	}
	if (how == OP_ENTER)
		for (uint32_t v = 0; v < OP_VARS; v++)
			c->places.home[v] = homes[v];
	frame_values(c, homes, how);
	if (how == OP_ENTER) {
		for (uint32_t v = 0; v < UB_R10; v++)
			op_forget(c, v);
		for (uint32_t i = 0; i < c->map.nwords; i++)
			op_forget(c, OP_WORD + i);
	}
	while (op_read(c, 1))
		frame_fact(c, how);
	uint32_t length = op_read(c, 1) ? op_read_number(c) : 0;
	if (how == OP_ENTER)
		c->facts.length = length > c->program->ctx_min ? length : c->program->ctx_min;
	else if (how != OP_SKIP && length > c->facts.length)
		op_doubt(c, c->plan.frame, ONEPASS_LENGTH, 0);
	if (op_read(c, 1))
		frame_loop(c, how);
	else if (how == OP_ENTER)
		c->loop.tested = false;
}

/* What the plan says of a slot where paths meet. SKIP reads the next one. */
void op_frame(struct op *c, uint32_t slot, enum op_visit how)
{
	if (!c->plan.bits.bytes) {
		default_frame(c, how);
		return;
	}
	if (how == OP_SKIP) {
		read_frame(c, how);
		return;
	}
	uint32_t at = c->plan.bits.at;
	c->plan.frame = slot;
	c->plan.bits.at = c->plan.frames[op_join_index(c, slot)];
	if (how == OP_ENTER)
		op_loop_enter(c, slot);
	read_frame(c, how);
	c->plan.bits.at = at;
}
