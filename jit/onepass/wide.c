// SPDX-License-Identifier: BSD-2-Clause
/* Arithmetic whose halves depend on each other. What does not fit into two scratch registers
 * borrows more (borrow.c). */
#include "jit/onepass/parts.h"

void op_shifted(struct op *c, uint32_t to, uint32_t from, enum t2_shift type, uint32_t k)
{
	int rd = op_dst(c, to, T2_IP), rn = op_reg(c, from, rd);
	jit_shift_imm(&c->out.code, type, rd, rn, k, JIT_ANY);
	op_done(c, to, rd);
}

/* One half of d = d op s. */
static void half(struct op *c, const struct ub_insn *insn, bool high, enum t2_dp dp, enum jit_flags f)
{
	uint32_t var = UB_DST(insn) + (high ? OP_HIGH : 0);
	int rn = op_reg(c, var, T2_IP);
	struct op_operand m = op_second(c, insn, high);
	int rd = op_dst(c, var, T2_IP);
	op_dp(c, dp, rd, rn, m, f);
	op_done(c, var, rd);
}

static void add(struct op *c, const struct ub_insn *insn, bool sub)
{
	half(c, insn, false, sub ? T2_SUB : T2_ADD, JIT_SET);
	c->places.flags = JIT_KEEP;
	half(c, insn, true, sub ? T2_SBC : T2_ADC, JIT_KEEP);
	c->places.flags = JIT_ANY;
}

static void logic(struct op *c, const struct ub_insn *insn, uint32_t s, enum t2_dp dp)
{
	uint32_t dh = UB_DST(insn) + OP_HIGH;
	bool x = insn->opcode & UB_X, zero = x ? s == UB_R10 || op_is_zero(c, s + OP_HIGH) : insn->imm >= 0;
	half(c, insn, false, dp, JIT_ANY);
	if (c->plan.say.dead_high)
		op_lose(c, dh);
	else if (dp == T2_AND && zero)
		op_set_const(c, dh, 0);
	else if (dp == T2_AND || !zero)
		half(c, insn, true, dp, JIT_ANY);
	else if (!op_is_const(c, dh)) /* nothing changes, but where it lives may */
		op_settle(c, dh, c->places.home[dh]);
}

static void negate(struct op *c, uint32_t d)
{
	struct jit_code *code = &c->out.code;
	uint32_t dh = d + OP_HIGH;
	int rn = op_reg(c, d, T2_IP), rd = op_dst(c, d, T2_IP);
	if (!jit_dp_imm(code, T2_RSB, rd, rn, 0, JIT_SET))
		code->broken = true;
	op_done(c, d, rd);
	if (c->plan.say.dead_high) {
		op_lose(c, dh);
		return;
	}
	c->places.flags = JIT_KEEP;
	rn = op_reg(c, dh, T2_IP);
	rd = op_dst(c, dh, T2_IP);
	jit_dp_shift(code, T2_SBC, rd, rn, rn, T2_LSL, 1, JIT_KEEP); /* rn - 2 rn, less the borrow */
	op_done(c, dh, rd);
	c->places.flags = JIT_ANY;
}

/* By less than 32: bits move from the half `from` to the half `to`. */
static void shift_small(struct op *c, uint32_t op, uint32_t from, uint32_t to, uint32_t k)
{
	struct jit_code *code = &c->out.code;
	bool left = op == UB_LSH, dead = c->plan.say.dead_high;
	enum t2_shift type = left ? T2_LSL : T2_LSR;
	if (left && dead) {
		op_lose(c, to);
	} else if (op_is_zero(c, left ? to : from)) {
		if (left) /* only what comes in */
			op_shifted(c, to, from, T2_LSR, 32 - k);
		else      /* nothing does */
			op_shifted(c, to, to, T2_LSR, k);
	} else {
		int rm = op_reg(c, from, T2_LR), rn = op_reg(c, to, T2_IP), rd = op_dst(c, to, T2_IP);
		if (rd == rm) { /* it is read once more */
			jit_shift_imm(code, type, T2_IP, rn, k, JIT_ANY);
			rd = T2_IP;
		} else {
			jit_shift_imm(code, type, rd, rn, k, JIT_ANY);
		}
		jit_dp_shift(code, T2_ORR, rd, rd, rm, left ? T2_LSR : T2_LSL, 32 - k, JIT_ANY);
		op_done(c, to, rd);
	}
	if (!left && dead)
		op_lose(c, from);
	else if (!(!left && op_is_zero(c, from)))
		op_shifted(c, from, from, left ? T2_LSL : op == UB_RSH ? T2_LSR : T2_ASR, k);
}

/* By 32 or more: one half takes the other's place. */
static void shift_large(struct op *c, uint32_t op, uint32_t d, uint32_t k)
{
	uint32_t dh = d + OP_HIGH;
	bool dead = c->plan.say.dead_high;
	if (op == UB_LSH) {
		if (dead)
			op_lose(c, dh);
		else
			op_shifted(c, dh, d, T2_LSL, k - 32);
		op_set_const(c, d, 0);
		return;
	}
	op_shifted(c, d, dh, op == UB_RSH ? T2_LSR : T2_ASR, k - 32);
	if (dead)
		op_lose(c, dh);
	else if (op == UB_RSH)
		op_set_const(c, dh, 0);
	else
		op_shifted(c, dh, dh, T2_ASR, 31);
}

/* r0, r1 = r0, r1 shifted by r2 modulo 64. The processor looks at 8 bits of a count, and everything from 32 up shifts
 * all bits out; so of what crosses, one or the other is 0. */
static void shift_pair(struct jit_code *code, uint32_t op)
{
	enum t2_shift type = op == UB_LSH ? T2_LSL : op == UB_RSH ? T2_LSR : T2_ASR;
	enum t2_shift in = op == UB_LSH ? T2_LSL : T2_LSR, across = op == UB_LSH ? T2_LSR : T2_LSL;
	int from = op == UB_LSH ? T2_R0 : T2_R1, to = T2_R1 - from;
	jit_dp_imm(code, T2_AND, T2_R2, T2_R2, 63, JIT_ANY);
	jit_shift_reg(code, in, to, to, T2_R2, JIT_ANY);
	jit_dp_imm(code, T2_RSB, T2_R3, T2_R2, 32, JIT_ANY);
	jit_shift_reg(code, across, T2_R3, from, T2_R3, JIT_ANY);
	jit_dp(code, T2_ORR, to, to, T2_R3, JIT_ANY);
	jit_dp_imm(code, T2_SUB, T2_R3, T2_R2, 32, JIT_SET);
	if (type == T2_ASR) { /* sign bits must not come in when nothing crosses */
		jit_itt(code, T2_PL);
		jit_shift_reg(code, type, T2_R3, from, T2_R3, JIT_KEEP);
		jit_dp(code, T2_ORR, to, to, T2_R3, JIT_KEEP);
	} else {
		jit_shift_reg(code, type, T2_R3, from, T2_R3, JIT_ANY);
		jit_dp(code, T2_ORR, to, to, T2_R3, JIT_ANY);
	}
	jit_shift_reg(code, type, from, from, T2_R2, JIT_ANY);
}

static void fetch_operand(struct op *c, const struct ub_insn *insn, uint32_t s)
{
	if (insn->opcode & UB_X) {
		op_fetch_pair(c, T2_R2, s, true);
		return;
	}
	jit_const(&c->out.code, T2_R2, (uint32_t)insn->imm, JIT_ANY);
	jit_const(&c->out.code, T2_R3, insn->imm < 0 ? ~0u : 0, JIT_ANY);
}

static void prepare(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s)
{
	op_simple_pair(c, d, true);
	if (insn->opcode & UB_X)
		op_simple_pair(c, s, true);
}

static void finish(struct op *c, uint32_t d)
{
	op_deliver(c, d, T2_R0);
	if (c->plan.say.dead_high)
		op_lose(c, d + OP_HIGH);
	else
		op_deliver(c, d + OP_HIGH, T2_R1);
	op_give_back(c);
}

/* d shifted by s in the registers it lives in: the count in lr, what crosses in ip. Of a right shift whose high half is not wanted that may
 * stay where it is. */
static bool shift_there(struct op *c, uint32_t op, uint32_t d, uint32_t s)
{
	struct jit_code *code = &c->out.code;
	uint32_t dh = d + OP_HIGH;
	const struct op_value *low = op_val(c, d), *high = op_val(c, dh);
	bool left = op == UB_LSH, dead = c->plan.say.dead_high, empty = left && op_is_zero(c, dh);
	int lo = op_dst(c, d, T2_IP), hi = dead ? op_in_register(high) ? high->a : T2_IP : op_dst(c, dh, T2_IP);
	bool first = op_reads(high, (uint32_t)lo);
	if (lo == T2_IP || hi == T2_IP || lo == hi || (first && (dead || op_reads(low, (uint32_t)hi))))
		return false;
	enum t2_shift in = left ? T2_LSL : T2_LSR, across = left ? T2_LSR : T2_LSL;
	int to = left ? hi : lo, from = left ? lo : hi;
	jit_dp_imm(code, T2_AND, T2_LR, op_reg(c, s, T2_LR), 63, JIT_ANY);
	if (first)
		op_emit_value(c, hi, high);
	op_emit_value(c, lo, low);
	if (!first && !dead && !empty)
		op_emit_value(c, hi, high);
	if (!empty)
		jit_shift_reg(code, in, to, to, T2_LR, JIT_ANY);
	jit_dp_imm(code, T2_RSB, T2_IP, T2_LR, 32, JIT_ANY);
	jit_shift_reg(code, across, empty ? to : T2_IP, from, T2_IP, JIT_ANY);
	if (!empty)
		jit_dp(code, T2_ORR, to, to, T2_IP, JIT_ANY);
	jit_dp_imm(code, T2_SUB, T2_IP, T2_LR, 32, JIT_SET);
	if (op == UB_ARSH) { /* sign bits must not come in when nothing crosses */
		jit_itt(code, T2_PL);
		jit_shift_reg(code, T2_ASR, T2_IP, from, T2_IP, JIT_KEEP);
		jit_dp(code, T2_ORR, to, to, T2_IP, JIT_KEEP);
	} else {
		jit_shift_reg(code, in, T2_IP, from, T2_IP, JIT_ANY);
		jit_dp(code, T2_ORR, to, to, T2_IP, JIT_ANY);
	}
	if (!dead)
		jit_shift_reg(code, op == UB_ARSH ? T2_ASR : in, from, from, T2_LR, JIT_ANY);
	op_done(c, d, lo);
	if (dead)
		op_lose(c, dh);
	else
		op_done(c, dh, hi);
	return true;
}

static void shift_by_register(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s)
{
	if (shift_there(c, UB_OP(insn->opcode), d, s))
		return;
	prepare(c, insn, d, s);
	op_borrow(c);
	op_fetch_pair(c, T2_R2, s, false);
	op_fetch_pair(c, T2_R0, d, true);
	shift_pair(&c->out.code, UB_OP(insn->opcode));
	finish(c, d);
}

/* The low half alone: what is shifted out of it is not wanted. */
static void shift_low_left(struct op *c, uint32_t d, uint32_t s)
{
	struct jit_code *code = &c->out.code;
	int rn = op_reg(c, d, T2_IP), rd = op_dst(c, d, T2_IP);
	jit_dp_imm(code, T2_AND, T2_LR, op_reg(c, s, T2_LR), 63, JIT_ANY);
	jit_shift_reg(code, T2_LSL, rd, rn, T2_LR, JIT_ANY);
	op_done(c, d, rd);
	op_lose(c, d + OP_HIGH);
}

/* Whether the high half of a register is the sign of the low one, which is in a register. */
static bool is_sign_extended(struct op *c, uint32_t r)
{
	const struct op_value *low = op_val(c, r), *high = op_val(c, r + OP_HIGH);
	struct op_fact f = op_know(c, r);
	if (high->kind == OP_SHIFT)
		return high->a == low->a && high->shift == (T2_ASR << 5 | 31);
	return op_is_zero(c, r + OP_HIGH) && f.kind == OP_NUMBER && f.hi <= INT32_MAX;
}

/* d *= s, or a constant in lr, where low halves are in registers: cross products meet in ip. */
static bool multiply_there(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s)
{
	struct jit_code *code = &c->out.code;
	uint32_t dh = d + OP_HIGH, sh = s + OP_HIGH;
	bool x = insn->opcode & UB_X, dz = op_is_zero(c, dh), sz = x ? op_is_zero(c, sh) : insn->imm >= 0;
	bool sign = !(dz && sz) && is_sign_extended(c, d) && (!x || is_sign_extended(c, s));
	if (!op_in_register(op_val(c, d)) || (x && !op_in_register(op_val(c, s))) || c->places.home[d] >= OP_REGS || c->places.home[dh] == OP_NONE || c->places.home[d] == c->places.home[dh])
		return false;
	if (!x && !sign && (!sz || !(dz || op_in_register(op_val(c, dh)))))
		return false;
	int rn = op_val(c, d)->a, rm = x ? op_val(c, s)->a : T2_LR;
	if (!x)
		jit_const(code, T2_LR, (uint32_t)insn->imm, JIT_ANY);
	if (sign) {
		int low = op_dst(c, d, T2_LR), high = op_dst(c, dh, T2_IP);
		jit_mul3(code, T2_SMULL, high, rn, rm, low);
		op_done(c, d, low);
		op_done(c, dh, high);
		return true;
	}
	if (!sz)
		jit_mul(code, T2_IP, rn, op_reg(c, sh, T2_LR), JIT_ANY);
	if (!dz && sz)
		jit_mul(code, T2_IP, rm, op_reg(c, dh, T2_LR), JIT_ANY);
	else if (!dz)
		jit_mul3(code, T2_MLA, T2_IP, rm, op_reg(c, dh, T2_LR), T2_IP);
	int lo = op_dst(c, d, T2_LR), hi = op_dst(c, dh, T2_LR);
	jit_mul3(code, T2_UMULL, hi, rn, rm, lo);
	if (!dz || !sz)
		jit_dp(code, T2_ADD, hi, hi, T2_IP, JIT_ANY);
	op_done(c, d, lo);
	op_done(c, dh, hi);
	return true;
}

static void multiply(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s)
{
	struct jit_code *code = &c->out.code;
	if (!(insn->opcode & UB_X && s == UB_R10) && !c->plan.say.dead_high && multiply_there(c, insn, d, s))
		return;
	prepare(c, insn, d, s);
	op_borrow(c);
	fetch_operand(c, insn, s);
	op_fetch(c, T2_R0, d);
	if (c->plan.say.dead_high) {
		jit_mul(code, T2_R0, T2_R0, T2_R2, JIT_ANY);
	} else {
		op_fetch(c, T2_R1, d + OP_HIGH);
		jit_mul(code, T2_R3, T2_R3, T2_R0, JIT_ANY);
		jit_mul3(code, T2_MLA, T2_R3, T2_R1, T2_R2, T2_R3);
		jit_mul3(code, T2_UMULL, T2_R1, T2_R0, T2_R2, T2_R0);
		jit_dp(code, T2_ADD, T2_R1, T2_R1, T2_R3, JIT_ANY);
	}
	finish(c, d);
}

/* The routine takes its operands from the stack: [sp] dividend, [sp, #8] divisor, and leaves the result in [sp]. */
static void divide(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s)
{
	struct jit_code *code = &c->out.code;
	prepare(c, insn, d, s);
	op_borrow(c);
	fetch_operand(c, insn, s);
	op_fetch_pair(c, T2_R0, d, true);
	jit_push(code, 15);
	c->places.sp_moved += 16;
	op_call_routine(c, JIT_DIVIDE);
	jit_narrow(code, (UB_OP(insn->opcode) == UB_MOD) | (insn->offset ? 2u : 0));
	c->places.sp_moved -= 16;
	jit_pop(code, 15);
	finish(c, d);
}

static void swap(struct op *c, uint32_t d)
{
	struct jit_code *code = &c->out.code;
	uint32_t dh = d + OP_HIGH;
	int hi = op_reg(c, dh, T2_LR), lo = op_reg(c, d, T2_IP);
	jit_unary(code, T2_REV, T2_LR, hi);
	jit_unary(code, T2_REV, T2_IP, lo);
	op_done(c, d, T2_LR);
	if (c->plan.say.dead_high)
		op_lose(c, dh);
	else
		op_done(c, dh, T2_IP);
}

/* d = d op s, of 64 bits, where low halves alone do not do. */
void op_wide(struct op *c, const struct ub_insn *insn, uint32_t s)
{
	uint32_t d = UB_DST(insn), op = UB_OP(insn->opcode), k = (uint32_t)insn->imm & 63;
	switch (op) {
	case UB_ADD:
	case UB_SUB:
		add(c, insn, op == UB_SUB);
		break;
	case UB_AND:
		logic(c, insn, s, T2_AND);
		break;
	case UB_OR:
		logic(c, insn, s, T2_ORR);
		break;
	case UB_XOR:
		logic(c, insn, s, T2_EOR);
		break;
	case UB_NEG:
		negate(c, d);
		break;
	case UB_MUL:
		multiply(c, insn, d, s);
		break;
	case UB_DIV:
	case UB_MOD:
		divide(c, insn, d, s);
		break;
	case UB_END:
		if (op_is_wide(insn->opcode) || insn->opcode & UB_X)
			swap(c, d);
		break;
	default:
		if (insn->opcode & UB_X && op == UB_LSH && c->plan.say.dead_high)
			shift_low_left(c, d, s);
		else if (insn->opcode & UB_X)
			shift_by_register(c, insn, d, s);
		else if (k == 0)
			break;
		else if (k >= 32)
			shift_large(c, op, d, k);
		else if (op == UB_LSH)
			shift_small(c, op, d, d + OP_HIGH, k);
		else
			shift_small(c, op, d + OP_HIGH, d, k);
	}
}
