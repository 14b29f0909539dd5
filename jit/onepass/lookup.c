// SPDX-License-Identifier: BSD-2-Clause
/* Lookups in maps: what they return, and those that need no call.
 *
 *   array     entry i is at values + i * value_size, if i < entries; else the result is 0. That is computed here:
 *
 *                ldr   ip, [key]
 *                cmp   ip, #entries              not if i is known to be less
 *                movw  lr, #values; movt lr, #values >> 16
 *                add   r, lr, ip, lsl #n         or ip is multiplied by value_size before
 *                it    hs
 *                movhs r, #0                     not if i is known to be less
 *
 *             if i is known altogether, the address is a constant
 *   others    a call; what comes back is 0, or the address of an entry
 *
 * What may also be 0 has the bit `null` beside the bounds of what else it is, until a comparison with 0 takes that away, of
 * all that came from the same call.
 */
#include "jit/onepass/parts.h"

/* What is known of the key that r2 points to. */
static struct op_key key_of(struct op *c)
{
	struct op_fact at = op_know(c, 2);
	struct op_key any = { 0, 0, UINT32_MAX };
	for (uint32_t i = 0; i < OP_KEYS; i++) {
		const struct op_key *key = &c->key[i];
		if (key->at && at.kind == OP_STACK && !at.open && at.from == key->at && at.to == key->at)
			return *key;
	}
	return any;
}

/* ---- Calls ---- */

/* The map that r1 is a handle of, UB_MAPS_MAX if that is not known. */
static uint32_t map_in_r1(struct op *c)
{
	struct op_fact f = op_know(c, 1);
	uint32_t offset = f.lo - UB_MAP_BASE, map = offset / 8;
	bool is = f.kind == OP_NUMBER && f.lo == f.hi && f.lo >= UB_MAP_BASE && offset % 8 == 0 && map < c->program->nmaps;
	return is && op_values_start(c, map) ? map : (uint32_t)UB_MAPS_MAX;
}

/* An address between two offsets from the start of a map's values; may be 0 with `null`. */
static struct op_fact pointer(struct op *c, uint32_t map, int64_t from, int64_t to, bool null)
{
	uint32_t start = op_values_start(c, map);
	struct op_fact f = op_fact(OP_NUMBER, start + (uint32_t)from, start + (uint32_t)to);
	f.null = null;
	f.narrow = true; /* addresses have 32 bits */
	f.slack = (int32_t)c->slot; /* means nothing else of what is not bounded */
	return f;
}

struct op_fact op_returned(struct op *c, int32_t id)
{
	const uint32_t index = (uint32_t)ub_helper_index(id);
	uint32_t map = index == UB_HELPER_map_lookup_elem || index == UB_HELPER_ringbuf_reserve ? map_in_r1(c) : (uint32_t)UB_MAPS_MAX;
	if (index != UB_HELPER_map_lookup_elem) /* which writes nothing */
		op_forget_keys(c);
	if (map == UB_MAPS_MAX)
		return op_fact(OP_ANYTHING, 0, UINT32_MAX);
	const struct ub_map_def *d = &c->program->maps[map];
	if (d->type == UB_MAP_RINGBUF) {
		struct op_fact size = op_know(c, 2);
		int64_t last = op_values_bytes(d) - (int64_t)size.lo;
		bool reserves = index == UB_HELPER_ringbuf_reserve && size.kind == OP_NUMBER && last >= 0;
		return reserves ? pointer(c, map, 0, last, true) : op_fact(OP_ANYTHING, 0, UINT32_MAX);
	}
	if (index != UB_HELPER_map_lookup_elem)
		return op_fact(OP_ANYTHING, 0, UINT32_MAX);
	return pointer(c, map, 0, op_values_bytes(d) - d->value_size, true);
}

/* The address of an entry of an array in a register, from its index in ip; 0 if that is too large. */
static void compute(struct op *c, int rd, const struct ub_map_def *d, uint32_t start, bool known)
{
	struct jit_code *code = &c->out.code;
	uint32_t shift = (uint32_t)__builtin_ctz(d->value_size);
	if (!known)
		op_dp(c, T2_SUB, T2_PC, T2_IP, op_imm(d->max_entries), JIT_SET);
	if (d->value_size & (d->value_size - 1)) {
		jit_const(code, T2_LR, d->value_size, JIT_KEEP);
		jit_mul(code, T2_IP, T2_IP, T2_LR, JIT_KEEP);
		shift = 0;
	}
	jit_const(code, T2_LR, start, JIT_KEEP);
	jit_dp_shift(code, T2_ADD, rd, T2_LR, T2_IP, T2_LSL, shift, JIT_KEEP);
	if (known)
		return;
	jit_it(code, T2_HS);
	jit_const(code, rd, 0, JIT_KEEP);
}

/* ip = the word that r2 points to. */
static void load_key(struct op *c)
{
	const struct op_value *at = op_val(c, 2);
	if (at->kind == OP_SUM && at->b == OP_NONE && at->imm >= 0 && at->imm < 4096)
		jit_mem(&c->out.code, T2_LDR, T2_IP, at->a, at->imm);
	else
		jit_mem(&c->out.code, T2_LDR, T2_IP, op_reg(c, 2, T2_IP), 0);
}

bool op_lookup(struct op *c, int32_t id)
{
	uint32_t map = ub_helper_index(id) == UB_HELPER_map_lookup_elem ? map_in_r1(c) : (uint32_t)UB_MAPS_MAX;
	if (map == UB_MAPS_MAX || c->program->maps[map].type != UB_MAP_ARRAY || !op_is_inside(c, 2, 0, 4, UB_READ))
		return false;
	const struct ub_map_def *d = &c->program->maps[map];
	struct op_key key = key_of(c);
	uint32_t start = op_values_start(c, map);
	bool known = key.hi < d->max_entries;
	int64_t first = known ? (int64_t)key.lo * d->value_size : 0;
	int64_t last = (known ? (int64_t)key.hi : (int64_t)d->max_entries - 1) * d->value_size;
	int rd = op_dst(c, 0, T2_IP);
	if (known && key.lo == key.hi) {
		jit_const(&c->out.code, rd, start + (uint32_t)first, JIT_ANY);
	} else {
		load_key(c);
		compute(c, rd, d, start, known);
	}
	op_done(c, 0, rd);
	op_set_const(c, OP_HIGH, 0);
	struct op_fact f = pointer(c, map, first, last, !known);
	op_learn(c, 0, &f);
	return true;
}

/* ---- Comparisons with 0 ---- */

uint32_t op_not_null(struct op *c, const struct ub_insn *insn, bool taken)
{
	uint32_t op = UB_OP(insn->opcode), d = UB_DST(insn), shown = 0;
	if (insn->opcode & UB_X || insn->imm || (op != UB_JEQ && op != UB_JNE) || (op == UB_JNE) != taken || d == UB_R10 || !op_known(c, d))
		return 0;
	struct op_fact is = c->facts.fact[d];
	if (!op_in(&c->facts.there, d) || !is.null || !(UB_CLASS(insn->opcode) == UB_JMP32 || op_is_narrow(c, d)))
		return 0;
	for (uint32_t r = 0; r < UB_R10; r++) {
		struct op_fact *f = &c->facts.fact[r];
		if (op_in(&c->facts.there, r) && f->null && f->slack == is.slack && f->lo == is.lo && f->hi == is.hi) {
			f->null = false;
			shown |= 1u << r;
		}
	}
	return shown;
}

void op_may_be_null(struct op *c, uint32_t registers)
{
	for (; registers; registers &= registers - 1)
		c->facts.fact[__builtin_ctz(registers)].null = true;
}
