// SPDX-License-Identifier: BSD-2-Clause
/* Arithmetic on low halves: ALU32, and ALU64 where nobody needs the high half.
 *
 *   dst, src   BPF registers; rd, rn, rm the ARM registers their low halves are in
 *   hi         what the high half of dst is afterwards: JIT_ZERO for ALU32, which zero-extends,
 *              JIT_NOWHERE for ALU64 whose high half is not needed
 *
 * Moves, constants, shifts and sums stay lazy (value.c) and end up as operands of what uses them:
 * a copied register, an immediate, a shifted operand, an address.
 */
#include "jit/compile.h"

static void set(struct jit *j, uint32_t d, enum jit_kind kind, uint32_t a, uint32_t b, uint32_t shift, int32_t imm,
		int hi)
{
	struct jit_val v = { (uint8_t)kind, (uint8_t)a, (uint8_t)b, (uint8_t)shift, imm };
	jit_set_val(j, d, v, hi == JIT_ZERO);
}

static bool is_low_mask(uint32_t v)
{
	return v && !(v & (v + 1));
}

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

/* d += imm, without emitting anything if d's parts are in registers. */
static void add_imm(struct jit *j, uint32_t d, uint32_t imm, int hi)
{
	const struct jit_val *v = jit_val_of(j, d);
	uint8_t reg;
	if (v && v->kind == JIT_CONST) {
		set(j, d, JIT_CONST, JIT_NOWHERE, JIT_NOWHERE, 0, (int32_t)((uint32_t)v->imm + imm), hi);
	} else if (v && v->kind == JIT_ADDR) {
		set(j, d, JIT_ADDR, v->a, v->b, v->shift, (int32_t)((uint32_t)v->imm + imm), hi);
	} else {
		if (v && v->kind == JIT_SHIFT) {
			jit_clobber(j, d);
			jit_prepare(j, d);
		}
		if (jit_reg_of(j, d, &reg)) {
			set(j, d, JIT_ADDR, reg, JIT_NOWHERE, 0, (int32_t)imm, hi);
			return;
		}
		int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
		if (!jit_dp_imm(&j->code, T2_ADD, rd, rn, imm, JIT_ANY)) {
			int t = jit_temp(j);
			jit_const(&j->code, t, imm, JIT_ANY);
			jit_dp(&j->code, T2_ADD, rd, rn, t, JIT_ANY);
		}
		jit_done(j, d, rd, hi);
	}
}

/* d, shifted left, is shifted right: a bit field. */
static bool bit_field(struct jit *j, bool sign, uint32_t d, uint32_t amount, int hi)
{
	const struct jit_val *v = jit_val_of(j, d);
	if (!v || v->kind != JIT_SHIFT || v->shift >> 5 != T2_LSL || amount < (v->shift & 31u))
		return false;
	uint32_t lsb = amount - (v->shift & 31u), width = 32 - amount;
	int rn = v->a, rd = jit_dst(j, d, -1);
	if (lsb == 0 && width == 8)
		jit_unary(&j->code, sign ? T2_SXTB : T2_UXTB, rd, rn);
	else if (lsb == 0 && width == 16)
		jit_unary(&j->code, sign ? T2_SXTH : T2_UXTH, rd, rn);
	else
		jit_bitfield(&j->code, sign ? T2_SBFX : T2_UBFX, rd, rn, lsb, width);
	jit_done(j, d, rd, hi);
	return true;
}

/* d = d shifted by a constant below 32. */
static void shift_imm(struct jit *j, enum t2_shift type, uint32_t d, uint32_t amount, int hi)
{
	const struct jit_val *v = jit_val_of(j, d);
	uint8_t reg;
	if (amount == 0 && v && v->kind == JIT_CONST) {
		set(j, d, JIT_CONST, JIT_NOWHERE, JIT_NOWHERE, 0, v->imm, hi);
		return;
	}
	if (amount == 0) {
		if (hi == JIT_ZERO)
			j->zx |= 1u << d;
		return;
	}
	if (v && v->kind != JIT_COPY) {
		jit_clobber(j, d);
		if (type != T2_LSL && bit_field(j, type == T2_ASR, d, amount, hi))
			return;
		jit_prepare(j, d);
	}
	if (jit_reg_of(j, d, &reg)) {
		set(j, d, JIT_SHIFT, reg, JIT_NOWHERE, (uint32_t)type << 5 | amount, 0, hi);
		return;
	}
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
	jit_shift_imm(&j->code, type, rd, rn, amount, JIT_ANY);
	jit_done(j, d, rd, hi);
}

static void and_imm(struct jit *j, uint32_t d, uint32_t imm, int hi)
{
	uint32_t width = is_low_mask(imm) ? 32 - (uint32_t)__builtin_clz(imm) : 0;
	jit_clobber(j, d);
	const struct jit_val *v = jit_val_of(j, d);
	if (width && v && v->kind == JIT_SHIFT && v->shift >> 5 == T2_LSR && (v->shift & 31u) + width <= 32) {
		int rn = v->a, rd = jit_dst(j, d, -1);
		jit_bitfield(&j->code, T2_UBFX, rd, rn, v->shift & 31u, width);
		jit_done(j, d, rd, hi);
		return;
	}
	jit_prepare(j, d);
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
	if (imm == 0xff || imm == 0xffff) {
		jit_unary(&j->code, imm == 0xff ? T2_UXTB : T2_UXTH, rd, rn);
	} else if (!jit_dp_imm(&j->code, T2_AND, rd, rn, imm, JIT_ANY)) {
		if (width) {
			jit_bitfield(&j->code, T2_UBFX, rd, rn, 0, width);
		} else {
			int t = jit_temp(j);
			jit_const(&j->code, t, imm, JIT_ANY);
			jit_dp(&j->code, T2_AND, rd, rn, t, JIT_ANY);
		}
	}
	jit_done(j, d, rd, hi);
}

static void logic_imm(struct jit *j, enum t2_dp op, uint32_t d, uint32_t imm, int hi)
{
	jit_clobber(j, d);
	jit_prepare(j, d);
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
	if (op == T2_EOR && imm == ~0u) {
		jit_mvn(&j->code, rd, rn, JIT_ANY);
	} else if (!jit_dp_imm(&j->code, op, rd, rn, imm, JIT_ANY)) {
		int t = jit_temp(j);
		jit_const(&j->code, t, imm, JIT_ANY);
		jit_dp(&j->code, op, rd, rn, t, JIT_ANY);
	}
	jit_done(j, d, rd, hi);
}

static void mul_imm(struct jit *j, uint32_t d, uint32_t imm, int hi)
{
	if (imm && !(imm & (imm - 1))) {
		shift_imm(j, T2_LSL, d, (uint32_t)__builtin_ctz(imm), hi);
		return;
	}
	jit_clobber(j, d);
	jit_prepare(j, d);
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn), t = jit_temp(j);
	jit_const(&j->code, t, imm, JIT_ANY);
	jit_mul(&j->code, rd, rn, t, JIT_ANY);
	jit_done(j, d, rd, hi);
}

/* Unsigned d / imm or d % imm. */
static void div_imm(struct jit *j, bool mod, uint32_t d, uint32_t imm, int hi)
{
	uint32_t fact = j->facts[j->slot];
	if (imm == 0) { /* x / 0 = 0, x % 0 = x */
		if (mod)
			shift_imm(j, T2_LSL, d, 0, hi);
		else
			set(j, d, JIT_CONST, JIT_NOWHERE, JIT_NOWHERE, 0, 0, hi);
		return;
	}
	if (!(imm & (imm - 1))) {
		if (mod)
			and_imm(j, d, imm - 1, hi);
		else
			shift_imm(j, T2_LSR, d, (uint32_t)__builtin_ctz(imm), hi);
		return;
	}
	jit_clobber(j, d);
	jit_prepare(j, d);
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
	if (mod && fact & JIT_ONCE && imm < 256 && rd < 8 && rn == rd) {
		jit_dp_imm(&j->code, T2_SUB, T2_PC, rn, imm, JIT_SET);
		jit_it(&j->code, T2_HS);
		jit_dp_imm(&j->code, T2_SUB, rd, rn, imm, JIT_ANY);
		jit_done(j, d, rd, hi);
		return;
	}
	int c = jit_temp(j);
	jit_const(&j->code, c, imm, JIT_ANY);
	if (!mod) {
		jit_mul3(&j->code, T2_UDIV, rd, rn, c, 15);
	} else {
		int q = rd != rn ? rd : jit_temp(j);
		jit_mul3(&j->code, T2_UDIV, q, rn, c, 15);
		jit_mul3(&j->code, T2_MLS, rd, q, c, rn);
	}
	jit_done(j, d, rd, hi);
}

void jit_low_imm(struct jit *j, uint32_t op, uint32_t d, uint32_t imm, int hi)
{
	switch (op) {
	case UB_MOV:
		set(j, d, JIT_CONST, JIT_NOWHERE, JIT_NOWHERE, 0, (int32_t)imm, hi);
		break;
	case UB_ADD:
		add_imm(j, d, imm, hi);
		break;
	case UB_SUB:
		add_imm(j, d, 0u - imm, hi);
		break;
	case UB_LSH:
	case UB_RSH:
	case UB_ARSH:
		shift_imm(j, shift_of(op), d, imm & 31, hi);
		break;
	case UB_AND:
		and_imm(j, d, imm, hi);
		break;
	case UB_OR:
		logic_imm(j, T2_ORR, d, imm, hi);
		break;
	case UB_XOR:
		logic_imm(j, T2_EOR, d, imm, hi);
		break;
	case UB_MUL:
		mul_imm(j, d, imm, hi);
		break;
	case UB_DIV:
	case UB_MOD:
		div_imm(j, op == UB_MOD, d, imm, hi);
		break;
	}
}

/* d = s; nothing is emitted if s is in a register. */
static void move(struct jit *j, uint32_t d, uint32_t s, int hi)
{
	uint8_t reg;
	if (d == s) {
		shift_imm(j, T2_LSL, d, 0, hi);
		return;
	}
	const struct jit_val *v = jit_val_of(j, s);
	if (v && (v->kind == JIT_CONST || !(j->live & JIT_BOTH(s)))) {
		set(j, d, (enum jit_kind)v->kind, v->a, v->kind == JIT_COPY ? JIT_NOWHERE : v->b,
		    v->kind == JIT_CONST ? 0 : v->shift, v->imm, hi);
		return;
	}
	jit_prepare(j, s);
	if (jit_reg_of(j, s, &reg)) {
		set(j, d, JIT_COPY, reg, JIT_NOWHERE, 0, 0, hi);
		return;
	}
	jit_clobber(j, d);
	jit_copy_half(j, d, s);
	jit_done(j, d, JIT_NOWHERE, hi);
}

/* d += s as an address, if both are made of registers. A pointer and an index become a + b. */
static bool add_lazily(struct jit *j, uint32_t d, uint32_t s, int hi)
{
	bool index = j->facts[j->slot] & JIT_POINTER_SRC;
	if (index && j->lazy >> d & 1 && j->val[d].kind == JIT_ADDR) {
		jit_clobber(j, d);
		jit_prepare(j, d);
	}
	const struct jit_val *vd = jit_val_of(j, d), *vs = jit_val_of(j, s);
	uint8_t rd, rs;
	if (vs && vs->kind == JIT_SHIFT && vs->shift <= 3 && jit_reg_of(j, d, &rd)) { /* lsl, type 0 */
		set(j, d, JIT_ADDR, rd, vs->a, vs->shift, 0, hi);
		return true;
	}
	if (vd && vd->kind == JIT_SHIFT && vd->shift <= 3 && jit_reg_of(j, s, &rs)) {
		set(j, d, JIT_ADDR, rs, vd->a, vd->shift, 0, hi);
		return true;
	}
	if (!jit_reg_of(j, s, &rs))
		return false;
	if (vd && vd->kind == JIT_ADDR && vd->b == JIT_NOWHERE) {
		set(j, d, JIT_ADDR, vd->a, rs, 0, vd->imm, hi);
		return true;
	}
	if (!jit_reg_of(j, d, &rd))
		return false;
	set(j, d, JIT_ADDR, index ? rs : rd, index ? rd : rs, 0, 0, hi);
	return true;
}

/* d = d op s, one of the operands shifted on the way. */
static bool dp_folded(struct jit *j, enum t2_dp op, uint32_t d, uint32_t s, int hi)
{
	const struct jit_val *v = jit_val_of(j, s);
	if (v && v->kind == JIT_SHIFT) {
		uint32_t shift = v->shift;
		int rm = v->a;
		j->pinned |= 1u << rm;
		jit_clobber(j, d);
		jit_prepare(j, d);
		v = jit_val_of(j, s);
		if (!v || v->kind != JIT_SHIFT || v->a != rm)
			return false; /* preparing d moved it */
		int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
		jit_dp_shift(&j->code, op, rd, rn, rm, (enum t2_shift)(shift >> 5), shift & 31, JIT_ANY);
		jit_done(j, d, rd, hi);
		return true;
	}
	v = jit_val_of(j, d);
	if (v && v->kind == JIT_SHIFT && s != d) {
		uint32_t shift = v->shift;
		int rm = v->a;
		j->pinned |= 1u << rm;
		jit_clobber(j, d);
		jit_prepare(j, s);
		v = jit_val_of(j, d);
		if (!v || v->kind != JIT_SHIFT || v->a != rm)
			return false;
		int rn = jit_lo(j, s), rd = jit_dst(j, d, rn);
		jit_dp_shift(&j->code, op == T2_SUB ? T2_RSB : op, rd, rn, rm, (enum t2_shift)(shift >> 5), shift & 31,
			     JIT_ANY);
		jit_done(j, d, rd, hi);
		return true;
	}
	return false;
}

static void shift_reg(struct jit *j, enum t2_shift type, int rd, int rn, int rm)
{
	int t = jit_scratch(j, rm != rn ? rm : -1); /* counts are taken modulo 256 by the processor, 32 by the program */
	jit_dp_imm(&j->code, T2_AND, t, rm, 31, JIT_ANY);
	jit_shift_reg(&j->code, type, rd, rn, t, JIT_ANY);
}

/* x / 0 = 0, as the processor has it; so x % 0 = x - 0 * 0. */
static void div_reg(struct jit *j, bool mod, bool sign, int rd, int rn, int rm)
{
	enum t2_mul3 op = sign ? T2_SDIV : T2_UDIV;
	if (!mod) {
		jit_mul3(&j->code, op, rd, rn, rm, 15);
		return;
	}
	int q = rd != rn && rd != rm ? rd : jit_temp(j);
	jit_mul3(&j->code, op, q, rn, rm, 15);
	jit_mul3(&j->code, T2_MLS, rd, q, rm, rn);
}

/* `op` is UB_ADD .. UB_ARSH; UB_DIV | 1 and UB_MOD | 1 are signed. */
void jit_low_reg(struct jit *j, uint32_t op, uint32_t d, uint32_t s, int hi)
{
	bool sign = op & 1;
	uint32_t lo, high;
	enum t2_dp dp;
	op &= ~1u;
	if (op == UB_MOV) {
		move(j, d, s, hi);
		return;
	}
	if (!sign && jit_const_of(j, s, &lo, &high)) {
		jit_low_imm(j, op, d, lo, hi);
		return;
	}
	if (op == UB_ADD && add_lazily(j, d, s, hi))
		return;
	if (dp_of(op, &dp) && dp_folded(j, dp, d, s, hi))
		return;
	jit_clobber(j, d);
	jit_prepare(j, s);
	jit_prepare(j, d);
	int rm = jit_lo(j, s), rn = d == s ? rm : jit_lo(j, d), rd = jit_dst(j, d, rn);
	if (dp_of(op, &dp))
		jit_dp(&j->code, dp, rd, rn, rm, JIT_ANY);
	else if (op == UB_MUL)
		jit_mul(&j->code, rd, rn, rm, JIT_ANY);
	else if (op == UB_DIV || op == UB_MOD)
		div_reg(j, op == UB_MOD, sign, rd, rn, rm);
	else
		shift_reg(j, shift_of(op), rd, rn, rm);
	jit_done(j, d, rd, hi);
}

void jit_low_extend(struct jit *j, enum t2_unary op, uint32_t d, uint32_t s, int hi)
{
	jit_clobber(j, d);
	jit_prepare(j, s);
	int rm = jit_lo(j, s), rd = jit_dst(j, d, rm);
	jit_unary(&j->code, op, rd, rm);
	jit_done(j, d, rd, hi);
}

/* Signed division by a constant: the constant goes through a register. */
static void div_signed_imm(struct jit *j, bool mod, uint32_t d, uint32_t imm, int hi)
{
	jit_clobber(j, d);
	jit_prepare(j, d);
	int rn = jit_lo(j, d), rd = jit_dst(j, d, rn), c = jit_temp(j);
	jit_const(&j->code, c, imm, JIT_ANY);
	div_reg(j, mod, true, rd, rn, c);
	jit_done(j, d, rd, hi);
}

/* To little or big endian; 64 bits are in lower_alu64.c. */
static void end32(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn);
	bool swap = insn->opcode & UB_X;
	if (insn->imm == 32) {
		if (swap)
			jit_low_extend(j, T2_REV, d, d, JIT_ZERO);
		else
			jit_low_imm(j, UB_LSH, d, 0, JIT_ZERO);
		return;
	}
	if (swap)
		jit_low_extend(j, T2_REV16, d, d, JIT_ZERO);
	jit_low_imm(j, UB_AND, d, 0xffff, JIT_ZERO);
}

void jit_alu32(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode), imm = (uint32_t)insn->imm;
	bool x = insn->opcode & UB_X;

	if (!(j->live & JIT_LO(d)) && !(op == UB_END && insn->imm == 64)) { /* only that the high half is zero matters */
		jit_low_imm(j, UB_MOV, d, 0, JIT_ZERO);
		return;
	}
	if (op == UB_END && insn->imm == 64) {
		if (x)
			jit_end64(j, d, 64);
		else /* to little endian: nothing happens, but its home may not say that the high half is zero */
			j->zx |= j->zero & 1u << d;
	} else if (op == UB_END) {
		end32(j, insn);
	} else if (op == UB_NEG) {
		jit_clobber(j, d);
		jit_prepare(j, d);
		int rn = jit_lo(j, d), rd = jit_dst(j, d, rn);
		jit_dp_imm(&j->code, T2_RSB, rd, rn, 0, JIT_ANY);
		jit_done(j, d, rd, JIT_ZERO);
	} else if (op == UB_MOV && insn->offset) {
		jit_low_extend(j, insn->offset == 8 ? T2_SXTB : T2_SXTH, d, s, JIT_ZERO);
	} else if ((op == UB_DIV || op == UB_MOD) && insn->offset) {
		if (x)
			jit_low_reg(j, op | 1, d, s, JIT_ZERO);
		else
			div_signed_imm(j, op == UB_MOD, d, imm, JIT_ZERO);
	} else if (x) {
		jit_low_reg(j, op, d, s, JIT_ZERO);
	} else {
		jit_low_imm(j, op, d, imm, JIT_ZERO);
	}
}
