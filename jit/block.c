// SPDX-License-Identifier: BSD-2-Clause
/* What is known of values where a block begins, and of high halves that ranges.c has proved to be zero. */
#include "jit/loops.h"

/* Nobody may have cared so far, so whatever it was is stale, but if it is needed later on its home says so. */
static void prove_zero(struct jit *j, uint32_t half)
{
	uint32_t bit = 1u << half;
	if (jit_is_zero(j, half))
		return;
	bool there = j->live_in[j->slot] & ~j->lazy & bit;
	j->val[half] = jit_value(JIT_CONST, JIT_NOWHERE, there, 0, 0);
	j->lazy |= bit;
	j->reading &= ~bit;
}

void jit_prove_zeros(struct jit *j, const struct ub_insn *insn)
{
	uint32_t fact = j->facts[j->slot];
	if (fact & JIT_DST_ZX)
		prove_zero(j, UB_DST(insn) + JIT_HIGH);
	if (fact & JIT_SRC_ZX)
		prove_zero(j, insn->opcode == (UB_JMP | UB_EXIT) ? JIT_HIGH : UB_SRC(insn) + JIT_HIGH);
}

void jit_begin_block(struct jit *j, bool on)
{
	if (on) {
		j->live = j->held = j->live_in[j->slot];
		jit_flush(j, j->live);
		jit_release(j);
	}
	jit_at_home(j, j->lazy);
	j->out.code.zero_at = ~0u;
	jit_forget(j);
}
