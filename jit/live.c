// SPDX-License-Identifier: BSD-2-Clause
/* Backward: which halves of which registers are needed at each slot.
 *
 * Sets only grow. What an instruction needs because of several halves is what it needs because of each,
 * so that, when a loop is passed again, only what is new need be followed through it.
 */
#include "jit/compile.h"

enum { ARGS = JIT_BOTH(0) | JIT_BOTH(1) | JIT_BOTH(2) | JIT_BOTH(3) | JIT_BOTH(4) | JIT_BOTH(5) };

/* Halves of one register, before they are shifted to where it is in a set. */
enum { LO = JIT_LO(0), HI = JIT_HI(0), BOTH = LO | HI };

/* What a shift by a constant reads of dst. */
static uint32_t shift_imm(uint32_t op, uint32_t k, uint32_t want)
{
	if (op == UB_LSH)
		return k < 32 ? want | LO : want >> JIT_HIGH;
	if (k >= 32)
		return want << JIT_HIGH | (op == UB_ARSH ? want & HI : 0);
	return k ? want | want << JIT_HIGH : want;
}

/* What a change of byte order, or of width, reads of dst. */
static uint32_t end(const struct ub_insn *insn, uint32_t want)
{
	if (insn->imm != 64)
		return want & LO;
	if (insn->opcode == (UB_ALU32 | UB_K | UB_END)) /* to little: nothing changes */
		return want;
	return want >> JIT_HIGH | want << JIT_HIGH;
}

/* Arithmetic in general; some half of dst is needed. High halves known to be zero are not. */
static NOINLINE uint32_t alu64(const struct ub_insn *insn, uint32_t fact, uint32_t out)
{
	uint32_t d = UB_DST(insn), op = UB_OP(insn->opcode), want = out >> d & BOTH, of_dst = want, of_src = want;
	uint32_t dz = fact & JIT_DST_ZX ? HI : 0, sz = fact & JIT_SRC_ZX ? HI : 0;
	uint32_t negative = (uint32_t)insn->imm >> 31 << JIT_HIGH;
	bool x = insn->opcode & UB_X;

	switch (op >> 4) { /* dense: a jump through a table */
	case UB_MOV >> 4:
		of_dst = 0;
		if (insn->offset)
			of_src = LO;
		break;
	case UB_ADD >> 4:
	case UB_SUB >> 4:
	case UB_MUL >> 4:
	case UB_NEG >> 4:
		of_dst = of_src = want | LO; /* carries go up */
		break;
	case UB_AND >> 4: /* one zero half makes the other irrelevant */
		dz = sz = dz | (x ? sz : negative ^ HI);
		break;
	case UB_OR >> 4:
		dz |= x ? 0 : negative;
		break;
	case UB_XOR >> 4:
		break;
	case UB_LSH >> 4:
	case UB_RSH >> 4:
	case UB_ARSH >> 4:
		of_src = LO;
		of_dst = !x ? shift_imm(op, (uint32_t)insn->imm & 63, want) : op == UB_LSH ? want | LO : BOTH;
		break;
	case UB_END >> 4:
		of_dst = end(insn, want);
		x = false;
		break;
	default: /* div, mod */
		of_dst = of_src = BOTH;
	}
	out = (out & ~JIT_BOTH(d)) | (of_dst & ~dz) << d;
	return x ? out | (of_src & ~sz) << UB_SRC(insn) : out;
}

/* 64-bit operations whose low half depends on low halves alone. */
enum {
	UPWARD = 1 << (UB_ADD >> 4) | 1 << (UB_SUB >> 4) | 1 << (UB_MUL >> 4) | 1 << (UB_NEG >> 4) |
		 1 << (UB_AND >> 4) | 1 << (UB_OR >> 4) | 1 << (UB_XOR >> 4) | 1 << (UB_MOV >> 4),
};

/* The outermost loop the sweep is in: from the lowest head to the highest backward jump. */
struct loop {
	uint32_t head, latch; /* head NONE: in none */
	bool grew;            /* some head's needs, since jumps to it were passed */
};
enum { NONE = 0xffff };

static uint32_t jump(const struct jit *j, uint32_t slot, struct loop *loop)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t fact = j->facts[slot], target = jit_target(insn, slot), out = j->live_in[target];
	uint32_t set = UB_CLASS(insn->opcode) == UB_JMP ? BOTH : LO;
	uint32_t dz = fact & JIT_DST_ZX ? HI : 0, sz = fact & JIT_SRC_ZX ? HI : 0;

	if (target <= slot && loop->head == NONE)
		loop->latch = slot;
	if (target <= slot && target < loop->head)
		loop->head = target;
	if (UB_OP(insn->opcode) == UB_JA)
		return out;
	if (UB_OP(insn->opcode) == UB_JSET) { /* one zero half makes the other irrelevant */
		if (!(insn->opcode & UB_X) && insn->imm >= 0)
			sz = HI;
		dz = sz = dz | sz;
	}
	out |= j->live_in[slot + 1] | (set & ~dz) << UB_DST(insn);
	return insn->opcode & UB_X ? out | (set & ~sz) << UB_SRC(insn) : out;
}

static uint32_t call(struct jit *j, uint32_t slot)
{
	const struct ub_insn *insn = j->text + slot;
	uint32_t out = j->live_in[slot + 1];
	bool indirect = insn->opcode & UB_X;

	if (!indirect && UB_SRC(insn) != UB_CALL_LOCAL) /* r1 and up */
		return (out & ~(uint32_t)JIT_BOTH(0)) | (JIT_LO(1 + jit_arguments(j, slot)) - JIT_LO(1));
	j->exit_live |= out & ARGS;
	return (out & (JIT_SAVED | JIT_LO(10))) | j->entry_live | (indirect ? JIT_LO(UB_DST(insn)) : 0);
}

static NOINLINE uint32_t store(const struct ub_insn *insn, uint32_t fact, uint32_t out)
{
	uint32_t d = UB_DST(insn), s = UB_SRC(insn), set = UB_SIZE(insn->opcode) == UB_DW ? BOTH : LO;

	if (UB_MODE(insn->opcode) == UB_ATOMIC) {
		if (insn->imm == UB_CMPXCHG)
			out = (out & ~(uint32_t)JIT_BOTH(0)) | set;
		else if (insn->imm & UB_FETCH)
			out &= ~JIT_BOTH(s);
	}
	return out | JIT_LO(d) | (fact & JIT_SRC_ZX ? LO : set) << s;
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

uint32_t jit_saved(const struct jit *j, uint32_t function)
{
	const struct ub_program *p = j->program;
	uint32_t slot = p->funcs[function], end = function + 1 < p->nfuncs ? p->funcs[function + 1] : j->slots, set = 0;
	if (slot == p->entry && !j->reentered)
		return 0;
	for (; slot < end; slot++) {
		const struct ub_insn *insn = j->text + slot;
		uint32_t class = UB_CLASS(insn->opcode), high = ~0u;
		if ((class == UB_ALU32 && UB_OP(insn->opcode) != UB_END) || class == UB_LDX)
			high = j->live_in[slot + 1]; /* changes only if it is needed */
		if (jit_writes(insn))
			set |= JIT_LO(UB_DST(insn)) | (high & JIT_HI(UB_DST(insn)));
		else if (class == UB_STX)
			set |= JIT_BOTH(UB_SRC(insn)); /* an atomic may */
	}
	return set & j->over_calls;
}

uint32_t jit_exit_set(const struct jit *j, uint32_t slot)
{
	return j->exit_live | (in_main(j, slot) ? JIT_BOTH(0) : 0);
}

/* Halves needed before a jump, call or exit. */
static NOINLINE uint32_t control(struct jit *j, uint32_t slot, struct loop *loop)
{
	const struct ub_insn *insn = j->text + slot;
	if (insn->opcode == (UB_JMP | UB_EXIT))
		return jit_exit_set(j, slot) & ~(j->facts[slot] & JIT_SRC_ZX ? JIT_HI(0) : 0);
	return UB_OP(insn->opcode) == UB_CALL ? call(j, slot) : jump(j, slot, loop);
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

/* At a head, which needs more than before or not: returns the slot below which to go on. */
static uint32_t at_head(struct loop *loop, uint32_t slot, bool grew)
{
	loop->grew |= grew;
	if (slot != loop->head)
		return slot;
	uint32_t next = loop->grew ? loop->latch + 1 : slot;
	*loop = (struct loop){ NONE, 0, false };
	return next;
}

/* Once over the program, and over each outermost loop until its heads need what jumps to them saw. From
 * instruction to instruction go the halves that are new. */
static void sweep(struct jit *j)
{
	struct loop loop = { NONE, 0, false };
	uint32_t grown = 0, slot = j->slots;
	while (slot) {
		const struct ub_insn *insn = j->text + --slot;
		uint32_t fact = j->facts[slot], d = UB_DST(insn), want;
		bool narrow = false;

		switch (UB_CLASS(insn->opcode)) {
		case UB_LD:
			if (insn->opcode) /* 0: second slot of lddw */
				grown &= ~JIT_BOTH(d);
			break;
		case UB_LDX:
			grown = (grown & ~JIT_BOTH(d)) | JIT_LO(UB_SRC(insn));
			break;
		case UB_ST:
			grown |= JIT_LO(d);
			break;
		case UB_STX:
			grown = store(insn, fact, grown);
			break;
		case UB_JMP:
		case UB_JMP32:
			grown = control(j, slot, &loop);
			break;
		case UB_ALU32:
			narrow = UB_OP(insn->opcode) != UB_END;
			if (narrow) /* the high half of the result is zero */
				grown &= ~JIT_HI(d);
			/* fall through */
		default: /* 64 bits */
			want = grown >> d & BOTH;
			if (want == LO && (narrow || UPWARD >> (insn->opcode >> 4) & 1)) {
				if (UB_OP(insn->opcode) == UB_MOV)
					grown &= ~JIT_LO(d);
				if (insn->opcode & UB_X)
					grown |= JIT_LO(UB_SRC(insn));
			} else if (want) {
				grown = alu64(insn, fact, grown);
			}
		}
		uint32_t was = j->live_in[slot];
		j->live_in[slot] = was | grown;
		grown &= ~was;
		if (fact & JIT_HEAD) {
			slot = at_head(&loop, slot, grown != 0);
			grown = j->live_in[slot];
		}
	}
}

void jit_live(struct jit *j)
{
	uint32_t exit_live, entry_live;
	do {
		exit_live = j->exit_live;
		entry_live = j->entry_live;
		sweep(j);
		for (uint32_t i = 0; i < j->program->nfuncs && j->local_calls; i++)
			j->entry_live |= j->live_in[j->program->funcs[i]];
	} while (j->exit_live != exit_live || j->entry_live != entry_live);
}
