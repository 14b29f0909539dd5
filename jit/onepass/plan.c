// SPDX-License-Identifier: BSD-2-Clause
/* Reads the plan (SPEC.md). It is bytes from outside: what does not follow the format makes the plan be refused, here
 * or by who finds that it does not say what it should. */
#include "jit/onepass/loop.h"

enum { VERSION = 2, NOWHERE = 12, WORD = 13, NEVER = 15 };

/* The next n <= 16 bits; 0 behind the end. */
static uint32_t bits(struct op *c, uint32_t n)
{
	struct op_bits *b = &c->plan.bits;
	uint32_t at = b->at, end = at + n, byte = at >> 3, last = b->end >> 3;
	if (end > b->end) {
		op_refuse(c, ONEPASS_MALFORMED);
		return 0;
	}
	uint32_t v = (uint32_t)b->bytes[byte] << 16;
	if (byte + 1 < last)
		v |= (uint32_t)b->bytes[byte + 1] << 8;
	if (byte + 2 < last)
		v |= b->bytes[byte + 2];
	b->at = end;
	return v >> (24 - (at & 7) - n) & ((1u << n) - 1);
}

static uint32_t number(struct op *c)
{
	uint32_t v = 0, more, groups = 0;
	do {
		uint32_t group = bits(c, 5);
		more = group >> 4;
		v = v << 4 | (group & 15);
	} while (more && ++groups < 8);
	if (more)
		op_refuse(c, ONEPASS_MALFORMED);
	return v;
}

static int32_t signed_number(struct op *c)
{
	uint32_t v = number(c);
	return (int32_t)(v >> 1 ^ (0u - (v & 1)));
}

/* A number up to a limit. */
static uint32_t count(struct op *c, uint32_t most)
{
	uint32_t n = number(c);
	if (n <= most)
		return n;
	op_refuse(c, ONEPASS_MALFORMED);
	return 0;
}

static uint32_t place(struct op *c)
{
	uint32_t code = bits(c, 4);
	if (code < OP_REGS - (uint32_t)c->map.calls) /* with calls, r11 is the frame's */
		return code;
	if (code == NOWHERE)
		return OP_NONE;
	uint32_t word = code == WORD ? number(c) : OP_FRAME_WORDS;
	if (word < c->map.words)
		return OP_FRAME + word;
	op_refuse(c, ONEPASS_MALFORMED);
	return OP_NONE;
}

/* A variable that plans may speak of. */
static uint32_t variable(struct op *c)
{
	uint32_t v = bits(c, 6), low = v & 15;
	bool half = v < OP_WORD && low < UB_R10, word = v >= OP_WORD && v - OP_WORD < c->map.nwords;
	if (half || word)
		return v;
	op_refuse(c, ONEPASS_MALFORMED);
	return 0;
}

/* A variable that facts are about. */
static uint32_t fact_variable(struct op *c)
{
	uint32_t v = variable(c);
	if (v < UB_R10 || v >= OP_WORD)
		return v;
	op_refuse(c, ONEPASS_MALFORMED);
	return 0;
}

static void read_places(struct op *c)
{
	struct op_map *m = &c->map;
	uint32_t taken[OP_PLACES / 32] = { 0 };
	for (uint32_t v = 0; v <= OP_MEMORY; v++) {
		m->home[v] = (uint8_t)place(c);
		if (v < UB_R10)
			m->home[v + OP_HIGH] = (uint8_t)(m->home[v] == OP_NONE ? OP_NONE : place(c));
	}
	/* What never moves has a place of its own. */
	for (uint32_t v = UB_R10; v <= OP_MEMORY; v++) {
		uint32_t at = m->home[v];
		if (at == OP_NONE)
			continue;
		if (taken[at / 32] >> at % 32 & 1)
			op_refuse(c, ONEPASS_MALFORMED);
		taken[at / 32] |= 1u << at % 32;
	}
	if (m->home[OP_BUDGET] == OP_NONE || m->home[OP_BASE] == OP_NONE || m->home[OP_LIMIT] == OP_NONE)
		op_refuse(c, ONEPASS_MALFORMED);
}

static void read_words(struct op *c)
{
	struct op_map *m = &c->map;
	uint32_t n = count(c, OP_WORDS), next = 0;
	for (uint32_t i = 0; i < n; i++) {
		next += count(c, UB_FRAME_BYTES / 4);
		m->word[i] = (uint8_t)next;
		m->home[OP_WORD + i] = (uint8_t)place(c);
		if (next++ >= UB_FRAME_BYTES / 4)
			op_refuse(c, ONEPASS_MALFORMED);
	}
	m->nwords = (uint8_t)n;
}

static void skip_list(struct op *c)
{
	for (uint32_t n = count(c, OP_FRAME_WORDS); n && !c->refused; n--)
		number(c);
}

/* Joins that jumps do not tell of. */
static void read_joins(struct op *c)
{
	uint32_t n = number(c), slot = 0;
	for (; n && !c->refused; n--, slot++) {
		slot += count(c, c->slots);
		if (slot >= c->slots || c->text[slot].opcode == 0) {
			op_refuse(c, ONEPASS_MALFORMED);
			return;
		}
		c->join[slot / 8] |= (uint8_t)(1u << slot % 8);
	}
}

/* Reads what is about the program as a whole, and finds the frames. Returns false if the plan is refused. */
bool op_plan_begin(struct op *c)
{
	struct op_map *m = &c->map;
	c->plan.bits = (struct op_bits){ c->program->plan, 0, c->program->plan_bytes * 8, false };
	for (uint32_t v = 0; v < OP_VARS; v++)
		m->home[v] = OP_NONE;
	if (bits(c, 4) != VERSION)
		op_refuse(c, ONEPASS_MALFORMED);
	m->window = (uint8_t)(bits(c, 6) + 1);
	m->words = (uint8_t)((count(c, OP_FRAME_WORDS) + 1) & ~1u);
	m->zero = 0;
	read_places(c);
	read_words(c);
	if (m->calls) {
		m->shared = (uint16_t)bits(c, 12);
		m->call_words = (uint8_t)((count(c, 62) + 1) & ~1u);
		c->plan.functions = c->plan.bits.at;
		for (uint32_t i = 0; i < c->program->nfuncs && !c->refused; i++) {
			bits(c, 12);
			bits(c, 12);
			skip_list(c);
		}
	}
	read_joins(c);
	return !c->refused;
}

/* What a function returns and saves; the plan is read elsewhere meanwhile. */
void op_plan_function(struct op *c, uint32_t function, uint32_t *returns, uint32_t *registers, op_set *words)
{
	uint32_t at = c->plan.bits.at;
	c->plan.bits.at = c->plan.functions;
	for (;; function--) {
		uint32_t word = OP_FRAME;
		*returns = bits(c, 12);
		*registers = bits(c, 12);
		*words = 0;
		for (uint32_t n = count(c, OP_FRAME_WORDS); n && !c->refused; n--, word++) {
			word += number(c);
			if (word < OP_FRAME || word >= (uint32_t)OP_FRAME + c->map.words) {
				op_refuse(c, ONEPASS_MALFORMED);
				break;
			}
			*words |= OP_BIT(word);
		}
		if (function == 0 || c->refused)
			break;
	}
	c->plan.bits.at = at;
}

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
		uint32_t known = m->home[r] == OP_NONE ? 0 : bits(c, 2);
		uint32_t high = known == 3 ? home[r + OP_HIGH] : known == 2 ? ZERO_HALF : OP_NONE;
		if ((known && home[r] == OP_NONE) || (known == 3 && high == OP_NONE))
			op_refuse(c, ONEPASS_MALFORMED);
		meet(c, r, known ? home[r] : OP_NONE, how);
		meet(c, r + OP_HIGH, high, how);
	}
	for (uint32_t i = 0; i < m->nwords; i++) {
		uint32_t at = !bits(c, 1) ? OP_NONE : home[OP_WORD + i] == OP_NONE ? ZERO_HALF : home[OP_WORD + i];
		meet(c, OP_WORD + i, at, how);
	}
}

static void frame_fact(struct op *c, enum op_visit how)
{
	static const uint8_t kinds[] = { OP_NUMBER, OP_CONTEXT, OP_STACK, OP_NUMBER };
	const struct ub_program *p = c->program;
	uint32_t var = fact_variable(c), kind = bits(c, 2);
	struct op_fact f = op_fact(kinds[kind], 0, UINT32_MAX);
	int64_t from = kind == 3 ? bits(c, 1) ? p->data_addr : p->rodata_addr : 0;
	if (kind == 2 && c->map.calls && bits(c, 1))
		f.kind = OP_TOP;
	bool low = bits(c, 1);
	if (low)
		f.lo = signed_number(c);
	bool high = bits(c, 1);
	if (high)
		f.hi = f.lo + number(c);
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
	f.bounded = bits(c, 1);
	if (f.bounded) {
		f.slack = signed_number(c);
		f.exact = bits(c, 1);
		f.open = false;
		if (f.kind == OP_NUMBER && !f.exact && bits(c, 1))
			f.times = (uint8_t)(count(c, 253) + 2);
		if (f.kind >= OP_STACK || f.slack > 1 << 30 || f.slack < -(1 << 30))
			op_refuse(c, ONEPASS_MALFORMED);
	}
	if (kind == 0 && bits(c, 1))
		f.align = (uint8_t)(bits(c, 3) + 1);
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
	bool here = l->fast && how != OP_SKIP, tested = bits(c, 1);
	if (here && how == OP_ENTER)
		l->tested = tested;
	else if (here && tested && !l->tested)
		op_doubt(c, c->plan.frame, ONEPASS_TESTED, 0);
	while (bits(c, 1)) {
		uint32_t var = fact_variable(c), of = fact_variable(c);
		int32_t more = signed_number(c);
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
	if (bits(c, 6) == NEVER)
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
	while (bits(c, 1)) {
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
		uint32_t var = variable(c);
		home[var] = (uint8_t)place(c);
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
	while (bits(c, 1))
		frame_fact(c, how);
	uint32_t length = bits(c, 1) ? number(c) : 0;
	if (how == OP_ENTER)
		c->facts.length = length > c->program->ctx_min ? length : c->program->ctx_min;
	else if (how != OP_SKIP && length > c->facts.length)
		op_doubt(c, c->plan.frame, ONEPASS_LENGTH, 0);
	if (bits(c, 1))
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

static bool is_deferrable(const struct ub_insn *insn)
{
	uint32_t class = UB_CLASS(insn->opcode), x = insn->opcode & UB_X;
	if (class == UB_LDX) /* of a word of the frame that may be a variable */
		return UB_SRC(insn) == UB_R10 && UB_MODE(insn->opcode) == UB_MEM && op_size(insn->opcode) >= 4;
	if (class != UB_ALU32 && class != UB_ALU64)
		return class == UB_LD;
	switch (UB_OP(insn->opcode)) {
	case UB_MOV: return insn->offset == 0;
	case UB_ADD: return true;
	case UB_MUL: case UB_OR: return x;
	case UB_SUB: case UB_LSH: case UB_RSH: case UB_ARSH: return !x;
	default: return false;
	}
}

static bool has_high(const struct ub_insn *insn)
{
	uint32_t mode = UB_MODE(insn->opcode), size = UB_SIZE(insn->opcode);
	switch (UB_CLASS(insn->opcode)) {
	case UB_LD: case UB_ALU64: return true;
	case UB_LDX: return size == UB_DW || mode == UB_MEMSX;
	case UB_STX: return mode == UB_ATOMIC && size == UB_DW && insn->imm & UB_FETCH;
	default: return insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_HELPER;
	}
}

enum { SAY_PLACE, SAY_MOVE, SAY_REGION, SAY_LOOP, SAY_REACH, SAY_DROP };

static void read_step(struct op *c, struct op_step *s)
{
	s->var = (uint8_t)fact_variable(c);
	s->by = 0;
	s->by_var = (uint8_t)(bits(c, 1) ? fact_variable(c) : OP_NONE);
	if (s->by_var == OP_NONE)
		s->by = signed_number(c);
}

static void read_group(struct op *c, struct op_group *g)
{
	g->a = (uint8_t)fact_variable(c);
	g->b = g->c = OP_NONE;
	g->shift = 0;
	if (bits(c, 1)) {
		g->b = (uint8_t)fact_variable(c);
		g->shift = (uint8_t)bits(c, 2);
		if (bits(c, 1))
			g->c = (uint8_t)fact_variable(c);
	}
	g->min = signed_number(c);
	g->bytes = number(c);
	g->region = (uint8_t)bits(c, 2);
	g->writes = bits(c, 1);
	g->tested = bits(c, 1);
}

/* A loop's record. Inside a loop that has one, another is of no interest. */
static void read_loop(struct op *c)
{
	struct op_loop *l = &c->loop;
	struct op_step step;
	struct op_group group;
	bool keep = !l->active;
	uint32_t end = c->slot + count(c, c->slots), test = c->slot + count(c, c->slots), head = c->slot + count(c, c->slots), n;
	bool source = bits(c, 1);
	int32_t offset = signed_number(c);
	bool prepaid = bits(c, 1);
	uint32_t bound = bits(c, 1) ? fact_variable(c) : OP_NONE;
	if (keep) {
		l->bound = (uint8_t)bound;
		l->start = c->slot;
		l->head = head;
		l->end = end;
		l->test = test;
		l->source = source;
		l->offset = offset;
		l->prepaid = prepaid;
		c->plan.say.loop = true;
	}
	n = count(c, OP_HOLES);
	if (keep)
		l->nholes = (uint8_t)n;
	for (uint32_t i = 0, at = c->slot; i < n; i++) {
		uint32_t from = at + count(c, c->slots);
		at = from + count(c, c->slots);
		if (keep) {
			l->hole[i][0] = (uint16_t)from;
			l->hole[i][1] = (uint16_t)at;
		}
	}
	n = count(c, OP_STEPS);
	if (keep)
		l->nsteps = (uint8_t)n;
	for (uint32_t i = 0; i < n; i++)
		read_step(c, keep ? &l->step[i] : &step);
	n = count(c, OP_GROUPS);
	if (keep)
		l->ngroups = (uint8_t)n;
	for (uint32_t i = 0; i < n; i++)
		read_group(c, keep ? &l->group[i] : &group);
}

/* Reads what is said about the instruction at hand, and does what comes before it. */
void op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead)
{
	struct op_say *say = &c->plan.say;
	*say = (struct op_say){ .region = OP_NONE };
	if (!c->plan.bits.bytes) {
		uint32_t result = UB_CLASS(insn->opcode) != UB_STX ? UB_DST(insn) : insn->imm == UB_CMPXCHG ? 0 : UB_SRC(insn);
		say->dead_high = c->map.home[result + OP_HIGH] == OP_NONE && result < UB_R10 && !(c->map.zero >> result & 1);
		return;
	}
	bool moves = false;
	c->plan.insn = c->plan.bits.at;
	while (bits(c, 1)) {
		uint32_t what = bits(c, 3), var, to;
		switch (what) {
		case SAY_PLACE:
			var = variable(c);
			if (say->nplaces == 4)
				op_refuse(c, ONEPASS_MALFORMED);
			say->var[say->nplaces & 3] = (uint8_t)var;
			say->place[say->nplaces++ & 3] = (uint8_t)place(c);
			break;
		case SAY_MOVE:
			var = variable(c);
			to = place(c);
			if (!dead)
				op_settle(c, var, to);
			moves = true;
			break;
		case SAY_REGION:
			say->region = (uint8_t)bits(c, 2);
			break;
		case SAY_LOOP:
			read_loop(c);
			break;
		case SAY_REACH:
			signed_number(c);
			number(c);
			break;
		case SAY_DROP:
			say->drop = true;
			break;
		default:
			op_refuse(c, ONEPASS_MALFORMED);
		}
	}
	if (is_deferrable(insn))
		say->defer = bits(c, 1);
	if (has_high(insn))
		say->dead_high = bits(c, 1);
	if (say->loop && (moves || dead)) {
		say->loop = false;
		if (moves) /* the slow form would begin with other places */
			op_refuse(c, ONEPASS_MALFORMED);
	}
	for (uint32_t i = 0; i < say->nplaces && !dead; i++)
		c->places.home[say->var[i]] = say->place[i];
}
