// SPDX-License-Identifier: BSD-2-Clause
/* The test before a loop's fast form, made from its record: nothing in it is taken on trust.
 *
 *   ip = turns: how often the test goes on, if nothing else ends the loop;   none, or a counter that would leave its 32
 *                                                                  bits on the way: to the slow form
 *   budget >= turns, if they are paid for here
 *   for each group: first and last address lie in one region, which has the right
 *
 * Without a counter only the groups are tested, at the start of each turn.
 */
#include "jit/onepass/loop.h"

static bool is_signed(enum t2_cond go)
{
	return go >= T2_GE;
}

/* By how much a variable moves in a turn: by a constant, or also by *by_var. */
static int64_t step_of(const struct op_loop *l, uint32_t var, uint32_t *by_var)
{
	const struct op_step *s = var == OP_NONE ? NULL : op_step_of(l, var);
	*by_var = s ? s->by_var : (uint8_t)OP_NONE;
	return s ? s->by : 0;
}

/* By how much a group's addresses move in a turn: by a constant, or by *by_var << *shift. Whether that is so. */
static bool move_of(const struct op_loop *l, const struct op_group *g, int64_t *d, uint32_t *by_var, uint32_t *shift)
{
	uint32_t by[3];
	int64_t a = step_of(l, g->a, &by[0]), b = step_of(l, g->b, &by[1]), c = step_of(l, g->c, &by[2]);
	*d = a + (b + c) * (1 << g->shift);
	*by_var = OP_NONE;
	*shift = 0;
	for (uint32_t i = 0; i < 3; i++) {
		if (by[i] == OP_NONE)
			continue;
		if (*by_var != OP_NONE)
			return false;
		*by_var = by[i];
		*shift = i ? g->shift : 0;
	}
	return *by_var == OP_NONE || *d == 0;
}

static uint32_t register_of(const struct op *c, uint32_t var)
{
	uint32_t at = var == OP_NONE ? (uint32_t)OP_NONE : op_val(c, var)->a;
	return at < OP_REGS ? 1u << at : 0;
}

/* Two registers that no group reads, the lowest that hold nothing if there are such; 0: there are none. */
static uint32_t two_others(const struct op *c)
{
	const struct op_loop *l = &c->loop;
	uint32_t all = (1u << (OP_REGS - c->map.calls)) - 1, free = 0, two = 0, by_var, shift;
	int64_t d;
	for (uint32_t i = 0; i < l->ngroups; i++) {
		const struct op_group *g = &l->group[i];
		move_of(l, g, &d, &by_var, &shift);
		all &= ~(register_of(c, g->a) | register_of(c, g->b) | register_of(c, g->c) | register_of(c, by_var));
	}
	all &= ~(register_of(c, OP_BASE) | register_of(c, OP_LIMIT));
	for (uint32_t r = 0; r < OP_REGS; r++)
		if (all >> r & 1 && c->places.owner[r] == OP_NONE && c->places.writable >> r & 1)
			free |= 1u << r;
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t from = free & ~two ? free & ~two : all & ~two;
		two |= from & (0u - from);
	}
	return two & (two - 1) ? two : 0;
}

/* Those of two that have to be kept. */
static uint32_t to_push(const struct op *c, uint32_t two)
{
	for (uint32_t r = 0; r < OP_REGS; r++)
		if (c->places.owner[r] == OP_NONE && c->places.writable >> r & 1)
			two &= ~(1u << r);
	return two;
}

static bool is_held(const struct op *c, uint32_t var)
{
	return op_val(c, var)->kind == OP_HELD && op_val(c, var)->a < OP_REGS;
}

bool op_guard_possible(const struct op *c)
{
	const struct op_loop *l = &c->loop;
	int32_t by = op_has_counter(l) ? op_loop_step(c) : 1;
	bool up = l->go == T2_LO || l->go == T2_LS || l->go == T2_LT || l->go == T2_LE || (l->go == T2_NE && by > 0);
	uint32_t m = op_step_size(by), by_var, shift;
	for (uint32_t i = 0; i < l->ngroups && !op_has_counter(l); i++) { /* ip and lr are all that is taken */
		const struct op_group *g = &l->group[i];
		if (!is_held(c, g->a) || (g->b != OP_NONE && !is_held(c, g->b)) || (g->c != OP_NONE && !is_held(c, g->c)))
			return false;
	}
	if (!op_has_counter(l))
		; /* nothing is counted */
	else if (l->step[0].by_var != OP_NONE || m == 0 || m > 255 || up != (by > 0) || op_step_size(l->offset) > 255 || (by > 0 ? l->offset < 0 : l->offset > 0) || !two_others(c))
		return false;
	if (op_has_counter(l) && l->go == T2_NE && !op_is_power(m))
		return false;
	for (uint32_t i = 0; i < l->nsteps; i++)
		if (l->step[i].by_var != OP_NONE && op_step_of(l, l->step[i].by_var))
			return false;
	for (uint32_t i = 0; i < l->ngroups; i++) {
		const struct op_group *g = &l->group[i];
		int64_t d;
		if (!move_of(l, g, &d, &by_var, &shift) || d > 1 << 20 || d < -(1 << 20) || g->bytes == 0 || g->bytes > 1 << 16 || g->region > 2 ||
		    g->min > 1 << 20 || g->min < -(1 << 20) || (t2_modified_imm(g->bytes) < 0 && g->bytes > 255))
			return false;
		if (g->region == 2 && !(g->writes || !c->program->rodata_len ? c->program->data_len : c->program->rodata_len))
			return false;
	}
	return true;
}

static void to_slow(struct op *c, enum t2_cond cond)
{
	jit_branch(&c->out, cond, JIT_TO_CODE, 0);
}

/* Compares the counter, and what a bound leaves room for. */
static void check_counter(struct op *c, int bound)
{
	const struct op_loop *l = &c->loop;
	struct jit_code *code = &c->out.code;
	bool sign = is_signed(l->go), up = op_loop_step(c) > 0;
	uint32_t m = op_step_size(op_loop_step(c)), room = l->go == T2_NE ? 0 : op_or_equal(l->go) ? m : m - 1;
	/* the loop is not entered, or not for a second turn: of no interest */
	enum t2_cond not = l->go == T2_NE ? (up ? T2_HS : T2_LS) : t2_not(l->go);
	if (bound >= 0)
		jit_cmp(code, T2_IP, bound);
	else
		op_dp(c, T2_SUB, T2_PC, T2_IP, op_imm(l->limit), JIT_SET);
	to_slow(c, not);
	if (room && bound < 0) {
		int64_t k = sign ? (int64_t)(int32_t)l->limit : (int64_t)l->limit, end = k + (up ? (int64_t)room : -(int64_t)room);
		if (sign ? end != (int32_t)end : end != (int64_t)(uint32_t)end)
			to_slow(c, T2_AL);
	} else if (room && up) {
		jit_dp_imm(code, T2_ADD, T2_PC, bound, room, JIT_SET);
		to_slow(c, sign ? T2_VS : T2_HS);
	} else if (room) {
		jit_dp_imm(code, T2_SUB, T2_PC, bound, room, JIT_SET);
		to_slow(c, sign ? T2_VS : T2_LO);
	}
	if (l->go == T2_NE && m > 1) {
		if (bound < 0)
			jit_const(code, T2_LR, l->limit, JIT_ANY);
		jit_dp(code, T2_SUB, T2_LR, T2_IP, bound >= 0 ? bound : T2_LR, JIT_ANY);
		jit_dp_imm(code, T2_AND, T2_PC, T2_LR, m - 1, JIT_SET);
		to_slow(c, T2_NE);
	}
}

static uint32_t region_of(const struct op *c, const struct op_group *g)
{
	static const uint8_t regions[] = { UB_REGION_STACK, UB_REGION_CTX };
	if (g->region < 2)
		return regions[g->region];
	return g->writes || !c->program->rodata_len ? UB_REGION_DATA : UB_REGION_RODATA;
}

/* lr: the last place for a group's first address, from the region's start; t: where that is. Less is left where the
 * limit of the context is at hand, and its length is known to be enough. */
static void region_end(struct op *c, const struct op_group *g, int t)
{
	struct jit_code *code = &c->out.code;
	uint32_t window = c->map.window, limit = c->map.home[OP_LIMIT], base = c->map.home[OP_BASE];
	if (g->region == 1 && limit < OP_REGS && base < OP_REGS && c->facts.length >= window && c->facts.length >= g->bytes && g->bytes <= 255) {
		jit_dp_imm(code, window > g->bytes ? T2_ADD : T2_SUB, T2_LR, (int)limit,
			   window > g->bytes ? window - 1 - g->bytes : g->bytes + 1 - window, JIT_ANY);
		jit_dp(code, T2_SUB, t, op_reg(c, g->a, t), (int)base, JIT_ANY);
		return;
	}
	int32_t region = UB_RUN_REGIONS + 12 * (int32_t)region_of(c, g);
	const struct op_value *v = op_val(c, g->a);
	int a = v->kind == OP_HELD && v->a < OP_REGS ? v->a : -1;
	op_load_run(c, T2_LR);
	jit_mem(code, T2_LDR, t, T2_LR, region);
	jit_mem(code, T2_LDR, T2_LR, T2_LR, region + 4);
	if (a < 0) {
		jit_push(code, 1u << T2_LR);
		c->places.sp_moved += 4;
		a = op_reg(c, g->a, T2_LR);
	}
	jit_dp(code, T2_SUB, t, a, t, JIT_ANY);
	if (a == T2_LR) {
		jit_pop(code, 1u << T2_LR);
		c->places.sp_moved -= 4;
	}
	jit_dp_imm(code, T2_SUB, T2_LR, T2_LR, g->bytes, JIT_SET);
	to_slow(c, T2_LO);
}

/* The first and the last turn's address lie in the region. */
static void check_group(struct op *c, const struct op_group *g, int t, int other)
{
	struct jit_code *code = &c->out.code;
	uint32_t by_var, shift;
	int64_t d;
	move_of(&c->loop, g, &d, &by_var, &shift);
	uint32_t m = op_step_size((int32_t)d);
	region_end(c, g, t);
	if (g->b != OP_NONE)
		jit_dp_shift(code, T2_ADD, t, t, op_reg(c, g->b, other), T2_LSL, g->shift, JIT_ANY);
	if (g->c != OP_NONE)
		jit_dp_shift(code, T2_ADD, t, t, op_reg(c, g->c, other), T2_LSL, g->shift, JIT_ANY);
	struct op_value first = op_value(OP_SUM, (uint32_t)t, OP_NONE, 0, (uint32_t)g->min);
	if (g->min)
		op_emit_value(c, t, &first);
	jit_cmp(code, t, T2_LR);
	to_slow(c, T2_HI);
	if (d == 0 && by_var == OP_NONE)
		return;
	if (d >= 0) /* what is left above */
		jit_dp(code, T2_SUB, t, T2_LR, t, JIT_ANY);
	if (by_var != OP_NONE) {
		if (shift)
			jit_shift_imm(code, T2_LSR, t, t, shift, JIT_ANY);
		jit_mul3(code, T2_UDIV, t, t, op_reg(c, by_var, other), 0);
	} else if (m > 1 && op_is_power(m)) {
		jit_shift_imm(code, T2_LSR, t, t, (uint32_t)__builtin_ctz(m), JIT_ANY);
	} else if (m > 1) {
		jit_const(code, other, m, JIT_ANY);
		jit_mul3(code, T2_UDIV, t, t, other, 0);
	}
	if (g->tested) /* the last turn does not come so far */
		jit_dp_imm(code, T2_ADD, t, t, 1, JIT_ANY);
	jit_cmp(code, t, T2_IP);
	to_slow(c, T2_LO);
}

static void check_groups(struct op *c)
{
	struct op_loop *l = &c->loop;
	uint32_t pair = op_has_counter(l) ? two_others(c) : 1u << T2_IP | 1u << T2_LR;
	l->popped = op_has_counter(l) ? to_push(c, pair) : 0;
	if (l->ngroups == 0)
		return;
	if (l->popped)
		jit_push(&c->out.code, l->popped);
	int32_t moved = l->popped ? l->popped & (l->popped - 1) ? 8 : 4 : 0;
	c->places.sp_moved += moved;
	for (uint32_t i = 0; i < l->ngroups; i++)
		check_group(c, &l->group[i], __builtin_ctz(pair), 31 - __builtin_clz(pair));
	if (l->popped)
		jit_pop(&c->out.code, l->popped);
	c->places.sp_moved -= moved;
}

void op_guard(struct op *c)
{
	struct op_loop *l = &c->loop;
	struct jit_code *code = &c->out.code;
	bool sign = is_signed(l->go);
	l->guard = c->out.nfixups;
	if (!op_has_counter(l)) {
		l->popping = l->guard;
		check_groups(c);
		l->guard_end = c->out.nfixups;
		return;
	}
	int bound = l->bound == OP_NONE ? -1 : op_reg(c, l->bound, T2_LR), counter = op_reg(c, l->step[0].var, T2_IP);
	if (l->offset > 0) {
		jit_dp_imm(code, T2_ADD, T2_IP, counter, (uint32_t)l->offset, JIT_SET);
		to_slow(c, sign ? T2_VS : T2_HS);
	} else if (l->offset < 0) {
		jit_dp_imm(code, T2_SUB, T2_IP, counter, op_step_size(l->offset), JIT_SET);
		to_slow(c, sign ? T2_VS : T2_LO);
	} else {
		jit_mov(code, T2_IP, counter);
	}
	check_counter(c, bound);
	op_guard_turns(c, bound < 0 ? bound : op_reg(c, l->bound, T2_LR));
	if (l->prepaid) {
		jit_cmp(code, op_reg(c, OP_BUDGET, T2_LR), T2_IP);
		to_slow(c, T2_LO);
	}
	l->popping = c->out.nfixups;
	check_groups(c);
	l->guard_end = c->out.nfixups;
	if (l->prepaid) {
		int budget = op_reg(c, OP_BUDGET, T2_LR);
		jit_dp(code, T2_SUB, budget, budget, T2_IP, JIT_ANY);
		if (budget == T2_LR)
			op_store_word(c, budget, c->map.home[OP_BUDGET]);
	}
}
