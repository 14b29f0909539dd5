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

/* The store of 1, 2, 4 or, in words, 8 bytes. */
static uint32_t store_of(uint32_t size)
{
	return size == 8 ? T2_STR : size & 6;
}

/* Operands become registers or constants, and stay where they are. */
static void prepare(struct jit *j, uint32_t halves)
{
	for (; halves; halves &= halves - 1) {
		uint32_t half = (uint32_t)__builtin_ctz(halves);
		jit_prepare(j, half);
		jit_pin(j, half);
	}
}

/* The address of [r + offset], from registers as they are; `live`: halves needed of what there is before. */
static struct jit_val address(struct jit *j, uint32_t r, int32_t offset, uint32_t live)
{
	const struct jit_val *v = &j->val[r];
	struct jit_val at = jit_value(JIT_ADDR, 0, JIT_NOWHERE, 0, (uint32_t)offset);
	if (v->kind == JIT_ADDR) {
		bool again = v->b != JIT_NOWHERE && live & JIT_LO(r) && v->imm + offset != 0;
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
		jit_const(&j->out.code, at.a, (uint32_t)j->val[r].imm, JIT_ANY);
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
	j->out.code.broken |= at->a == T2_LR;
	stub->what = (uint16_t)what;
	stub->kind = JIT_CHECKS;
	stub->value = *at;
	uint8_t kept = at->a == T2_IP ? j->cached[0] : JIT_NOWHERE; /* the stub leaves it as it was */
	jit_forget(j);
	j->cached[0] = kept;
}

/* Compares of the context that need no address: a limit above 0 has the window below it. */
static bool check_index(struct jit *j, const struct jit_val *at, uint32_t what)
{
	uint32_t fact = j->facts[j->slot];
	enum t2_cond outside = T2_EQ;
	if (fact & JIT_INDEXED && at->b != JIT_NOWHERE) {
		int limit = jit_reg(j, JIT_LIMIT);
		outside = at->shift ? T2_LS : T2_HS;
		if (at->shift)
			jit_dp_shift(&j->out.code, T2_SUB, T2_PC, limit, at->b, T2_LSL, at->shift, JIT_SET);
		else
			jit_cmp(&j->out.code, at->b, limit);
	} else if (fact & JIT_AT_START) {
		jit_dp_imm(&j->out.code, T2_SUB, T2_PC, jit_reg(j, JIT_LIMIT), 0, JIT_SET);
	} else {
		return false;
	}
	to_stub(j, outside, at, what);
	return true;
}

static void compare(struct jit *j, int rn, uint32_t imm)
{
	if (jit_dp_imm(&j->out.code, T2_SUB, T2_PC, rn, imm, JIT_SET))
		return;
	int t = jit_temp(j);
	jit_const(&j->out.code, t, imm, JIT_ANY);
	jit_cmp(&j->out.code, rn, t);
}

/* Compares the distance from the start of a region with its length. */
static void check_region(struct jit *j, const struct jit_val *at, uint32_t region, uint32_t size, uint32_t what)
{
	const struct ub_program *p = j->program;
	bool data = region == UB_REGION_DATA, context = region == UB_REGION_CTX;
	uint32_t start = data ? p->data_addr : p->rodata_addr, len = data ? p->data_len : p->rodata_len;
	struct jit_val distance = *at;
	int rn;
	if (context) {
		rn = jit_reg(j, JIT_BASE);
		if (at->imm >= 0 && at->imm <= (int32_t)(j->window - size)) /* the limit leaves room */
			distance.imm = 0;
	} else if (region == UB_REGION_STACK) { /* granted whole where r10 is used for more than loads and stores */
		len = UB_FRAME_BYTES;
		rn = j->home[UB_R10];
		if (!jit_in_register(j, UB_R10)) { /* otherwise it holds where the frame begins */
			rn = jit_reg(j, UB_R10);
			distance.imm = (int32_t)((uint32_t)at->imm + len);
		}
	} else if (start == jit_data(j) && j->home[JIT_DATA] != JIT_NOWHERE) {
		rn = j->home[JIT_DATA];
	} else {
		rn = jit_temp(j);
		jit_const(&j->out.code, rn, start, JIT_ANY);
	}
	int t = jit_scratch(j, rn);
	jit_dp(&j->out.code, T2_SUB, t, at->a, rn, JIT_ANY);
	distance.a = (uint8_t)t;
	jit_sum(j, t, &distance);
	if (context)
		jit_cmp(&j->out.code, t, jit_reg(j, JIT_LIMIT));
	else
		compare(j, t, len - size);
	to_stub(j, context ? T2_HS : T2_HI, at, what);
}

/* Frame accesses at constant offsets: verify/ has made sure of those based on r10 itself, and r10
 * is known in this block to be part of others. */
static bool in_frame(const struct jit *j, const struct jit_val *at, uint32_t r, uint32_t size)
{
	if (r == UB_R10)
		return true;
	return at->b == JIT_NOWHERE && at->a == j->home[UB_R10] && size <= j->bias && (uint32_t)at->imm <= j->bias - size;
}

/* The register that an access is near, so near that a check of another one near it does for both. */
static uint8_t near(const struct jit *j, const struct jit_val *at, uint32_t size)
{
	bool start = j->facts[j->slot] & JIT_AT_START;
	return at->b == JIT_NOWHERE && (start || (at->imm >= 0 && at->imm <= (int32_t)(j->window - size))) ? at->a : JIT_NOWHERE;
}

/* An access that the latest check covers: should that have failed, its stub has one more to look at, before
 * anything happened that a stop here would have let happen. */
static void add_to_stub(struct jit *j, const struct jit_val *at, uint32_t what)
{
	struct jit_stub *stub = &j->stubs[j->nstubs++];
	stub[-1].kind |= JIT_MORE;
	stub->kind = JIT_CHECKS;
	stub->resume = stub[-1].resume;
	stub->slot = (uint16_t)j->slot;
	stub->what = (uint16_t)what;
	stub->value = *at;
}

static void check(struct jit *j, const struct jit_val *at, uint32_t r, uint32_t size, uint32_t rights)
{
	const struct ub_program *p = j->program;
	uint32_t fact = j->facts[j->slot], what = size | rights << JIT_CHECK_RIGHTS, region = fact / JIT_REGION & 3;
	if (!j->checked || fact & JIT_IN_BOUNDS || in_frame(j, at, r, size) ||
	    (j->fast && jit_is_hoisted(j, j->slot)))
		return;
	jit_reserve_stubs(j, 1);
	if ((region == UB_REGION_RODATA && (rights & UB_WRITE || p->rodata_len < size)) ||
	    (region == UB_REGION_DATA && p->data_len < size)) /* the guess cannot be right */
		region = UB_REGION_CTX;
	uint8_t reg = region == UB_REGION_CTX ? near(j, at, size) : JIT_NOWHERE, start = fact & JIT_AT_START ? JIT_VOUCHED_START : 0;
	if (reg != JIT_NOWHERE && (j->vouched == reg || j->vouched == (reg | start))) {
		add_to_stub(j, at, what);
		return;
	}
	uint32_t held = j->temps;
	if (region != UB_REGION_CTX || !check_index(j, at, what))
		check_region(j, at, region, size, what);
	j->vouched = reg == JIT_NOWHERE ? reg : reg | start;
	j->temps = held;
}

/* Makes an address one that loads and stores at +0 and, if wide, +4 can use. */
static void encodable(struct jit *j, struct jit_val *at, bool wide)
{
	bool near = at->imm >= -255 && at->imm <= (wide ? 4095 - 4 : 4095);
	int32_t rest = near ? at->imm : 0; /* goes with the instruction */
	if (at->b == JIT_NOWHERE ? near : at->imm == 0 && !wide)
		return;
	at->imm -= rest;
	int t = sum(j, at);
	*at = jit_value(JIT_ADDR, (uint32_t)t, JIT_NOWHERE, 0, (uint32_t)rest);
}

static void transfer(struct jit *j, uint32_t op, int rt, const struct jit_val *at, int32_t more)
{
	if (at->b == JIT_NOWHERE)
		jit_mem(&j->out.code, (enum t2_mem)op, rt, at->a, at->imm + more);
	else
		jit_mem_reg(&j->out.code, (enum t2_mem)op, rt, at->a, at->b, at->shift);
}

/* Loads or stores rt; then r, which the address is, may become r + step: as a value, it stays what it was. */
static void transfer_and_step(struct jit *j, uint32_t op, int rt, uint32_t r, int32_t step)
{
	uint32_t rn = j->home[r];
	jit_mem_post(&j->out.code, (enum t2_mem)op, rt, (int)rn, step);
	jit_change(j, rn);
	jit_set(j, r, jit_value(JIT_ADDR, rn, JIT_NOWHERE, 0, 0u - (uint32_t)step));
}

static int load_half(struct jit *j, uint32_t half, int reuse, uint32_t op, const struct jit_val *at, int32_t more)
{
	int reg = jit_dst(j, half, reuse);
	transfer(j, op, reg, at, more);
	jit_done(j, half, reg);
	return reg;
}

static void load(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = jit_size(insn->opcode), op = store_of(size) | T2_LDRB;
	uint32_t dh = d + JIT_HIGH, low = j->live & JIT_LO(d), high = j->live & JIT_HI(d);
	bool sign = UB_MODE(insn->opcode) == UB_MEMSX;
	if (sign && size < 4)
		op |= T2_LDRSB;

	jit_fill_wait(j, s);
	jit_pin(j, d);
	jit_pin(j, dh);
	jit_clobber_home(j, d);
	j->keep |= JIT_LO(s); /* which is read once more after the high half is loaded */
	if (high)
		jit_clobber_home(j, dh);
	int32_t step = low && d != s && size < 8 && !insn->offset ? jit_find_step(j, s) : 0;
	if (step)
		jit_clobber_home(j, s);
	struct jit_val at = address(j, s, insn->offset, j->live & ~JIT_LO(d));
	check(j, &at, s, size, UB_READ);
	if (!low && !high)
		return;
	encodable(j, &at, size == 8 && high);
	if (size == 8 && high) { /* first, because the low half may replace the address */
		load_half(j, dh, -1, op, &at, 4);
		high = 0;
		if (!low)
			return;
	}
	int lo = jit_dst(j, d, at.a);
	if (step && lo != at.a)
		transfer_and_step(j, op, lo, s, step);
	else
		transfer(j, op, lo, &at, 0);
	jit_done(j, d, lo);
	if (high && sign) {
		int hi = jit_dst(j, dh, -1);
		jit_shift_imm(&j->out.code, T2_ASR, hi, lo, 31, JIT_ANY);
		jit_done(j, dh, hi);
	} else if (high) {
		jit_set_const(j, dh, 0);
	}
}

static void store(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = jit_size(insn->opcode);
	int32_t step = size < 8 && !insn->offset ? jit_find_step(j, d) : 0;
	if (step)
		jit_clobber_home(j, d);
	if (UB_CLASS(insn->opcode) == UB_ST) {
		jit_set_imm(j, insn->imm);
		s = JIT_IMM;
	} else {
		if (size == 8)
			jit_prove_zeros(j, insn);
		prepare(j, size == 8 ? JIT_BOTH(s) : JIT_LO(s));
	}
	struct jit_val at = address(j, d, insn->offset, j->live);
	check(j, &at, d, size, UB_WRITE);
	encodable(j, &at, size == 8);
	for (uint32_t i = 0; i < size; i += 4, s += JIT_HIGH) {
		uint32_t temps = j->temps;
		int rt = jit_reg(j, s);
		if (step && rt != at.a)
			transfer_and_step(j, store_of(size), rt, d, step);
		else
			transfer(j, store_of(size), rt, &at, (int32_t)i);
		j->temps = temps;
	}
	j->vouched = JIT_NOWHERE; /* what follows comes after this */
}

/* What an atomic does between its load and its store; `imm` without UB_FETCH. */
static void modify(struct jit *j, int32_t imm, int rd, int rn, int rm, bool high)
{
	enum t2_dp op = imm == UB_OR ? T2_ORR : imm == UB_AND ? T2_AND : imm == UB_XOR ? T2_EOR : high ? T2_ADC : T2_ADD;
	if (imm == (UB_XCHG & ~UB_FETCH))
		jit_mov(&j->out.code, rd, rm);
	else
		jit_dp(&j->out.code, op, rd, rn, rm, op == T2_ADD ? JIT_SET : JIT_ANY);
}

/* The register of an operand: its own, or t. Flags stay. */
static int half_in(struct jit *j, uint32_t half, int t)
{
	const struct jit_val *v = &j->val[half];
	if (jit_has_register(j, half))
		return v->a;
	if (v->kind == JIT_CONST)
		jit_const(&j->out.code, t, (uint32_t)v->imm, JIT_KEEP);
	else if (v->kind == JIT_ADDR) /* r10 */
		jit_dp_imm(&j->out.code, T2_ADD, t, v->a, (uint32_t)v->imm, JIT_KEEP);
	else
		jit_load_spilled(j, half, t);
	return t;
}

/* Stores s if what was there is r0. */
static void exchange_if_equal(struct jit *j, uint32_t s, int ad, const int *old, int32_t words, int t)
{
	jit_cmp(&j->out.code, old[0], half_in(j, 0, t));
	if (words > 1) {
		int rm = half_in(j, JIT_HIGH, t);
		jit_it(&j->out.code, T2_EQ);
		jit_cmp(&j->out.code, old[1], rm);
	}
	for (int32_t i = 0; i < words; i++, s += JIT_HIGH) {
		int rt = half_in(j, s, t);
		jit_it(&j->out.code, T2_EQ);
		jit_mem(&j->out.code, T2_STR, rt, ad, i * 4);
	}
}

/* Read, modify, write with interrupts off: ARMv7-M has no 64-bit exclusives, and a single core
 * needs no more. */
static void atomic(struct jit *j, const struct ub_insn *insn)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), size = jit_size(insn->opcode), reads = JIT_LO(s), result = s;
	int32_t words = (int32_t)size / 4;
	bool compare = insn->imm == UB_CMPXCHG, fetch = compare || insn->imm & UB_FETCH;
	struct jit_code *c = &j->out.code;

	if (compare) {
		reads |= JIT_LO(0);
		result = 0;
	}
	jit_prove_zeros(j, insn);
	if (fetch) {
		jit_clobber_home(j, result);
		jit_clobber_home(j, result + JIT_HIGH);
		jit_pin_registers(j, result); /* which may not be needed otherwise */
		jit_pin_registers(j, result + JIT_HIGH);
	}
	prepare(j, words > 1 ? reads * JIT_BOTH(0) : reads);
	struct jit_val at = address(j, d, insn->offset, j->live);
	check(j, &at, d, size, UB_READ | UB_WRITE);
	int ad = sum(j, &at);
	j->pinned |= 1u << ad;
	if (j->checked) {
		jit_dp_imm(c, T2_AND, T2_PC, ad, size - 1, JIT_SET);
		jit_trap_unless(j, T2_EQ, UB_E_ALIGN, ad);
	}
	int old[2] = { jit_temp(j), 0 }, t = jit_temp(j);
	if (words > 1)
		old[1] = jit_temp(j);
	if (j->walled) {
		jit_narrow(c, T2_SVC | UB_SVC_HOLD);
	} else {
		jit_wide(c, T2_MRS_PRIMASK | (uint32_t)t << 8);
		jit_push(c, 1u << t);
		j->sp_moved += 4;
		jit_narrow(c, T2_CPSID);
	}
	for (int32_t i = 0; i < words; i++)
		jit_mem(c, T2_LDR, old[i], ad, i * 4);
	if (compare) {
		exchange_if_equal(j, s, ad, old, words, t);
	} else {
		for (int32_t i = 0; i < words; i++, s += JIT_HIGH) {
			modify(j, insn->imm & ~UB_FETCH, t, old[i], half_in(j, s, t), i);
			jit_mem(c, T2_STR, t, ad, i * 4);
		}
	}
	if (j->walled) {
		jit_narrow(c, T2_SVC | UB_SVC_RELEASE);
	} else {
		jit_pop(c, 1u << t);
		j->sp_moved -= 4;
		jit_wide(c, T2_MSR_PRIMASK | (uint32_t)t << 16);
	}
	jit_forget(j);
	if (!fetch)
		return;
	jit_done(j, result, old[0]);
	if (!(j->live & JIT_HI(result)))
		return;
	if (words > 1)
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
