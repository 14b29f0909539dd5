// SPDX-License-Identifier: BSD-2-Clause
/* Operations on halves.
 *
 *   d, n, m      halves: d = n op m; for operations of the instruction itself, n is d
 *   rd, rn, rm   the ARM registers they are in
 *
 * Moves, constants, shifts, sums and products stay lazy (value.c) and end up as operands of what uses
 * them: a register, an immediate, a shifted operand, an address, a multiplication that adds.
 */
#include "jit/value.h"

static bool dp_of(uint32_t op, enum t2_dp *dp)
{
	switch (op) {
	case UB_ADD: *dp = T2_ADD; return true;
	case UB_SUB: *dp = T2_SUB; return true;
	case UB_AND: *dp = T2_AND; return true;
	case UB_OR: *dp = T2_ORR; return true;
	case UB_XOR: *dp = T2_EOR; return true;
	default: return false;
	}
}

static enum t2_shift shift_of(uint32_t op)
{
	return op == UB_LSH ? T2_LSL : op == UB_RSH ? T2_LSR : T2_ASR;
}

static bool commutes(uint32_t op)
{
	return op == UB_ADD || op == UB_MUL || op == UB_AND || op == UB_OR || op == UB_XOR;
}

static void set(struct jit *j, uint32_t d, enum jit_kind kind, uint32_t a, uint32_t b, uint32_t shift, uint32_t imm)
{
	jit_set(j, d, jit_value(kind, a, b, shift, imm));
}

/* rn op m, m being a constant, or false. */
static bool with_const(struct jit *j, enum t2_dp op, uint32_t d, int rn, uint32_t k, enum jit_flags f)
{
	uint32_t temps = j->temps;
	int rd = jit_dst(j, d, rn);
	if (op == T2_EOR && k == ~0u) {
		jit_mvn(&j->out.code, rd, rn, f);
	} else if (!jit_dp_imm(&j->out.code, op, rd, rn, k, f)) {
		j->temps = temps;
		return false;
	}
	jit_done(j, d, rd);
	return true;
}

void jit_op_dp(struct jit *j, enum t2_dp op, uint32_t d, uint32_t n, uint32_t m, enum jit_flags f)
{
	bool carry = op == T2_ADC || op == T2_SBC;
	uint32_t temps = j->temps;
	struct jit_code *c = &j->out.code;
	if (jit_is_const(j, n) && j->val[m].kind <= JIT_COPY) {
		if (op == T2_SUB) {
			int rm = jit_reg(j, m);
			if (with_const(j, T2_RSB, d, rm, (uint32_t)j->val[n].imm, f))
				return;
			j->temps = temps;
		} else if (op != T2_SBC && op != T2_RSB) {
			uint32_t t = n;
			n = m;
			m = t;
		}
	}
	const struct jit_val *v = &j->val[m];
	if (v->kind == JIT_SHIFT) {
		uint32_t rm = v->a, shift = v->shift;
		j->pinned |= 1u << rm;
		int rn = jit_reg(j, n), rd = jit_dst(j, d, rn);
		jit_dp_shift(c, op, rd, rn, (int)rm, (enum t2_shift)(shift >> 5), shift & 31, f);
		jit_done(j, d, rd);
		return;
	}
	int rn = jit_reg(j, n), rm;
	if (v->kind == JIT_CONST) {
		if (with_const(j, op, d, rn, (uint32_t)v->imm, f))
			return;
		rm = jit_temp(j);
		jit_const(c, rm, (uint32_t)v->imm, carry ? JIT_KEEP : JIT_ANY);
	} else {
		rm = n == m ? rn : jit_reg(j, m);
	}
	int rd = jit_dst(j, d, rn);
	jit_dp(c, op, rd, rn, rm, f);
	jit_done(j, d, rd);
}

/* d = n + k, without emitting anything if n's parts are in registers. */
static void add_imm(struct jit *j, uint32_t d, uint32_t n, uint32_t k)
{
	const struct jit_val *v = &j->val[n];
	if (v->kind == JIT_ADDR && (d == n || !(j->live >> n & 1))) {
		if (v->a == j->home[d] && v->b == JIT_NOWHERE && (uint32_t)v->imm + k == 0) { /* an access did that */
			jit_at_home(j, 1u << d);
			return;
		}
		set(j, d, JIT_ADDR, v->a, v->b, v->shift, (uint32_t)v->imm + k);
		return;
	}
	jit_prepare(j, n);
	if (jit_has_register(j, n)) {
		set(j, d, JIT_ADDR, v->a, JIT_NOWHERE, 0, k);
		return;
	}
	jit_clobber(j, d);
	j->val[JIT_IMM].imm = (int32_t)k;
	jit_op_dp(j, T2_ADD, d, n, JIT_IMM, JIT_ANY);
}

/* rd = `width` bits of rn from `lsb` on. */
static void extract(struct jit *j, bool sign, uint32_t d, int rn, uint32_t lsb, uint32_t width)
{
	j->pinned |= 1u << rn;
	int rd = jit_dst(j, d, rn);
	if (lsb == 0 && width == 8)
		jit_unary(&j->out.code, sign ? T2_SXTB : T2_UXTB, rd, rn);
	else if (lsb == 0 && width == 16)
		jit_unary(&j->out.code, sign ? T2_SXTH : T2_UXTH, rd, rn);
	else
		jit_bitfield(&j->out.code, sign ? T2_SBFX : T2_UBFX, rd, rn, lsb, width);
	jit_done(j, d, rd);
}

/* d = n shifted by a constant below 32; shifted left before, it is a bit field. */
static void shift_imm(struct jit *j, enum t2_shift type, uint32_t d, uint32_t n, uint32_t k)
{
	const struct jit_val *v = &j->val[n];
	if (k == 0) {
		jit_copy(j, d, n);
		return;
	}
	if (v->kind == JIT_SHIFT && type != T2_LSL && v->shift >> 5 == T2_LSL && k >= (v->shift & 31u)) {
		jit_clobber(j, d);
		if (v->kind == JIT_SHIFT) { /* still */
			extract(j, type == T2_ASR, d, v->a, k - (v->shift & 31u), 32 - k);
			return;
		}
	}
	jit_prepare(j, n);
	if (jit_has_register(j, n)) {
		set(j, d, JIT_SHIFT, v->a, JIT_NOWHERE, (uint32_t)type << 5 | k, 0);
		return;
	}
	jit_clobber(j, d);
	int rn = jit_reg(j, n), rd = jit_dst(j, d, rn);
	jit_shift_imm(&j->out.code, type, rd, rn, k, JIT_ANY);
	jit_done(j, d, rd);
}

static void and_imm(struct jit *j, uint32_t d, uint32_t n, uint32_t k)
{
	const struct jit_val *v = &j->val[n];
	uint32_t width = (k & (k + 1)) == 0 ? 32 - (uint32_t)__builtin_clz(k) : 0;
	jit_clobber(j, d);
	if (width && v->kind == JIT_SHIFT && v->shift >> 5 == T2_LSR && (v->shift & 31u) + width <= 32) {
		extract(j, false, d, v->a, v->shift & 31u, width);
		return;
	}
	jit_prepare(j, n);
	if (width >= 8 && width != 32 && (width == 8 || width == 16 || t2_modified_imm(~k) < 0)) {
		extract(j, false, d, jit_reg(j, n), 0, width);
		return;
	}
	j->val[JIT_IMM].imm = (int32_t)k;
	jit_op_dp(j, T2_AND, d, n, JIT_IMM, JIT_ANY);
}

/* Unsigned n / k or n % k; k is no power of two. */
static void div_imm(struct jit *j, bool mod, uint32_t d, uint32_t n, uint32_t k)
{
	struct jit_code *c = &j->out.code;
	jit_clobber(j, d);
	jit_prepare(j, n);
	int rn = jit_reg(j, n), rd = jit_dst(j, d, rn);
	if (mod && j->facts[j->slot] & JIT_ONCE && k < 256 && rd < 8 && rn == rd) {
		jit_dp_imm(c, T2_SUB, T2_PC, rn, k, JIT_SET);
		jit_it(c, T2_HS);
		jit_dp_imm(c, T2_SUB, rd, rn, k, JIT_ANY);
		jit_done(j, d, rd);
		return;
	}
	int rm = jit_temp(j), q = !mod || rd != rn ? rd : jit_temp(j);
	jit_const(c, rm, k, JIT_ANY);
	jit_mul3(c, T2_UDIV, q, rn, rm, 15);
	if (mod)
		jit_mul3(c, T2_MLS, rd, q, rm, rn);
	jit_done(j, d, rd);
}

/* d = n * k; k is no power of two. Next to one it is a sum, or a difference. */
static void mul_imm(struct jit *j, uint32_t d, uint32_t n, uint32_t k)
{
	struct jit_code *c = &j->out.code;
	bool sum = !((k - 1) & (k - 2)), difference = !((k + 1) & k);
	jit_prepare(j, n);
	if (sum && k <= 9 && jit_has_register(j, n)) {
		set(j, d, JIT_ADDR, j->val[n].a, j->val[n].a, (uint32_t)__builtin_ctz(k - 1), 0);
		return;
	}
	jit_clobber(j, d);
	int rn = jit_reg(j, n), rd = jit_dst(j, d, rn);
	if (sum || (difference && k != ~0u)) {
		jit_dp_shift(c, sum ? T2_ADD : T2_RSB, rd, rn, rn, T2_LSL, (uint32_t)__builtin_ctz(sum ? k - 1 : k + 1), JIT_ANY);
	} else {
		int t = jit_temp(j);
		jit_const(c, t, k, JIT_ANY);
		jit_mul(c, rd, rn, t, JIT_ANY);
	}
	jit_done(j, d, rd);
}

static uint32_t fold(uint32_t op, uint32_t a, uint32_t k)
{
	switch (op) {
	case UB_ADD: return a + k;
	case UB_SUB: return a - k;
	case UB_MUL: return a * k;
	case UB_OR: return a | k;
	case UB_AND: return a & k;
	case UB_XOR: return a ^ k;
	case UB_LSH: return a << (k & 31);
	case UB_RSH: return a >> (k & 31);
	case UB_ARSH: return (uint32_t)((int32_t)a >> (k & 31));
	case UB_DIV: return k ? a / k : 0;
	default: return k ? a % k : a;
	}
}

void jit_op_imm(struct jit *j, uint32_t op, uint32_t d, uint32_t n, uint32_t k)
{
	enum t2_dp dp = T2_AND;
	bool power = k && !(k & (k - 1));
	if (jit_is_const(j, n)) {
		jit_set_const(j, d, fold(op, (uint32_t)j->val[n].imm, k));
		return;
	}
	/* What a constant turns into something simpler. */
	if (op == UB_MUL && power) {
		op = UB_LSH;
		k = (uint32_t)__builtin_ctz(k);
	} else if (op == UB_DIV && power) {
		op = UB_RSH;
		k = (uint32_t)__builtin_ctz(k);
	} else if (op == UB_MOD && power) {
		op = UB_AND;
		k--;
	} else if (op == UB_SUB) {
		op = UB_ADD;
		k = 0u - k;
	}
	bool nothing = op == UB_AND ? k == ~0u : k == 0 && op != UB_MUL && op != UB_DIV;
	if (nothing) { /* x % 0 = x */
		jit_copy(j, d, n);
		return;
	}
	if (k == 0 && (op == UB_AND || op == UB_MUL || op == UB_DIV)) { /* x / 0 = 0 */
		jit_set_const(j, d, 0);
		return;
	}
	if (op == UB_OR && k == ~0u) {
		jit_set_const(j, d, ~0u);
		return;
	}
	switch (op >> 4) { /* dense: a jump through a table */
	case UB_ADD >> 4:
		add_imm(j, d, n, k);
		break;
	case UB_LSH >> 4:
	case UB_RSH >> 4:
	case UB_ARSH >> 4:
		shift_imm(j, shift_of(op), d, n, k & 31);
		break;
	case UB_AND >> 4:
		and_imm(j, d, n, k);
		break;
	case UB_DIV >> 4:
	case UB_MOD >> 4:
		div_imm(j, op == UB_MOD, d, n, k);
		break;
	case UB_MUL >> 4:
		mul_imm(j, d, n, k);
		break;
	default:
		dp_of(op, &dp);
		jit_clobber(j, d);
		jit_prepare(j, n);
		j->val[JIT_IMM].imm = (int32_t)k;
		jit_op_dp(j, dp, d, n, JIT_IMM, JIT_ANY);
	}
}

/* d = n + m as an address, if both are made of registers. A pointer and an index become a + b. */
static bool add_lazily(struct jit *j, uint32_t d, uint32_t n, uint32_t m)
{
	const struct jit_val *vn = &j->val[n], *vm = &j->val[m];
	bool index = j->facts[j->slot] & JIT_POINTER_SRC;
	if (index && vn->kind == JIT_ADDR)
		jit_prepare(j, n);
	if (vm->kind == JIT_ADDR && vm->b != JIT_NOWHERE && jit_has_register(j, n)) /* one sum of two remains */
		jit_prepare(j, m);
	bool rn = jit_has_register(j, n), rm = jit_has_register(j, m);
	if (rn && rm) {
		set(j, d, JIT_ADDR, index ? vm->a : vn->a, index ? vn->a : vm->a, 0, 0);
		return true;
	}
	bool sum = vn->kind == JIT_ADDR && vn->b == JIT_NOWHERE;
	if ((rn || sum) && vm->kind == JIT_SHIFT && vm->shift <= 3) /* lsl, type 0 */
		set(j, d, JIT_ADDR, vn->a, vm->a, vm->shift, sum ? (uint32_t)vn->imm : 0);
	else if (rm && vn->kind == JIT_SHIFT && vn->shift <= 3)
		set(j, d, JIT_ADDR, vm->a, vn->a, vn->shift, 0);
	else if (rn && vm->kind == JIT_ADDR && vm->b == JIT_NOWHERE && (m == UB_R10 || !(j->live >> m & 1)))
		set(j, d, JIT_ADDR, vm->a, vn->a, 0, (uint32_t)vm->imm);
	else if (rm && sum)
		set(j, d, JIT_ADDR, vn->a, vm->a, 0, (uint32_t)vn->imm);
	else
		return false;
	return true;
}

/* d = n joined with m, if these are the parts of a rotated register. */
static bool rotate(struct jit *j, uint32_t op, uint32_t d, uint32_t n, uint32_t m)
{
	const struct jit_val *vn = &j->val[n], *vm = &j->val[m];
	if ((op != UB_OR && op != UB_XOR && op != UB_ADD) || vn->kind != JIT_SHIFT || vm->kind != JIT_SHIFT || vn->a != vm->a)
		return false;
	const struct jit_val *right = vn->shift >> 5 == T2_LSL ? vm : vn, *left = right == vm ? vn : vm;
	if (right->shift >> 5 != T2_LSR || left->shift >> 5 != T2_LSL || right->shift - (T2_LSR << 5) + left->shift != 32)
		return false;
	set(j, d, JIT_SHIFT, vn->a, JIT_NOWHERE, T2_ROR << 5 | (right->shift & 31u), 0);
	return true;
}

/* d = n ± m, one of them a product. */
static bool add_product(struct jit *j, bool sub, uint32_t d, uint32_t n, uint32_t m)
{
	if (!sub && j->val[n].kind == JIT_PRODUCT) {
		uint32_t t = n;
		n = m;
		m = t;
	}
	if (j->val[m].kind != JIT_PRODUCT || n == m)
		return false;
	jit_clobber(j, d);
	jit_prepare(j, n);
	if (j->val[m].kind != JIT_PRODUCT || !jit_has_register(j, n))
		return false;
	const struct jit_val *v = &j->val[m];
	int rn = v->a, rm = v->b, ra = jit_reg(j, n);
	j->pinned |= 1u << rn | 1u << rm;
	int rd = jit_dst(j, d, -1);
	jit_mul3(&j->out.code, sub ? T2_MLS : T2_MLA, rd, rn, rm, ra);
	jit_done(j, d, rd);
	return true;
}

/* x / 0 = 0, as the processor has it; so x % 0 = x - 0 * 0. */
static void divide(struct jit *j, bool mod, bool sign, int rd, int rn, int rm)
{
	enum t2_mul3 op = sign ? T2_SDIV : T2_UDIV;
	int q = !mod || (rd != rn && rd != rm) ? rd : jit_temp(j);
	jit_mul3(&j->out.code, op, q, rn, rm, 15);
	if (mod)
		jit_mul3(&j->out.code, T2_MLS, rd, q, rm, rn);
}

void jit_op(struct jit *j, uint32_t op, uint32_t d, uint32_t n, uint32_t m)
{
	bool sign = op & 1;
	enum t2_dp dp;
	if (jit_is_const(j, n) && !jit_is_const(j, m) && commutes(op)) {
		uint32_t t = n;
		n = m;
		m = t;
	}
	if (jit_is_const(j, m) && !sign) {
		jit_op_imm(j, op, d, n, (uint32_t)j->val[m].imm);
		return;
	}
	op &= ~1u;
	if (j->val[n].kind > JIT_CONST || j->val[m].kind > JIT_CONST) {
		if (rotate(j, op, d, n, m))
			return;
		if ((op == UB_ADD || op == UB_SUB) && add_product(j, op == UB_SUB, d, n, m))
			return;
	}
	if (op == UB_ADD && add_lazily(j, d, n, m))
		return;
	if (op == UB_MUL && jit_has_register(j, n) && jit_has_register(j, m)) {
		set(j, d, JIT_PRODUCT, j->val[n].a, j->val[m].a, 0, 0);
		return;
	}
	jit_clobber(j, d);
	if (dp_of(op, &dp)) {
		if (j->val[n].kind == JIT_SHIFT && j->val[m].kind != JIT_SHIFT) {
			uint32_t t = n;
			n = m;
			m = t;
			dp = dp == T2_SUB ? T2_RSB : dp;
		}
		jit_prepare(j, n);
		if (j->val[m].kind != JIT_SHIFT)
			jit_prepare(j, m);
		jit_op_dp(j, dp, d, n, m, JIT_ANY);
		return;
	}
	jit_prepare(j, m);
	jit_prepare(j, n);
	int rm = jit_reg(j, m), rn = n == m ? rm : jit_reg(j, n), rd = jit_dst(j, d, rn);
	if (op == UB_MUL) {
		jit_mul(&j->out.code, rd, rn, rm, JIT_ANY);
	} else if (op == UB_DIV || op == UB_MOD) {
		divide(j, op == UB_MOD, sign, rd, rn, rm);
	} else { /* counts are taken modulo 256 by the processor, 32 by the program */
		int t = jit_scratch(j, rm != rn ? rm : -1);
		jit_dp_imm(&j->out.code, T2_AND, t, rm, 31, JIT_ANY);
		jit_shift_reg(&j->out.code, shift_of(op), rd, rn, t, JIT_ANY);
	}
	jit_done(j, d, rd);
}

void jit_op_unary(struct jit *j, enum t2_unary op, uint32_t d, uint32_t s)
{
	jit_clobber(j, d);
	jit_prepare(j, s);
	int rm = jit_reg(j, s), rd = jit_dst(j, d, rm);
	jit_unary(&j->out.code, op, rd, rm);
	jit_done(j, d, rd);
}
