// SPDX-License-Identifier: BSD-2-Clause
/* Branches. They are emitted as their 16-bit forms (bl as its only form), all distances left out.
 * When everything is there, those that do not reach grow, code moves up to make room, and the
 * distances go in. Everything else in the code is independent of its position.
 */
#include <string.h>

#include "jit/compile.h"

static struct jit_fixup *fixup(const struct jit *j, uint32_t i)
{
	return j->fixups - 1 - i;
}

/* Notes a branch about to be emitted. Notes grow down towards the code, and take of its room. There
 * is always room for one more, so that the latest may be written to even if it could not be noted. */
static void note(struct jit *j, enum jit_target_kind kind, uint32_t target)
{
	struct jit_code *c = &j->code;
	uint32_t words = JIT_FIXUP_HALFWORDS;
	if (j->error || c->len + 2 * words > c->cap || c->len > 0xffff) {
		if (!j->error)
			j->error = c->len > 0xffff ? UB_E_COMPILE_RANGE : UB_E_COMPILE_CODE;
		c->cap = 0;
		return;
	}
	c->cap -= words;
	*fixup(j, j->nfixups++) =
		(struct jit_fixup){ (uint16_t)c->len, (uint16_t)target, 0, (uint8_t)kind, 0 };
}

void jit_branch(struct jit *j, enum t2_cond cond, enum jit_target_kind kind, uint32_t target)
{
	note(j, kind, target);
	jit_narrow(&j->code, cond == T2_AL ? (uint32_t)T2_B_N : T2_BCC_N | (uint32_t)cond << 8);
}

void jit_branch_link(struct jit *j, enum jit_target_kind kind, uint32_t target)
{
	note(j, kind, target);
	jit_wide(&j->code, T2_BL);
}

void jit_label(struct jit *j, uint32_t label)
{
	j->labels[label] = (uint16_t)j->code.len;
}

static bool is_bl(uint32_t half)
{
	return half >> 11 == 0x1e;
}

static bool is_conditional(uint32_t half)
{
	return half >> 12 == 0xd;
}

/* Halfwords by which code at `at` moves: branches before it that grow by one each. */
static uint32_t moved(const struct jit *j, uint32_t at)
{
	uint32_t low = 0, high = j->nfixups;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (fixup(j, middle)->at < at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return 0;
	const struct jit_fixup *f = fixup(j, low - 1);
	return f->grown + (uint32_t)f->wide;
}

uint32_t jit_place(const struct jit *j, uint32_t at)
{
	return j->growing ? at + moved(j, at) : at;
}

static uint32_t target_of(const struct jit *j, const struct jit_fixup *f)
{
	switch (f->kind) {
	case JIT_TO_SLOT: return j->offset[f->target];
	case JIT_TO_LABEL: return j->labels[f->target];
	default: return f->target;
	}
}

/* Halfwords from the pc an instruction sees to its target, in code that has grown. */
static int32_t distance(const struct jit *j, const struct jit_fixup *f)
{
	uint32_t target = target_of(j, f);
	return (int32_t)jit_place(j, target) - (int32_t)(f->at + f->grown) - 2;
}

/* Finds the branches that must grow; returns by how many halfwords the code grows. */
static uint32_t size_branches(struct jit *j)
{
	for (;;) {
		bool again = false;
		uint32_t grown = 0;
		for (uint32_t i = 0; i < j->nfixups && j->growing; i++) {
			struct jit_fixup *f = fixup(j, i);
			f->grown = (uint16_t)grown;
			grown += f->wide;
		}
		for (uint32_t i = 0; i < j->nfixups; i++) {
			struct jit_fixup *f = fixup(j, i);
			uint32_t half = j->code.at[f->at];
			int32_t reach = is_conditional(half) ? 128 : 1024, d;
			if (f->wide || is_bl(half))
				continue;
			d = distance(j, f);
			if (d < -reach || d >= reach)
				f->wide = again = j->growing = true;
		}
		if (!again)
			return grown;
	}
}

/* Moves code apart, from the end. */
static void spread(struct jit *j)
{
	uint16_t *code = j->code.at;
	uint32_t end = j->code.len;
	for (uint32_t i = j->growing ? j->nfixups : 0; i-- > 0;) {
		const struct jit_fixup *f = fixup(j, i);
		uint32_t from = f->at + 1u;
		memmove(code + from + f->grown + f->wide, code + from, (end - from) * 2);
		code[f->at + f->grown] = code[f->at];
		end = f->at;
	}
}

/* Distances in halfwords: A7.7.12 (B) and A7.7.18 (BL). */
static void encode(struct jit *j, const struct jit_fixup *f)
{
	uint16_t *at = j->code.at + f->at + f->grown;
	uint32_t half = *at, d = (uint32_t)distance(j, f);
	uint32_t sign = d >> 31, i1 = d >> 22 & 1, i2 = d >> 21 & 1, word;

	if (!f->wide && !is_bl(half)) {
		*at = (uint16_t)(half | (d & (is_conditional(half) ? 0xff : 0x7ff)));
		return;
	}
	if (is_conditional(half)) { /* 20 bits: S J2 J1 imm6 imm11 */
		word = T2_BCC_W | sign << 26 | (half >> 8 & 15) << 22 | (d >> 11 & 0x3f) << 16 | (d >> 17 & 1) << 13 |
		       (d >> 18 & 1) << 11 | (d & 0x7ff);
	} else { /* 24 bits: S I1 I2 imm10 imm11, J = not I xor S */
		word = (is_bl(half) ? T2_BL : T2_B_W) & ~0x2800u;
		word |= sign << 26 | (d >> 11 & 0x3ff) << 16 | (i1 == sign) << 13 | (i2 == sign) << 11 | (d & 0x7ff);
	}
	at[0] = (uint16_t)(word >> 16);
	at[1] = (uint16_t)word;
}

/* Sizes, places and completes all branches. */
void jit_patch(struct jit *j)
{
	if (j->error)
		return;
	if (j->code.len > j->code.cap) {
		j->error = UB_E_COMPILE_CODE;
		return;
	}
	uint32_t grown = size_branches(j);
	if (j->code.len + grown > j->code.cap) {
		j->error = UB_E_COMPILE_CODE;
		return;
	}
	spread(j);
	for (uint32_t i = 0; i < j->nfixups; i++)
		encode(j, fixup(j, i));
	j->code.len += grown;
}
