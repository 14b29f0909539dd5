// SPDX-License-Identifier: BSD-2-Clause
#include "jit/emit.h"

void jit_narrow(struct jit_code *c, uint32_t half)
{
	if (c->len < c->cap)
		c->at[c->len] = (uint16_t)half;
	c->len++;
}

void jit_wide(struct jit_code *c, uint32_t word)
{
	uint32_t at = c->len;
	c->len = at + 2;
	if (c->len > c->cap)
		return;
	word = word >> 16 | word << 16; /* little-endian: the first halfword below */
	__builtin_memcpy(&c->at[at], &word, sizeof word);
}

/* Most instructions have their registers in one of three ways: */

/* 16 bits, registers r0..r7 in 2..0 and 5..3. */
static void narrow2(struct jit_code *c, uint32_t half, int rd, int rm)
{
	jit_narrow(c, half | (uint32_t)rm << 3 | (uint32_t)rd);
}

/* 16 bits, any registers in 7, 2..0 and 6..3. */
static NOINLINE void narrow_any(struct jit_code *c, uint32_t half, int rd, int rm)
{
	narrow2(c, half | (rd & 8u) << 4, rd & 7, rm);
}

/* 32 bits, registers in 11..8 and 19..16. */
static void wide2(struct jit_code *c, uint32_t word, int rd, int rn)
{
	jit_wide(c, word | (uint32_t)rn << 16 | (uint32_t)rd << 8);
}

/* 16 bits that set the flags by rd. */
static NOINLINE void sets(struct jit_code *c, uint32_t half, int rd)
{
	jit_narrow(c, half);
	c->zero_of = (int8_t)rd;
	c->zero_at = c->len;
}

static void narrow2_s(struct jit_code *c, uint32_t half, int rd, int rm)
{
	sets(c, half | (uint32_t)rm << 3 | (uint32_t)rd, rd);
}

static bool low(int r)
{
	return r < 8;
}

static bool low2(int a, int b)
{
	return low(a | b);
}

static uint32_t imm12_fields(uint32_t imm)
{
	return (imm & 0x800) << 15 | (imm & 0x700) << 4 | (imm & 0xff);
}

static uint32_t imm5_fields(uint32_t imm)
{
	return (imm & 28) << 10 | (imm & 3) << 6;
}

/* Op and S, which is the lowest bit of JIT_SET alone. */
static uint32_t op_fields(enum t2_dp op, enum jit_flags f)
{
	return (uint32_t)op << 21 | (f & 1u) << 20;
}

static void dp_wide(struct jit_code *c, uint32_t fields, int rd, int rn, int rm)
{
	wide2(c, T2_DP_REG | fields | (uint32_t)rm, rd, rn);
}

/* The op field of 16-bit data processing (A5.2.2); NONE: has none. */
enum { NONE = 0xff };
static const uint8_t narrow_dp[] = {
	[T2_AND] = 0x0, [T2_BIC] = 0xe, [T2_ORR] = 0xc, [T2_ORN] = NONE, [T2_EOR] = 0x1, [5] = NONE, NONE, NONE,
	[T2_ADD] = NONE, [9] = NONE, [T2_ADC] = 0x5, [T2_SBC] = 0x6, [12] = NONE, [T2_SUB] = NONE, [T2_RSB] = NONE,
};

static bool commutes(enum t2_dp op)
{
	return (1u << T2_AND | 1u << T2_EOR | 1u << T2_ORR | 1u << T2_ADD | 1u << T2_ADC) >> op & 1;
}

void jit_dp(struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum jit_flags f)
{
	if (rd == rm && commutes(op)) {
		rm = rn;
		rn = rd;
	}
	bool add = op == T2_ADD, sub = op == T2_SUB, two = rd == rn, test = rd == T2_PC;
	bool sets_low = f != JIT_KEEP && low2(rd, rm);
	if (test && low2(rn, rm) && (sub || op == T2_AND))
		narrow2(c, sub ? 0x4280 : 0x4200, rn, rm);
	else if (test && sub)
		narrow_any(c, 0x4500, rn, rm);
	else if (sets_low && low(rn) && (add || sub))
		narrow2_s(c, (add ? 0x1800u : 0x1a00u) | (uint32_t)rm << 6, rd, rn);
	else if (two && add && f != JIT_SET)
		narrow_any(c, 0x4400, rd, rm);
	else if (two && sets_low && narrow_dp[op] != NONE)
		narrow2_s(c, 0x4000u | (uint32_t)narrow_dp[op] << 6, rd, rm);
	else
		dp_wide(c, op_fields(op, f), rd, rn, rm);
}

void jit_dp_shift(struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum t2_shift type, uint32_t amount,
		  enum jit_flags f)
{
	if (amount == 0 && type == T2_LSL) {
		jit_dp(c, op, rd, rn, rm, f);
		return;
	}
	c->broken |= amount - 1 > 30;
	dp_wide(c, op_fields(op, f) | imm5_fields(amount) | (uint32_t)type << 4, rd, rn, rm);
}

static bool dp_modified(struct jit_code *c, uint32_t fields, int rd, int rn, uint32_t imm)
{
	int32_t m = t2_modified_imm(imm);
	if (m < 0)
		return false;
	wide2(c, T2_DP_IMM | fields | imm12_fields((uint32_t)m), rd, rn);
	return true;
}

/* 16-bit adds, subs and cmp with an immediate. */
static bool add_narrow(struct jit_code *c, uint32_t sub, int rd, int rn, uint32_t imm)
{
	if (rd == T2_PC && sub && imm < 256)
		jit_narrow(c, 0x2800u | (uint32_t)rn << 8 | imm);
	else if (low(rd) && imm < 8)
		sets(c, 0x1c00u | sub << 9 | imm << 6 | (uint32_t)rn << 3 | (uint32_t)rd, rd);
	else if (low(rd) && rd == rn && imm < 256)
		sets(c, 0x3000u | sub << 11 | (uint32_t)rd << 8 | imm, rd);
	else
		return false;
	return true;
}

/* Adding is subtracting what is negated, but for 0, where carry would differ. Only the smaller of the
 * two fits the forms that take it as it is. */
static bool add_imm(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f)
{
	uint32_t negated = 0u - imm, small = imm, fields = op_fields(op, f), other = (T2_ADD ^ T2_SUB) << 21;
	bool sub = op == T2_SUB;
	if (negated < imm) {
		small = negated;
		sub = !sub;
	}
	if (!sub && rn == T2_SP && f != JIT_SET && low(rd) && small < 1024 && small % 4 == 0) {
		jit_narrow(c, 0xa800u | (uint32_t)rd << 8 | small >> 2);
		return true;
	}
	if (f != JIT_KEEP && low(rn) && add_narrow(c, sub, rd, rn, small))
		return true;
	if (dp_modified(c, fields, rd, rn, imm) || (imm && dp_modified(c, fields ^ other, rd, rn, negated)))
		return true;
	if (small >= 4096 || f == JIT_SET || rd == T2_PC)
		return false;
	wide2(c, (sub ? T2_SUBW : T2_ADDW) | imm12_fields(small), rd, rn);
	return true;
}

bool jit_dp_imm(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f)
{
	uint32_t fields = op_fields(op, f);
	if (op == T2_ADD || op == T2_SUB)
		return add_imm(c, op, rd, rn, imm, f);
	if (op == T2_RSB && imm == 0 && f != JIT_KEEP && low2(rd, rn)) {
		narrow2(c, 0x4240, rd, rn);
		return true;
	}
	if (dp_modified(c, fields, rd, rn, imm))
		return true;
	if (op == T2_EOR || op == T2_RSB || rd == T2_PC)
		return false;
	return dp_modified(c, fields ^ 1u << 21, rd, rn, ~imm); /* bic for and, orn for orr, sbc for adc */
}

void jit_mov(struct jit_code *c, int rd, int rm)
{
	if (rd != rm)
		narrow_any(c, 0x4600, rd, rm);
}

void jit_mvn(struct jit_code *c, int rd, int rm, enum jit_flags f)
{
	if (f != JIT_KEEP && low2(rd, rm))
		narrow2(c, 0x43c0, rd, rm);
	else
		dp_wide(c, op_fields(T2_ORN, f), rd, T2_PC, rm);
}

void jit_const(struct jit_code *c, int rd, uint32_t value, enum jit_flags f)
{
	if (f == JIT_ANY && low(rd) && value < 256) {
		jit_narrow(c, 0x2000u | (uint32_t)rd << 8 | value);
		return;
	}
	if (dp_modified(c, op_fields(T2_ORR, JIT_KEEP), rd, T2_PC, value) ||
	    dp_modified(c, op_fields(T2_ORN, JIT_KEEP), rd, T2_PC, ~value))
		return;
	wide2(c, T2_MOVW | imm12_fields(value & 0xfff), rd, value >> 12 & 15);
	if (value >> 16)
		wide2(c, T2_MOVT | imm12_fields(value >> 16 & 0xfff), rd, (int)(value >> 28));
}

void jit_shift_imm(struct jit_code *c, enum t2_shift type, int rd, int rm, uint32_t amount, enum jit_flags f)
{
	c->broken |= amount > 31;
	if (amount == 0)
		jit_mov(c, rd, rm);
	else if (f != JIT_KEEP && type != T2_ROR && low2(rd, rm))
		narrow2_s(c, (uint32_t)type << 11 | amount << 6, rd, rm);
	else
		jit_dp_shift(c, T2_ORR, rd, T2_PC, rm, type, amount, f);
}

void jit_shift_reg(struct jit_code *c, enum t2_shift type, int rd, int rn, int rm, enum jit_flags f)
{
	static const uint8_t narrow[4] = { 0x2, 0x3, 0x4, 0x7 };
	if (f != JIT_KEEP && rd == rn && low2(rd, rm))
		narrow2(c, 0x4000u | (uint32_t)narrow[type] << 6, rd, rm);
	else
		wide2(c, T2_SHIFT_REG | op_fields((enum t2_dp)type, f) | (uint32_t)rm, rd, rn);
}

/* The wide forms name in bits 23..20 and 5..4 what the narrow ones name in 11 and 7..6; the rev group
 * names Rm twice. */
void jit_unary(struct jit_code *c, enum t2_unary op, int rd, int rm)
{
	uint32_t word = op;
	bool rev = word >> 23 & 1;
	uint32_t kind = rev ? word >> 4 & 3 : (word >> 22 & 1) | (word >> 19 & 2);
	if (low2(rd, rm))
		narrow2(c, (rev ? 0xba00u : 0xb200u) | kind << 6, rd, rm);
	else
		wide2(c, word | (uint32_t)rm, rd, rev ? rm : 0);
}

void jit_mul(struct jit_code *c, int rd, int rn, int rm, enum jit_flags f)
{
	if (rd == rn) {
		rn = rm;
		rm = rd;
	}
	if (f != JIT_KEEP && rd == rm && low2(rd, rn))
		narrow2(c, 0x4340, rd, rn);
	else
		jit_mul3(c, T2_MUL, rd, rn, rm, 0);
}

void jit_mul3(struct jit_code *c, enum t2_mul3 op, int rd, int rn, int rm, int ra)
{
	wide2(c, (uint32_t)op | (uint32_t)ra << 12 | (uint32_t)rm, rd, rn);
}

void jit_bitfield(struct jit_code *c, uint32_t op, int rd, int rn, uint32_t lsb, uint32_t width)
{
	c->broken |= width == 0 || lsb + width > 32;
	wide2(c, op | imm5_fields(lsb) | (width - 1), rd, rn);
}

/* Loads and stores have Rt in 15..12. */
static void mem_wide(struct jit_code *c, uint32_t word, enum t2_mem op, int rt, int rn)
{
	jit_wide(c, word | (uint32_t)op << 20 | (uint32_t)rn << 16 | (uint32_t)rt << 12);
}

static ALWAYS_INLINE void mem_sp(struct jit_code *c, enum t2_mem op, int rt, uint32_t at)
{
	jit_narrow(c, 0x9000u | (op & 1u) << 11 | (uint32_t)rt << 8 | at >> 2);
}

void jit_mem_sp(struct jit_code *c, enum t2_mem op, int rt, int32_t offset)
{
	uint32_t at = (uint32_t)offset;
	if (low(rt) && !(at & ~1020u))
		mem_sp(c, op, rt, at);
	else
		jit_mem(c, op, rt, T2_SP, offset);
}

void jit_mem(struct jit_code *c, enum t2_mem op, int rt, int rn, int32_t offset)
{
	/* The 16-bit form with a 5-bit offset scaled by the size, bits 15..11. */
	static const uint8_t narrow[] = {
		[T2_STRB] = 0x0e, [T2_LDRB] = 0x0f, [T2_STRH] = 0x10, [T2_LDRH] = 0x11, [T2_STR] = 0x0c, [T2_LDR] = 0x0d,
	};
	uint32_t at = (uint32_t)offset, scale = op >> 1, scaled = at >> scale;
	if (op <= T2_LDR && low(rt) && scaled << scale == at) {
		if (low(rn) && scaled < 32) {
			narrow2(c, (uint32_t)narrow[op] << 11 | scaled << 6, rt, rn);
			return;
		}
		if (scale == 2 && rn == T2_SP && scaled < 256) {
			mem_sp(c, op, rt, at);
			return;
		}
	}
	c->broken |= offset < -255 || offset > 4095;
	mem_wide(c, offset < 0 ? T2_MEM_IMM8N | (0u - at) : T2_MEM_IMM12 | at, op, rt, rn);
}

void jit_mem_post(struct jit_code *c, enum t2_mem op, int rt, int rn, int32_t step)
{
	c->broken |= rt == rn || step < -255 || step > 255;
	mem_wide(c, T2_MEM_POST | (step < 0 ? (uint32_t)-step : 1u << 9 | (uint32_t)step), op, rt, rn);
}

void jit_mem_reg(struct jit_code *c, enum t2_mem op, int rt, int rn, int rm, uint32_t lsl)
{
	/* The 16-bit form, bits 11..9. */
	static const uint8_t narrow[] = {
		[T2_STR] = 0, [T2_STRH] = 1, [T2_STRB] = 2, [T2_LDRSB] = 3, [T2_LDR] = 4, [T2_LDRH] = 5, [T2_LDRB] = 6,
		[T2_LDRSH] = 7,
	};
	c->broken |= lsl > 3;
	if (lsl == 0 && low2(rt, rn | rm))
		narrow2(c, 0x5000u | (uint32_t)narrow[op] << 9 | (uint32_t)rm << 6, rt, rn);
	else
		mem_wide(c, T2_MEM_REG | lsl << 4 | (uint32_t)rm, op, rt, rn);
}

/* The 16-bit form takes r0..r7 and lr, or pc. Wide ones need two registers at least; one goes by str or
 * ldr with write-back. */
static void push_pop(struct jit_code *c, uint32_t mask, bool pop)
{
	uint32_t other = pop ? T2_PC : T2_LR;
	if (mask == 0)
		return;
	if ((mask & ~(0xffu | 1u << other)) == 0)
		jit_narrow(c, (pop ? 0xbc00u : 0xb400u) | (mask >> other & 1) << 8 | (mask & 0xff));
	else if (mask & (mask - 1))
		jit_wide(c, (pop ? T2_POP : T2_PUSH) | mask);
	else
		jit_wide(c, (pop ? 0xf85d0b04u : 0xf84d0d04u) | (uint32_t)__builtin_ctz(mask) << 12);
}

void jit_push(struct jit_code *c, uint32_t mask)
{
	push_pop(c, mask, false);
}

void jit_pop(struct jit_code *c, uint32_t mask)
{
	push_pop(c, mask, true);
}

void jit_sp_add(struct jit_code *c, int32_t bytes)
{
	bool down = bytes < 0;
	uint32_t n = down ? 0u - (uint32_t)bytes : (uint32_t)bytes, words = n >> 2;
	c->broken |= (n & ~4092u) != 0;
	if (words > 127)
		wide2(c, (down ? T2_SUBW : T2_ADDW) | imm12_fields(n), T2_SP, T2_SP);
	else if (words)
		jit_narrow(c, 0xb000u | (uint32_t)down << 7 | words);
}

void jit_it(struct jit_code *c, enum t2_cond cond)
{
	jit_narrow(c, 0xbf08u | (uint32_t)cond << 4);
}

void jit_itt(struct jit_code *c, enum t2_cond cond)
{
	jit_narrow(c, 0xbf04u | (uint32_t)cond << 4 | (uint32_t)(cond & 1) << 3);
}
