// SPDX-License-Identifier: BSD-2-Clause
/* One check for several accesses at the same sum of registers: it is made of all the bytes that they reach.
 *
 * Should it fail, the cold path looks at each of them, in their order. So between the check and the last access that it
 * covers there must be nothing that a stop would have come before: no store but to the program's frame, no call, no other
 * check, no way that leads past one of the accesses. A branch around a few instructions that do nothing but compute is
 * let through: at its target all is as it was before the branch, if only that branch leads there.
 */
#include "jit/onepass/loop.h"

enum { REACH_SLOTS = 32, REACH_BYTES = 255, AROUND = 4 };

void op_uncover(struct op *c)
{
	c->places.cover.a = OP_NONE;
}

/* Makes [*lo, *hi), which is at base, take in the accesses that follow. It is but a guess of what the check will cover. Returns
 * how many there are. */
uint32_t op_reach(const struct op *c, uint32_t base, int32_t *lo, int32_t *hi)
{
	const struct ub_insn *insn = c->text + c->slot;
	uint32_t until = 0, n = 0;
	for (uint32_t slot = c->slot; slot < c->slots && slot < c->slot + REACH_SLOTS; slot++, insn++) {
		uint32_t class = UB_CLASS(insn->opcode), d = UB_DST(insn), at = class == UB_LDX ? UB_SRC(insn) : d;
		if (slot != c->slot && op_is_join(c, slot)) {
			if (slot != until || op_is_crossing(c, slot))
				break;
			until = 0;
		}
		if (class == UB_ALU32 || class == UB_ALU64) {
			if (d == base)
				break;
		} else if (until) {
			break;
		} else if (class == UB_LD) {
			if (d == base)
				break;
			slot++;
			insn++;
		} else if (class == UB_JMP || class == UB_JMP32) {
			uint32_t target = op_target(insn, slot);
			if (!op_is_jump(insn->opcode) || UB_OP(insn->opcode) == UB_JA || target <= slot || target > slot + AROUND)
				break;
			until = target;
		} else if (class == UB_STX && UB_MODE(insn->opcode) == UB_ATOMIC) {
			break;
		} else if (at == base) {
			int32_t from = insn->offset < *lo ? insn->offset : *lo, end = insn->offset + (int32_t)op_size(insn->opcode);
			end = end > *hi ? end : *hi;
			if (end - from > REACH_BYTES)
				break;
			*lo = from;
			*hi = end;
			n++;
			if (class != UB_LDX || d == base)
				break;
		} else if (at != UB_R10 || (class == UB_LDX && d == base)) {
			break;
		}
	}
	return n ? n : 1; /* an atomic one stands alone */
}

void op_cover(struct op *c, const struct op_value *at, uint32_t first, uint32_t bytes, uint32_t rights)
{
	if (at->a < OP_REGS && (at->b < OP_REGS || at->b == OP_NONE))
		c->places.cover = (struct op_cover){ at->a, at->b, at->shift, (uint8_t)rights, 0, first, bytes };
}

/* Should the check that covers it have failed, there is one more to look at on the cold path. */
bool op_is_covered(struct op *c, const struct op_value *at, uint32_t size, uint32_t what)
{
	const struct op_cover *k = &c->places.cover;
	struct op_colds *colds = &c->colds;
	uint32_t behind = (uint32_t)at->imm - k->first; /* modulo 2^32, as addresses are: no sum of them can pass an end */
	if (k->a != at->a || k->b != at->b || k->shift != at->shift || at->a == OP_NONE || k->until || size > k->bytes ||
	    behind > k->bytes - size || what >> JIT_CHECK_RIGHTS & ~(uint32_t)k->rights || colds->n == 0 || colds->n == OP_COLDS)
		return false;
	struct op_cold *cold = &colds->cold[colds->n++];
	cold[-1].kind |= OP_COLD_MORE;
	cold->kind = OP_COLD_CHECK;
	cold->resume = cold[-1].resume;
	cold->slot = (uint16_t)c->slot;
	cold->what = (uint16_t)what;
	cold->value = *at;
	return true;
}

/* At a jump. `around`: on one of its ways nothing is done but to go to the target. */
void op_cover_jump(struct op *c, uint32_t target, bool around)
{
	struct op_cover *k = &c->places.cover;
	if (k->a == OP_NONE)
		return;
	if (around && target > c->slot && !k->until)
		k->until = (uint16_t)target;
	else
		op_uncover(c);
}

/* Where paths meet: the branch to here, and what it leads around, where neither did anything to what was covered. In a loop with two
 * forms each has a branch of its own, and both lead to what is not the loop's. */
void op_cover_join(struct op *c)
{
	struct op_cover *k = &c->places.cover;
	if (!k->until || k->until != c->slot || op_is_crossing(c, c->slot) || (c->loop.active && !op_loop_has(&c->loop, c->slot)))
		op_uncover(c);
	k->until = 0;
}
