// SPDX-License-Identifier: BSD-2-Clause
/* Arithmetic on low halves, and what is left to who reads it; wide.c has what takes both halves. */
#include "jit/onepass/loop.h"

/* What one operand is made in, if it is in no register: where the result goes, unless the other operand depends on that. */
static int scratch(const struct op *c, uint32_t d, const struct op_value *other)
{
	uint32_t home = c->places.home[d];
	return home < OP_REGS && !(other && op_reads(other, home)) ? (int)home : T2_IP;
}

/* d += a product, or d -= it; or d, which is one, += b. */
static bool accumulate(struct op *c, uint32_t op, uint32_t d, const struct op_value *b)
{
	struct op_value v = *b;
	int ra, rd;
	if (op == UB_ADD && op_val(c, d)->kind == OP_PRODUCT && op_in_register(b)) {
		v = *op_val(c, d);
		ra = b->a;
	} else if (b->kind == OP_PRODUCT && (op == UB_ADD || op == UB_SUB)) {
		ra = op_reg(c, d, scratch(c, d, b));
	} else {
		return false;
	}
	rd = op_dst(c, d, T2_IP);
	jit_mul3(&c->out.code, op == UB_ADD ? T2_MLA : T2_MLS, rd, v.a, v.b, ra);
	op_done(c, d, rd);
	return true;
}

/* rd = rn & k, by what is short. */
static void mask(struct op *c, int rd, int rn, uint32_t k)
{
	if (k == 0xff || k == 0xffff)
		jit_unary(&c->out.code, k == 0xff ? T2_UXTB : T2_UXTH, rd, rn);
	else if (k & (k + 1) || t2_modified_imm(k) >= 0 || t2_modified_imm(~k) >= 0)
		op_dp(c, T2_AND, rd, rn, op_imm(k), JIT_ANY);
	else
		jit_bitfield(&c->out.code, T2_UBFX, rd, rn, 0, 32 - (uint32_t)__builtin_clz(k));
}

static bool dp_of(uint32_t op, enum t2_dp *dp)
{
	static const uint8_t ops[16] = { [UB_ADD >> 4] = T2_ADD, [UB_SUB >> 4] = T2_SUB, [UB_OR >> 4] = T2_ORR,
					 [UB_AND >> 4] = T2_AND, [UB_XOR >> 4] = T2_EOR };
	*dp = (enum t2_dp)ops[op >> 4];
	return op <= UB_SUB || op == UB_OR || op == UB_AND || op == UB_XOR;
}

/* Whether data processing takes a value as it is: a constant, or a shifted register. */
static bool as_it_is(const struct op_value *v)
{
	return v->kind == OP_CONST || v->kind == OP_SHIFT;
}

/* d = d op m by data processing; one of them may be a shifted register or a constant. */
static void low_dp(struct op *c, enum t2_dp dp, uint32_t d, const struct op_value *b)
{
	const struct op_value *a = op_val(c, d);
	if (as_it_is(a) && !as_it_is(b)) { /* the other way round */
		a = b;
		b = op_val(c, d);
		dp = dp == T2_SUB ? T2_RSB : dp;
	}
	int rn = op_reg_of(c, a, scratch(c, d, b));
	struct op_operand m = op_operand_of(c, b, T2_LR);
	int rd = op_dst(c, d, T2_IP);
	if (dp == T2_AND && m.kind == OP_CONST)
		mask(c, rd, rn, m.imm);
	else
		op_dp(c, dp, rd, rn, m, JIT_ANY);
	op_done(c, d, rd);
}

/* Two shifts of a register in turn, to the left first, that take bits out of it, with their sign or without. */
static bool extract(struct op *c, uint32_t op, uint32_t d, const struct op_value *b)
{
	const struct op_value *a = op_val(c, d);
	uint32_t left = a->shift & 31, right = (uint32_t)b->imm & 31;
	int rn = a->a;
	if (a->kind != OP_SHIFT || a->shift >> 5 != T2_LSL || b->kind != OP_CONST || op == UB_LSH || right < left)
		return false;
	int rd = op_dst(c, d, T2_IP);
	if (left == right && left == 16)
		jit_unary(&c->out.code, op == UB_RSH ? T2_UXTH : T2_SXTH, rd, rn);
	else if (left == right && left == 24)
		jit_unary(&c->out.code, op == UB_RSH ? T2_UXTB : T2_SXTB, rd, rn);
	else
		jit_bitfield(&c->out.code, op == UB_RSH ? T2_UBFX : T2_SBFX, rd, rn, right - left, 32 - right);
	op_done(c, d, rd);
	return true;
}

/* rd = rn shifted by a register, modulo 32. */
static void shift_reg(struct op *c, enum t2_shift type, int rd, int rn, int count)
{
	jit_dp_imm(&c->out.code, T2_AND, T2_LR, count, 31, JIT_ANY);
	jit_shift_reg(&c->out.code, type, rd, rn, T2_LR, JIT_ANY);
}

/* d shifted by b. */
static void low_shift(struct op *c, const struct ub_insn *insn, uint32_t d, const struct op_value *b)
{
	uint32_t op = UB_OP(insn->opcode);
	if (extract(c, op, d, b))
		return;
	if (b->kind == OP_CONST) {
		op_shifted(c, d, d, op_shift_of(op), (uint32_t)b->imm & 31);
		return;
	}
	int rn = op_reg(c, d, scratch(c, d, b)), rd = op_dst(c, d, T2_IP), count = op_reg_of(c, b, T2_LR);
	struct op_fact f = op_know(c, UB_SRC(insn));
	if (f.kind == OP_NUMBER && f.hi < 32)
		jit_shift_reg(&c->out.code, op_shift_of(op), rd, rn, count, JIT_ANY);
	else
		shift_reg(c, op_shift_of(op), rd, rn, count);
	op_done(c, d, rd);
}

/* A number below twice the divisor has it once, or not. */
static bool once(struct op *c, uint32_t d, uint32_t k)
{
	struct op_fact f = op_know(c, d);
	return f.kind == OP_NUMBER && k && f.hi < 2 * (uint64_t)k && (t2_modified_imm(k) >= 0);
}

static void low_divide(struct op *c, const struct ub_insn *insn, uint32_t d, const struct op_value *b)
{
	struct jit_code *code = &c->out.code;
	bool mod = UB_OP(insn->opcode) == UB_MOD, sign = insn->offset != 0, constant = b->kind == OP_CONST;
	uint32_t k = (uint32_t)b->imm, log = constant && k && !(k & (k - 1)) ? (uint32_t)__builtin_ctz(k) : 32;
	int rn = op_reg(c, d, scratch(c, d, b)), rd = op_dst(c, d, T2_IP);
	if (constant && !sign && mod && once(c, d, k)) {
		jit_mov(code, rd, rn);
		jit_dp_imm(code, T2_SUB, T2_PC, rd, k, JIT_SET);
		jit_it(code, T2_HS);
		jit_dp_imm(code, T2_SUB, rd, rd, k, JIT_KEEP);
	} else if (log < 32 && !sign && mod) {
		mask(c, rd, rn, k - 1);
	} else if (log < 32 && !sign) {
		jit_shift_imm(code, T2_LSR, rd, rn, log, JIT_ANY);
	} else {
		int rm = op_reg_of(c, b, T2_LR);
		int quotient = mod ? rn == T2_IP ? T2_LR : T2_IP : rd;
		if (mod && rn == T2_IP && rm == T2_LR) { /* no register is left for the quotient */
			int t = T2_R0;
			jit_push(code, 1u << t);
			jit_mul3(code, sign ? T2_SDIV : T2_UDIV, t, rn, rm, 0);
			jit_mul3(code, T2_MLS, T2_IP, t, rm, rn);
			jit_pop(code, 1u << t);
			jit_mov(code, rd, T2_IP);
		} else {
			jit_mul3(code, sign ? T2_SDIV : T2_UDIV, quotient, rn, rm, 0);
			if (mod)
				jit_mul3(code, T2_MLS, rd, quotient, rm, rn);
		}
	}
	op_done(c, d, rd);
}

/* d = d * k, if that is a shift and an addition, or a subtraction: 1 and a power of two, or one less than that. */
static bool multiply_by(struct op *c, uint32_t d, uint32_t k)
{
	bool above = k > 2 && !((k - 1) & (k - 2)), below = k > 2 && k != ~0u && !(k & (k + 1));
	if (!above && !below)
		return false;
	int rn = op_reg(c, d, scratch(c, d, NULL)), rd = op_dst(c, d, T2_IP);
	jit_dp_shift(&c->out.code, above ? T2_ADD : T2_RSB, rd, rn, rn, T2_LSL, (uint32_t)__builtin_ctz(above ? k - 1 : k + 1), JIT_ANY);
	op_done(c, d, rd);
	return true;
}

/* Whether a value is what a place holds, a register or a word. */
static bool is_in(const struct op_value *v, uint32_t place)
{
	return (v->kind == OP_HELD || v->kind == OP_COPY) && v->a == place;
}

/* d = d op b, the low half of it. */
static void low(struct op *c, const struct ub_insn *insn, uint32_t d, const struct op_value *b)
{
	uint32_t op = UB_OP(insn->opcode);
	enum t2_dp dp;
	int rn, rd;
	if (accumulate(c, op, d, b))
		return;
	if (dp_of(op, &dp)) {
		low_dp(c, dp, d, b);
		return;
	}
	switch (op) {
	case UB_MOV:
		rd = op_dst(c, d, T2_IP);
		if (insn->offset && insn->offset < 32) {
			rn = op_reg_of(c, b, scratch(c, d, NULL));
			jit_unary(&c->out.code, insn->offset == 8 ? T2_SXTB : T2_SXTH, rd, rn);
		} else if (is_in(b, c->places.home[d])) {
			op_share(c, d, b->a);
			break;
		} else if (op_in_register(b)) {
			rd = c->places.home[d] < OP_REGS ? rd : b->a;
			jit_mov(&c->out.code, rd, b->a);
		} else {
			op_emit_value(c, rd, b);
		}
		op_done(c, d, rd);
		break;
	case UB_LSH:
	case UB_RSH:
	case UB_ARSH:
		low_shift(c, insn, d, b);
		break;
	case UB_MUL:
		if (b->kind == OP_CONST && multiply_by(c, d, (uint32_t)b->imm))
			break;
		rn = op_reg(c, d, scratch(c, d, b));
		int rm = op_reg_of(c, b, T2_LR);
		rd = op_dst(c, d, T2_IP);
		jit_mul(&c->out.code, rd, rn, rm, JIT_ANY);
		op_done(c, d, rd);
		break;
	case UB_DIV:
	case UB_MOD:
		low_divide(c, insn, d, b);
		break;
	case UB_NEG:
		rn = op_reg(c, d, scratch(c, d, NULL));
		rd = op_dst(c, d, T2_IP);
		jit_dp_imm(&c->out.code, T2_RSB, rd, rn, 0, JIT_ANY);
		op_done(c, d, rd);
	}
}

/* Byte order of at most 32 bits. */
static void bytes(struct op *c, const struct ub_insn *insn, uint32_t d)
{
	bool swap = op_is_wide(insn->opcode) || insn->opcode & UB_X;
	int rn = op_reg(c, d, T2_IP), rd = op_dst(c, d, T2_IP);
	if (swap && insn->imm == 32) {
		jit_unary(&c->out.code, T2_REV, rd, rn);
	} else if (swap) {
		jit_unary(&c->out.code, T2_REV16, rd, rn);
		rn = rd;
	}
	if (insn->imm == 16)
		jit_unary(&c->out.code, T2_UXTH, rd, rn);
	else if (!swap)
		jit_mov(&c->out.code, rd, rn);
	op_done(c, d, rd);
}

/* Whether an operation leaves its operand as it is. */
static bool does_nothing(struct op *c, const struct ub_insn *insn, uint32_t d)
{
	uint32_t op = UB_OP(insn->opcode), k = (uint32_t)insn->imm;
	if (insn->opcode & UB_X || (op != UB_AND && op != UB_MOD))
		return false;
	struct op_fact f = op_know(c, d);
	if (f.kind != OP_NUMBER)
		return false;
	if (op == UB_AND)
		return !(k & (k + 1)) && f.hi <= k;
	return insn->offset == 0 && f.hi < k && (int32_t)k > 0;
}

/* A variable becomes a value that is known, without a move: what is in a place is read there. */
static void read_there(struct op *c, uint32_t var, const struct op_value *v)
{
	uint32_t held = v->kind == OP_HELD;
	op_put(c, var, v->word + held * (OP_COPY - OP_HELD), v->imm);
}

/* The high half of a 64-bit move. */
static void move_high(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s, bool lazy)
{
	uint32_t dh = d + OP_HIGH, sh = s + OP_HIGH;
	if (!(insn->opcode & UB_X)) {
		op_set_const(c, dh, insn->imm < 0 ? ~0u : 0);
	} else if (s == UB_R10) {
		op_set_const(c, dh, 0);
	} else if (op_is_const(c, sh)) {
		op_set_value(c, dh, *op_val(c, sh));
	} else if (lazy && op_known(c, sh)) {
		read_there(c, dh, op_val(c, sh));
	} else {
		if (is_in(op_val(c, sh), c->places.home[dh])) {
			op_share(c, dh, c->places.home[dh]);
			return;
		}
		int rn = op_reg(c, sh, T2_IP), rd = op_dst(c, dh, rn);
		jit_mov(&c->out.code, rd, rn);
		op_done(c, dh, rd);
	}
}

static void move(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s, const struct op_value *b)
{
	bool wide = op_is_wide(insn->opcode), high = wide && !c->plan.say.dead_high, lazy = c->plan.say.defer;
	if (high && insn->offset == 0 && (d != s || !(insn->opcode & UB_X)))
		move_high(c, insn, d, s, lazy); /* first: s may live where d is going to */
	if (insn->opcode & UB_X && d != s) /* it may have gone to where the low half was */
		b = op_val(c, s);
	if (lazy && insn->offset == 0 && b->kind)
		read_there(c, d, b);
	else if (insn->offset || d != s || !(insn->opcode & UB_X) || op_val(c, d)->kind != OP_HELD || op_val(c, d)->a != c->places.home[d])
		low(c, insn, d, b);
	if (!wide) {
		op_set_const(c, d + OP_HIGH, 0);
	} else if (!high) {
		op_lose(c, d + OP_HIGH);
	} else if (insn->offset) {
		op_shifted(c, d + OP_HIGH, d, T2_ASR, 31);
	}
}

static bool is_positive(const struct op *c, uint32_t var)
{
	struct op_fact f = op_know(c, var);
	return op_is_number(&f) && f.hi <= INT32_MAX;
}

/* Whether a sum or difference starts from what the test before a loop found to stay within 32 bits. Where it stays so, too, nothing was
 * carried: two addresses of a region, or two counts, are less than 2^31 apart, as is what is added. A register may hold more, of which
 * the low half alone would look like a small number below zero. */
static bool starts_exact(struct op *c, const struct ub_insn *insn, uint32_t op, uint32_t d, uint32_t s)
{
	if (!c->loop.fast || (op != UB_ADD && op != UB_SUB))
		return false;
	if (!(insn->opcode & UB_X))
		return op_loop_is_exact(c, d);
	return s != UB_R10 && ((op_loop_is_exact(c, d) && is_positive(c, s)) || (op == UB_ADD && op_loop_is_exact(c, s) && is_positive(c, d)));
}

/* Whether the low halves make all that is wanted, and the high half is zero or not wanted. */
static bool low_does(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s, bool exact, bool *zero)
{
	uint32_t op = UB_OP(insn->opcode);
	bool x = insn->opcode & UB_X, dead = c->plan.say.dead_high;
	bool zeros = op_is_zero(c, d + OP_HIGH) && (!x || s == UB_R10 || op_is_zero(c, s + OP_HIGH));
	*zero = zeros && exact;
	if (*zero || !dead)
		return *zero;
	switch (op) {
	case UB_ADD: case UB_SUB: case UB_MUL: case UB_AND: case UB_OR: case UB_XOR: case UB_NEG:
		return true;
	case UB_LSH:
		return !x && (insn->imm & 63) < 32;
	default:
		return false;
	}
}

/* Whether an instruction shifts by 32 in a way. */
static bool shifts_half(const struct ub_insn *insn, uint32_t op)
{
	return insn->opcode == (UB_ALU64 | op) && insn->imm == 32;
}

/* Whether two shifts, there and back, extend the low half, and nothing comes in between. */
static bool extends(const struct op *c, const struct ub_insn *insn)
{
	const struct ub_insn *next = insn + 1;
	return shifts_half(insn, UB_LSH) && c->slot + 1 < c->slots && !op_is_join(c, c->slot + 1) && UB_DST(next) == UB_DST(insn) &&
	       (shifts_half(next, UB_RSH) || shifts_half(next, UB_ARSH));
}

/* The second of the two: the low half is what it was before the first, which did nothing. */
static void extend(struct op *c, const struct ub_insn *insn, uint32_t d)
{
	uint32_t dh = d + OP_HIGH;
	struct op_fact f = op_know(c, d);
	f.narrow = false;
	if (!c->plan.say.defer)
		op_settle(c, d, c->places.home[d]);
	if (UB_OP(insn->opcode) == UB_RSH || (f.kind == OP_NUMBER && f.hi <= INT32_MAX)) {
		op_set_const(c, dh, 0);
	} else if (c->plan.say.dead_high) {
		op_lose(c, dh);
	} else if (c->plan.say.defer && (op_val(c, d)->kind == OP_HELD || op_val(c, d)->kind == OP_COPY) && op_val(c, d)->a < OP_REGS) {
		op_set_value(c, dh, op_value(OP_SHIFT, op_val(c, d)->a, OP_NONE, T2_ASR << 5 | 31, 0));
	} else {
		op_shifted(c, dh, d, T2_ASR, 31);
	}
	op_learn(c, d, &f);
}

/* What was left to an instruction that leaves it as it is: it is not left any further, unless the plan says so. */
static void take_over(struct op *c, uint32_t d)
{
	uint32_t lazy = c->places.said[0].lazy >> d;
	for (uint32_t var = d; lazy & (1 | 1 << OP_HIGH) && var <= d + OP_HIGH; var += OP_HIGH)
		if (op_val(c, var)->kind > OP_CONST && c->places.home[var] != OP_NONE)
			op_settle(c, var, c->places.home[var]);
}

/* What the result, of which *f is known, is in terms of others. */
static ALWAYS_INLINE void relate(struct op *c, const struct ub_insn *insn, uint32_t op, const struct op_fact *f)
{
	uint32_t d = UB_DST(insn);
	bool x = insn->opcode & UB_X, in = op_in(&c->in_relations, d);
	if (op == UB_MOV && x && insn->offset == 0)
		op_relate_copy(c, d, UB_SRC(insn));
	else if (x ? op == UB_SUB && f->bounded : in && (op == UB_ADD || op == UB_SUB))
		op_relate_sum(c, insn, f);
	else if (in)
		op_unrelate_it(c, d);
}

/* A move. */
static void op_move(struct op *c, const struct ub_insn *insn, uint32_t d, uint32_t s)
{
	struct op_value b = insn->opcode & UB_X ? *op_val(c, s) : op_value(OP_CONST, 0, 0, 0, (uint32_t)insn->imm);
	struct op_fact f;
	op_move_fact(c, insn, &f);
	relate(c, insn, UB_MOV, &f);
	if (c->plan.say.drop) {
		op_lose(c, d);
		op_lose(c, d + OP_HIGH);
		return;
	}
	if (c->loop.fast)
		op_loop_assign(c, insn);
	move(c, insn, d, s, &b);
	if (!c->plan.say.defer)
		take_over(c, d);
	op_learn(c, d, &f);
}

void op_alu(struct op *c, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode);
	struct ub_insn logical;
	if (op == UB_MOV) {
		op_move(c, insn, d, s);
		return;
	}
	if (!c->plan.say.drop && extends(c, insn)) {
		c->extends = c->slot + 1;
		return;
	}
	if (!c->plan.say.drop && c->slot && c->extends == c->slot) {
		extend(c, insn, d);
		return;
	}
	if (op_is_wide(insn->opcode) && op == UB_ARSH && op_is_zero(c, d + OP_HIGH)) { /* of a number without sign */
		logical = *insn;
		logical.opcode = (uint8_t)(insn->opcode ^ UB_ARSH ^ UB_RSH);
		op = UB_RSH;
		insn = &logical;
	}
	bool x = insn->opcode & UB_X && op != UB_END, wide = op_is_wide(insn->opcode), exact, zero = false;
	struct op_value b = x ? *op_val(c, s) : op_value(OP_CONST, 0, 0, 0, (uint32_t)insn->imm), v;
	struct op_fact f;
	exact = op_alu_fact(c, insn, &f);
	relate(c, insn, op, &f);

	if (c->plan.say.drop) {
		op_lose(c, d);
		op_lose(c, d + OP_HIGH);
		return;
	}
	bool starts = starts_exact(c, insn, op, d, s);
	if (c->loop.fast)
		op_loop_assign(c, insn);
	exact |= starts && op_loop_is_exact(c, d);
	if (op == UB_END) {
		if (insn->imm == 64) {
			op_wide(c, insn, s);
		} else {
			bytes(c, insn, d);
			op_set_const(c, d + OP_HIGH, 0);
		}
	} else if (!wide || low_does(c, insn, d, s, exact, &zero)) {
		if (does_nothing(c, insn, d)) {
			if (c->places.home[d] != op_val(c, d)->a || op_val(c, d)->kind != OP_HELD)
				op_settle(c, d, c->places.home[d]);
		} else if (c->plan.say.defer && op_defer(op, op_val(c, d), &b, &v)) {
			op_set_value(c, d, v);
		} else if (op == UB_OR && op_defer(op, op_val(c, d), &b, &v)) {
			int rd = op_dst(c, d, T2_IP);
			op_emit_value(c, rd, &v);
			op_done(c, d, rd);
		} else {
			low(c, insn, d, &b);
		}
		if (!wide || zero)
			op_set_const(c, d + OP_HIGH, 0);
		else
			op_lose(c, d + OP_HIGH);
	} else {
		op_wide(c, insn, s);
	}
	if (!c->plan.say.defer)
		take_over(c, d);
	op_learn(c, d, &f);
}

/* lddw: a constant, or the address of a function. */
void op_load_constant(struct op *c, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), lo = (uint32_t)insn->imm, hi = (uint32_t)insn[1].imm;
	if (UB_SRC(insn) == UB_LDDW_FUNC) {
		lo = UB_CODE_ADDR(c->slot + 1 + lo);
		hi = 0;
	}
	op_loop_forget(c, d);
	uint32_t memory = c->map.home[OP_MEMORY], start = op_memory_start(c), len = c->program->rodata_len ? c->program->rodata_len : c->program->data_len;
	if (memory < OP_REGS && lo - start < len && lo - start < 1u << 12)
		op_set_value(c, d, op_value(lo == start ? OP_COPY : OP_SUM, memory, OP_NONE, 0, lo - start));
	else
		op_set_const(c, d, lo);
	struct op_fact f = op_fact(OP_NUMBER, lo, lo);
	op_learn(c, d, &f);
	if (!c->plan.say.defer)
		op_settle(c, d, c->places.home[d]);
	if (c->plan.say.dead_high)
		op_lose(c, d + OP_HIGH);
	else
		op_set_const(c, d + OP_HIGH, hi);
}
