// SPDX-License-Identifier: BSD-2-Clause
/* Reads the plan (SPEC.md). It is bytes from outside: what does not follow the format makes the plan be refused, here
 * or by who finds that it does not say what it should. */
#include "jit/onepass/plan.h"

enum { VERSION = 6, NOWHERE = 12, WORD = 13 };

uint32_t op_place(struct op *c, uint32_t code)
{
	if (code < OP_REGS - (uint32_t)c->map.calls) /* with calls, r11 is the frame's */
		return code;
	if (code == NOWHERE)
		return OP_NONE;
	uint32_t word = code == WORD ? op_read_number(c) : OP_FRAME_WORDS;
	if (word < c->map.words)
		return OP_FRAME + word;
	op_refuse(c, ONEPASS_MALFORMED);
	return OP_NONE;
}

static uint32_t read_place(struct op *c)
{
	return op_place(c, op_read(c, 4));
}

uint32_t op_variable(struct op *c, uint32_t v)
{
	if (v < OP_WORD ? (v & 15) < UB_R10 : v - OP_WORD < c->map.nwords)
		return v;
	op_refuse(c, ONEPASS_MALFORMED);
	return 0;
}

uint32_t op_fact_variable(struct op *c, uint32_t v)
{
	if (v < UB_R10 || (v >= OP_WORD && v - OP_WORD < c->map.nwords))
		return v;
	op_refuse(c, ONEPASS_MALFORMED);
	return 0;
}

uint32_t op_read_fact_variable(struct op *c)
{
	uint32_t v = op_read(c, 4);
	return op_fact_variable(c, v == FACT_WORD ? OP_WORD + op_read(c, 5) : v);
}

/* A variable, and behind it where it lives: behind `bits` bits, which have been looked at, in what has not been read. */
uint32_t op_read_moved(struct op *c, uint32_t head, uint32_t bits)
{
	head <<= bits;
	uint32_t code = head >> 27, var = code, n = 5;
	if (code == MOVED_NEVER)
		return OP_NEVER;
	if (code >= MOVED_HIGH)
		var += OP_HIGH - MOVED_HIGH;
	if (code >= MOVED_WORD) {
		var = code == MOVED_WORD ? OP_WORD + (head >> 22 & 31) : OP_VARS;
		n = 10;
	}
	op_pass(c, bits + n + 4);
	uint32_t place = head << n >> 28;
	if (n > 5 || place >= OP_REGS - (uint32_t)c->map.calls) {
		var = op_variable(c, var);
		place = op_place(c, place);
	}
	return var | place << 8;
}

static void read_places(struct op *c)
{
	struct op_map *m = &c->map;
	uint32_t taken[OP_PLACES / 32] = { 0 };
	bool highs = op_read_bit(c);
	for (uint32_t v = 0; v <= OP_MEMORY; v++) {
		m->home[v] = (uint8_t)read_place(c);
		if (v >= UB_R10 || m->home[v] == OP_NONE)
			continue;
		if (op_read_bit(c)) {
			m->uppers |= (uint16_t)(1u << v);
			m->upper_bits++;
		}
		if (highs && op_read_bit(c))
			m->home[v + OP_HIGH] = (uint8_t)read_place(c);
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
}

static void read_words(struct op *c)
{
	struct op_map *m = &c->map;
	uint32_t n = op_read_count(c, OP_WORDS), next = 0;
	for (uint32_t i = 0; i < n; i++) {
		next += op_read_count(c, UB_FRAME_BYTES / 4);
		m->word[i] = (uint8_t)next;
		m->home[OP_WORD + i] = (uint8_t)read_place(c);
		if (next >= UB_FRAME_BYTES / 4)
			op_refuse(c, ONEPASS_MALFORMED);
		else
			m->is_word[next / 32] |= 1u << next % 32;
		next++;
	}
	m->nwords = (uint8_t)n;
}

static void skip_list(struct op *c)
{
	for (uint32_t n = op_read_count(c, OP_FRAME_WORDS); n && !c->refused; n--)
		op_read_number(c);
}

/* Joins that jumps do not tell of. */
static void read_joins(struct op *c)
{
	uint32_t n = op_read_number(c), slot = 0;
	for (; n && !c->refused; n--, slot++) {
		slot += op_read_count(c, c->slots);
		if (slot >= c->slots || c->text[slot].opcode == 0) {
			op_refuse(c, ONEPASS_MALFORMED);
			return;
		}
		c->join[slot / 32] |= 1u << slot % 32;
		op_mark_offset(c, slot);
	}
}

/* Claims about variables: what is said. */
enum { CLAIM_LOW = 4, CLAIM_HIGH = 2, CLAIM_SLACK = 1 };

/* Where the memory begins that a claim is about: constants, variables or, of programs with maps, values of one. */
static uint32_t read_start(struct op *c, bool other)
{
	if (!other)
		return c->program->rodata_addr;
	if (!c->program->nmaps || !op_read(c, 1))
		return c->program->data_addr;
	uint32_t map = op_read(c, 4);
	if (map >= c->program->nmaps)
		op_refuse(c, ONEPASS_MALFORMED);
	return op_values_start(c, map);
}

/* Reads a claim. It may say anything: edges have to satisfy it. */
void op_read_claim(struct op *c, struct op_fact *f)
{
	uint32_t head = op_read(c, 5), kind = head >> 3, there = head & 7;
	bool number = kind == 0 || kind == 3, other = (kind == 3 || (kind == 2 && c->map.calls)) && op_read(c, 1);
	uint32_t start = kind == 3 ? read_start(c, other) : 0;
	uint32_t lo = there & CLAIM_LOW ? (uint32_t)op_read_signed(c) : 0, most = number ? UINT32_MAX : INT32_MAX;
	if (kind == 3)
		lo += start;
	uint32_t above = there & CLAIM_HIGH ? op_read_number(c) : UINT32_MAX;
	*f = op_fact(number ? OP_NUMBER : kind == 1 ? OP_CONTEXT : other ? OP_TOP : OP_STACK, lo, above > most - lo ? most : lo + above);
	f->open = !number && !there;
	if (there & CLAIM_SLACK) {
		f->slack = op_read_signed(c);
		f->bounded = true;
		f->exact = op_read_bit(c);
		if (number && !f->exact && op_read_bit(c))
			f->times = (uint8_t)(op_read_count(c, 253) + 2);
		if (f->kind >= OP_STACK || f->slack > 1 << 30 || f->slack < -(1 << 30))
			op_refuse(c, ONEPASS_MALFORMED);
	}
	if (kind == 0 && op_read_bit(c))
		f->align = (uint8_t)(op_read(c, 3) + 1);
	if (!number && f->from == INT32_MIN)
		op_refuse(c, ONEPASS_MALFORMED);
}

/* Facts that hold in many frames, each of which has a bit for each of them. The last one has number 0, as its bit is the lowest. */
static void read_common_facts(struct op *c)
{
	uint32_t n = op_read_count(c, OP_COMMON_FACTS);
	for (uint32_t i = n; i && !c->refused; i--) {
		c->plan.common_var[i - 1] = (uint8_t)op_read_fact_variable(c);
		op_read_claim(c, &c->plan.common[i - 1]);
	}
	c->plan.ncommon = (uint8_t)n;
}

/* Reads what is about the program as a whole, and finds the frames. Returns false if the plan is refused. */
SELDOM bool op_plan_begin(struct op *c)
{
	struct op_map *m = &c->map;
	c->plan.bits = (struct op_bits){ .bytes = c->program->plan, .end = c->program->plan_bytes * 8 };
	for (uint32_t v = 0; v < OP_VARS; v++)
		m->home[v] = OP_NONE;
	if (op_read(c, 4) != VERSION)
		op_refuse(c, ONEPASS_MALFORMED);
	m->window = (uint8_t)(op_read(c, 6) + 1);
	m->words = (uint8_t)((op_read_count(c, OP_FRAME_WORDS) + 1) & ~1u);
	m->zero = m->uppers = m->upper_bits = 0;
	read_places(c);
	read_words(c);
	if (m->calls) {
		m->shared = (uint16_t)op_read(c, 12);
		m->call_words = (uint8_t)((op_read_count(c, 62) + 1) & ~1u);
		c->plan.functions = op_tell(c);
		for (uint32_t i = 0; i < c->program->nfuncs && !c->refused; i++) {
			op_read(c, 12);
			op_read(c, 12);
			skip_list(c);
		}
	}
	read_joins(c);
	read_common_facts(c);
	c->plan.usual_length = op_read_number(c);
	op_read_all(c);
	return !c->refused;
}

/* Where frames begin: before each stands how many bits it has. */
void op_find_frames(struct op *c, uint32_t joins)
{
	uint32_t width = op_read(c, 4);
	if (!width)
		op_refuse(c, ONEPASS_MALFORMED);
	for (uint32_t i = 0; i < joins && !c->refused; i++) {
		uint32_t length = op_read(c, width);
		c->plan.frames[i] = (uint16_t)op_tell(c);
		op_seek(c, c->plan.frames[i] + length);
	}
}

/* What a function returns and saves; the plan is read elsewhere meanwhile. */
SELDOM void op_plan_function(struct op *c, uint32_t function, uint32_t *returns, uint32_t *registers, op_set *words)
{
	uint32_t at = op_tell(c);
	op_seek(c, c->plan.functions);
	for (;; function--) {
		uint32_t word = OP_FRAME;
		*returns = op_read(c, 12);
		*registers = op_read(c, 12);
		*words = 0;
		for (uint32_t n = op_read_count(c, OP_FRAME_WORDS); n && !c->refused; n--, word++) {
			word += op_read_number(c);
			if (word < OP_FRAME || word >= (uint32_t)OP_FRAME + c->map.words) {
				op_refuse(c, ONEPASS_MALFORMED);
				break;
			}
			*words |= OP_BIT(word);
		}
		if (function == 0 || c->refused)
			break;
	}
	op_seek(c, at);
}

enum { SAY_MOVE, SAY_REGION, SAY_LOOP, SAY_DROP };

/* Where the low half of the instruction's destination lives, behind three bits of `head`: as op_read_moved. */
static uint32_t read_own_place(struct op *c, uint32_t head)
{
	uint32_t var = UB_DST(&c->text[c->slot]), place = head << 3 >> 28;
	op_pass(c, 3 + 4);
	if (var >= UB_R10)
		var = op_variable(c, OP_VARS);
	if (place >= OP_REGS - (uint32_t)c->map.calls)
		place = op_place(c, place);
	return var | place << 8;
}

static void read_step(struct op *c, struct op_step *s)
{
	s->var = (uint8_t)op_read_fact_variable(c);
	s->by = 0;
	s->by_var = (uint8_t)(op_read(c, 1) ? op_read_fact_variable(c) : OP_NONE);
	if (s->by_var == OP_NONE)
		s->by = op_read_signed(c);
}

static void read_group(struct op *c, struct op_group *g)
{
	g->a = (uint8_t)op_read_fact_variable(c);
	g->b = g->c = OP_NONE;
	g->shift = 0;
	if (op_read(c, 1)) {
		g->b = (uint8_t)op_read_fact_variable(c);
		g->shift = (uint8_t)op_read(c, 2);
		if (op_read(c, 1))
			g->c = (uint8_t)op_read_fact_variable(c);
	}
	g->min = op_read_signed(c);
	g->bytes = op_read_number(c);
	g->region = (uint8_t)op_read(c, 2);
	g->writes = op_read(c, 1);
	g->tested = op_read(c, 1);
}

/* A loop's record. Inside a loop that has one, another is of no interest. */
static SELDOM void read_loop(struct op *c)
{
	struct op_loop *l = &c->loop;
	struct op_step step;
	struct op_group group;
	bool keep = !l->active;
	uint32_t end = c->slot + op_read_count(c, c->slots), test = c->slot + op_read_count(c, c->slots), head = c->slot + op_read_count(c, c->slots), n;
	bool source = op_read(c, 1);
	int32_t offset = op_read_signed(c);
	bool prepaid = op_read(c, 1);
	uint32_t bound = op_read(c, 1) ? op_read_fact_variable(c) : OP_NONE;
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
	n = op_read_count(c, OP_HOLES);
	if (keep)
		l->nholes = (uint8_t)n;
	for (uint32_t i = 0, at = c->slot; i < n; i++) {
		uint32_t from = at + op_read_count(c, c->slots);
		at = from + op_read_count(c, c->slots);
		if (keep) {
			l->hole[i][0] = (uint16_t)from;
			l->hole[i][1] = (uint16_t)at;
		}
	}
	n = op_read_count(c, OP_STEPS);
	if (keep)
		l->nsteps = (uint8_t)n;
	for (uint32_t i = 0; i < n; i++)
		read_step(c, keep ? &l->step[i] : &step);
	n = op_read_count(c, OP_GROUPS);
	if (keep)
		l->ngroups = (uint8_t)n;
	for (uint32_t i = 0; i < n; i++)
		read_group(c, keep ? &l->group[i] : &group);
}

/* Where results live from the instruction at hand on. */
void op_say_places(struct op *c)
{
	const struct op_say *say = &c->plan.say;
	for (uint32_t i = 0; i < say->nplaces; i++) {
		c->places.home[say->var[i]] = say->place[i];
		op_add(&c->places.resettled, say->var[i]);
	}
}

/* Reads what is said about the instruction at hand beside its last bits, and does what comes before it. */
static NOINLINE void read_more(struct op *c, bool dead)
{
	struct op_say *say = &c->plan.say;
	bool moves = false;
	while (!c->refused) { /* what is refused is not passed */
		uint32_t head = op_window(c), moved;
		if (!(head >> 31))
			break;
		if (!(head >> 30 & 1)) {
			moved = head >> 29 & 1 ? op_read_moved(c, head, 3) : read_own_place(c, head);
			if (say->nplaces == sizeof say->var || moved == OP_NEVER) {
				op_refuse(c, ONEPASS_MALFORMED);
				break;
			}
			say->var[say->nplaces] = (uint8_t)moved;
			say->place[say->nplaces++] = (uint8_t)(moved >> 8);
			continue;
		}
		if (!(head >> 29 & 1)) {
			op_pass(c, 3);
			say->apart = true;
			continue;
		}
		uint32_t what = head >> 27 & 3;
		if (what != SAY_MOVE)
			op_pass(c, 5);
		switch (what) {
		case SAY_MOVE:
			moved = op_read_moved(c, head, 5);
			moves = true;
			if (moved == OP_NEVER)
				op_refuse(c, ONEPASS_MALFORMED);
			else if (!dead)
				op_settle(c, moved & 255, moved >> 8);
			break;
		case SAY_REGION:
			say->region = (uint8_t)op_read(c, 2);
			break;
		case SAY_LOOP:
			read_loop(c);
			break;
		case SAY_DROP:
			say->drop = true;
			break;
		}
	}
	op_pass(c, 1);
	if (say->loop && (moves || dead)) {
		say->loop = false;
		if (moves) /* the slow form would begin with other places */
			op_refuse(c, ONEPASS_MALFORMED);
	}
	if (!dead)
		op_say_places(c);
}

/* What is said about the instruction at hand, by the plan or for want of one. Whether that is all within the plan is seen when the
 * last one is read. */
void op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead)
{
	struct op_say *say = &c->plan.say;
	if (!c->plan.bits.bytes) {
		op_default_insn(c, insn);
		return;
	}
	uint32_t window = op_window(c), last = op_last_bits(insn), n = (last + 1) / 2, defer, dead_high; /* of its two bits as many as are set */
	if (window >> 31) {
		c->plan.insn = op_tell(c);
		say->flags = 0;
		say->more = OP_SAYS_NO_MORE;
		read_more(c, dead);
		window = op_window(c);
		defer = last / OP_DEFERS & window >> 31;
		dead_high = last & window << (last / OP_DEFERS) >> 31;
		say->defer = defer;
		say->dead_high = dead_high;
	} else {
		window <<= 1;
		n++;
		defer = last / OP_DEFERS & window >> 31;
		dead_high = last & window << (last / OP_DEFERS) >> 31;
		say->flags = defer | dead_high << 8; /* little-endian */
		say->more = OP_SAYS_NO_MORE;
	}
	op_pass(c, n);
}
