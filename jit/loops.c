// SPDX-License-Identifier: BSD-2-Clause
/* Which loops can be compiled twice. A candidate is one block, from a head to the first conditional
 * jump back, that nothing jumps into; it may be left in between. Its body is evaluated once over the
 * values registers have at the head: addresses that are sums of registers that a turn leaves alone
 * or moves by a constant are where they are at the first turn plus turns times a stride, and how many
 * turns there are is what the latch's compare says.
 *
 * All of this is arithmetic mod 2^32, on low halves, as addresses are.
 */
#include "jit/loops.h"

/* A loop being looked at. */
struct body {
	const struct jit *j;
	struct jit_loop *loop;
	uint32_t plain;             /* bit n: some check of reach n compares an address with the context's */
	uint32_t accesses;
	bool exits, backward;       /* it may be left before the latch; back to somewhere */
	uint8_t access[LOOP_SLOTS]; /* slots from the head on | reach << 6 */
	struct jit_form now[UB_REGISTERS];
};

static void forget(struct jit_form *f)
{
	f->terms = FORM_UNKNOWN | FORM_FLAGS;
}

static void add(struct jit_form *d, const struct jit_form *s)
{
	uint32_t n = jit_terms(d), more = s->terms;
	d->constant += s->constant;
	if (n + jit_terms(s) > LOOP_TERMS)
		forget(d);
	else
		d->terms += (more & 0xffffff) << 8 * n | (more & FORM_COUNT);
	d->terms |= FORM_NARROW;
}

/* Shifts all terms; those of 16 and more are not followed. */
static void shift(struct jit_form *f, uint32_t k)
{
	uint32_t n = jit_terms(f), shifts = f->terms >> 4 & 0x0f0f0f;
	if (n > LOOP_TERMS || k > 15) {
		forget(f);
		return;
	}
	shifts += k * (0x010101 & ((1u << 8 * n) - 1));
	f->constant <<= k;
	f->terms = (f->terms & ~0xf0f0f0u) | shifts << 4;
	if (shifts & 0xf0f0f0)
		forget(f);
}

static void alu(const struct ub_insn *insn, uint32_t fact, struct jit_form *now)
{
	struct jit_form *d = now + UB_DST(insn);
	uint32_t imm = (uint32_t)insn->imm, flags = FORM_WRITTEN;
	bool wide = UB_CLASS(insn->opcode) == UB_ALU64;

	switch (insn->opcode & ~7u) {
	case UB_SUB | UB_K:
		imm = 0u - imm; /* fallthrough */
	case UB_ADD | UB_K:
		if (d->constant == 0)
			flags = 0;
		d->constant += imm;
		break;
	case UB_ADD | UB_X:
		add(d, now + UB_SRC(insn));
		break;
	case UB_LSH | UB_K:
		shift(d, imm & (wide ? 63 : 31));
		break;
	case UB_MOV | UB_K:
		*d = (struct jit_form){ FORM_FLAGS, imm };
		break;
	case UB_MOV | UB_X:
		*d = now[UB_SRC(insn)];
		if (insn->offset & 31) /* an extension of less than the low half */
			forget(d);
		break;
	default:
		if (!(fact & JIT_NO_EFFECT))
			forget(d);
	}
	if (!wide || insn->offset)
		flags = FORM_FLAGS;
	d->terms |= flags;
}

/* Adds an access to those that are a constant apart from it. */
static void access(struct body *b, uint32_t slot, const struct jit_form *base)
{
	const struct ub_insn *insn = b->j->text + slot;
	struct jit_loop *l = b->loop;
	struct jit_reach *r = l->reach;
	uint32_t fact = b->j->facts[slot], n = 0, terms = base->terms & ~(uint32_t)FORM_FLAGS;
	uint32_t at = base->constant + (uint32_t)(int32_t)insn->offset;

	if ((fact & (JIT_IN_BOUNDS | 3 * JIT_REGION)) != UB_REGION_CTX * JIT_REGION || terms < FORM_ONE ||
	    terms >= FORM_UNKNOWN || at + LOOP_NEAR - 1 > 2 * LOOP_NEAR - 2)
		return;
	while (n < l->reaches && r->low.terms != terms)
		n++, r++;
	if (n == LOOP_REACHES)
		return;
	if (n == l->reaches) {
		l->reaches++;
		r->low = (struct jit_form){ terms, at };
		r->bytes = 0;
	}
	uint32_t above = at - r->low.constant;
	if ((int32_t)above < 0) {
		r->low.constant = at;
		r->bytes = (uint16_t)(r->bytes - above);
		above = 0;
	}
	above += jit_size(insn->opcode);
	if (r->bytes < above)
		r->bytes = (uint16_t)above;
	b->access[b->accesses++] = (uint8_t)(slot - l->head + LOOP_SLOTS * n);
	if (!(fact & JIT_AT_START))
		b->plain |= 1u << n;
}

/* Whether a turn leaves register r alone but for adding a constant. */
static bool is_counter(const struct jit_form *now, uint32_t r)
{
	return (now[r].terms & ~(uint32_t)FORM_FLAGS) == (FORM_ONE | r);
}

static bool is_invariant(const struct jit_form *now, uint32_t r)
{
	return is_counter(now, r) && now[r].constant == 0;
}

/* Adds what a turn adds to a term of an address. */
static bool stride(const struct jit_form *now, struct jit_reach *reach, uint32_t term)
{
	const uint32_t r = term & 15, most = 1 << LOOP_STRIDE;
	const struct jit_form *f = now + r;
	if (is_counter(now, r)) {
		if (f->constant + most - 1 > 2 * most - 2 || term >> 4 > LOOP_STRIDE)
			return false;
		reach->stride += (int32_t)(f->constant << (term >> 4));
		return (uint32_t)reach->stride + most - 1 <= 2 * most - 2;
	}
	/* r plus an invariant register. */
	uint32_t by = (f->terms >> 8 & 0xff) + (term & 0xf0);
	if (jit_terms(f) != 2 || (f->terms & 0xff) != r || f->constant != 0 || !is_invariant(now, by & 15) ||
	    reach->by != JIT_NOWHERE || by >> 4 >= LOOP_STRIDE)
		return false;
	reach->by = (uint8_t)by;
	return true;
}

/* Which accesses move by a known stride. Returns whether that saves a check worth it. */
static bool cover(struct body *b)
{
	struct jit_loop *l = b->loop;
	bool worth = false;
	for (uint32_t n = 0; n < l->reaches; n++) {
		struct jit_reach *r = &l->reach[n];
		uint32_t left = jit_terms(&r->low), terms = r->low.terms;
		r->stride = 0;
		r->by = JIT_NOWHERE;
		for (; left && stride(b->now, r, terms & 0xff); left--)
			terms >>= 8;
		r->covered = !left && (r->by == JIT_NOWHERE || r->stride == 0);
		if (!r->covered)
			continue;
		worth |= b->plain >> n & 1;
		if (r->by == JIT_NOWHERE && r->low.terms < FORM_ONE + 16)
			l->still |= 1u << r->low.terms % 16;
	}
	for (uint32_t r = 0; r < UB_REGISTERS; r++)
		if (b->now[r].terms & FORM_WRITTEN)
			l->still &= ~(1u << r);
	return worth;
}

/* How the latch counts, if it does: how far the counter is from the bound says how many turns follow. */
static bool counts(const struct body *b)
{
	struct jit_loop *l = b->loop;
	const struct jit *j = b->j;
	const struct ub_insn *insn = j->text + l->latch;
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn), fact = j->facts[l->latch], narrow = 0;
	bool wide = UB_CLASS(insn->opcode) == UB_JMP, x = insn->opcode & UB_X, less = op == UB_JLT || op == UB_JSLT;

	l->equal = op == UB_JNE;
	l->is_signed = false;
	if (!less && !l->equal && op != UB_JGT && op != UB_JSGT)
		return false;
	l->highs = 0;
	if (wide && !(fact & JIT_DST_ZX))
		l->highs = JIT_HI(d);
	if (wide && x && !(fact & JIT_SRC_ZX))
		l->highs |= JIT_HI(s);
	if (!x) {
		if (wide && insn->imm < 0)
			return false;
		s = JIT_NOWHERE;
	} else {
		if (!is_invariant(b->now, s)) { /* bound > counter */
			uint32_t other = s;
			s = d;
			d = other;
			less = !less;
		}
		if (!is_invariant(b->now, s))
			return false;
		narrow = b->now[s].terms;
	}
	const struct jit_form *f = b->now + d;
	narrow = (narrow | f->terms) & FORM_NARROW;
	l->counter = (uint8_t)d;
	l->bound = (uint8_t)s;
	l->limit = (uint32_t)insn->imm;
	l->still = 1u << d;
	l->down = f->constant >> 31;
	uint32_t step = l->down ? 0u - f->constant : f->constant, room = l->down ? ~l->limit : l->limit;
	l->step = step;
	if (!is_counter(b->now, d) || step - 1 > LOOP_NEAR - 2 || (narrow && l->highs) || (!x && room < step))
		return false;
	if (l->equal)
		return (step & (step - 1)) == 0;
	/* Steps larger than one must not wrap around behind the bound; preheader.c looks at one in a register. */
	l->is_signed = !wide && op & UB_JSGT & UB_JSLT;
	const uint32_t most = l->down && jit_repaired(j, JIT_REPAIR_SIGNED_LIMIT) ? INT32_MAX - step : INT32_MAX - 1u;
	if (l->is_signed && !x && l->limit > most)
		return false;
	if (l->is_signed && jit_repaired(j, JIT_REPAIR_CARRY)) /* it may pass zero */
		l->still = 0;
	if (step > 1 && ((x ? l->down : room > ~step + l->down) || (l->is_signed && !l->down)))
		return false;
	return less != l->down;
}

/* Whether nothing but additions of constants writes the counter, so that what it is tells what turn it is. */
static bool adds_only(const struct jit *j, const struct jit_loop *l)
{
	for (uint32_t slot = l->head; slot < l->latch; slot++) {
		const struct ub_insn *insn = j->text + slot;
		if (jit_writes(insn) && UB_DST(insn) == l->counter && (insn->opcode & UB_X || UB_OP(insn->opcode) > UB_SUB))
			return false;
	}
	return true;
}

/* What a turn makes of the registers. Returns whether the loop is a candidate: one block, to its latch. */
static NOINLINE bool evaluate(struct body *b)
{
	const struct jit *j = b->j;
	const uint32_t head = b->loop->head, leader = jit_next_leader(j, head + 1);
	const uint32_t end = leader < head + LOOP_SLOTS ? leader : head + LOOP_SLOTS;
	const struct ub_insn *insn = j->text + head;
	for (uint32_t slot = head; slot < end; slot++, insn++) {
		struct jit_form *d = b->now + UB_DST(insn);
		switch (UB_CLASS(insn->opcode)) {
		case UB_ALU32:
		case UB_ALU64:
			if (insn->imm == 32 && jit_is_extension(j, slot)) {
				d->terms |= FORM_FLAGS;
				slot++, insn++;
			} else {
				alu(insn, j->facts[slot], b->now);
			}
			break;
		case UB_LD:
			forget(d);
			slot++, insn++;
			break;
		case UB_LDX:
			access(b, slot, b->now + UB_SRC(insn));
			forget(d);
			break;
		case UB_ST:
		case UB_STX:
			if (UB_MODE(insn->opcode) == UB_ATOMIC)
				return false;
			access(b, slot, d);
			break;
		default:
			if (!jit_is_jump(insn->opcode) || UB_OP(insn->opcode) == UB_JA)
				return false;
			b->loop->latch = slot;
			if (jit_target(insn, slot) == head)
				return true;
			b->exits = true;
			b->backward |= jit_target(insn, slot) <= slot;
		}
	}
	return false;
}

static bool look(struct body *b, const struct jit *j, uint32_t head, struct jit_loop *l)
{
	b->j = j;
	b->loop = l;
	b->plain = b->accesses = 0;
	b->exits = b->backward = false;
	l->head = head;
	l->reaches = 0;
	for (uint32_t r = 0; r < UB_REGISTERS; r++)
		b->now[r] = (struct jit_form){ FORM_ONE | r, 0 };
	if (jit_repaired(j, JIT_REPAIR_R10)) /* its home holds another value, see jit.bias */
		forget(b->now + UB_R10);
	if (!evaluate(b) || !b->plain || l->latch + 1 == j->slots || !counts(b) || !cover(b))
		return false;
	l->prepaid = !b->exits || (!b->backward && l->step == 1 && adds_only(j, l));
	return true;
}

bool jit_loop(const struct jit *j, uint32_t head, struct jit_loop *loop)
{
	struct body body;
	if (!j->first || j->first->head > head)
		return false;
	if (j->first->head == head) {
		*loop = *j->first;
		return true;
	}
	return look(&body, j, head, loop);
}

/* Marks what the fast forms of loops do without, and where their two forms meet. */
void jit_loops(struct jit *j)
{
	struct jit_loop other, *loop = j->first;
	struct body body;
	j->first = NULL;
	for (uint32_t slot = 0; slot < j->slots && j->plain; slot = jit_next_leader(j, slot + 1)) {
		if (!(j->facts[slot] & JIT_HEAD) || !look(&body, j, slot, loop))
			continue;
		for (uint32_t n = 0; n < body.accesses; n++)
			if (loop->reach[body.access[n] / LOOP_SLOTS].covered)
				jit_mark(j->hoisted, slot + body.access[n] % LOOP_SLOTS);
		if (loop->prepaid)
			jit_mark(j->hoisted, loop->latch);
		jit_mark(j->leader, loop->latch + 1);
		if (!j->first) {
			j->first = loop;
			loop = &other;
		}
	}
}
