// SPDX-License-Identifier: BSD-2-Clause
/* Loops that are compiled twice. The record in the plan says what moves in a turn, which jump decides whether the counter
 * goes on, and which accesses go where. From that the device makes a test (guard.c), which stands before the fast form.
 * In the fast form it checks, instruction by instruction, what the test took for granted:
 *
 *   every edge to the first slot comes from a turn whose counter was tested, and which went on;
 *   on every such edge what the record says moves has moved by that, and what groups and the bound name has not;
 *   an access without a check is at a sum of a group, within its bytes.
 *
 * Nothing outside jumps into the fast form. When the test fails, the slow form runs, which is as if there were no record.
 */
#include "jit/onepass/loop.h"
#include "jit/onepass/plan.h"

/* Low halves and words that the loop writes. */
static op_set written_in(struct op *c)
{
	op_set set = 0;
	const struct ub_insn *insn = c->text + c->loop.start;
	for (uint32_t slot = c->loop.start; slot <= c->loop.end; slot++, insn++) {
		uint32_t class = UB_CLASS(insn->opcode);
		if (!op_loop_has(&c->loop, slot))
			; /* another's */
		else if (class == UB_ALU32 || class == UB_ALU64 || class == UB_LD || class == UB_LDX)
			set |= 1u << UB_DST(insn);
		else if (class == UB_STX && UB_MODE(insn->opcode) == UB_ATOMIC)
			set |= 1u << UB_SRC(insn) | 1;
		else if ((class == UB_JMP || class == UB_JMP32) && UB_OP(insn->opcode) == UB_CALL)
			set |= 0x3f;
		if ((class == UB_ST || class == UB_STX) && UB_DST(insn) == UB_R10 && op_loop_has(&c->loop, slot))
			for (uint32_t i = 0; i < c->map.nwords; i++) {
				int32_t at = -4 * ((int32_t)c->map.word[i] + 1);
				if (insn->offset < at + 4 && at < insn->offset + 8)
					set |= OP_BIT(OP_WORD + i);
			}
		if (class == UB_LD) {
			slot++;
			insn++;
		}
	}
	return set;
}

/* Whether other payments than for turns are made in the loop: local calls, jumps back that are not from behind the head
 * to where the way leads to it, and what goes past the head, after which such a jump would come twice in a turn. */
static bool pays_elsewhere(const struct op *c)
{
	const struct op_loop *l = &c->loop;
	for (uint32_t slot = l->start; slot <= c->loop.end; slot++) {
		const struct ub_insn *insn = c->text + slot;
		if (UB_CLASS(insn->opcode) == UB_LD) {
			slot++;
			continue;
		}
		if (!op_loop_has(l, slot))
			continue;
		if (op_is_jump(insn->opcode)) {
			uint32_t target = op_target(insn, slot);
			if (target <= slot && op_loop_has(l, target) && (slot < l->head || target > l->head))
				return true;
			if (slot < l->head && target > l->head && op_loop_has(l, target)) /* past the head */
				return true;
		} else if ((insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_LOCAL) ||
			   insn->opcode == (UB_JMP | UB_CALL | UB_X)) {
			return true;
		}
	}
	return false;
}

/* Whether control runs behind the last slot, if it does, to a place where paths meet. */
static bool ends_well(const struct op *c)
{
	const struct op_loop *l = &c->loop;
	const struct ub_insn *last = c->text + l->end;
	bool jumps = UB_CLASS(last->opcode) == UB_JMP || UB_CLASS(last->opcode) == UB_JMP32;
	if (jumps && (UB_OP(last->opcode) == UB_JA || last->opcode == (UB_JMP | UB_EXIT)))
		return true;
	return l->end + 1 < c->slots && op_is_join(c, l->end + 1);
}

/* Turns the record and its test into what the guard is made of. */
static bool understand(struct op *c)
{
	static const uint8_t conds[16] = {
		[UB_JGT >> 4] = T2_HI + 1, [UB_JGE >> 4] = T2_HS + 1, [UB_JNE >> 4] = T2_NE + 1, [UB_JSGT >> 4] = T2_GT + 1,
		[UB_JSGE >> 4] = T2_GE + 1, [UB_JLT >> 4] = T2_LO + 1, [UB_JLE >> 4] = T2_LS + 1, [UB_JSLT >> 4] = T2_LT + 1,
		[UB_JSLE >> 4] = T2_LE + 1, [UB_JEQ >> 4] = T2_EQ + 1,
	};
	static const uint8_t mirrored[] = { [T2_HI] = T2_LO, [T2_LO] = T2_HI, [T2_HS] = T2_LS, [T2_LS] = T2_HS, [T2_GT] = T2_LT,
					    [T2_LT] = T2_GT, [T2_GE] = T2_LE, [T2_LE] = T2_GE, [T2_NE] = T2_NE, [T2_EQ] = T2_EQ };
	struct op_loop *l = &c->loop;
	if (l->test > l->end || l->head > l->end || l->end >= c->slots || op_function_at(c, l->start) != op_function_at(c, l->end))
		return false;
	if (!op_loop_has(l, l->head) || !op_loop_has(l, l->test) || !op_loop_has(l, l->start) || !op_loop_has(l, l->end))
		return false;
	if (!op_is_join(c, l->start) || !op_is_join(c, l->head)) /* the slow form begins as its frame says */
		return false;
	const struct ub_insn *insn = c->text + l->test, *last = c->text + l->end;
	if (!op_has_counter(l))
		return l->head == l->start && !l->prepaid && l->ngroups && last->opcode && ends_well(c);
	bool x = insn->opcode & UB_X, wide = UB_CLASS(insn->opcode) == UB_JMP;
	if (!op_is_jump(insn->opcode) || UB_OP(insn->opcode) == UB_JA || !conds[insn->opcode >> 4] || last->opcode == 0)
		return false;
	uint32_t cond = conds[insn->opcode >> 4] - 1u, other = l->source ? UB_DST(insn) : UB_SRC(insn);
	bool taken = op_loop_has(l, op_target(insn, l->test)), on = op_loop_has(l, l->test + 1);
	if (taken == on)
		return false;
	if (!taken)
		cond = (uint32_t)t2_not((enum t2_cond)cond);
	if (l->source)
		cond = mirrored[cond];
	if (wide) /* without high halves, which it is only good for, signed numbers are unsigned */
		cond = cond == T2_GT ? T2_HI : cond == T2_GE ? T2_HS : cond == T2_LT ? T2_LO : cond == T2_LE ? T2_LS : cond;
	if (cond == T2_EQ || (l->source && !x) || (wide && !x && insn->imm < 0))
		return false;
	l->go = (enum t2_cond)cond;
	l->limit = (uint32_t)insn->imm;
	if (!x)
		l->bound = OP_NONE;
	else if (l->bound == OP_NONE)
		l->bound = (uint8_t)other;
	if (x && (l->bound == UB_R10 || other == UB_R10))
		return false;
	if (!ends_well(c))
		return false;
	for (uint32_t i = 0; i < l->nsteps; i++)
		for (uint32_t k = 0; k < i; k++)
			if (l->step[i].var == l->step[k].var)
				return false;
	return !(l->prepaid && pays_elsewhere(c));
}

/* Between the head's frame and the first slot, whose instruction was read about before. */
static void back_to_start(struct op *c)
{
	op_frame(c, c->loop.start, OP_ENTER);
	op_say_places(c);
}

void op_loop_begin(struct op *c, bool on)
{
	struct op_loop *l = &c->loop;
	l->active = l->fast = false;
	op_uncover(c);
	if (!c->checked) /* one form, for there is nothing to be tested before it */
		return;
	if (!understand(c) || (on && l->head != l->start)) /* who comes from above is in the middle of a turn */
		return;
	if (l->head != l->start)
		op_frame(c, l->head, OP_ENTER);
	if (!op_guard_possible(c)) {
		if (l->head != l->start)
			back_to_start(c);
		return;
	}
	l->written = written_in(c);
	l->at = c->plan.insn;
	l->active = true;
	l->tested = false;
	op_colds_before_loop(c);
	if (l->head == l->start) {
		op_guard(c);
		if (c->out.code.len & 1)
			jit_narrow(&c->out.code, T2_NOP);
		l->fast = true;
		l->first_fixup = c->out.nfixups;
		l->top = c->out.code.len;
		op_loop_enter(c, l->head);
		return;
	}
	/* whoever goes to the head comes to the test */
	c->out.offset[l->head] = (uint16_t)c->out.code.len;
	op_guard(c);
	l->fast = true;
	l->first_fixup = c->out.nfixups;
	jit_branch(&c->out, T2_AL, JIT_TO_SLOT, l->head);
	c->out.offset[l->start] = (uint16_t)c->out.code.len;
	back_to_start(c);
}

bool op_loop_head(struct op *c)
{
	struct op_loop *l = &c->loop;
	if (!l->active || c->slot != l->head || l->head == l->start)
		return false;
	l->top = c->out.code.len;
	return true;
}

static bool are(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return (a == c && b == d) || (a == d && b == c);
}

/* The same sum. Without a shift its parts may stand in any order. */
static bool matches(const struct op_form *f, const struct op_group *g)
{
	if (g->b != OP_NONE && f->shift != g->shift)
		return false;
	if (f->a == g->a && are(f->b, f->c, g->b, g->c))
		return true;
	return g->b != OP_NONE && g->shift == 0 && ((f->a == g->b && are(f->b, f->c, g->a, g->c)) || (f->a == g->c && are(f->b, f->c, g->a, g->b)));
}

bool op_loop_covers(struct op *c, uint32_t var, int32_t offset, uint32_t size, uint32_t rights)
{
	const struct op_loop *l = &c->loop;
	if (!l->fast || var == UB_R10 || !op_known(c, var))
		return false;
	const struct op_form *f = op_form_of(c, var);
	int64_t at = (int64_t)f->add + offset;
	for (uint32_t i = 0; i < l->ngroups; i++) {
		const struct op_group *g = &l->group[i];
		if (f->a != OP_NONE && matches(f, g) && at >= g->min && at + size <= (int64_t)g->min + g->bytes &&
		    (!(rights & UB_WRITE) || g->writes) && (!g->tested || l->tested))
			return true;
	}
	return false;
}

/* The counter's sums stay within 32 bits as far as the guard looked; a pointer's stay near the region it was found to
 * be in. */
bool op_loop_is_exact(struct op *c, uint32_t var)
{
	const struct op_loop *l = &c->loop;
	if (!l->fast)
		return false;
	const struct op_form *f = op_form_of(c, var);
	int32_t most = l->tested ? l->step[0].by : l->offset;
	if (f->a == OP_NONE || f->b != OP_NONE)
		return false;
	if (op_has_counter(l) && f->a == l->step[0].var && l->go < T2_GE && (most >= 0 ? f->add >= 0 && f->add <= most : f->add <= 0 && f->add >= most))
		return true;
	for (uint32_t i = 0; i < l->ngroups; i++)
		if (l->group[i].a == f->a && l->group[i].b == OP_NONE && l->group[i].min >= -4096 && l->group[i].min <= 4096 &&
		    f->add >= -4096 && f->add <= 4096)
			return true;
	return false;
}

/* Whether a variable is on an edge to the next turn what the record says. */
static bool has_moved(struct op *c, uint32_t var)
{
	const struct op_step *s = op_step_of(&c->loop, var);
	const struct op_form *f = op_form_of(c, var);
	if (!op_known(c, var))
		return false;
	if (!s)
		return op_form_is(f, var, 0);
	if (s->by_var == OP_NONE)
		return op_form_is(f, var, s->by);
	return f->shift == 0 && f->add == 0 && ((f->a == var && f->b == s->by_var) || (f->b == var && f->a == s->by_var));
}

static void expect_moved(struct op *c, uint32_t var)
{
	if (var != OP_NONE && !has_moved(c, var))
		op_doubt(c, c->loop.head, ONEPASS_TURN, var);
}

void op_loop_edge(struct op *c, uint32_t target)
{
	struct op_loop *l = &c->loop;
	if (!l->fast || !op_has_counter(l)) /* without a counter, the test is made at the head */
		return;
	if (l->prepaid && !l->tested && c->slot >= l->head && target >= l->start && target < l->head)
		op_refuse(c, ONEPASS_TURNS_LOST);
	if (target != l->head)
		return;
	if (!l->tested)
		op_doubt(c, l->head, ONEPASS_TURN, OP_NONE);
	for (uint32_t i = 0; i < l->nsteps; i++) {
		expect_moved(c, l->step[i].var);
		expect_moved(c, l->step[i].by_var);
	}
	for (uint32_t i = 0; i < l->ngroups; i++) {
		expect_moved(c, l->group[i].a);
		expect_moved(c, l->group[i].b);
		expect_moved(c, l->group[i].c);
	}
	expect_moved(c, l->bound);
}

void op_loop_test(struct op *c, const struct ub_insn *insn, bool taken)
{
	struct op_loop *l = &c->loop;
	if (!l->fast || !op_has_counter(l) || c->slot != l->test || !op_loop_has(l, taken ? op_target(insn, c->slot) : c->slot + 1))
		return;
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), counter = l->source ? s : d, other = l->source ? d : s;
	bool wide = UB_CLASS(insn->opcode) == UB_JMP;
	bool ok = op_form_is(op_form_of(c, counter), l->step[0].var, l->offset) && op_known(c, counter);
	if (l->bound != OP_NONE)
		ok = ok && op_known(c, other) && op_form_is(op_form_of(c, other), l->bound, 0);
	if (wide)
		ok = ok && op_is_zero(c, counter + OP_HIGH) && (l->bound == OP_NONE || op_is_zero(c, other + OP_HIGH));
	l->tested = ok;
}

bool op_loop_goes_on(const struct op *c)
{
	return c->slot != c->loop.end && op_loop_has(&c->loop, c->slot + 1);
}

bool op_loop_is_paid(const struct op *c, uint32_t target)
{
	return c->loop.fast && c->loop.prepaid && target >= c->loop.start && target <= c->loop.head;
}

/* Whether a way that leads to a slot leaves with turns that were paid for and are not taken. The test that does not go
 * on has taken all. */
bool op_loop_refunds(const struct op *c, uint32_t target)
{
	return c->loop.fast && c->loop.prepaid && !op_loop_has(&c->loop, target) && c->slot != c->loop.test;
}

void op_loop_branch(struct op *c, enum t2_cond cond, uint32_t target)
{
	if (c->loop.active && op_has_counter(&c->loop) && target == c->loop.head && c->slot >= c->loop.head)
		jit_branch(&c->out, cond, JIT_TO_CODE, c->loop.top);
	else
		jit_branch(&c->out, cond, JIT_TO_SLOT, target);
}

static uint32_t place_of(struct op *c, uint32_t var)
{
	if (op_val(c, var)->kind != OP_HELD && op_val(c, var)->kind != OP_COPY)
		op_refuse(c, ONEPASS_TURNS_LOST);
	return op_val(c, var)->a;
}

/* What the counter is compared with, and what there is to be added before: from the variable as it is here. Before the head the jump of this
 * turn has been taken: only those of the next turns are left. */
struct op_value op_loop_counter(struct op *c)
{
	const struct op_loop *l = &c->loop;
	const struct op_form *f = op_form_of(c, l->step[0].var);
	if (f->a != l->step[0].var || f->b != OP_NONE)
		op_refuse(c, ONEPASS_TURNS_LOST);
	uint32_t bound = l->bound == OP_NONE ? OP_NONE : place_of(c, l->bound);
	if (bound != OP_NONE && !op_form_is(op_form_of(c, l->bound), l->bound, 0))
		op_refuse(c, ONEPASS_TURNS_LOST);
	uint32_t taken = c->slot < l->head ? (uint32_t)l->step[0].by : 0;
	return op_value(OP_SUM, place_of(c, l->step[0].var), bound, 0, (uint32_t)l->offset - (uint32_t)f->add + taken);
}

struct op_cold *op_loop_leave(struct op *c, enum t2_cond cond, uint32_t target, bool pays)
{
	struct op_value counter = op_loop_counter(c);
	op_reserve_colds(c, 1);
	struct op_cold *cold = op_to_cold(c, cond);
	cold->kind = OP_COLD_LEAVE;
	cold->value = counter;
	cold->resume = (uint16_t)target;
	cold->what = pays;
	return cold;
}

/* Branches of a form to slots of the loop stay in it. In the slow one, only those to the head do not lead there by
 * themselves. */
static void keep_inside(struct op *c)
{
	for (uint32_t i = c->loop.first_fixup; i < c->out.nfixups; i++) {
		struct jit_fixup *f = &c->out.fixups[-1 - (int32_t)i];
		if (f->kind == JIT_TO_SLOT && f->target == c->loop.head && !op_has_counter(&c->loop))
			continue;
		if (f->kind == JIT_TO_SLOT && (c->loop.fast ? op_loop_has(&c->loop, f->target) : f->target == c->loop.head)) {
			f->kind = JIT_TO_CODE;
			f->target = f->target == c->loop.head ? (uint16_t)c->loop.top : c->out.offset[f->target];
		}
	}
}

/* Control runs on to a slot that is not the loop's. */
static void run_out(struct op *c, uint32_t slot)
{
	if (op_loop_refunds(c, slot)) {
		struct op_value counter = op_loop_counter(c);
		op_loop_refund(c, &counter);
	}
	op_frame(c, slot, OP_EDGE);
	jit_branch(&c->out, T2_AL, JIT_TO_SLOT, slot);
}

bool op_loop_hole(struct op *c, bool on)
{
	const struct op_loop *l = &c->loop;
	if (!l->fast || op_loop_has(l, c->slot))
		return false;
	if (on && op_is_join(c, c->slot))
		run_out(c, c->slot);
	else if (on)
		op_refuse(c, ONEPASS_NOT_THERE);
	return true;
}

bool op_loop_end(struct op *c, bool on)
{
	struct op_loop *l = &c->loop;
	if (!l->fast) {
		if (l->head != l->start)
			keep_inside(c);
		l->active = false;
		op_uncover(c);
		return true;
	}
	if (on)
		run_out(c, l->end + 1);
	op_colds(c);
	keep_inside(c);
	for (uint32_t i = l->popping; i < l->guard_end; i++)
		jit_land(&c->out, i);
	if (l->guard_end > l->popping && l->popped)
		jit_pop(&c->out.code, l->popped);
	if (c->out.code.len & 1 && l->guard_end == l->popping && l->head == l->start)
		jit_narrow(&c->out.code, T2_NOP);
	for (uint32_t i = l->guard; i < l->popping; i++)
		jit_land(&c->out, i);
	l->fast = false;
	l->first_fixup = c->out.nfixups;
	if (l->head != l->start) {
		jit_branch(&c->out, T2_AL, JIT_TO_SLOT, l->head);
		c->out.offset[l->start] = (uint16_t)c->out.code.len;
	}
	l->top = c->out.code.len;
	c->out.code.zero_at = ~0u;
	op_seek(c, l->at);
	c->slot = l->start;
	op_frame(c, l->start, OP_ENTER);
	return false;
}
