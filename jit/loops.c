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

static const struct jit_form unknown = { .terms = LOOP_UNKNOWN };

static bool is_constant(const struct jit_form *f)
{
	return f->terms == 0;
}

static struct jit_form constant(uint32_t value)
{
	return (struct jit_form){ .terms = 0, .narrow = true, .constant = (int32_t)value };
}

static struct jit_form plus(struct jit_form f, uint32_t value)
{
	f.constant = (int32_t)((uint32_t)f.constant + value);
	return f;
}

static struct jit_form sum(struct jit_form a, const struct jit_form *b)
{
	if (a.terms == LOOP_UNKNOWN || b->terms == LOOP_UNKNOWN || a.terms + b->terms > LOOP_TERMS)
		return unknown;
	for (uint32_t i = 0; i < b->terms; i++) {
		a.reg[a.terms] = b->reg[i];
		a.shift[a.terms++] = b->shift[i];
	}
	a.narrow = true;
	return plus(a, (uint32_t)b->constant);
}

static struct jit_form shifted(struct jit_form f, uint32_t k)
{
	if (k > 31)
		return constant(0);
	for (uint32_t i = 0; i < f.terms && f.terms != LOOP_UNKNOWN; i++) {
		if (f.shift[i] + k > 31)
			return unknown;
		f.shift[i] = (uint8_t)(f.shift[i] + k);
	}
	f.constant = (int32_t)((uint32_t)f.constant << k);
	f.narrow = true;
	return f;
}

static void alu(const struct ub_insn *insn, uint32_t fact, struct jit_form *now)
{
	struct jit_form *d = now + UB_DST(insn), *s = now + UB_SRC(insn);
	bool wide = UB_CLASS(insn->opcode) == UB_ALU64, x = insn->opcode & UB_X;
	uint32_t op = UB_OP(insn->opcode), imm = (uint32_t)insn->imm;

	if (op == UB_END || op == UB_NEG)
		*d = unknown;
	else if (op == UB_MOV && x && (insn->offset == 0 || insn->offset == 32))
		*d = *s;
	else if (op == UB_MOV && !x)
		*d = constant(imm);
	else if (op == UB_ADD)
		*d = x ? sum(*d, s) : plus(*d, imm);
	else if (op == UB_SUB && !x)
		*d = plus(*d, 0u - imm);
	else if (op == UB_LSH && !x)
		*d = shifted(*d, imm & (wide ? 63 : 31));
	else if (op == UB_MOV || !(fact & JIT_NO_EFFECT))
		*d = unknown;
	d->narrow |= !wide || insn->offset;
}

static bool same_terms(const struct jit_form *a, const struct jit_form *b)
{
	if (a->terms != b->terms)
		return false;
	for (uint32_t i = 0; i < a->terms; i++)
		if (a->reg[i] != b->reg[i] || a->shift[i] != b->shift[i])
			return false;
	return true;
}

/* Adds an access to those that are a constant apart from it. */
static void reach(struct jit_loop *l, uint32_t slot, const struct jit_form *at, uint32_t size)
{
	struct jit_reach *r = l->reach;
	uint32_t n = 0;
	for (; n < l->reaches && !same_terms(&r->low, at); n++)
		r++;
	if (n == LOOP_REACHES)
		return;
	if (n == l->reaches) {
		l->reaches++;
		*r = (struct jit_reach){ .low = *at };
	}
	if (at->constant < r->low.constant) {
		r->bytes += (uint32_t)(r->low.constant - at->constant);
		r->low.constant = at->constant;
	}
	uint32_t end = (uint32_t)(at->constant - r->low.constant) + size;
	if (r->bytes < end)
		r->bytes = end;
	r->slots |= 1ull << (slot - l->head);
}

/* Returns whether the access has a check that compares an address with the context's. */
static bool access(const struct jit *j, struct jit_loop *l, uint32_t slot, const struct jit_form *base)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t fact = j->facts[slot];
	struct jit_form at = plus(*base, (uint32_t)(int32_t)insn->offset);
	if (fact & JIT_IN_BOUNDS || (fact / JIT_REGION & 3) != UB_REGION_CTX || base->terms == LOOP_UNKNOWN ||
	    is_constant(base) || at.constant <= -LOOP_NEAR || at.constant >= LOOP_NEAR)
		return false;
	if (at.reg[0] == UB_R10)
		return false;
	reach(l, slot, &at, jit_size(insn->opcode));
	return !(fact & JIT_AT_START);
}

/* Whether a turn leaves register r alone but for adding a constant. */
static bool is_counter(const struct jit_form *now, uint32_t r)
{
	return now[r].terms == 1 && now[r].reg[0] == r && now[r].shift[0] == 0;
}

static bool is_invariant(const struct jit_form *now, uint32_t r)
{
	return is_counter(now, r) && now[r].constant == 0;
}

/* Adds what a turn adds to term i of an address. */
static bool stride(const struct jit_form *now, struct jit_reach *reach, uint32_t i)
{
	uint32_t r = reach->low.reg[i], shift = reach->low.shift[i];
	const struct jit_form *f = now + r;
	int32_t step = f->constant, most = 1 << LOOP_STRIDE;
	if (is_counter(now, r)) {
		if (step <= -most || step >= most || shift > LOOP_STRIDE)
			return false;
		reach->stride += (int32_t)((uint32_t)step << shift);
		return reach->stride > -most && reach->stride < most;
	}
	/* r plus an invariant register. */
	if (f->terms != 2 || step != 0 || f->reg[0] != r || f->shift[0] != 0 || !is_invariant(now, f->reg[1]) ||
	    reach->by != JIT_NOWHERE || f->shift[1] + shift >= LOOP_STRIDE)
		return false;
	reach->by = f->reg[1];
	reach->by_shift = (uint8_t)(f->shift[1] + shift);
	return true;
}

/* Which accesses move by a known stride. */
static void cover(struct jit_loop *l, const struct jit_form *now)
{
	uint32_t kept = 0;
	for (uint32_t n = 0; n < l->reaches; n++) {
		struct jit_reach *r = &l->reach[n];
		bool known = true;
		r->stride = 0;
		r->by = JIT_NOWHERE;
		for (uint32_t i = 0; i < r->low.terms && known; i++)
			known = stride(now, r, i);
		if (!known || (r->by != JIT_NOWHERE && r->stride != 0))
			continue;
		l->covered |= r->slots;
		if (r->low.terms == 1 && r->low.shift[0] == 0 && r->by == JIT_NOWHERE)
			l->still |= 1u << r->low.reg[0];
		l->reach[kept++] = *r;
	}
	l->reaches = kept;
}

/* How the latch counts, if it does: how far the counter is from the bound says how many turns follow. */
static bool counts(const struct jit *j, struct jit_loop *l, const struct jit_form *now)
{
	const struct ub_insn *insn = j->text + l->latch;
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), s = UB_SRC(insn), fact = j->facts[l->latch];
	bool wide = UB_CLASS(insn->opcode) == UB_JMP, x = insn->opcode & UB_X;

	l->counter = (uint8_t)d;
	l->bound = x ? (uint8_t)s : JIT_NOWHERE;
	l->limit = (uint32_t)insn->imm;
	l->counter_zx = !wide || fact & JIT_DST_ZX;
	l->bound_zx = !wide || (x ? (fact & JIT_SRC_ZX) != 0 : insn->imm >= 0);
	if (!x && wide && insn->imm < 0)
		return false;
	l->still = 1u << l->counter;
	bool less = op == UB_JLT || op == UB_JSLT, more = op == UB_JGT || op == UB_JSGT;
	l->equal = op == UB_JNE;
	if (!less && !more && !l->equal)
		return false;
	if (x && is_invariant(now, d)) { /* bound > counter */
		bool zx = l->counter_zx;
		l->counter = (uint8_t)s;
		l->bound = (uint8_t)d;
		l->counter_zx = l->bound_zx;
		l->bound_zx = zx;
		less = more;
	} else if (x && !is_invariant(now, s)) {
		return false;
	}
	const struct jit_form *f = now + l->counter;
	bool narrow = f->narrow || (x && now[l->bound].narrow);
	if (!is_counter(now, l->counter) || f->constant == 0 || (narrow && !(l->counter_zx && l->bound_zx)))
		return false;
	l->down = f->constant < 0;
	l->step = l->down ? 0u - (uint32_t)f->constant : (uint32_t)f->constant;
	if (l->step >= LOOP_NEAR || l->counter == UB_R10 || l->bound == UB_R10)
		return false;
	if (l->bound == JIT_NOWHERE && (l->down ? l->limit > ~l->step : l->limit < l->step))
		return false;
	if (l->equal)
		return (l->step & (l->step - 1)) == 0;
	/* Steps larger than one must not wrap around behind the bound; preheader.c looks at one in a register. */
	bool narrow_signed = !wide && (op == UB_JSLT || op == UB_JSGT);
	if (l->step > 1 && l->down && (x || l->limit < l->step - 1 || (narrow_signed && l->limit >> 31)))
		return false;
	if (l->step > 1 && !l->down && (narrow_signed || (!x && l->limit > ~l->step)))
		return false;
	return less != l->down;
}

static bool writes(const struct ub_insn *insn)
{
	uint32_t class = UB_CLASS(insn->opcode);
	return class == UB_ALU32 || class == UB_ALU64 || class == UB_LD || class == UB_LDX;
}

static bool moves(const struct ub_insn *insn)
{
	return insn->opcode == (UB_ALU64 | UB_K | UB_ADD) || insn->opcode == (UB_ALU64 | UB_K | UB_SUB);
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

bool jit_loop(const struct jit *j, uint32_t head, struct jit_loop *loop)
{
	struct jit_form now[UB_REGISTERS];
	uint64_t plain = 0;
	uint32_t still = ~0u;
	loop->head = head;
	loop->covered = loop->reaches = 0;
	bool exits = false, backward = false;
	loop->prepaid = false;
	for (uint32_t r = 0; r < UB_REGISTERS; r++)
		now[r] = (struct jit_form){ .terms = 1, .reg = { (uint8_t)r } };

	for (uint32_t slot = head; slot < j->slots && slot - head < LOOP_SLOTS; slot++) {
		const struct ub_insn *insn = j->text + slot;
		uint32_t d = UB_DST(insn), s = UB_SRC(insn);
		if (slot > head && jit_is_leader(j, slot))
			return false;
		if (writes(insn) && (!moves(insn) || now[d].constant != 0))
			still &= ~(1u << d);
		switch (UB_CLASS(insn->opcode)) {
		case UB_ALU32:
		case UB_ALU64:
			if (jit_is_extension(j, slot)) {
				now[d].narrow = true;
				slot++;
			} else {
				alu(insn, j->facts[slot], now);
			}
			break;
		case UB_LD:
			now[d] = UB_SRC(insn) == UB_LDDW_FUNC ? unknown : constant((uint32_t)insn->imm);
			slot++;
			break;
		case UB_LDX:
			plain |= (uint64_t)access(j, loop, slot, now + s) << (slot - head);
			now[d] = unknown;
			break;
		case UB_ST:
		case UB_STX:
			if (UB_MODE(insn->opcode) == UB_ATOMIC)
				return false;
			plain |= (uint64_t)access(j, loop, slot, now + d) << (slot - head);
			break;
		default:
			if (!jit_is_jump(insn->opcode) || UB_OP(insn->opcode) == UB_JA)
				return false;
			if (jit_target(insn, slot) != head) {
				exits = true;
				backward |= jit_target(insn, slot) <= slot;
				break;
			}
			loop->latch = slot;
			if (!plain || slot + 1 == j->slots || !counts(j, loop, now))
				return false;
			cover(loop, now);
			loop->prepaid = !exits || (!backward && loop->step == 1 && adds_only(j, loop));
			loop->still &= still;
			return (loop->covered & plain) != 0;
		}
	}
	return false;
}

/* Marks what the fast forms of loops do without, and where their two forms meet. */
void jit_loops(struct jit *j)
{
	struct jit_loop loop;
	if (!j->plain)
		return;
	for (uint32_t slot = 0; slot < j->slots; slot++) {
		if (!(j->facts[slot] & JIT_HEAD) || j->text[slot].opcode == 0 || !jit_loop(j, slot, &loop))
			continue;
		uint64_t set = loop.covered | (uint64_t)loop.prepaid << (loop.latch - slot);
		for (uint32_t n = 0; n < LOOP_SLOTS; n++)
			if (set >> n & 1)
				jit_mark(j->hoisted, slot + n);
		jit_mark(j->leader, loop.latch + 1);
	}
}
