// SPDX-License-Identifier: BSD-2-Clause
/* Frames: what the plan says of a slot where paths meet. Every edge to it is held against that, and what comes behind it
 * starts from that. */
#include <string.h>

#include "jit/onepass/loop.h"
#include "jit/onepass/plan.h"

/* What lives where, and what something is known of: so many bits at most. */
enum { MOVED_BITS = 15 };

/* Where variables are, as a frame says. */
struct frame {
	struct op_vars place; /* these are somewhere: where the map says, but for */
	struct op_vars moved; /* these, which are at home[] */
	struct op_vars zero;  /* these are 0 */
	uint8_t home[OP_VARS];
};

static uint32_t home_of(const struct op *c, const struct frame *f, uint32_t var)
{
	return op_in(&f->moved, var) ? f->home[var] : c->map.home[var];
}

static bool is_there(const struct op *c, uint32_t var, uint32_t at)
{
	return (c->places.val[var].word & 0xffff) == (OP_HELD | at << 8);
}

/* Without a plan everything is at home, but for high halves that nobody reads, or that are 0. */
static void default_values(const struct op *c, struct frame *f, uint32_t slot)
{
	const struct op_map *m = &c->map;
	uint32_t lows = (1u << UB_R10) - 1, high = m->live[op_join_index(c, slot)] & lows, zero = (high & m->zero) << OP_HIGH;
	f->place = (struct op_vars){ { m->placed.of[0] & (lows | high << OP_HIGH) & ~zero, 0 } };
	f->moved = (struct op_vars){ { 0, 0 } };
	f->zero = (struct op_vars){ { zero, 0 } };
}

/* What lives elsewhere than the map says, until a bit 0, which is left. Returns false if control never comes here. */
static NOINLINE bool read_moved(struct op *c, struct frame *f, struct op_vars *placed)
{
	uint32_t head = 0, code, var, place, n, places = OP_REGS - (uint32_t)c->map.calls;
	f->moved = (struct op_vars){ { 0, 0 } };
	*placed = c->map.placed;
	for (int32_t left = 0;;) { /* so many bits of it are the next ones */
		if (left < MOVED_BITS && (left <= 0 || head >> 31))
			head = op_window_of(c, &left);
		if (!(head >> 31))
			return true;
		var = code = head << 1 >> 27;
		n = 6;
		if (code == MOVED_WORD) {
			var = OP_WORD + (head << 6 >> 27);
			n = 11;
		} else if (code >= MOVED_HIGH) {
			var += OP_HIGH - MOVED_HIGH;
		}
		place = head << n >> 28;
		if (code <= MOVED_WORD && var < op_variables(c) && place < places) {
			n += 4;
			head <<= n;
			left -= (int32_t)n;
			op_pass(c, n);
		} else { /* what is rare, or malformed */
			uint32_t moved = op_read_moved(c, head, 1);
			if (moved == OP_NEVER)
				return false;
			var = moved & 255;
			place = moved >> 8;
			left = 0;
		}
		f->home[var] = (uint8_t)place;
		op_add(&f->moved, var);
		op_add(placed, var);
		if (place == OP_NONE)
			op_take(placed, var);
	}
}

/* Puts bits, the lowest first, where a set has its elements. */
static uint32_t spread(uint32_t bits, uint32_t set)
{
	uint32_t to = 0;
	while (bits) { /* those that follow each other are taken at once */
		uint32_t at = (uint32_t)__builtin_ctz(set), behind = set + (1u << at), run = set & ~behind;
		to |= bits << at & run;
		bits >>= 32 - at - (uint32_t)__builtin_clz(run);
		set &= behind;
	}
	return to;
}

/* Of registers two bits: the upper ones of those that have one, then the lower ones of those that have a home, of the first register in
 * the lowest bit. Returns them where the registers' halves have theirs. A bit that ends what lives elsewhere comes before. */
static uint32_t read_registers(struct op *c, uint32_t registers)
{
	uint32_t uppers = c->map.uppers, n = c->map.registers, more = c->map.upper_bits, bits = op_window(c) << 1;
	op_pass(c, 1 + n + more);
	bits = n ? bits >> (32 - n - more) : 0;
	return spread(bits & ((1u << n) - 1), registers) | spread(bits >> n, uppers) << OP_HIGH;
}

static void read_values(struct op *c, struct frame *f, const struct op_vars *placed)
{
	uint32_t known = read_registers(c, c->map.placed.of[0] & ((1u << UB_R10) - 1)), high = known >> OP_HIGH, low = known & 0xffff, words = 0;
	f->place.of[0] = low | high | (low & high) << OP_HIGH;
	f->zero.of[0] = (high & ~low) << OP_HIGH;
	if (f->place.of[0] & ~placed->of[0])
		op_refuse(c, ONEPASS_MALFORMED);
	for (uint32_t i = 0, n; i < c->map.nwords; i += 16) { /* a bit for each word */
		n = c->map.nwords - i < 16 ? c->map.nwords - i : 16;
		words |= op_read(c, n) << i;
	}
	f->place.of[1] = words & placed->of[1];
	f->zero.of[1] = words & ~placed->of[1];
}

static void meet(struct op *c, const struct frame *f, uint32_t var, uint32_t how)
{
	uint32_t at = home_of(c, f, var);
	if (op_in(&f->zero, var)) {
		if (how == OP_ENTER)
			op_set_const(c, var, 0);
		else if (!(var < OP_WORD ? op_is_narrow(c, var - OP_HIGH) : op_is_zero(c, var)))
			op_doubt(c, c->plan.frame, ONEPASS_ZERO, var);
	} else if (op_in(&f->place, var) && !is_there(c, var, at)) {
		if (how & OP_STAYS)
			op_refuse(c, ONEPASS_NOT_THERE);
		if (how != OP_ENTER) {
			op_settle(c, var, at);
			return;
		}
		op_set writable = c->places.writable; /* nothing is written: it has been there */
		c->places.writable = ~(op_set)0;
		op_hold(c, var, at);
		c->places.writable = writable;
	}
}

/* What is not as the frame says, of a set. */
static uint32_t wrong(const struct op *c, const struct frame *f, uint32_t set)
{
	const struct op_said *is = &c->places.said[set];
	uint32_t moved = f->place.of[set] & f->moved.of[set], todo = (f->place.of[set] & ~moved & ~is->at_home) | (f->zero.of[set] & ~is->zero);
	for (; moved; moved &= moved - 1) {
		uint32_t var = set * OP_WORD + (uint32_t)__builtin_ctz(moved);
		if (!is_there(c, var, f->home[var]))
			todo |= moved & (0u - moved);
	}
	return todo;
}

/* Goes through what is not as the frame says, of a set, by the numbers of registers. What comes to its place may take another's:
 * so it looks anew each time, and the last one that is to be in a place is there. */
static NOINLINE void meet_set(struct op *c, const struct frame *f, uint32_t set, uint32_t todo, uint32_t how)
{
	for (uint32_t left = ~0u;;) {
		if (set == 0)
			todo = (todo | todo >> OP_HIGH) & 0xffff;
		todo &= left;
		if (!todo)
			return;
		uint32_t n = (uint32_t)__builtin_ctz(todo);
		left = 0u - (2u << n);
		meet(c, f, set * OP_WORD + n, how);
		if (set == 0)
			meet(c, f, n + OP_HIGH, how);
		todo = wrong(c, f, set);
	}
}

static void meet_all(struct op *c, const struct frame *f, uint32_t how)
{
	for (uint32_t set = 0; set < (c->map.nwords ? 2u : 1u); set++) {
		uint32_t todo = wrong(c, f, set);
		if (todo)
			meet_set(c, f, set, todo, how);
	}
}

/* What a frame says nothing of is lost from there on; where results go is what it says. */
static void enter_values(struct op *c, const struct frame *f)
{
	const struct op_map *m = &c->map;
	uint32_t halves = (1u << UB_R10) - 1, spoken[2] = { halves | halves << OP_HIGH, m->nwords ? ~0u >> (32 - m->nwords) : 0 };
	for (uint32_t set = 0; set < 2; set++) {
		uint32_t lost = c->places.said[set].known & spoken[set] & ~(f->place.of[set] | f->zero.of[set]), left = c->places.resettled.of[set];
		if (lost)
			op_lose_all(c, set, lost);
		for (; left; left &= left - 1) {
			uint32_t var = set * OP_WORD + (uint32_t)__builtin_ctz(left);
			c->places.home[var] = m->home[var];
		}
		for (left = f->moved.of[set]; left; left &= left - 1) {
			uint32_t var = set * OP_WORD + (uint32_t)__builtin_ctz(left);
			c->places.home[var] = f->home[var];
		}
	}
	c->places.resettled = f->moved;
	meet_all(c, f, OP_ENTER);
}

/* Whether just that is known of a variable, as it mostly is where nothing was written since the frame that said it. */
static ALWAYS_INLINE bool is_known_so(const struct op *c, const struct op_vars *known, uint32_t var, const struct op_fact *k, const struct op_fact *f)
{
	return (k->word & ~OP_FACT_ASIDE) == f->word && k->slack == f->slack && k->lo == f->lo && k->hi == f->hi && op_in(known, var) && !op_is_const(c, var);
}

/* Facts: those of the common ones that hold, a bit each, then others until a bit 0, which is left. */
static NOINLINE void frame_facts(struct op *c, enum op_visit how, struct op_vars *told)
{
	struct op_fact own;
	struct op_vars known = { { c->facts.there.of[0] & c->places.said[0].known, c->facts.there.of[1] & c->places.said[1].known } };
	uint32_t n = c->plan.ncommon, common = n ? op_window(c) >> (32 - n) : 0;
	op_pass(c, n);
	for (;;) {
		const struct op_fact *f = &own;
		uint32_t var;
		if (common) {
			uint32_t last = (uint32_t)__builtin_ctz(common); /* counted from the last one */
			common &= common - 1;
			var = c->plan.common_var[last];
			f = &c->plan.common[last];
		} else {
			uint32_t head = op_window(c), bits = 5;
			if (!(head >> 31))
				return;
			var = head << 1 >> 28;
			if (var == FACT_WORD) {
				var = OP_WORD + (head << 5 >> 27);
				bits = 10;
			}
			op_pass(c, bits);
			if (var >= UB_R10)
				var = op_fact_variable(c, var);
			op_read_claim(c, &own);
		}
		if ((how & OP_CALL) == OP_CALL && f->kind == OP_STACK) { /* the callee's r10 is lower */
			own = *f;
			own.lo -= UB_FRAME_BYTES;
			own.hi -= UB_FRAME_BYTES;
			f = &own;
		}
		struct op_fact *at = &c->facts.fact[op_fact_index(var)];
		if (how & OP_EDGE && !is_known_so(c, &known, var, at, f) && !op_implies(c, var, f))
			op_doubt(c, c->plan.frame, ONEPASS_FACT, var);
		if (how & OP_ENTER) {
			*at = *f;
			op_add(told, var);
		}
	}
}

/* What the fast form of a loop knows; out of one, nothing of interest. */
static void read_forms(struct op *c, enum op_visit how)
{
	struct op_loop *l = &c->loop;
	bool here = l->fast, tested = op_read(c, 1);
	if (here && how == OP_ENTER)
		l->tested = tested;
	else if (here && tested && !l->tested)
		op_doubt(c, c->plan.frame, ONEPASS_TESTED, 0);
	while (op_read(c, 1)) {
		uint32_t var = op_read_fact_variable(c), of = op_read_fact_variable(c);
		int32_t more = op_read_signed(c);
		struct op_form *f = &l->form[op_fact_index(var)];
		if (!here)
			continue;
		if (how == OP_ENTER)
			*f = (struct op_form){ (uint8_t)of, OP_NONE, OP_NONE, 0, more };
		else if (f->a != of || f->b != OP_NONE || f->add != more || !op_known(c, var))
			op_doubt(c, c->plan.frame, ONEPASS_FORM, var);
	}
}

static void frame_loop(struct op *c, uint32_t slot, enum op_visit how)
{
	bool forms = op_read_bit(c);
	uint32_t at = op_tell(c);
	if (forms && how & OP_EDGE)
		read_forms(c, how & ~(uint32_t)OP_ENTER);
	if (!(how & OP_ENTER))
		return;
	op_loop_enter(c, slot);
	c->loop.tested = false;
	if (forms) {
		op_seek(c, at);
		read_forms(c, OP_ENTER);
	}
}

/* What is not told is not known; and of what is lost nothing is. */
static void forget_others(struct op *c, const struct op_vars *told)
{
	const struct op_said *said = c->places.said;
	if ((told->of[0] & ~said[0].known) | (told->of[1] & ~said[1].known))
		op_refuse(c, ONEPASS_NOT_THERE);
	c->facts.there = *told;
}

/* Bytes the context has at least, behind the end of facts. */
static uint32_t read_length(struct op *c)
{
	uint32_t head = op_window(c) << 1;
	if (!(head >> 31)) {
		op_pass(c, 2);
		return 0;
	}
	op_pass(c, 3);
	return head >> 30 & 1 ? op_read_number(c) : c->plan.usual_length;
}

static void read_frame(struct op *c, uint32_t slot, enum op_visit how)
{
	struct frame f;
	struct op_vars placed, told = { { 0, 0 } };
	bool never = !read_moved(c, &f, &placed);
	if (how & OP_ENTER)
		c->plan.never = never;
	if (never) {
		if (how & OP_EDGE)
			op_refuse(c, ONEPASS_NOT_THERE);
		return;
	}
	read_values(c, &f, &placed);
	if (how & OP_EDGE)
		meet_all(c, &f, how & (OP_EDGE | OP_STAYS));
	frame_facts(c, how, &told);
	uint32_t length = read_length(c);
	if (how & OP_EDGE && length > c->facts.length)
		op_doubt(c, c->plan.frame, ONEPASS_LENGTH, 0);
	if (how & OP_ENTER) {
		enter_values(c, &f);
		forget_others(c, &told);
		c->facts.length = length > c->program->ctx_min ? length : c->program->ctx_min;
	}
	frame_loop(c, slot, how);
}

static void default_frame(struct op *c, uint32_t slot, enum op_visit how)
{
	struct frame f;
	default_values(c, &f, slot);
	if (how & OP_EDGE)
		meet_all(c, &f, how & (OP_EDGE | OP_STAYS));
	if (!(how & OP_ENTER))
		return;
	op_lose_all(c, 0, c->places.said[0].known & ((1u << UB_R10) - 1) << OP_HIGH & ~(f.place.of[0] | f.zero.of[0])); /* nobody reads them */
	meet_all(c, &f, OP_ENTER);
	op_doubt_registers(c);
	c->facts.length = c->program->ctx_min;
}

/* What the plan says of a slot where paths meet. */
void op_frame(struct op *c, uint32_t slot, enum op_visit how)
{
	if (how & OP_ENTER && (c->in_relations.of[0] | c->in_relations.of[1])) {
		memset(c->relation, 0, sizeof c->relation);
		c->in_relations = (struct op_vars){ { 0, 0 } };
	}
	if (!c->plan.bits.bytes) {
		default_frame(c, slot, how);
		return;
	}
	uint32_t at = op_tell(c);
	c->plan.frame = slot;
	op_seek(c, c->plan.frames[op_join_index(c, slot)]);
	read_frame(c, slot, how);
	op_read_all(c);
	op_seek(c, at);
}
