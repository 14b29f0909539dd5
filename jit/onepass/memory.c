// SPDX-License-Identifier: BSD-2-Clause
/* Loads, stores, and the checks before them.
 *
 *   address   register + (register << shift) + constant
 *   proved    by what is known of it (check.c), or by the test before the loop (loop.c): nothing more
 *   checked   t = address - start of the region it is expected in;  t >= limit: to the cold path, which looks at all
 *
 * So the region an access is expected in is only a guess: a wrong one costs time. Elsewhere is where the routine of the cold
 * path last found an address. Words of the program's frame that the
 * plan keeps as variables are moved.
 */
#include "jit/onepass/loop.h"

struct op_value op_address(struct op *c, uint32_t var, int32_t offset)
{
	struct op_value v = *op_val(c, var);
	if (v.kind == OP_SUM) {
		v.imm = (int32_t)((uint32_t)v.imm + (uint32_t)offset);
		return v;
	}
	return op_value(OP_SUM, (uint32_t)op_reg(c, var, T2_IP), OP_NONE, 0, (uint32_t)offset);
}

/* The whole address in a register. */
static int whole(struct op *c, const struct op_value *at)
{
	if (at->b == OP_NONE && at->imm == 0)
		return at->a;
	op_emit_value(c, T2_IP, at);
	return T2_IP;
}

/* Makes an address one that loads and stores at +0 and, if wide, +4 can use. */
static void encodable(struct op *c, struct op_value *at, bool wide)
{
	bool near = at->imm >= -255 && at->imm <= (wide ? 4095 - 4 : 4095);
	int32_t rest = near ? at->imm : 0; /* goes with the instruction */
	if (at->b == OP_NONE ? near : at->imm == 0 && !wide)
		return;
	at->imm -= rest;
	int t = whole(c, at);
	*at = op_value(OP_SUM, (uint32_t)t, OP_NONE, 0, (uint32_t)rest);
}

static void transfer(struct op *c, uint32_t op, int rt, const struct op_value *at, int32_t more)
{
	if (at->b == OP_NONE)
		jit_mem(&c->out.code, (enum t2_mem)op, rt, at->a, at->imm + more);
	else
		jit_mem_reg(&c->out.code, (enum t2_mem)op, rt, at->a, at->b, at->shift);
}

static uint32_t store_of(uint32_t size)
{
	return size == 8 ? T2_STR : size & 6;
}

static void load_half(struct op *c, uint32_t var, uint32_t op, const struct op_value *at, int32_t more)
{
	int rd = op_dst(c, var, T2_LR);
	transfer(c, op, rd, at, more);
	op_done(c, var, rd);
}

static struct op_fact loaded(uint32_t size, bool sign)
{
	struct op_fact f = op_fact(OP_ANYTHING, 0, UINT32_MAX);
	if (size < 4 && !sign) {
		f.kind = OP_NUMBER;
		f.hi = (1 << 8 * size) - 1;
	}
	return f;
}

static void load(struct op *c, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = op_size(insn->opcode), op = store_of(size) | T2_LDRB;
	uint32_t dh = d + OP_HIGH;
	bool sign = UB_MODE(insn->opcode) == UB_MEMSX, high = !c->plan.say.dead_high;
	if (sign && size < 4)
		op |= T2_LDRSB;
	struct op_value at = op_address(c, s, insn->offset);
	op_check(c, &at, s, insn->offset, size, UB_READ);
	encodable(c, &at, size == 8 && high);
	op_loop_forget(c, d);
	if (size == 8 && high && c->places.home[d] == c->places.home[dh] && c->places.home[d] != OP_NONE)
		op_refuse(c, ONEPASS_READS_LOST); /* the first may be the address */
	bool first = size == 8 && high && c->places.home[dh] != at.a; /* the low half may replace the address */
	if (first)
		load_half(c, dh, op, &at, 4);
	load_half(c, d, op, &at, 0);
	if (size == 8 && high && !first)
		load_half(c, dh, op, &at, 4);
	if (sign && high) {
		op_shifted(c, dh, d, T2_ASR, 31);
	} else if (size < 8 && !sign) {
		op_set_const(c, dh, 0);
	} else if (!high) {
		op_lose(c, dh);
	}
	struct op_fact f = loaded(size, sign);
	op_learn(c, d, &f);
}

static void store(struct op *c, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = op_size(insn->opcode);
	struct op_value at = op_address(c, d, insn->offset);
	op_check(c, &at, d, insn->offset, size, UB_WRITE);
	encodable(c, &at, size == 8);
	for (uint32_t i = 0; i < size; i += 4, s += OP_HIGH) {
		int rt = T2_LR;
		if (UB_CLASS(insn->opcode) == UB_ST)
			jit_const(&c->out.code, rt, i && insn->imm >= 0 ? 0 : i ? ~0u : (uint32_t)insn->imm, JIT_ANY);
		else if (s == UB_R10 + OP_HIGH)
			jit_const(&c->out.code, rt, 0, JIT_ANY);
		else
			rt = op_reg(c, s, T2_LR);
		transfer(c, store_of(size), rt, &at, (int32_t)i);
	}
	if (d != UB_R10) {
		op_uncover(c); /* what follows comes after this */
		op_forget_keys(c);
		return;
	}
	struct op_fact f = UB_CLASS(insn->opcode) == UB_ST ? op_fact(OP_NUMBER, (uint32_t)insn->imm, (uint32_t)insn->imm) : op_know(c, UB_SRC(insn));
	op_key_store(c, insn->offset, size, &f);
}

/* Whether the word at r10 + offset, which is a multiple of 4, is a variable. */
static bool is_word(const struct op *c, int32_t offset)
{
	uint32_t n = ~(uint32_t)(offset >> 2);
	return n < UB_FRAME_BYTES / 4 && c->map.is_word[n / 32] >> n % 32 & 1;
}

/* The variable that the word at r10 + offset is, or OP_NONE. */
static uint32_t word_at(const struct op *c, int32_t offset)
{
	uint32_t n = ~(uint32_t)(offset >> 2), i = 0;
	if (offset & 3 || !is_word(c, offset))
		return OP_NONE;
	while (c->map.word[i] != n)
		i++;
	return OP_WORD + i;
}

/* Whether some of [base + offset, + size) is a variable, which only r10 can be the base of; what is part of one cannot be
 * reached. */
bool op_reaches_words(struct op *c, uint32_t base, int32_t offset, uint32_t size)
{
	bool reaches = false;
	if (base != UB_R10 || c->called || !c->map.nwords)
		return false;
	for (int32_t at = offset & ~3; at < offset + (int32_t)size; at += 4)
		reaches |= is_word(c, at);
	if (reaches && (size < 4 || offset % 4))
		op_refuse(c, ONEPASS_FRAME_WORD);
	return reaches;
}

static void load_word(struct op *c, uint32_t var, int32_t offset)
{
	uint32_t word = word_at(c, offset);
	struct op_value v;
	if (word == OP_NONE) {
		v = op_address(c, UB_R10, offset);
		encodable(c, &v, false);
		load_half(c, var, T2_LDR, &v, 0);
		return;
	}
	v = *op_val(c, word);
	if (v.kind == OP_HELD)
		v.kind = OP_COPY;
	if (!c->plan.say.defer && v.kind != OP_CONST) {
		bool there = v.kind == OP_COPY && v.a < OP_REGS;
		int rd = op_dst(c, var, there ? v.a : T2_IP);
		if (!there || rd != v.a)
			op_emit_value(c, rd, &v);
		op_done(c, var, rd);
	} else if (v.kind == OP_LOST) {
		op_lost(c, op_val(c, word));
	} else {
		op_set_value(c, var, v);
	}
}

static void store_word(struct op *c, uint32_t var, int32_t offset, const struct ub_insn *insn, uint32_t k)
{
	uint32_t word = word_at(c, offset);
	bool constant = UB_CLASS(insn->opcode) == UB_ST || var == UB_R10 + OP_HIGH;
	int rt = T2_LR;
	if (word != OP_NONE && c->places.home[word] == OP_NONE) {
		if (constant ? k == 0 : op_is_zero(c, var))
			op_set_const(c, word, 0);
		else
			op_lose(c, word);
		return;
	}
	if (constant)
		jit_const(&c->out.code, word != OP_NONE ? rt = op_dst(c, word, T2_LR) : rt, k, JIT_ANY);
	else
		rt = op_reg(c, var, word != OP_NONE ? op_dst(c, word, T2_LR) : T2_LR);
	if (word != OP_NONE) {
		op_done(c, word, rt);
		return;
	}
	struct op_value at = op_address(c, UB_R10, offset);
	encodable(c, &at, false);
	transfer(c, T2_STR, rt, &at, 0);
}

/* Accesses to words that are variables, half by half. */
static void move_words(struct op *c, const struct ub_insn *insn, uint32_t size)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), word = word_at(c, insn->offset);
	struct op_fact f = op_fact(OP_ANYTHING, 0, UINT32_MAX);
	if (UB_CLASS(insn->opcode) == UB_LDX) {
		bool high = !c->plan.say.dead_high, sign = UB_MODE(insn->opcode) == UB_MEMSX;
		if (word != OP_NONE)
			f = op_know(c, word);
		op_loop_copy(c, d, word);
		if (size == 8 && high)
			load_word(c, d + OP_HIGH, insn->offset + 4);
		load_word(c, d, insn->offset);
		if (sign && high) {
			op_shifted(c, d + OP_HIGH, d, T2_ASR, 31);
		} else if (size == 4 && !sign) {
			op_set_const(c, d + OP_HIGH, 0);
		} else if (!high) {
			op_lose(c, d + OP_HIGH);
		}
		op_learn(c, d, &f);
		return;
	}
	bool x = UB_CLASS(insn->opcode) == UB_STX;
	if (word != OP_NONE) {
		f = x ? op_know(c, s) : op_fact(OP_NUMBER, (uint32_t)insn->imm, (uint32_t)insn->imm);
		f.narrow = false;
		op_loop_copy(c, word, x ? s : OP_NONE);
	}
	store_word(c, s, insn->offset, insn, (uint32_t)insn->imm);
	if (size == 8) {
		uint32_t high = word_at(c, insn->offset + 4);
		store_word(c, s + OP_HIGH, insn->offset + 4, insn, insn->imm < 0 && !x ? ~0u : 0);
		if (high != OP_NONE) {
			op_forget(c, high);
			op_loop_copy(c, high, OP_NONE);
		}
	}
	if (word != OP_NONE)
		op_learn(c, word, &f);
}

void op_memory(struct op *c, const struct ub_insn *insn)
{
	bool loads = UB_CLASS(insn->opcode) == UB_LDX;
	uint32_t base = loads ? UB_SRC(insn) : UB_DST(insn), size = op_size(insn->opcode);
	if (op_reaches_words(c, base, insn->offset, size))
		move_words(c, insn, size);
	else if (loads)
		load(c, insn);
	else
		store(c, insn);
}
