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
	jit_narrow(c, word >> 16);
	jit_narrow(c, word & 0xffff);
}

/* The 16-bit instruction just emitted has set the flags by rd. */
static void sets_zero(struct jit_code *c, int rd)
{
	c->zero_of = (int8_t)rd;
	c->zero_at = c->len;
}

static bool low(int r)
{
	return r < 8;
}

static uint32_t imm12_fields(uint32_t imm)
{
	return (imm & 0x800) << 15 | (imm & 0x700) << 4 | (imm & 0xff);
}

static void dp_wide(struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, uint32_t type, uint32_t amount,
		    bool set)
{
	jit_wide(c, T2_DP_REG | (uint32_t)op << 21 | (uint32_t)set << 20 | (uint32_t)rn << 16 |
			    (amount & 28) << 10 | (uint32_t)rd << 8 | (amount & 3) << 6 | type << 4 |
			    (uint32_t)rm);
}

/* The op field of 16-bit data processing (A5.2.2), Rdn in 2..0 and Rm in 5..3; -1: has none. */
static int narrow_dp(enum t2_dp op)
{
	switch (op) {
	case T2_AND: return 0x0;
	case T2_EOR: return 0x1;
	case T2_ADC: return 0x5;
	case T2_SBC: return 0x6;
	case T2_ORR: return 0xc;
	case T2_BIC: return 0xe;
	default: return -1;
	}
}

static bool commutes(enum t2_dp op)
{
	return op == T2_AND || op == T2_EOR || op == T2_ORR || op == T2_ADD || op == T2_ADC;
}

/* Compare and test: flags only. */
static void dp_test(struct jit_code *c, enum t2_dp op, int rn, int rm)
{
	if (op == T2_SUB && low(rn) && low(rm))
		jit_narrow(c, 0x4280u | (uint32_t)rm << 3 | (uint32_t)rn);
	else if (op == T2_SUB)
		jit_narrow(c, 0x4500u | (uint32_t)(rn & 8) << 4 | (uint32_t)rm << 3 | (rn & 7u));
	else if (op == T2_AND && low(rn) && low(rm))
		jit_narrow(c, 0x4200u | (uint32_t)rm << 3 | (uint32_t)rn);
	else
		dp_wide(c, op, T2_PC, rn, rm, 0, 0, true);
}

void jit_dp(struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum jit_flags f)
{
	if (rd == T2_PC) {
		dp_test(c, op, rn, rm);
		return;
	}
	if (rd == rm && commutes(op)) {
		rm = rn;
		rn = rd;
	}
	if ((op == T2_ADD || op == T2_SUB) && f != JIT_KEEP && low(rd) && low(rn) && low(rm)) {
		jit_narrow(c, (op == T2_ADD ? 0x1800u : 0x1a00u) | (uint32_t)rm << 6 | (uint32_t)rn << 3 | (uint32_t)rd);
		sets_zero(c, rd);
		return;
	}
	if (op == T2_ADD && f != JIT_SET && rd == rn) {
		jit_narrow(c, 0x4400u | (uint32_t)(rd & 8) << 4 | (uint32_t)rm << 3 | (rd & 7u));
		return;
	}
	int n = narrow_dp(op);
	if (n >= 0 && f != JIT_KEEP && rd == rn && low(rd) && low(rm)) {
		jit_narrow(c, 0x4000u | (uint32_t)n << 6 | (uint32_t)rm << 3 | (uint32_t)rd);
		sets_zero(c, rd);
		return;
	}
	dp_wide(c, op, rd, rn, rm, 0, 0, f == JIT_SET);
}

void jit_dp_shift(struct jit_code *c, enum t2_dp op, int rd, int rn, int rm, enum t2_shift type, uint32_t amount,
		  enum jit_flags f)
{
	if (amount == 0 && type == T2_LSL) {
		jit_dp(c, op, rd, rn, rm, f);
		return;
	}
	c->broken |= amount - 1 > 30;
	dp_wide(c, op, rd, rn, rm, type, amount, f == JIT_SET);
}

static bool dp_modified(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f)
{
	int32_t m = t2_modified_imm(imm);
	if (m < 0)
		return false;
	jit_wide(c, T2_DP_IMM | (uint32_t)op << 21 | (uint32_t)(f == JIT_SET) << 20 | (uint32_t)rn << 16 |
			    imm12_fields((uint32_t)m) | (uint32_t)rd << 8);
	return true;
}

/* The op that does the same with another immediate: negated for add and sub, inverted for others. */
static bool dp_dual(enum t2_dp op, enum t2_dp *dual)
{
	switch (op) {
	case T2_AND: *dual = T2_BIC; return true;
	case T2_BIC: *dual = T2_AND; return true;
	case T2_ORR: *dual = T2_ORN; return true;
	case T2_ORN: *dual = T2_ORR; return true;
	case T2_ADC: *dual = T2_SBC; return true;
	case T2_SBC: *dual = T2_ADC; return true;
	case T2_ADD: *dual = T2_SUB; return true;
	case T2_SUB: *dual = T2_ADD; return true;
	default: return false;
	}
}

/* 16-bit adds, subs and cmp with an immediate. */
static bool add_narrow(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f)
{
	bool sub = op == T2_SUB;
	if (f == JIT_KEEP || !low(rn))
		return false;
	if (rd == T2_PC && sub && imm < 256) {
		jit_narrow(c, 0x2800u | (uint32_t)rn << 8 | imm);
		return true;
	}
	if (!low(rd))
		return false;
	if (imm < 8) {
		jit_narrow(c, (sub ? 0x1e00u : 0x1c00u) | imm << 6 | (uint32_t)rn << 3 | (uint32_t)rd);
		sets_zero(c, rd);
		return true;
	}
	if (rd == rn && imm < 256) {
		jit_narrow(c, (sub ? 0x3800u : 0x3000u) | (uint32_t)rd << 8 | imm);
		sets_zero(c, rd);
		return true;
	}
	return false;
}

bool jit_dp_imm(struct jit_code *c, enum t2_dp op, int rd, int rn, uint32_t imm, enum jit_flags f)
{
	bool adds = op == T2_ADD || op == T2_SUB;
	enum t2_dp dual = op;
	bool has_dual = dp_dual(op, &dual);
	uint32_t other = adds ? 0u - imm : ~imm;
	if (adds ? imm == 0 : rd == T2_PC)
		has_dual = false; /* carry would differ; tests have none */
	if (op == T2_ADD && rn == T2_SP && f != JIT_SET && low(rd) && imm < 1024 && imm % 4 == 0) {
		jit_narrow(c, 0xa800u | (uint32_t)rd << 8 | imm >> 2);
		return true;
	}
	if (adds && (add_narrow(c, op, rd, rn, imm, f) || (has_dual && add_narrow(c, dual, rd, rn, other, f))))
		return true;
	if (op == T2_RSB && imm == 0 && f != JIT_KEEP && low(rd) && low(rn)) {
		jit_narrow(c, 0x4240u | (uint32_t)rn << 3 | (uint32_t)rd);
		return true;
	}
	if (dp_modified(c, op, rd, rn, imm, f) || (has_dual && dp_modified(c, dual, rd, rn, other, f)))
		return true;
	if (adds && f != JIT_SET && rd != T2_PC && (imm < 4096 || other < 4096)) {
		bool sub = (op == T2_SUB) == (imm < 4096);
		jit_wide(c, (sub ? T2_SUBW : T2_ADDW) | (uint32_t)rn << 16 | (uint32_t)rd << 8 |
				    imm12_fields(imm < 4096 ? imm : other));
		return true;
	}
	return false;
}

void jit_mov(struct jit_code *c, int rd, int rm)
{
	if (rd != rm)
		jit_narrow(c, 0x4600u | (uint32_t)(rd & 8) << 4 | (uint32_t)rm << 3 | (rd & 7u));
}

void jit_mvn(struct jit_code *c, int rd, int rm, enum jit_flags f)
{
	if (f != JIT_KEEP && low(rd) && low(rm))
		jit_narrow(c, 0x43c0u | (uint32_t)rm << 3 | (uint32_t)rd);
	else
		dp_wide(c, T2_ORN, rd, T2_PC, rm, 0, 0, f == JIT_SET);
}

void jit_const(struct jit_code *c, int rd, uint32_t value, enum jit_flags f)
{
	if (f == JIT_ANY && low(rd) && value < 256) {
		jit_narrow(c, 0x2000u | (uint32_t)rd << 8 | value);
		return;
	}
	if (dp_modified(c, T2_ORR, rd, T2_PC, value, JIT_KEEP) || dp_modified(c, T2_ORN, rd, T2_PC, ~value, JIT_KEEP))
		return;
	jit_wide(c, T2_MOVW | (value & 0xf000) << 4 | (uint32_t)rd << 8 | imm12_fields(value & 0xfff));
	if (value >> 16)
		jit_wide(c, T2_MOVT | (value >> 28) << 16 | (uint32_t)rd << 8 | imm12_fields(value >> 16 & 0xfff));
}

void jit_shift_imm(struct jit_code *c, enum t2_shift type, int rd, int rm, uint32_t amount, enum jit_flags f)
{
	c->broken |= amount > 31;
	if (amount == 0)
		jit_mov(c, rd, rm);
	else if (f != JIT_KEEP && type != T2_ROR && low(rd) && low(rm)) {
		jit_narrow(c, (uint32_t)type << 11 | amount << 6 | (uint32_t)rm << 3 | (uint32_t)rd);
		sets_zero(c, rd);
	} else
		dp_wide(c, T2_ORR, rd, T2_PC, rm, type, amount, f == JIT_SET);
}

void jit_shift_reg(struct jit_code *c, enum t2_shift type, int rd, int rn, int rm, enum jit_flags f)
{
	static const uint8_t narrow[4] = { 0x2, 0x3, 0x4, 0x7 };
	if (f != JIT_KEEP && rd == rn && low(rd) && low(rm))
		jit_narrow(c, 0x4000u | (uint32_t)narrow[type] << 6 | (uint32_t)rm << 3 | (uint32_t)rd);
	else
		jit_wide(c, T2_SHIFT_REG | (uint32_t)type << 21 | (uint32_t)(f == JIT_SET) << 20 |
				    (uint32_t)rn << 16 | (uint32_t)rd << 8 | (uint32_t)rm);
}

void jit_unary(struct jit_code *c, enum t2_unary op, int rd, int rm)
{
	uint32_t half = 0;
	switch (op) {
	case T2_SXTH: half = 0xb200; break;
	case T2_SXTB: half = 0xb240; break;
	case T2_UXTH: half = 0xb280; break;
	case T2_UXTB: half = 0xb2c0; break;
	case T2_REV: half = 0xba00; break;
	case T2_REV16: half = 0xba40; break;
	case T2_REVSH: half = 0xbac0; break;
	}
	if (low(rd) && low(rm)) {
		jit_narrow(c, half | (uint32_t)rm << 3 | (uint32_t)rd);
		return;
	}
	uint32_t again = half >= 0xba00 ? (uint32_t)rm << 16 : 0; /* the rev group names Rm twice */
	jit_wide(c, (uint32_t)op | again | (uint32_t)rd << 8 | (uint32_t)rm);
}

void jit_mul(struct jit_code *c, int rd, int rn, int rm, enum jit_flags f)
{
	if (rd == rn) {
		rn = rm;
		rm = rd;
	}
	if (f != JIT_KEEP && rd == rm && low(rd) && low(rn))
		jit_narrow(c, 0x4340u | (uint32_t)rn << 3 | (uint32_t)rd);
	else
		jit_mul3(c, T2_MUL, rd, rn, rm, 0);
}

void jit_mul3(struct jit_code *c, enum t2_mul3 op, int rd, int rn, int rm, int ra)
{
	jit_wide(c, (uint32_t)op | (uint32_t)rn << 16 | (uint32_t)ra << 12 | (uint32_t)rd << 8 | (uint32_t)rm);
}

void jit_bitfield(struct jit_code *c, uint32_t op, int rd, int rn, uint32_t lsb, uint32_t width)
{
	c->broken |= width == 0 || lsb + width > 32;
	jit_wide(c, op | (uint32_t)rn << 16 | (lsb & 28) << 10 | (uint32_t)rd << 8 | (lsb & 3) << 6 | (width - 1));
}

/* The 16-bit form with a 5-bit offset scaled by the size; 0: has none. */
static uint32_t mem_narrow(enum t2_mem op)
{
	switch (op) {
	case T2_STR: return 0x6000;
	case T2_LDR: return 0x6800;
	case T2_STRB: return 0x7000;
	case T2_LDRB: return 0x7800;
	case T2_STRH: return 0x8000;
	case T2_LDRH: return 0x8800;
	default: return 0;
	}
}

void jit_mem(struct jit_code *c, enum t2_mem op, int rt, int rn, int32_t offset)
{
	uint32_t scale = op >> 1 & 3, half = mem_narrow(op), at = (uint32_t)offset;
	c->broken |= offset < -255 || offset > 4095;
	if (offset < 0) {
		jit_wide(c, T2_MEM_IMM8N | (uint32_t)op << 20 | (uint32_t)rn << 16 | (uint32_t)rt << 12 | (0u - at));
		return;
	}
	bool scaled = (at & ((1u << scale) - 1)) == 0;
	if (half && low(rt) && low(rn) && scaled && at >> scale < 32)
		jit_narrow(c, half | at >> scale << 6 | (uint32_t)rn << 3 | (uint32_t)rt);
	else if ((op == T2_STR || op == T2_LDR) && rn == T2_SP && low(rt) && scaled && at < 1024)
		jit_narrow(c, (op == T2_LDR ? 0x9800u : 0x9000u) | (uint32_t)rt << 8 | at >> 2);
	else
		jit_wide(c, T2_MEM_IMM12 | (uint32_t)op << 20 | (uint32_t)rn << 16 | (uint32_t)rt << 12 | at);
}

/* The 16-bit form with a register offset, bits 11..9 of 0x5000. */
static uint32_t mem_reg_narrow(enum t2_mem op)
{
	switch (op) {
	case T2_STR: return 0;
	case T2_STRH: return 1;
	case T2_STRB: return 2;
	case T2_LDRSB: return 3;
	case T2_LDR: return 4;
	case T2_LDRH: return 5;
	case T2_LDRB: return 6;
	case T2_LDRSH: return 7;
	}
	return 0;
}

void jit_mem_reg(struct jit_code *c, enum t2_mem op, int rt, int rn, int rm, uint32_t lsl)
{
	c->broken |= lsl > 3;
	if (lsl == 0 && low(rt) && low(rn) && low(rm))
		jit_narrow(c, 0x5000u | mem_reg_narrow(op) << 9 | (uint32_t)rm << 6 | (uint32_t)rn << 3 | (uint32_t)rt);
	else
		jit_wide(c, T2_MEM_REG | (uint32_t)op << 20 | (uint32_t)rn << 16 | (uint32_t)rt << 12 | lsl << 4 |
				    (uint32_t)rm);
}

/* Wide forms need two registers at least; one register goes by str and ldr with write-back. */
void jit_push(struct jit_code *c, uint32_t mask)
{
	if (mask == 0)
		return;
	if ((mask & ~0x40ffu) == 0)
		jit_narrow(c, 0xb400u | (mask >> 14 & 1) << 8 | (mask & 0xff));
	else if (mask & (mask - 1))
		jit_wide(c, T2_PUSH | mask);
	else
		jit_wide(c, 0xf84d0d04u | (uint32_t)__builtin_ctz(mask) << 12);
}

void jit_pop(struct jit_code *c, uint32_t mask)
{
	if (mask == 0)
		return;
	if ((mask & ~0x80ffu) == 0)
		jit_narrow(c, 0xbc00u | (mask >> 15 & 1) << 8 | (mask & 0xff));
	else if (mask & (mask - 1))
		jit_wide(c, T2_POP | mask);
	else
		jit_wide(c, 0xf85d0b04u | (uint32_t)__builtin_ctz(mask) << 12);
}

void jit_sp_add(struct jit_code *c, int32_t bytes)
{
	uint32_t n = (uint32_t)(bytes < 0 ? -bytes : bytes);
	c->broken |= n > 4092 || n % 4 != 0;
	if (n == 0)
		return;
	if (n <= 508)
		jit_narrow(c, 0xb000u | (uint32_t)(bytes < 0) << 7 | n >> 2);
	else
		jit_wide(c, (bytes < 0 ? T2_SUBW : T2_ADDW) | (uint32_t)T2_SP << 16 | (uint32_t)T2_SP << 8 |
				    imm12_fields(n));
}

void jit_it(struct jit_code *c, enum t2_cond cond)
{
	jit_narrow(c, 0xbf08u | (uint32_t)cond << 4);
}

void jit_itt(struct jit_code *c, enum t2_cond cond)
{
	jit_narrow(c, 0xbf04u | (uint32_t)cond << 4 | (uint32_t)(cond & 1) << 3);
}
