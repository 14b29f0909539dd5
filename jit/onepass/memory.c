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

static void to_cold(struct op *c, enum t2_cond cond, const struct op_value *at, uint32_t what)
{
	struct op_cold *cold = op_to_cold(c, cond);
	cold->kind = OP_COLD_CHECK;
	cold->what = (uint16_t)what;
	cold->value = *at;
}

/* The address is looked at by the routine right away. */
static void check_at_once(struct op *c, const struct op_value *at, uint32_t what)
{
	struct jit_code *code = &c->out.code;
	op_emit_value(c, T2_IP, at);
	op_call_routine(c, JIT_CHECK);
	jit_narrow(code, c->slot);
	jit_narrow(code, what);
	if (at->a != T2_IP || !at->imm)
		return;
	struct op_value back = op_value(OP_SUM, T2_IP, OP_NONE, 0, 0u - (uint32_t)at->imm);
	op_emit_value(c, T2_IP, &back);
}

/* A sum whose register is a known place in the context: the index is compared. */
static bool check_index(struct op *c, const struct op_value *at, uint32_t size, uint32_t what)
{
	uint32_t base = c->places.owner[at->a < OP_REGS ? at->a : 0];
	if (at->b == OP_NONE || at->a >= OP_REGS || base >= UB_R10)
		return false;
	struct op_fact f = op_know(c, base);
	int64_t first = (int64_t)f.from + at->imm;
	if (f.kind != OP_CONTEXT || f.open || f.lo != f.hi || first < 0 || first > (int64_t)c->map.window - size)
		return false;
	int limit = op_reg(c, OP_LIMIT, at->b == T2_IP ? T2_LR : T2_IP);
	if (at->shift)
		jit_dp_shift(&c->out.code, T2_SUB, T2_PC, limit, at->b, T2_LSL, at->shift, JIT_SET);
	else
		jit_cmp(&c->out.code, at->b, limit);
	to_cold(c, at->shift ? T2_LS : T2_HS, at, what);
	return true;
}

/* Whether an address in ip was loaded from memory, where it still is: ip may be lost, and taken from there again. */
static bool is_reloadable(const struct op_value *v)
{
	return (v->kind == OP_HELD || v->kind == OP_COPY) && v->a >= OP_FRAME;
}

static bool check_context(struct op *c, const struct op_value *at, uint32_t var, uint32_t size, uint32_t what)
{
	struct jit_code *code = &c->out.code;
	struct op_value t = *at;
	bool near = at->imm >= 0 && at->imm <= (int32_t)(c->map.window - size), pair = at->b != OP_NONE;
	bool again = at->a == T2_IP && c->map.home[OP_LIMIT] >= OP_FRAME;
	if (check_index(c, at, size, what))
		return true;
	if (again && (pair || !is_reloadable(op_val(c, var))))
		return false;
	jit_dp(code, T2_SUB, T2_LR, at->a, op_reg(c, OP_BASE, T2_LR), JIT_ANY);
	t.a = T2_LR;
	if (near)
		t.imm = 0;
	if (pair || t.imm)
		op_emit_value(c, T2_LR, &t);
	jit_cmp(code, T2_LR, op_reg(c, OP_LIMIT, T2_IP));
	if (again)
		op_load_word(c, T2_IP, op_val(c, var)->a);
	to_cold(c, T2_HS, at, what);
	c->places.vouched = near && !pair && at->a < OP_REGS ? at->a : OP_NONE;
	return true;
}

/* Regions of a length that is known now: start in lr, then the distance. */
static bool check_distance(struct op *c, const struct op_value *at, uint32_t size, uint32_t len, uint32_t what)
{
	struct op_value t = *at;
	jit_dp(&c->out.code, T2_SUB, T2_LR, at->a, T2_LR, JIT_ANY);
	t.a = T2_LR;
	if (t.b != OP_NONE || t.imm)
		op_emit_value(c, T2_LR, &t);
	uint32_t most = len - size;
	if (at->a == T2_IP && t2_modified_imm(most) < 0) /* no register is left: the last bytes are the routine's */
		most &= 0xff000000u >> __builtin_clz(most);
	if (!jit_dp_imm(&c->out.code, T2_SUB, T2_PC, T2_LR, most, JIT_SET)) {
		jit_const(&c->out.code, T2_IP, most, JIT_ANY);
		jit_cmp(&c->out.code, T2_LR, T2_IP);
	}
	to_cold(c, T2_HI, at, what);
	return true;
}

/* A sum whose register is a known place in a region, `first` behind its start: the index is compared. */
static bool check_scaled(struct op *c, const struct op_value *at, int64_t first, uint32_t size, uint32_t len, uint32_t what)
{
	first += at->imm;
	if (at->b == OP_NONE || at->b >= OP_REGS || first < 0 || first + size > len)
		return false;
	uint32_t most = (len - size - (uint32_t)first) >> at->shift;
	if (!jit_dp_imm(&c->out.code, T2_SUB, T2_PC, at->b, most, JIT_SET)) {
		jit_const(&c->out.code, T2_LR, most, JIT_ANY);
		jit_cmp(&c->out.code, at->b, T2_LR);
	}
	to_cold(c, T2_HI, at, what);
	return true;
}

static bool check_stack(struct op *c, const struct op_value *at, uint32_t size, uint32_t what)
{
	uint32_t home = c->map.home[UB_R10], len = c->program->stack_use;
	if (len < size)
		return false;
	if (!c->called && c->bias == len && home < OP_REGS && at->a == home && check_scaled(c, at, 0, size, len, what))
		return true;
	if (!c->called && c->bias == len && home < OP_REGS) {
		jit_mov(&c->out.code, T2_LR, (int)home);
	} else {
		op_load_run(c, T2_LR);
		jit_mem(&c->out.code, T2_LDR, T2_LR, T2_LR, UB_RUN_REGIONS + 12 * UB_REGION_STACK);
	}
	return check_distance(c, at, size, len, what);
}

static bool check_memory(struct op *c, const struct op_value *at, uint32_t size, uint32_t rights, uint32_t what)
{
	const struct ub_program *p = c->program;
	bool data = rights & UB_WRITE || !p->rodata_len;
	uint32_t start = data ? p->data_addr : p->rodata_addr, len = data ? p->data_len : p->rodata_len;
	uint32_t base = at->a < OP_REGS ? c->places.owner[at->a] : (uint32_t)OP_NONE, memory = c->map.home[OP_MEMORY];
	if (len < size)
		return false;
	if (base == OP_MEMORY && check_scaled(c, at, (int64_t)op_memory_start(c) - start, size, len, what))
		return true;
	if (base < UB_R10) {
		struct op_fact f = op_know(c, base);
		if (f.kind == OP_NUMBER && f.lo == f.hi && check_scaled(c, at, (int64_t)f.lo - start, size, len, what))
			return true;
	}
	if (memory < OP_REGS && op_memory_start(c) == start)
		jit_mov(&c->out.code, T2_LR, (int)memory);
	else
		jit_const(&c->out.code, T2_LR, start, JIT_ANY);
	return check_distance(c, at, size, len, what);
}

/* Where the routine last found an address of this kind. */
static bool check_found(struct op *c, const struct op_value *at, uint32_t var, uint32_t size, uint32_t rights, uint32_t what)
{
	struct jit_code *code = &c->out.code;
	struct op_value t = *at;
	int32_t found = UB_RUN_FOUND + (rights & UB_WRITE ? 8 : 0);
	bool again = at->a == T2_IP;
	int distance = again ? T2_LR : T2_IP, len = again ? T2_IP : T2_LR;

	if (again && (at->b != OP_NONE || !is_reloadable(op_val(c, var))))
		return false;
	op_load_run(c, T2_LR);
	jit_mem(code, T2_LDR, distance, T2_LR, found);
	jit_dp(code, T2_SUB, distance, at->a, distance, JIT_ANY);
	t.a = (uint8_t)distance;
	if (t.b != OP_NONE || t.imm)
		op_emit_value(c, distance, &t);
	if (again)
		op_load_run(c, len);
	jit_mem(code, T2_LDR, len, len, found + 4);
	jit_dp_imm(code, T2_SUB, len, len, size, JIT_SET);
	jit_it(code, T2_HS);
	jit_cmp(code, len, distance);
	if (again)
		op_load_word(c, T2_IP, op_val(c, var)->a);
	to_cold(c, T2_LO, at, what);
	return true;
}

/* An access that the latest check covers: should that have failed, there is one more to look at on the cold path,
 * before anything happened that a stop here would have let happen. */
static bool is_vouched(struct op *c, const struct op_value *at, uint32_t size, uint32_t what)
{
	struct op_colds *k = &c->colds;
	bool near = at->imm >= 0 && at->imm <= (int32_t)(c->map.window - size);
	if (c->places.vouched != at->a || at->b != OP_NONE || !near || k->n == 0 || k->n == OP_COLDS)
		return false;
	struct op_cold *cold = &k->cold[k->n++];
	cold[-1].kind |= OP_COLD_MORE;
	cold->kind = OP_COLD_CHECK;
	cold->resume = cold[-1].resume;
	cold->slot = (uint16_t)c->slot;
	cold->what = (uint16_t)what;
	cold->value = *at;
	return true;
}

enum { IN_STACK, IN_CONTEXT, IN_MEMORY, ELSEWHERE };

static uint32_t region_of(struct op *c, uint32_t var)
{
	struct op_fact f = op_know(c, var);
	if (c->plan.say.region != OP_NONE)
		return c->plan.say.region;
	if (f.kind >= OP_STACK)
		return IN_STACK;
	if (f.kind == OP_CONTEXT)
		return IN_CONTEXT;
	return f.open ? IN_MEMORY : IN_CONTEXT;
}

static void check(struct op *c, const struct op_value *at, uint32_t var, int32_t offset, uint32_t size, uint32_t rights)
{
	uint32_t what = size | rights << JIT_CHECK_RIGHTS, region;
	bool done = false;
	if (!c->checked)
		return;
	if (var == UB_R10 || op_is_inside(c, var, offset, size, rights)) {
		op_note(c, ONEPASS_PROVED);
		return;
	}
	if (op_loop_covers(c, var, offset, size, rights)) {
		op_note(c, ONEPASS_IN_LOOP);
		return;
	}
	op_note(c, ONEPASS_CHECKED);
	if (is_vouched(c, at, size, what)) {
		op_note(c, ONEPASS_COVERED);
		return;
	}
	op_reserve_colds(c, 1);
	region = region_of(c, var);
	if (c->map.window < size)
		region = region == IN_CONTEXT ? ELSEWHERE : region;
	if (region == IN_CONTEXT)
		done = check_context(c, at, var, size, what);
	else if (region == IN_STACK)
		done = check_stack(c, at, size, what);
	else if (region == IN_MEMORY)
		done = check_memory(c, at, size, rights, what);
	else
		done = check_found(c, at, var, size, rights, what);
	if (!done)
		check_at_once(c, at, what);
}

void op_check(struct op *c, const struct op_value *at, uint32_t var, int32_t offset, uint32_t size, uint32_t rights)
{
	check(c, at, var, offset, size, rights);
	op_is_mapped(c, var, offset);
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
	c->places.vouched = OP_NONE; /* what follows comes after this */
	if (d != UB_R10) {
		op_forget_keys(c);
		return;
	}
	struct op_fact f = UB_CLASS(insn->opcode) == UB_ST ? op_fact(OP_NUMBER, (uint32_t)insn->imm, (uint32_t)insn->imm) : op_know(c, UB_SRC(insn));
	op_key_store(c, insn->offset, size, &f);
}

/* The variable that the word at r10 + offset is, or OP_NONE. */
static uint32_t word_at(const struct op *c, int32_t offset)
{
	for (uint32_t i = 0; i < c->map.nwords; i++)
		if (-4 * ((int32_t)c->map.word[i] + 1) == offset)
			return OP_WORD + i;
	return OP_NONE;
}

/* Whether some of [base + offset, + size) is a variable, which only r10 can be the base of; what is part of one cannot be
 * reached. */
bool op_reaches_words(struct op *c, uint32_t base, int32_t offset, uint32_t size)
{
	bool reaches = false;
	if (base != UB_R10 || c->called)
		return false;
	for (uint32_t i = 0; i < c->map.nwords; i++) {
		int32_t at = -4 * ((int32_t)c->map.word[i] + 1);
		if (offset >= at + 4 || at >= offset + (int32_t)size)
			continue;
		reaches = true;
		if (size < 4 || offset % 4)
			op_refuse(c, ONEPASS_FRAME_WORD);
	}
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
	c->places.vouched = OP_NONE;
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
