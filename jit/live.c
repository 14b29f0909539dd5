// SPDX-License-Identifier: BSD-2-Clause
/* Backward: which halves of which registers are needed at each slot, and how often halves are used.
 *
 * Sets only grow, and a loop's needs reach its latch when the next sweep passes it; sweeps end when
 * no backward jump, call or exit saw a set that has grown since.
 */
#include "jit/compile.h"

enum { ARGS = JIT_BOTH(0) | JIT_BOTH(1) | JIT_BOTH(2) | JIT_BOTH(3) | JIT_BOTH(4) | JIT_BOTH(5) };
enum { SAVED = JIT_BOTH(6) | JIT_BOTH(7) | JIT_BOTH(8) | JIT_BOTH(9) };

/* Halves of one register, before they are shifted to where it is in a set. */
enum { LO = JIT_LO(0), HI = JIT_HI(0), BOTH = LO | HI };

/* Halves of register r; a high half known to be zero is never needed. */
static uint32_t halves(uint32_t r, uint32_t set, bool zx)
{
	return (zx ? set & LO : set) << r;
}

/* Operations on 64 bits: what is read for the halves of dst in `want`, which are some. */
static uint32_t alu64(const struct ub_insn *insn, uint32_t want, bool dz, bool sz)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), op = UB_OP(insn->opcode);
	uint32_t k = (uint32_t)insn->imm & 63, up = LO | want; /* carries go up */
	bool x = insn->opcode & UB_X;

	switch (op >> 4) { /* dense: a jump through a table */
	case UB_MOV >> 4:
		if (!x)
			return 0;
		return halves(s, insn->offset ? LO : want, sz);
	case UB_ADD >> 4:
	case UB_SUB >> 4:
	case UB_MUL >> 4:
		return halves(d, up, dz) | (x ? halves(s, up, sz) : 0);
	case UB_AND >> 4:
		if (!x)
			return halves(d, want, dz || insn->imm >= 0);
		return halves(d, want, dz || sz) | halves(s, want, dz || sz);
	case UB_OR >> 4:
		if (!x)
			return halves(d, want, dz || insn->imm < 0);
		/* fall through */
	case UB_XOR >> 4:
		return halves(d, want, dz) | (x ? halves(s, want, sz) : 0);
	case UB_NEG >> 4:
		return halves(d, up, dz);
	case UB_LSH >> 4:
		if (!x)
			return halves(d, k < 32 ? up : want / HI, dz);
		return halves(d, up, dz) | LO << s;
	case UB_RSH >> 4:
	case UB_ARSH >> 4:
		if (x)
			return halves(d, BOTH, dz) | LO << s;
		if (k >= 32)
			want = (want & LO) * HI | (op == UB_ARSH ? want & HI : 0);
		return halves(d, k ? want | (want & LO) * HI : want, dz);
	case UB_END >> 4:
		if (insn->imm != 64)
			return halves(d, want, true);
		return halves(d, want / HI | (want & LO) * HI, dz);
	default: /* div, mod */
		return halves(d, BOTH, dz) | (x ? halves(s, BOTH, sz) : 0);
	}
}

static uint32_t alu(const struct jit *j, uint32_t slot, uint32_t out)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), want = out >> d & BOTH;
	uint32_t op = UB_OP(insn->opcode), fact = j->facts[slot];
	bool x = insn->opcode & UB_X, end = op == UB_END;

	if (want == 0)
		return out;
	out &= ~(BOTH << d);
	if (UB_CLASS(insn->opcode) == UB_ALU64)
		return out | alu64(insn, want, fact & JIT_DST_ZX, fact & JIT_SRC_ZX);
	if (end && insn->imm == 64) /* to big: swaps halves; to little: nothing */
		return out | halves(d, x ? want / HI | (want & LO) * HI : want, fact & JIT_DST_ZX);
	/* 32 bits: the high half of the result is zero. */
	if (!(want & LO))
		return out;
	if (op != UB_MOV)
		out |= LO << d;
	return x && !end ? out | LO << s : out;
}

static uint32_t jump(const struct jit *j, uint32_t slot, uint32_t out)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), fact = j->facts[slot];
	bool x = insn->opcode & UB_X;
	uint32_t set = UB_CLASS(insn->opcode) == UB_JMP ? BOTH : LO;
	bool dz = fact & JIT_DST_ZX, sz = x ? (fact & JIT_SRC_ZX) != 0 : insn->imm >= 0;

	if (UB_OP(insn->opcode) == UB_JA)
		return out;
	if (UB_OP(insn->opcode) == UB_JSET) /* one zero half makes the other irrelevant */
		dz = sz = dz || sz;
	out |= halves(d, set, dz);
	return x ? out | halves(s, set, sz) : out;
}

static uint32_t call(const struct jit *j, uint32_t slot, uint32_t out)
{
	const struct ub_insn *insn = j->text + slot;
	if (insn->opcode == (UB_JMP | UB_X | UB_CALL))
		return (out & (SAVED | JIT_LO(10))) | j->entry_live | JIT_LO(UB_DST(insn));
	if (UB_SRC(insn) == UB_CALL_LOCAL)
		return (out & (SAVED | JIT_LO(10))) | j->entry_live;
	out &= ~(uint32_t)JIT_BOTH(0);
	for (uint32_t i = 0; i < jit_arguments(j, slot); i++)
		out |= JIT_LO(1 + i);
	return out;
}

static uint32_t atomic(const struct ub_insn *insn, uint32_t out, bool sz)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn);
	bool wide = UB_SIZE(insn->opcode) == UB_DW;

	if (insn->imm == UB_CMPXCHG)
		out = (out & ~(uint32_t)JIT_BOTH(0)) | halves(0, wide ? BOTH : LO, false);
	else if (insn->imm & UB_FETCH)
		out &= ~JIT_BOTH(s);
	return out | JIT_LO(d) | halves(s, wide ? BOTH : LO, sz);
}

/* Index of the function that starts at a slot. */
uint32_t jit_func_at(const struct jit *j, uint32_t slot)
{
	uint32_t low = 0, high = j->program->nfuncs - 1;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (j->program->funcs[middle] < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether a slot belongs to the function the program starts in. */
static bool in_main(const struct jit *j, uint32_t slot)
{
	const struct ub_program *p = j->program;
	if (!j->local_calls)
		return true;
	uint32_t f = jit_func_at(j, p->entry);
	return slot >= p->entry && (f + 1 == p->nfuncs || slot < p->funcs[f + 1]);
}

uint32_t jit_exit_set(const struct jit *j, uint32_t slot)
{
	return j->exit_live | (in_main(j, slot) ? JIT_BOTH(0) : 0);
}

/* Halves an instruction's result depends on, given the halves needed after it. */
static uint32_t transfer(const struct jit *j, uint32_t slot, uint32_t out)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t d = UB_DST(insn), s = UB_SRC(insn);
	bool sz = j->facts[slot] & JIT_SRC_ZX;

	switch (UB_CLASS(insn->opcode)) {
	case UB_ALU32:
	case UB_ALU64:
		return alu(j, slot, out);
	case UB_LD:
		return out & ~JIT_BOTH(d);
	case UB_LDX:
		return (out & ~JIT_BOTH(d)) | JIT_LO(s);
	case UB_ST:
		return out | JIT_LO(d);
	case UB_STX:
		if (UB_MODE(insn->opcode) == UB_ATOMIC)
			return atomic(insn, out, sz);
		return out | JIT_LO(d) | halves(s, UB_SIZE(insn->opcode) == UB_DW ? BOTH : LO, sz);
	default:
		if (UB_OP(insn->opcode) == UB_CALL)
			return call(j, slot, out);
		if (insn->opcode == (UB_JMP | UB_EXIT))
			return jit_exit_set(j, slot) & ~(sz ? JIT_HI(0) : 0);
		return jump(j, slot, out);
	}
}

uint32_t jit_live_after_jump(const struct jit *j, uint32_t slot)
{
	const struct ub_insn *insn = j->text + slot;
	if (insn->opcode == (UB_JMP | UB_EXIT))
		return 0;
	if (!jit_is_jump(insn->opcode))
		return j->live_in[slot + 1];
	uint32_t out = j->live_in[jit_target(insn, slot)];
	return UB_OP(insn->opcode) == UB_JA ? out : out | j->live_in[slot + 1];
}

static bool is_local_call(const struct ub_insn *insn)
{
	return insn->opcode == (UB_JMP | UB_X | UB_CALL) ||
	       (insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_LOCAL);
}

/* Once over the program; returns whether something grew that was read before. `first`: sets are those
 * of no sweep yet. Later, where the set behind an instruction is what it was, so is the one before. */
static bool sweep(struct jit *j, bool first)
{
	bool again = false, grew = first;
	for (uint32_t s = j->slots; s-- > 0;) {
		const struct ub_insn *insn = j->text + s;
		if (insn->opcode == 0)
			continue; /* second slot of lddw */
		bool straight = jit_goes_straight(insn->opcode);
		if (straight && !grew)
			continue;
		uint32_t out = jit_live_out(j, s);
		if (!straight && is_local_call(insn)) {
			again |= (out & ARGS & ~j->exit_live) != 0;
			j->exit_live |= out & ARGS;
		}
		uint32_t in = transfer(j, s, out);
		grew = first || in != j->live_in[s];
		if (in & ~j->live_in[s] && j->facts[s] & JIT_HEAD)
			again = true;
		j->live_in[s] = in;
	}
	if (!j->local_calls)
		return again;
	for (uint32_t i = 0; i < j->program->nfuncs; i++) {
		uint32_t in = j->live_in[j->program->funcs[i]];
		again |= (in & ~j->entry_live) != 0;
		j->entry_live |= in;
	}
	return again;
}

void jit_live(struct jit *j)
{
	for (bool first = true; sweep(j, first); first = false)
		;
}
