// SPDX-License-Identifier: BSD-2-Clause
/* Loads, stores and atomics, and the checks before them.
 *
 *   address      a + (b << shift) + imm, of registers that hold homes, or of scratch
 *   fast check   t = address - start of the region the pointer came from;  t >= limit: to the stub
 *   stub         behind the code (stubs.c): looks at all regions; returns, or stops the program
 *
 * So which region a pointer came from is only a guess: a wrong one costs time. A stub finds all
 * registers but ip and lr in place, and at a check nothing but the address is in ip, nothing in lr.
 */
#include "jit/loops.h"

static const uint8_t load_of[] = { T2_LDR, T2_LDRH, T2_LDRB, T2_LDR }; /* by UB_SIZE >> 3 */
static const uint8_t store_of[] = { T2_STR, T2_STRH, T2_STRB, T2_STR };

/* The address of [r + offset], from registers as they are. */
static struct jit_val address(struct jit *j, uint32_t r, int32_t offset)
{
	const struct jit_val *v = &j->val[r];
	struct jit_val at = { JIT_ADDR, 0, JIT_NOWHERE, 0, offset };
	if (v->kind == JIT_ADDR) {
		bool again = v->b != JIT_NOWHERE && j->live & JIT_LO(r) && v->imm + offset != 0;
		if (!again) {
			at = *v;
			at.imm = (int32_t)((uint32_t)v->imm + (uint32_t)offset);
			j->pinned |= 1u << at.a | (at.b < 16 ? 1u << at.b : 0);
			return at;
		}
	}
	jit_prepare(j, r);
	j->cached[1] = JIT_NOWHERE; /* a stub needs lr: should r be spilled, or a constant, it is in ip */
	if (jit_is_const(j, r)) {
		at.a = (uint8_t)jit_temp(j);
		jit_const(&j->code, at.a, (uint32_t)j->val[r].imm, JIT_ANY);
	} else {
		at.a = (uint8_t)jit_reg(j, r);
	}
	return at;
}

/* The whole address in one register, not one of those the address is made of. */
static int sum(struct jit *j, const struct jit_val *at)
{
	if (at->b == JIT_NOWHERE && at->imm == 0)
		return at->a;
	int t = jit_scratch(j, at->a);
	jit_sum(j, t, at);
	return t;
}

/* Branches to a new stub under cond. */
static void to_stub(struct jit *j, enum t2_cond cond, const struct jit_val *at, uint32_t what)
{
	struct jit_stub *stub = jit_to_stub(j, cond);
	j->code.broken |= at->a == T2_LR;
	stub->what = (uint16_t)what;
	stub->addr = *at;
	uint8_t kept = at->a == T2_IP ? j->cached[0] : JIT_NOWHERE; /* the stub leaves it as it was */
	jit_forget(j);
	j->cached[0] = kept;
}

/* rd = rn + imm. */
static void add(struct jit *j, int rd, int rn, int32_t imm)
{
	struct jit_val v = { JIT_ADDR, (uint8_t)rn, JIT_NOWHERE, 0, imm };
	jit_sum(j, rd, &v);
}

/* t = address - rn; `spare` bytes of a positive offset may be left out. Returns t. */
static int offset_from(struct jit *j, const struct jit_val *at, int rn, int t, int32_t spare)
{
	int32_t imm = at->imm >= 0 && at->imm <= spare ? 0 : at->imm;
	jit_dp(&j->code, T2_SUB, t, at->a, rn, JIT_ANY);
	if (at->b != JIT_NOWHERE)
		jit_dp_shift(&j->code, T2_ADD, t, t, at->b, T2_LSL, at->shift, JIT_ANY);
	if (imm)
		add(j, t, t, imm);
	return t;
}

static void check_context(struct jit *j, const struct jit_val *at, uint32_t size, uint32_t what)
{
	if (j->facts[j->slot] & JIT_INDEXED && at->b != JIT_NOWHERE) {
		int limit = jit_reg(j, JIT_LIMIT);
		if (at->shift)
			jit_dp_shift(&j->code, T2_SUB, T2_PC, limit, at->b, T2_LSL, at->shift, JIT_SET);
		else
			jit_cmp(&j->code, at->b, limit);
		to_stub(j, at->shift ? T2_LS : T2_HS, at, what);
		return;
	}
	if (j->facts[j->slot] & JIT_AT_START) { /* a limit above 0: the window lies in the context */
		jit_dp_imm(&j->code, T2_SUB, T2_PC, jit_reg(j, JIT_LIMIT), 0, JIT_SET);
		to_stub(j, T2_EQ, at, what);
		return;
	}
	int rn = jit_reg(j, JIT_BASE), t = jit_scratch(j, rn);
	offset_from(j, at, rn, t, (int32_t)(j->window - size));
	jit_cmp(&j->code, t, jit_reg(j, JIT_LIMIT));
	to_stub(j, T2_HS, at, what);
}

static void compare(struct jit *j, int rn, uint32_t imm)
{
	if (jit_dp_imm(&j->code, T2_SUB, T2_PC, rn, imm, JIT_SET))
		return;
	int t = jit_temp(j);
	jit_const(&j->code, t, imm, JIT_ANY);
	jit_cmp(&j->code, rn, t);
}

/* A region whose place and size are known: [start, start + len), len >= size. */
static void check_known(struct jit *j, const struct jit_val *at, uint32_t size, uint32_t what, uint32_t start,
			uint32_t len)
{
	int t = jit_temp(j), rn = t;
	if (start == jit_data(j) && j->home[JIT_DATA] != JIT_NOWHERE)
		rn = j->home[JIT_DATA];
	else
		jit_const(&j->code, t, start, JIT_ANY);
	offset_from(j, at, rn, t, 0);
	compare(j, t, len - size);
	to_stub(j, T2_HI, at, what);
}

/* The frame of the function, granted whole where r10 is used for more than loads and stores. */
static void check_frame(struct jit *j, const struct jit_val *at, uint32_t size, uint32_t what)
{
	bool biased = jit_in_register(j, UB_R10);
	int rn = biased ? j->home[UB_R10] : jit_reg(j, UB_R10), t = jit_scratch(j, rn);
	offset_from(j, at, rn, t, -1);
	if (!biased)
		add(j, t, t, UB_FRAME_BYTES);
	compare(j, t, UB_FRAME_BYTES - size);
	to_stub(j, T2_HI, at, what);
}

/* Frame accesses at constant offsets: verify/ has made sure of those based on r10 itself, and r10
 * is known in this block to be part of others. */
static bool in_frame(const struct jit *j, const struct jit_val *at, uint32_t r, uint32_t size)
{
	if (r == UB_R10)
		return true;
	return at->b == JIT_NOWHERE && at->a == j->home[UB_R10] && at->imm >= 0 && at->imm + (int32_t)size <= (int32_t)j->bias;
}

static void check(struct jit *j, const struct jit_val *at, uint32_t r, uint32_t size, uint32_t rights)
{
	const struct ub_program *p = j->program;
	uint32_t fact = j->facts[j->slot], what = size | rights << JIT_CHECK_RIGHTS;
	if (!j->checked || fact & JIT_IN_BOUNDS || in_frame(j, at, r, size))
		return;
	if (j->fast && jit_is_hoisted(j, j->slot))
		return;
	jit_reserve_stubs(j, 1);
	uint32_t held = j->temps;
	bool write = rights & UB_WRITE;
	switch (fact / JIT_REGION & 3) {
	case UB_REGION_RODATA:
		if (!write && p->rodata_len >= size) {
			check_known(j, at, size, what, p->rodata_addr, p->rodata_len);
			break;
		}
		check_context(j, at, size, what);
		break;
	case UB_REGION_DATA:
		if (p->data_len >= size) {
			check_known(j, at, size, what, p->data_addr, p->data_len);
			break;
		}
		check_context(j, at, size, what);
		break;
	case UB_REGION_STACK:
		check_frame(j, at, size, what);
		break;
	default:
		check_context(j, at, size, what);
	}
	j->temps = held;
}

/* Makes an address one that loads and stores at +0 and, if wide, +4 can use. */
static void encodable(struct jit *j, struct jit_val *at, bool wide)
{
	bool ok = at->b == JIT_NOWHERE ? at->imm >= -255 && at->imm <= (wide ? 4095 - 4 : 4095) : at->imm == 0 && !wide;
	if (ok)
		return;
	struct jit_val part = *at;
	int32_t rest = 0;
	if (at->b != JIT_NOWHERE && at->imm >= -255 && at->imm <= 4095 - 4) {
		rest = at->imm; /* goes with the instruction */
		part.imm = 0;
	}
	int t = sum(j, &part);
	*at = (struct jit_val){ JIT_ADDR, (uint8_t)t, JIT_NOWHERE, 0, rest };
}

static void transfer(struct jit *j, enum t2_mem op, int rt, const struct jit_val *at, int32_t more)
{
	if (at->b == JIT_NOWHERE)
		jit_mem(&j->code, op, rt, at->a, at->imm + more);
	else
		jit_mem_reg(&j->code, op, rt, at->a, at->b, at->shift);
}

static void load(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), index = UB_SIZE(insn->opcode) >> 3, size = jit_size(insn->opcode);
	uint32_t dh = d + JIT_HIGH;
	bool sign = UB_MODE(insn->opcode) == UB_MEMSX, low = j->live & JIT_LO(d), high = j->live & JIT_HI(d);
	enum t2_mem op = (enum t2_mem)load_of[index];
	if (sign && size < 4)
		op = (enum t2_mem)(op | 0x10);

	jit_pin(j, d);
	jit_pin(j, dh);
	jit_clobber(j, d);
	j->keep |= JIT_LO(s); /* which is read once more after the high half is loaded */
	if (high)
		jit_clobber(j, dh);
	struct jit_val at = address(j, s, insn->offset);
	check(j, &at, s, size, UB_READ);
	if (!low && !high)
		return;
	encodable(j, &at, size == 8 && high);
	if (size == 8 && high) { /* first, because the low half may replace the address */
		int hi = jit_dst(j, dh, -1);
		transfer(j, op, hi, &at, 4);
		jit_done(j, dh, hi);
	}
	if (low || size < 8) {
		int lo = jit_dst(j, d, at.a);
		transfer(j, op, lo, &at, 0);
		jit_done(j, d, lo);
		if (size < 8 && high && sign) {
			int hi = jit_dst(j, dh, -1);
			jit_shift_imm(&j->code, T2_ASR, hi, lo, 31, JIT_ANY);
			jit_done(j, dh, hi);
		}
	}
	if (size < 8 && high && !sign)
		jit_set_const(j, dh, 0);
}

static void store(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = jit_size(insn->opcode);
	enum t2_mem op = (enum t2_mem)store_of[UB_SIZE(insn->opcode) >> 3];
	if (UB_CLASS(insn->opcode) == UB_ST) {
		jit_set_imm(j, insn->imm);
		s = JIT_IMM;
	} else {
		jit_prepare(j, s);
		jit_pin(j, s);
		if (size == 8) {
			jit_prove_zeros(j, insn);
			jit_prepare(j, s + JIT_HIGH);
			jit_pin(j, s + JIT_HIGH);
		}
	}
	struct jit_val at = address(j, d, insn->offset);
	check(j, &at, d, size, UB_WRITE);
	encodable(j, &at, size == 8);
	for (uint32_t i = 0; i < size; i += 4, s += JIT_HIGH) {
		uint32_t temps = j->temps;
		transfer(j, op, jit_reg(j, s), &at, (int32_t)i);
		j->temps = temps;
	}
}

/* What an atomic does between its load and its store; `imm` without UB_FETCH. */
static void modify(struct jit *j, int32_t imm, int rd, int rn, int rm, bool high)
{
	switch (imm) {
	case UB_ADD:
		jit_dp(&j->code, high ? T2_ADC : T2_ADD, rd, rn, rm, high ? JIT_ANY : JIT_SET);
		break;
	case UB_OR:
		jit_dp(&j->code, T2_ORR, rd, rn, rm, JIT_ANY);
		break;
	case UB_AND:
		jit_dp(&j->code, T2_AND, rd, rn, rm, JIT_ANY);
		break;
	case UB_XOR:
		jit_dp(&j->code, T2_EOR, rd, rn, rm, JIT_ANY);
		break;
	default:
		jit_mov(&j->code, rd, rm); /* exchange */
	}
}

/* The register of an operand: its own, or t. Flags stay. */
static int half_in(struct jit *j, uint32_t half, int t)
{
	const struct jit_val *v = &j->val[half];
	if (jit_has_register(j, half))
		return v->a;
	if (v->kind == JIT_CONST)
		jit_const(&j->code, t, (uint32_t)v->imm, JIT_KEEP);
	else if (v->kind == JIT_ADDR) /* r10 */
		jit_dp_imm(&j->code, T2_ADD, t, v->a, (uint32_t)v->imm, JIT_KEEP);
	else
		jit_load_spilled(j, half, t);
	return t;
}

static void exchange_if_equal(struct jit *j, uint32_t s, int ad, const int *old, bool wide, int t)
{
	jit_cmp(&j->code, old[0], half_in(j, 0, t));
	if (wide) {
		int rm = half_in(j, JIT_HIGH, t);
		jit_it(&j->code, T2_EQ);
		jit_cmp(&j->code, old[1], rm);
	}
	for (int32_t i = 0; i < (wide ? 2 : 1); i++) {
		int rt = half_in(j, s + (uint32_t)i * JIT_HIGH, t);
		jit_it(&j->code, T2_EQ);
		jit_mem(&j->code, T2_STR, rt, ad, i * 4);
	}
}

/* Read, modify, write with interrupts off: ARMv7-M has no 64-bit exclusives, and a single core
 * needs no more. */
static void atomic(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = jit_size(insn->opcode);
	bool wide = size == 8, compare = insn->imm == UB_CMPXCHG;
	bool fetch = compare || insn->imm & UB_FETCH;
	uint32_t result = compare ? 0 : s;

	jit_prove_zeros(j, insn);
	for (uint32_t high = 0; high <= JIT_HIGH; high += JIT_HIGH) {
		if (fetch)
			jit_clobber(j, result + high);
		if (high && !wide)
			break;
		jit_prepare(j, s + high);
		jit_pin(j, s + high);
		if (compare) {
			jit_prepare(j, high);
			jit_pin(j, high);
		}
	}
	struct jit_val at = address(j, d, insn->offset);
	check(j, &at, d, size, UB_READ | UB_WRITE);
	int ad = sum(j, &at);
	j->pinned |= 1u << ad;
	if (j->checked) {
		jit_dp_imm(&j->code, T2_AND, T2_PC, ad, size - 1, JIT_SET);
		jit_trap_unless(j, T2_EQ, UB_E_ALIGN, ad);
	}
	int old[2] = { jit_temp(j), 0 }, t = jit_temp(j);
	old[1] = wide ? jit_temp(j) : old[0];
	jit_wide(&j->code, T2_MRS_PRIMASK | (uint32_t)t << 8);
	jit_push(&j->code, 1u << t);
	j->sp_moved += 4;
	jit_narrow(&j->code, T2_CPSID);
	jit_mem(&j->code, T2_LDR, old[0], ad, 0);
	if (wide)
		jit_mem(&j->code, T2_LDR, old[1], ad, 4);
	if (compare) {
		exchange_if_equal(j, s, ad, old, wide, t);
	} else {
		for (int32_t i = 0; i < (wide ? 2 : 1); i++) {
			modify(j, insn->imm & ~UB_FETCH & 0xff, t, old[i], half_in(j, s + (uint32_t)i * JIT_HIGH, t), i);
			jit_mem(&j->code, T2_STR, t, ad, i * 4);
		}
	}
	jit_pop(&j->code, 1u << t);
	j->sp_moved -= 4;
	jit_wide(&j->code, T2_MSR_PRIMASK | (uint32_t)t << 16);
	jit_forget(j);
	if (!fetch)
		return;
	jit_done(j, result, old[0]);
	if (!(j->live >> (result + JIT_HIGH) & 1))
		return;
	if (wide)
		jit_done(j, result + JIT_HIGH, old[1]);
	else
		jit_set_const(j, result + JIT_HIGH, 0);
}

void jit_memory(struct jit *j, const struct ub_insn *insn)
{
	if (UB_CLASS(insn->opcode) == UB_LDX)
		load(j, insn);
	else if (UB_MODE(insn->opcode) == UB_ATOMIC)
		atomic(j, insn);
	else
		store(j, insn);
}
