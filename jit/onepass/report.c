// SPDX-License-Identifier: BSD-2-Clause
/* What is told to who asked for the compilation: why a plan is not followed, and, on the host, what it claims and the
 * compiler cannot see, and what became of accesses. */
#include "jit/onepass/parts.h"

void op_refuse(struct op *c, enum onepass_reason reason)
{
	if (!c->refused)
		c->refused = (uint8_t)reason;
	c->out.code.cap = 0;
}

/* A claim of the plan that cannot be seen to hold. The host is told what can. */
void op_doubt(struct op *c, uint32_t slot, enum onepass_what what, uint32_t var)
{
#if UB_HOST
	struct onepass_report *r = c->report;
	if (r->doubts) {
		struct op_fact f = what == ONEPASS_FACT ? op_know(c, var) : (struct op_fact){ 0 };
		uint32_t flags = (f.open ? ONEPASS_OPEN : 0u) | (f.bounded ? ONEPASS_BOUNDED : 0u) | (f.exact ? ONEPASS_EXACT : 0u);
		if (r->ndoubts < r->room)
			r->doubts[r->ndoubts++] = (struct onepass_doubt){ (uint16_t)slot, (uint8_t)what, (uint8_t)var, f.kind, (uint8_t)flags, f.align, f.times,
									  f.slack, f.kind <= OP_NUMBER ? (int64_t)f.lo : f.from,
									  f.kind <= OP_NUMBER ? (int64_t)f.hi : f.to, c->facts.length };
		return;
	}
#else
	(void)slot;
	(void)what;
	(void)var;
#endif
	op_refuse(c, ONEPASS_NOT_THERE);
}

/* Something is read that is not there any more. The host is told what. */
void op_lost(struct op *c, const struct op_value *v)
{
#if UB_HOST
	struct onepass_report *r = c->report;
	if (r->doubts) {
		uint32_t var = v >= c->places.val && v < c->places.val + op_variables(c) ? (uint32_t)(v - c->places.val) : (uint32_t)OP_NONE;
		if (r->ndoubts < r->room)
			r->doubts[r->ndoubts++] = (struct onepass_doubt){ .slot = (uint16_t)c->slot, .what = ONEPASS_LOST, .v = (uint8_t)var };
		return;
	}
#else
	(void)v;
#endif
	op_refuse(c, ONEPASS_READS_LOST);
}

/* A function writes a place that it does not save. The host is told which, once. */
void op_not_saved(struct op *c, uint32_t place)
{
#if UB_HOST
	struct onepass_report *r = c->report;
	if (r->doubts) {
		if (r->ndoubts < r->room)
			r->doubts[r->ndoubts++] = (struct onepass_doubt){ .slot = (uint16_t)c->slot, .what = ONEPASS_SAVED, .v = (uint8_t)place };
		c->places.writable |= OP_BIT(place);
		return;
	}
#else
	(void)place;
#endif
	op_refuse(c, ONEPASS_NOT_SAVED);
}

#if UB_HOST
void op_note(struct op *c, enum onepass_note note)
{
	uint8_t *notes = c->report->notes;
	if (notes && c->loop.active && !c->loop.fast)
		notes[c->slot] = (uint8_t)((notes[c->slot] & 15) | (uint32_t)note << 4);
	else if (notes)
		notes[c->slot] = (uint8_t)note;
}
#endif
