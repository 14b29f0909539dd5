// SPDX-License-Identifier: BSD-2-Clause
/* Where the values of variables are. A place holds one variable. Whatever writes a place goes through op_change: the
 * variable it held is lost, and so are values that read it. Who reads what is lost is not answered: the plan is refused.
 */
#include "jit/onepass/parts.h"

/* What a value was, which is to be brought back. */
static void remember(struct op_places *p, uint32_t var)
{
	if (p->nlog > OP_LOG)
		return;
	if (p->nlog < OP_LOG)
		p->log[p->nlog] = (struct op_logged){ (uint8_t)var, p->val[var] };
	p->nlog++;
}

/* The same as op_put, while what values were is remembered. */
static NOINLINE void put_logged(struct op *c, uint32_t var, uint32_t word, int32_t imm)
{
	remember(&c->places, var);
	c->places.logs = false;
	op_put(c, var, word, imm);
	c->places.logs = true;
}

/* All that is known of where a variable is changes here, and in op_lose_all. It calls nothing while nobody remembers, so that it is short. */
void op_put(struct op *c, uint32_t var, uint32_t word, int32_t imm)
{
	struct op_places *p = &c->places;
	if (p->logs) {
		put_logged(c, var, word, imm);
		return;
	}
	struct op_value *at = &p->val[var];
	uint32_t was = at->word, wrote = was & 255, bit = 1u << (var & 31);
	struct op_said *said = &p->said[var >> 5];
	at->word = word;
	at->imm = imm;
	if (wrote == OP_HELD) { /* what it was */
		p->owner[was >> 8 & 255] = OP_NONE;
		said->at_home &= ~bit;
	} else if (wrote > OP_CONST) {
		said->lazy &= ~bit;
	} else {
		said->zero &= ~bit;
		said->known |= bit;
	}
	uint32_t kind = word & 255, place = word >> 8 & 255;
	if (kind == OP_HELD) { /* what it is */
		p->owner[place] = (uint8_t)var;
		if (c->map.home[var] == place)
			said->at_home |= bit;
	} else if (kind > OP_CONST) {
		said->lazy |= bit;
	} else if (kind == OP_LOST) {
		said->known &= ~bit;
	} else if (imm == 0) {
		said->zero |= bit;
	}
}

/* Of variables, halves or words, that are known, these are lost. */
void op_lose_all(struct op *c, uint32_t set, uint32_t lost)
{
	struct op_places *p = &c->places;
	struct op_said *said = &p->said[set];
	for (uint32_t left = lost; left; left &= left - 1) {
		uint32_t var = set * OP_WORD + (uint32_t)__builtin_ctz(left);
		struct op_value *v = &p->val[var];
		if (p->logs)
			remember(p, var);
		if (v->kind == OP_HELD)
			p->owner[v->a] = OP_NONE;
		v->word = OP_LOST;
	}
	said->known &= ~lost;
	said->zero &= ~lost;
	said->at_home &= ~lost;
	said->lazy &= ~lost;
}

void op_lose(struct op *c, uint32_t var)
{
	if (op_known(c, var))
		op_lose_all(c, var / OP_WORD, 1u << var % OP_WORD);
}

void op_set_const(struct op *c, uint32_t var, uint32_t value)
{
	if (value || !op_is_zero(c, var))
		op_set_value(c, var, op_value(OP_CONST, 0, 0, 0, value));
}

bool op_reads(const struct op_value *v, uint32_t place)
{
	return v->kind != OP_CONST && (v->a == place || (v->kind >= OP_SUM && v->b == place));
}

/* Values that read a place are not what they were. */
static NOINLINE void lose_readers(struct op *c, uint32_t place)
{
	struct op_places *p = &c->places;
	for (uint32_t half = 0; half < 2; half++)
		for (uint32_t left = p->said[half].lazy; left; left &= left - 1) {
			uint32_t reader = half * 32 + (uint32_t)__builtin_ctz(left);
			if (op_reads(&p->val[reader], place))
				op_lose(c, reader);
		}
}

/* A place is written: what reads it is gone. */
static ALWAYS_INLINE void write_place(struct op *c, uint32_t place)
{
	struct op_places *p = &c->places;
	if (c->called && !(p->writable >> place & 1))
		op_not_saved(c, place);
	if (p->cover.a == place || p->cover.b == place)
		op_uncover(c);
	if (p->said[0].lazy | p->said[1].lazy)
		lose_readers(c, place);
}

/* A place is written that was this variable's. */
static ALWAYS_INLINE void take_from(struct op *c, uint32_t var)
{
	if (var >= UB_R10 && var <= OP_MEMORY) /* these never move */
		op_refuse(c, ONEPASS_NOT_THERE);
	else if (var != OP_NONE)
		op_lose(c, var);
}

void op_change(struct op *c, uint32_t place)
{
	uint32_t var = c->places.owner[place];
	write_place(c, place);
	take_from(c, var);
}

void op_hold(struct op *c, uint32_t var, uint32_t place)
{
	if (place == OP_NONE) {
		op_lose(c, var);
		return;
	}
	uint32_t owner = c->places.owner[place];
	write_place(c, place);
	if (owner == var) /* it has been there */
		return;
	take_from(c, owner);
	op_set_value(c, var, op_value(OP_HELD, place, OP_NONE, 0, 0));
}

/* What is in a place already becomes the value of a variable. Whoever held it reads it there from now on. */
void op_share(struct op *c, uint32_t var, uint32_t place)
{
	uint32_t owner = c->places.owner[place];
	if (owner == var)
		return;
	if (owner == OP_NONE || (owner >= UB_R10 && owner <= OP_MEMORY)) {
		op_hold(c, var, place);
		return;
	}
	op_set_value(c, owner, op_value(OP_COPY, place, OP_NONE, 0, 0));
	op_set_value(c, var, op_value(OP_HELD, place, OP_NONE, 0, 0));
}

static void access_word(struct op *c, enum t2_mem op, int rt, uint32_t place)
{
	int32_t at = (int32_t)(place - OP_FRAME) * 4;
	if (c->map.calls)
		jit_mem(&c->out.code, op, rt, T2_R11, at + (int32_t)c->below);
	else
		jit_mem_sp(&c->out.code, op, rt, at + c->places.sp_moved);
}

void op_load_word(struct op *c, int rd, uint32_t place)
{
	access_word(c, T2_LDR, rd, place);
}

void op_store_word(struct op *c, int rs, uint32_t place)
{
	access_word(c, T2_STR, rs, place);
}

/* rd = rn + imm, by no other register. */
static void add_imm(struct op *c, int rd, int rn, uint32_t imm)
{
	struct jit_code *code = &c->out.code;
	enum jit_flags f = c->places.flags;
	if (jit_dp_imm(code, T2_ADD, rd, rn, imm, f))
		return;
	if (rd != rn) {
		jit_const(code, rd, imm, f);
		jit_dp(code, T2_ADD, rd, rn, rd, f);
		return;
	}
	for (uint32_t at = 0; at < 32; at += 8)
		if (imm >> at & 255)
			jit_dp_imm(code, T2_ADD, rd, rd, imm & 255u << at, f);
}

void op_emit_value(struct op *c, int rd, const struct op_value *v)
{
	struct jit_code *code = &c->out.code;
	enum jit_flags f = c->places.flags;
	switch (v->kind) {
	case OP_CONST:
		jit_const(code, rd, (uint32_t)v->imm, f);
		break;
	case OP_HELD:
	case OP_COPY:
		if (v->a >= OP_FRAME)
			op_load_word(c, rd, v->a);
		else
			jit_mov(code, rd, v->a);
		break;
	case OP_SHIFT:
		jit_shift_imm(code, (enum t2_shift)(v->shift >> 5), rd, v->a, v->shift & 31, f);
		break;
	case OP_SUM: {
		int rn = v->a;
		if (v->b != OP_NONE) {
			jit_dp_shift(code, T2_ADD, rd, rn, v->b, T2_LSL, v->shift, f);
			rn = rd;
		}
		if (v->imm)
			add_imm(c, rd, rn, (uint32_t)v->imm);
		else
			jit_mov(code, rd, rn);
		break;
	}
	case OP_PRODUCT:
		jit_mul(code, rd, v->a, v->b, f);
		break;
	default:
		op_lost(c, v);
	}
}

int op_reg_of(struct op *c, const struct op_value *v, int scratch)
{
	if (op_in_register(v))
		return v->a;
	op_emit_value(c, scratch, v);
	return scratch;
}

int op_reg(struct op *c, uint32_t var, int scratch)
{
	return op_reg_of(c, op_val(c, var), scratch);
}

struct op_operand op_operand_of(struct op *c, const struct op_value *v, int scratch)
{
	if (v->kind == OP_CONST)
		return op_imm((uint32_t)v->imm);
	if (v->kind == OP_SHIFT)
		return (struct op_operand){ OP_SHIFT, v->a, v->shift, 0 };
	return (struct op_operand){ OP_HELD, (uint8_t)op_reg_of(c, v, scratch), 0, 0 };
}

struct op_operand op_second(struct op *c, const struct ub_insn *insn, bool high)
{
	uint32_t s = UB_SRC(insn);
	if (!(insn->opcode & UB_X))
		return op_imm(high ? (insn->imm < 0 ? ~0u : 0) : (uint32_t)insn->imm);
	if (high && s == UB_R10)
		return op_imm(0);
	return op_operand_of(c, op_val(c, s + (high ? OP_HIGH : 0)), T2_LR);
}

/* rd = rn op m; a constant that cannot be encoded takes the scratch register that rn is not in. */
void op_dp(struct op *c, enum t2_dp op, int rd, int rn, struct op_operand m, enum jit_flags f)
{
	struct jit_code *code = &c->out.code;
	if (m.kind == OP_SHIFT) {
		jit_dp_shift(code, op, rd, rn, m.reg, (enum t2_shift)(m.shift >> 5), m.shift & 31, f);
		return;
	}
	if (m.kind == OP_CONST) {
		if (jit_dp_imm(code, op, rd, rn, m.imm, f))
			return;
		m.reg = rn == T2_LR ? T2_IP : T2_LR;
		jit_const(code, m.reg, m.imm, JIT_KEEP);
	}
	jit_dp(code, op, rd, rn, m.reg, f);
}

int op_dst(struct op *c, uint32_t var, int scratch)
{
	uint32_t home = c->places.home[var];
	return home < OP_REGS ? (int)home : scratch;
}

void op_done(struct op *c, uint32_t var, int reg)
{
	uint32_t home = c->places.home[var];
	op_hold(c, var, home);
	if (home >= OP_FRAME && home != OP_NONE)
		op_store_word(c, reg, home);
	else if (home != OP_NONE)
		jit_mov(&c->out.code, (int)home, reg);
}

/* Brings a value to a place, unless it is there. */
void op_settle(struct op *c, uint32_t var, uint32_t place)
{
	struct op_value v = c->places.val[var];
	if (v.kind == OP_HELD && v.a == place)
		return;
	if (v.kind == OP_LOST)
		op_lost(c, &c->places.val[var]);
	if (place == OP_NONE || v.kind == OP_LOST) {
		op_lose(c, var);
		return;
	}
	if (v.kind == OP_COPY && v.a == place) {
		op_share(c, var, place);
		return;
	}
	int rd = place < OP_REGS ? (int)place : v.kind <= OP_COPY && v.kind != OP_CONST && v.a < OP_REGS ? v.a : T2_IP;
	if (rd != v.a || v.kind == OP_CONST || v.kind > OP_COPY)
		op_emit_value(c, rd, &v);
	op_hold(c, var, place);
	if (place >= OP_FRAME)
		op_store_word(c, rd, place);
}
