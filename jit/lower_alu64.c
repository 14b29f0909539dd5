// SPDX-License-Identifier: BSD-2-Clause
/* Arithmetic on pairs: ALU64 where the high half of the result is needed, or the low half depends
 * on the high halves of operands (right shifts, division).
 *
 *   low half    rd.lo = rn.lo op rm.lo, setting flags
 *   high half   rd.hi = rn.hi op rm.hi with carry
 *
 * A high half may be JIT_ZERO instead of a register. Low halves live in homes of low halves and
 * high halves in homes of high ones, so writing one kind leaves operands of the other alone.
 */
#include "jit/loops.h"

struct pair {
	int lo, hi;
};

/* d = s, high half included. */
static void copy64(struct jit *j, uint32_t d, uint32_t s)
{
	uint8_t lo;
	const struct jit_val *v = jit_val_of(j, s);
	bool zx = j->zero >> s & 1;
	if (d == s) {
		j->zx |= j->zero & 1u << d;
		return;
	}
	if (v && v->kind == JIT_CONST) {
		jit_set_val(j, d, *v, zx);
		return;
	}
	jit_prepare(j, s);
	v = jit_val_of(j, s);
	uint8_t hi = zx ? JIT_NOWHERE : v ? v->b : j->home[s + JIT_HIGH];
	if (jit_reg_of(j, s, &lo) && (zx || hi < JIT_SPILL)) {
		jit_set_val(j, d, (struct jit_val){ JIT_COPY, lo, hi, 0, 0 }, zx);
		return;
	}
	jit_clobber(j, d);
	uint32_t held = j->temps;
	if (j->live & JIT_LO(d))
		jit_copy_half(j, d, s);
	j->temps = held;
	if (!zx)
		jit_copy_half(j, d + JIT_HIGH, s + JIT_HIGH);
	jit_done(j, d, JIT_NOWHERE, zx ? JIT_ZERO : JIT_NOWHERE);
}

/* Flags stay as they are where carry is waiting in them. */
static void zero_keeping_flags(struct jit *j, int rd)
{
	jit_const(&j->code, rd, 0, JIT_KEEP);
}

/* rd = hn op hm with carry, op being T2_ADC or T2_SBC. rd may be hn or hm. */
static void carry_into(struct jit *j, enum t2_dp op, int rd, int hn, int hm)
{
	if (hn == JIT_ZERO && hm == JIT_ZERO) {
		zero_keeping_flags(j, rd);
		jit_dp_imm(&j->code, op, rd, rd, 0, JIT_KEEP);
	} else if (hm == JIT_ZERO) {
		jit_dp_imm(&j->code, op, rd, hn, 0, JIT_KEEP);
	} else if (hn != JIT_ZERO) {
		jit_dp(&j->code, op, rd, hn, hm, JIT_ANY);
	} else if (op == T2_ADC) {
		jit_dp_imm(&j->code, op, rd, hm, 0, JIT_KEEP);
	} else {
		int zero = rd != hm ? rd : jit_temp(j);
		zero_keeping_flags(j, zero);
		jit_dp(&j->code, op, rd, zero, hm, JIT_ANY);
	}
}

/* d = d ± imm, sign-extended. */
static void add_imm(struct jit *j, bool sub, uint32_t d, int32_t imm)
{
	enum t2_dp op = sub ? T2_SUB : T2_ADD, carry = sub ? T2_SBC : T2_ADC;
	uint32_t held = j->temps;
	bool still = j->fast && j->fast->still >> d & 1;
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
	if (!jit_dp_imm(&j->code, op, rd, rn, (uint32_t)imm, still ? JIT_ANY : JIT_SET)) {
		int t = jit_temp(j);
		jit_const(&j->code, t, (uint32_t)imm, JIT_ANY);
		jit_dp(&j->code, op, rd, rn, t, JIT_SET);
	}
	jit_store_half(j, d, rd);
	j->temps = held;
	if (still) {
		jit_done(j, d, JIT_NOWHERE, j->zero >> d & 1 ? JIT_ZERO : JIT_NOWHERE);
		return;
	}
	int hn = jit_hi(j, d), hd = jit_dst(j, d + JIT_HIGH, hn);
	if (hn == JIT_ZERO) {
		zero_keeping_flags(j, hd);
		hn = hd;
	}
	jit_dp_imm(&j->code, carry, hd, hn, imm < 0 ? ~0u : 0, JIT_KEEP);
	jit_done(j, d, JIT_NOWHERE, hd);
}

static void add_reg(struct jit *j, bool sub, uint32_t d, uint32_t s)
{
	uint32_t held = j->temps;
	int rm = jit_lo(j, s), rn = d == s ? rm : jit_lo(j, d), rd = jit_dst(j, d, rn);
	jit_dp(&j->code, sub ? T2_SUB : T2_ADD, rd, rn, rm, JIT_SET);
	jit_store_half(j, d, rd);
	j->temps = held;
	int hm = jit_hi(j, s), hn = d == s ? hm : jit_hi(j, d), hd = jit_dst(j, d + JIT_HIGH, hn);
	carry_into(j, sub ? T2_SBC : T2_ADC, hd, hn, hm);
	jit_done(j, d, JIT_NOWHERE, hd);
}

/* One half of and, or, xor with a constant: rd, or JIT_ZERO. */
static int logic_half_imm(struct jit *j, enum t2_dp op, uint32_t half, int rn, uint32_t imm)
{
	if ((op == T2_AND && imm == 0) || (rn == JIT_ZERO && (op == T2_AND || imm == 0)))
		return JIT_ZERO;
	if (imm == (op == T2_AND ? ~0u : 0))
		return rn;
	int rd = jit_dst(j, half, rn);
	if (rn == JIT_ZERO || (op == T2_ORR && imm == ~0u))
		jit_const(&j->code, rd, imm, JIT_ANY);
	else if (op == T2_EOR && imm == ~0u)
		jit_mvn(&j->code, rd, rn, JIT_ANY);
	else if (!jit_dp_imm(&j->code, op, rd, rn, imm, JIT_ANY)) {
		int t = jit_temp(j);
		jit_const(&j->code, t, imm, JIT_ANY);
		jit_dp(&j->code, op, rd, rn, t, JIT_ANY);
	}
	return rd;
}

/* The low half may be unneeded, and then its operands are unknown. */
static void logic_imm(struct jit *j, enum t2_dp op, uint32_t d, int32_t imm)
{
	uint32_t held = j->temps, top = imm < 0 ? ~0u : 0;
	if (j->live & JIT_LO(d)) {
		int lo = logic_half_imm(j, op, d, jit_lo(j, d), (uint32_t)imm);
		if (lo == JIT_ZERO) {
			lo = jit_dst(j, d, -1);
			jit_const(&j->code, lo, 0, JIT_ANY);
		}
		jit_store_half(j, d, lo);
		j->temps = held;
	}
	bool blind = (op == T2_AND && top == 0) || (op == T2_ORR && top);
	int hi = logic_half_imm(j, op, d + JIT_HIGH, blind ? JIT_ZERO : jit_hi(j, d), top);
	jit_done(j, d, JIT_NOWHERE, hi);
}

static void logic_reg(struct jit *j, enum t2_dp op, uint32_t d, uint32_t s)
{
	uint32_t held = j->temps;
	if (j->live & JIT_LO(d)) {
		int rm = jit_lo(j, s), rn = d == s ? rm : jit_lo(j, d), rd = jit_dst(j, d, rn);
		jit_dp(&j->code, op, rd, rn, rm, JIT_ANY);
		jit_store_half(j, d, rd);
		j->temps = held;
	}
	bool dz = j->zero >> d & 1, sz = j->zero >> s & 1;
	if ((dz && sz) || (op == T2_AND && (dz || sz))) {
		jit_done(j, d, JIT_NOWHERE, JIT_ZERO);
		return;
	}
	int hm = jit_hi(j, s), hn = d == s ? hm : jit_hi(j, d), hd;
	if (hm == JIT_ZERO || hn == JIT_ZERO) {
		hd = hm == JIT_ZERO ? hn : hm;
	} else {
		hd = jit_dst(j, d + JIT_HIGH, hn);
		jit_dp(&j->code, op, hd, hn, hm, JIT_ANY);
	}
	jit_done(j, d, JIT_NOWHERE, hd);
}

/* d *= s, all 64 bits. Cross products first, so that at most three registers are taken. */
static void mul_reg(struct jit *j, uint32_t d, uint32_t s)
{
	bool dz = j->zero >> d & 1, sz = j->zero >> s & 1;
	int rn = jit_lo(j, d), rm = d == s ? rn : jit_lo(j, s), top = JIT_ZERO;
	if (!dz || !sz)
		top = jit_temp(j);
	if (!sz)
		jit_mul(&j->code, top, rn, jit_hi(j, s), JIT_ANY);
	if (!dz && sz)
		jit_mul(&j->code, top, rm, jit_hi(j, d), JIT_ANY);
	else if (!dz)
		jit_mul3(&j->code, T2_MLA, top, rm, jit_hi(j, d), top);
	int lo = jit_dst(j, d, rn), hi = jit_dst(j, d + JIT_HIGH, -1);
	jit_mul3(&j->code, T2_UMULL, hi, rn, rm, lo);
	if (top != JIT_ZERO)
		jit_dp(&j->code, T2_ADD, hi, hi, top, JIT_ANY);
	jit_done(j, d, lo, hi);
}

/* d *= imm, sign-extended: a negative one subtracts d once from the high half. */
static void mul_imm(struct jit *j, uint32_t d, int32_t imm)
{
	bool dz = j->zero >> d & 1;
	int rn = jit_lo(j, d), k = jit_temp(j), top = JIT_ZERO;
	jit_const(&j->code, k, (uint32_t)imm, JIT_ANY);
	if (!dz || imm < 0)
		top = jit_temp(j);
	if (!dz)
		jit_mul(&j->code, top, jit_hi(j, d), k, JIT_ANY);
	if (!dz && imm < 0)
		jit_dp(&j->code, T2_SUB, top, top, rn, JIT_ANY);
	else if (imm < 0)
		jit_dp_imm(&j->code, T2_RSB, top, rn, 0, JIT_ANY);
	int lo = jit_dst(j, d, rn), hi = jit_dst(j, d + JIT_HIGH, k);
	jit_mul3(&j->code, T2_UMULL, hi, rn, k, lo);
	if (top != JIT_ZERO)
		jit_dp(&j->code, T2_ADD, hi, hi, top, JIT_ANY);
	jit_done(j, d, lo, hi);
}

/* d = -d. */
static void negate(struct jit *j, uint32_t d)
{
	uint32_t held = j->temps;
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
	jit_dp_imm(&j->code, T2_RSB, rd, rn, 0, JIT_SET);
	jit_store_half(j, d, rd);
	j->temps = held;
	int hn = jit_hi(j, d), hd = jit_dst(j, d + JIT_HIGH, hn);
	if (hn == JIT_ZERO)
		jit_dp(&j->code, T2_SBC, hd, hd, hd, JIT_ANY); /* 0 or, having borrowed, -1 */
	else
		jit_dp_shift(&j->code, T2_SBC, hd, hn, hn, T2_LSL, 1, JIT_ANY); /* hn - 2 hn */
	jit_done(j, d, JIT_NOWHERE, hd);
}

/* Division of 64 bits goes through the stack, so that no register needs to be free:
 * [sp] dividend, [sp, #8] divisor; the result comes back in [sp]. */
static void div_reg(struct jit *j, bool mod, bool sign, uint32_t d, uint32_t s, const int32_t *imm)
{
	jit_sp_add(&j->code, -16);
	j->sp_moved += 16;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t held = j->temps, r = i < 2 ? d : s;
		int reg;
		if (i >= 2 && imm) {
			reg = jit_temp(j);
			jit_const(&j->code, reg, (uint32_t)(i == 2 ? *imm : *imm >> 31), JIT_ANY);
		} else {
			reg = i & 1 ? jit_hi(j, r) : jit_lo(j, r);
		}
		if (reg == JIT_ZERO) {
			reg = jit_temp(j);
			jit_const(&j->code, reg, 0, JIT_ANY);
		}
		jit_mem(&j->code, T2_STR, reg, T2_SP, (int32_t)i * 4);
		j->temps = held;
	}
	jit_call_routine(j, JIT_DIVIDE);
	jit_narrow(&j->code, (uint32_t)mod | (uint32_t)sign << 1);
	jit_forget(j);
	for (uint32_t half = d, i = 0; i < 2; i++, half += JIT_HIGH) {
		if (!(j->live >> half & 1))
			continue;
		uint32_t held = j->temps;
		int rd = jit_dst(j, half, -1);
		jit_mem(&j->code, T2_LDR, rd, T2_SP, (int32_t)i * 4);
		jit_store_half(j, half, rd);
		j->temps = held;
	}
	jit_sp_add(&j->code, 16);
	j->sp_moved -= 16;
	jit_done(j, d, JIT_NOWHERE, JIT_NOWHERE);
}

/* Bytes the other way round: halves change places. */
static void byte_swap(struct jit *j, uint32_t d)
{
	bool want_lo = j->live & JIT_LO(d), want_hi = j->live & JIT_HI(d);
	int t = JIT_NOWHERE, hi = JIT_NOWHERE;
	if (want_hi) {
		int rn = jit_lo(j, d);
		t = jit_scratch(j, rn);
		jit_unary(&j->code, T2_REV, t, rn);
		hi = t;
	}
	if (want_lo) {
		int hn = jit_hi(j, d), rd = jit_dst(j, d, hn);
		if (hn == JIT_ZERO)
			jit_const(&j->code, rd, 0, JIT_ANY);
		else
			jit_unary(&j->code, T2_REV, rd, hn);
		jit_store_half(j, d, rd);
	}
	jit_done(j, d, JIT_NOWHERE, hi);
}

/* d = s, sign-extended from `bits`. */
static void move_signed(struct jit *j, uint32_t d, uint32_t s, int32_t bits)
{
	int rm = jit_lo(j, s), lo = rm;
	if (bits < 32) {
		lo = jit_dst(j, d, rm);
		jit_unary(&j->code, bits == 8 ? T2_SXTB : T2_SXTH, lo, rm);
	}
	int hi = jit_dst(j, d + JIT_HIGH, -1);
	jit_shift_imm(&j->code, T2_ASR, hi, lo, 31, JIT_ANY);
	jit_done(j, d, lo, hi);
}

/* Where the high half of the result is not needed, or is known: as lower_alu32.c has it. Returns
 * whether that was so. */
static bool low_half_does(struct jit *j, uint32_t op, uint32_t d, uint32_t s, int32_t imm, bool x)
{
	bool need_hi = j->live & JIT_HI(d), dz = j->zero >> d & 1, sz = x ? j->zero >> s & 1 : imm >= 0;
	uint32_t k = (uint32_t)imm & 63;
	int hi = JIT_NOWHERE;

	if (!(j->live & JIT_LO(d)))
		return false;
	switch (op) {
	case UB_LSH:
		if (need_hi || x)
			return false;
		if (k >= 32)
			jit_low_imm(j, UB_MOV, d, 0, hi);
		else
			jit_low_imm(j, op, d, k, hi);
		return true;
	case UB_RSH:
	case UB_ARSH:
		if (x || !dz || k >= 32)
			return false;
		jit_low_imm(j, UB_RSH, d, k, JIT_ZERO);
		return true;
	case UB_DIV:
	case UB_MOD:
		if (!dz || !sz)
			return false;
		hi = JIT_ZERO;
		break;
	case UB_AND:
		if (dz || sz)
			hi = JIT_ZERO;
		else if (need_hi)
			return false;
		break;
	case UB_OR:
	case UB_XOR:
		if (dz && sz)
			hi = JIT_ZERO;
		else if (need_hi)
			return false;
		break;
	default:
		if (need_hi)
			return false;
	}
	if (x)
		jit_low_reg(j, op, d, s, hi);
	else
		jit_low_imm(j, op, d, (uint32_t)imm, hi);
	return true;
}

static void pair_imm(struct jit *j, uint32_t op, uint32_t d, int32_t imm, bool sign)
{
	switch (op) {
	case UB_ADD:
	case UB_SUB:
		add_imm(j, op == UB_SUB, d, imm);
		break;
	case UB_MUL:
		mul_imm(j, d, imm);
		break;
	case UB_AND:
		logic_imm(j, T2_AND, d, imm);
		break;
	case UB_OR:
		logic_imm(j, T2_ORR, d, imm);
		break;
	case UB_XOR:
		logic_imm(j, T2_EOR, d, imm);
		break;
	case UB_LSH:
	case UB_RSH:
	case UB_ARSH:
		if (imm & 63)
			jit_shift64_imm(j, op, d, (uint32_t)imm & 63);
		else
			j->zx |= j->zero & 1u << d;
		break;
	default:
		div_reg(j, op == UB_MOD, sign, d, d, &imm);
	}
}

static void pair_reg(struct jit *j, uint32_t op, uint32_t d, uint32_t s, bool sign)
{
	switch (op) {
	case UB_ADD:
	case UB_SUB:
		add_reg(j, op == UB_SUB, d, s);
		break;
	case UB_MUL:
		mul_reg(j, d, s);
		break;
	case UB_AND:
		logic_reg(j, T2_AND, d, s);
		break;
	case UB_OR:
		logic_reg(j, T2_ORR, d, s);
		break;
	case UB_XOR:
		logic_reg(j, T2_EOR, d, s);
		break;
	case UB_LSH:
	case UB_RSH:
	case UB_ARSH:
		jit_shift64_reg(j, op, d, s);
		break;
	default:
		div_reg(j, op == UB_MOD, sign, d, s, NULL);
	}
}

static void move64(struct jit *j, uint32_t d, uint32_t s, const struct ub_insn *insn)
{
	bool need_hi = j->live & JIT_HI(d);
	if (!(insn->opcode & UB_X)) {
		jit_set_val(j, d, (struct jit_val){ JIT_CONST, JIT_NOWHERE, JIT_NOWHERE, insn->imm < 0, insn->imm },
			    insn->imm >= 0);
	} else if (!insn->offset && need_hi) {
		copy64(j, d, s);
	} else if (need_hi) {
		jit_clobber(j, d);
		jit_prepare(j, s);
		move_signed(j, d, s, insn->offset);
	} else if (!insn->offset || insn->offset == 32) {
		jit_low_reg(j, UB_MOV, d, s, JIT_NOWHERE);
	} else {
		jit_low_extend(j, insn->offset == 8 ? T2_SXTB : T2_SXTH, d, s, JIT_NOWHERE);
	}
}

/* bswap, and the 64-bit cases of to-big (which swaps) and to-little (which does nothing). */
void jit_end64(struct jit *j, uint32_t d, int32_t bits)
{
	if (bits < 64 && j->live & JIT_LO(d)) {
		jit_low_extend(j, bits == 16 ? T2_REV16 : T2_REV, d, d, JIT_ZERO);
		if (bits == 16)
			jit_low_imm(j, UB_AND, d, 0xffff, JIT_ZERO);
	} else if (bits < 64) {
		jit_low_imm(j, UB_MOV, d, 0, JIT_ZERO);
	} else {
		jit_clobber(j, d);
		jit_prepare(j, d);
		byte_swap(j, d);
	}
}

void jit_alu64(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode), lo, hi;
	int32_t imm = insn->imm;
	bool x = insn->opcode & UB_X, sign = (op == UB_DIV || op == UB_MOD) && insn->offset;

	if (op == UB_END) {
		jit_end64(j, d, imm);
		return;
	}
	if (op == UB_MOV) {
		move64(j, d, s, insn);
		return;
	}
	if (x && s != d && jit_const_of(j, s, &lo, &hi) && hi == ((int32_t)lo < 0 ? ~0u : 0)) {
		x = false;
		imm = (int32_t)lo;
	}
	if (op == UB_NEG) {
		jit_clobber(j, d);
		jit_prepare(j, d);
		if (j->live & JIT_HI(d)) {
			negate(j, d);
			return;
		}
		int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
		jit_dp_imm(&j->code, T2_RSB, rd, rn, 0, JIT_ANY);
		jit_done(j, d, rd, JIT_NOWHERE);
		return;
	}
	if (low_half_does(j, op, d, s, imm, x))
		return;
	if (op == UB_MUL && !x && imm > 0 && !(imm & (imm - 1))) {
		op = UB_LSH;
		imm = __builtin_ctz((uint32_t)imm);
	}
	jit_clobber(j, d);
	if (x)
		jit_prepare(j, s);
	jit_prepare(j, d);
	if (x)
		pair_reg(j, op, d, s, sign);
	else
		pair_imm(j, op, d, imm, sign);
}
