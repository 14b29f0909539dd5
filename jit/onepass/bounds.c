// SPDX-License-Identifier: BSD-2-Clause
/* The check before an access that is not proved: code that compares the address with one region.
 *
 *   t = address - start of the region it is expected in;  t >= limit: to the cold path, which looks at all
 *
 * So the region is only a guess: a wrong one costs time. Elsewhere is where the routine of the cold path last found an
 * address. One check may be of more bytes than the access reaches, for others that follow (cover.c).
 */
#include "jit/onepass/loop.h"

/* An access, and the bytes that its check is of. */
struct checked {
	const struct op_value *at; /* the access, which is what the cold path looks at */
	uint32_t var, rights, what;
	struct op_value from; /* all that is checked, from its constant on */
	uint32_t bytes;
	uint32_t first, covered; /* what is covered by that: from the sum of at, without its constant, modulo 2^32; and how many bytes */
};

static void to_cold(struct op *c, enum t2_cond cond, const struct checked *k)
{
	struct op_cold *cold = op_to_cold(c, cond);
	cold->kind = OP_COLD_CHECK;
	cold->what = (uint16_t)k->what;
	cold->value = *k->at;
}

/* The distance of what is checked from a start that was subtracted from its first register. */
static void emit_distance(struct op *c, const struct checked *k, int rd)
{
	struct op_value t = k->from;
	t.a = (uint8_t)rd;
	if (t.b != OP_NONE || t.imm)
		op_emit_value(c, rd, &t);
}

/* A sum whose register is a known place in the context: the index is compared. */
static bool check_index(struct op *c, struct checked *k)
{
	const struct op_value *at = &k->from;
	uint32_t base = c->places.owner[at->a < OP_REGS ? at->a : 0];
	if (at->b == OP_NONE || at->a >= OP_REGS || base >= UB_R10)
		return false;
	struct op_fact f = op_know(c, base);
	int64_t first = (int64_t)f.from + at->imm;
	if (f.kind != OP_CONTEXT || f.open || f.lo != f.hi || first < 0 || first > (int64_t)c->map.window - (int64_t)k->bytes)
		return false;
	int limit = op_reg(c, OP_LIMIT, at->b == T2_IP ? T2_LR : T2_IP);
	if (at->shift)
		jit_dp_shift(&c->out.code, T2_SUB, T2_PC, limit, at->b, T2_LSL, at->shift, JIT_SET);
	else
		jit_cmp(&c->out.code, at->b, limit);
	to_cold(c, at->shift ? T2_LS : T2_HS, k);
	k->first = 0u - f.lo; /* from the start, the whole window */
	k->covered = c->map.window;
	return true;
}

/* Whether an address in ip was loaded from memory, where it still is: ip may be lost, and taken from there again. */
static bool is_reloadable(const struct op_value *v)
{
	return (v->kind == OP_HELD || v->kind == OP_COPY) && v->a >= OP_FRAME;
}

/* The limit is where the window does not fit any more. What is longer than that has its end compared, which must not be beyond
 * 32 bits if its start is not. */
static bool check_context(struct op *c, struct checked *k)
{
	struct jit_code *code = &c->out.code;
	struct op_value *from = &k->from;
	uint32_t window = c->map.window;
	bool again = k->at->a == T2_IP && c->map.home[OP_LIMIT] >= OP_FRAME;
	if (check_index(c, k))
		return true;
	if (again && (from->b != OP_NONE || !is_reloadable(op_val(c, k->var))))
		return false;
	if (k->bytes <= window && k->first <= window - k->bytes && from->b == OP_NONE) { /* the window as it is */
		k->first = 0;
		from->imm = 0;
	}
	jit_dp(code, T2_SUB, T2_LR, from->a, op_reg(c, OP_BASE, T2_LR), JIT_ANY);
	emit_distance(c, k, T2_LR);
	int limit = op_reg(c, OP_LIMIT, T2_IP);
	if (k->bytes > window) {
		jit_dp_imm(code, T2_ADD, T2_LR, T2_LR, k->bytes - window, JIT_SET);
		jit_it(code, T2_LO);
	} else {
		k->covered = window;
	}
	jit_cmp(code, T2_LR, limit);
	if (again)
		op_load_word(c, T2_IP, op_val(c, k->var)->a);
	to_cold(c, T2_HS, k);
	return true;
}

/* Regions of a length that is known now: start in lr, then the distance. */
static bool check_distance(struct op *c, const struct checked *k, uint32_t len)
{
	jit_dp(&c->out.code, T2_SUB, T2_LR, k->from.a, T2_LR, JIT_ANY);
	emit_distance(c, k, T2_LR);
	uint32_t most = len - k->bytes;
	if (k->from.a == T2_IP && t2_modified_imm(most) < 0) /* no register is left: the last bytes are the routine's */
		most &= 0xff000000u >> __builtin_clz(most);
	if (!jit_dp_imm(&c->out.code, T2_SUB, T2_PC, T2_LR, most, JIT_SET)) {
		jit_const(&c->out.code, T2_IP, most, JIT_ANY);
		jit_cmp(&c->out.code, T2_LR, T2_IP);
	}
	to_cold(c, T2_HI, k);
	return true;
}

/* A sum whose register is a known place in a region, `first` behind its start: the index is compared. */
static bool check_scaled(struct op *c, const struct checked *k, int64_t first, uint32_t len)
{
	const struct op_value *at = &k->from;
	first += at->imm;
	if (at->b == OP_NONE || at->b >= OP_REGS || first < 0 || first + k->bytes > len)
		return false;
	uint32_t most = (len - k->bytes - (uint32_t)first) >> at->shift;
	if (!jit_dp_imm(&c->out.code, T2_SUB, T2_PC, at->b, most, JIT_SET)) {
		jit_const(&c->out.code, T2_LR, most, JIT_ANY);
		jit_cmp(&c->out.code, at->b, T2_LR);
	}
	to_cold(c, T2_HI, k);
	return true;
}

static bool check_stack(struct op *c, const struct checked *k)
{
	uint32_t home = c->map.home[UB_R10], len = c->program->stack_use;
	if (len < k->bytes)
		return false;
	if (!c->called && c->bias == len && home < OP_REGS && k->from.a == home && check_scaled(c, k, 0, len))
		return true;
	if (!c->called && c->bias == len && home < OP_REGS) {
		jit_mov(&c->out.code, T2_LR, (int)home);
	} else {
		op_load_run(c, T2_LR);
		jit_mem(&c->out.code, T2_LDR, T2_LR, T2_LR, UB_RUN_REGIONS + 12 * UB_REGION_STACK);
	}
	return check_distance(c, k, len);
}

static bool check_memory(struct op *c, struct checked *k)
{
	const struct ub_program *p = c->program;
	const struct op_value *at = &k->from;
	bool data = k->rights & UB_WRITE || !p->rodata_len;
	uint32_t start = data ? p->data_addr : p->rodata_addr, len = data ? p->data_len : p->rodata_len;
	uint32_t base = at->a < OP_REGS ? c->places.owner[at->a] : (uint32_t)OP_NONE, memory = c->map.home[OP_MEMORY];
	if (len < k->bytes)
		return false;
	if (base == OP_MEMORY && check_scaled(c, k, (int64_t)op_memory_start(c) - start, len))
		return true;
	if (base < UB_R10) {
		struct op_fact f = op_know(c, base);
		if (f.kind == OP_NUMBER && f.lo == f.hi && check_scaled(c, k, (int64_t)f.lo - start, len))
			return true;
	}
	if (memory < OP_REGS && op_memory_start(c) == start)
		jit_mov(&c->out.code, T2_LR, (int)memory);
	else
		jit_const(&c->out.code, T2_LR, start, JIT_ANY);
	return check_distance(c, k, len);
}

/* Where the routine last found an address of this kind. */
static bool check_found(struct op *c, const struct checked *k)
{
	struct jit_code *code = &c->out.code;
	int32_t found = UB_RUN_FOUND + (k->rights & UB_WRITE ? 8 : 0);
	bool again = k->at->a == T2_IP;
	int distance = again ? T2_LR : T2_IP, len = again ? T2_IP : T2_LR;

	if (again && (k->at->b != OP_NONE || !is_reloadable(op_val(c, k->var))))
		return false;
	op_load_run(c, T2_LR);
	jit_mem(code, T2_LDR, distance, T2_LR, found);
	jit_dp(code, T2_SUB, distance, k->from.a, distance, JIT_ANY);
	emit_distance(c, k, distance);
	if (again)
		op_load_run(c, len);
	jit_mem(code, T2_LDR, len, len, found + 4);
	jit_dp_imm(code, T2_SUB, len, len, k->bytes, JIT_SET);
	jit_it(code, T2_HS);
	jit_cmp(code, len, distance);
	if (again)
		op_load_word(c, T2_IP, op_val(c, k->var)->a);
	to_cold(c, T2_LO, k);
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

static bool compare(struct op *c, struct checked *k, uint32_t region)
{
	if (region == IN_CONTEXT)
		return check_context(c, k);
	if (region == IN_STACK)
		return check_stack(c, k);
	if (region == IN_MEMORY)
		return check_memory(c, k);
	return check_found(c, k);
}

static void check(struct op *c, const struct op_value *at, uint32_t var, int32_t offset, uint32_t size, uint32_t rights)
{
	struct checked k = { at, var, rights, size | rights << JIT_CHECK_RIGHTS, *at, size, 0, 0 };
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
	if (op_is_covered(c, at, size, k.what)) {
		op_note(c, ONEPASS_COVERED);
		return;
	}
	int32_t lo = offset, hi = offset + (int32_t)size;
	uint32_t region = region_of(c, var), n = at->a < OP_REGS ? op_reach(c, var, &lo, &hi) : 1;
	if (c->map.window < size && region == IN_CONTEXT)
		region = ELSEWHERE;
	op_reserve_colds(c, n < OP_COLDS ? n : OP_COLDS);
	k.first = (uint32_t)at->imm + (uint32_t)(lo - offset);
	k.from.imm = (int32_t)k.first;
	k.bytes = k.covered = (uint32_t)(hi - lo);
	if (!compare(c, &k, region)) {
		op_uncover(c); /* it may stop the program before what is covered comes */
		op_check_at_once(c, at, c->slot, k.what);
		return;
	}
	op_cover(c, at, k.first, k.covered, region <= IN_CONTEXT ? UB_READ | UB_WRITE : rights);
}

void op_check(struct op *c, const struct op_value *at, uint32_t var, int32_t offset, uint32_t size, uint32_t rights)
{
	check(c, at, var, offset, size, rights);
	op_is_mapped(c, var, offset);
}
