// SPDX-License-Identifier: BSD-2-Clause
/* Branches. They are emitted as their 16-bit forms (bl as its only form), all distances left out.
 * When everything is there, the distances go in; where some do not reach, those branches grow, code
 * moves up to make room, and all distances once more. Everything else is independent of its position.
 */
#include <string.h>

#include "jit/patch.h"

static struct jit_fixup *fixup(const struct jit_out *o, uint32_t i)
{
	return o->fixups - (i + 1);
}

/* Emits the first, or only, halfword of a branch and notes it. Notes grow down towards the code, and take of
 * its room. There is always room for one more, so that the latest may be written to even if it could not be
 * noted. */
static NOINLINE void noted(struct jit_out *o, uint32_t half, enum jit_target_kind kind, uint32_t target)
{
	struct jit_code *c = &o->code;
	if (c->len + 2 * JIT_FIXUP_HALFWORDS <= c->cap) { /* which is below 2^16, and 0 after an error */
		c->cap -= JIT_FIXUP_HALFWORDS;
		*(o->fixups - ++o->nfixups) =
			(struct jit_fixup){ (uint16_t)c->len, (uint16_t)target, 0, (uint8_t)kind, 0 };
	} else {
		if (!o->error)
			o->error = c->len > 0xffff ? UB_E_COMPILE_RANGE : UB_E_COMPILE_CODE;
		c->cap = 0;
	}
	jit_narrow(c, half);
}

void jit_branch(struct jit_out *o, enum t2_cond cond, enum jit_target_kind kind, uint32_t target)
{
	noted(o, cond == T2_AL ? (uint32_t)T2_B_N : T2_BCC_N | (uint32_t)cond << 8, kind, target);
}

void jit_branch_link(struct jit_out *o, enum jit_target_kind kind, uint32_t target)
{
	noted(o, T2_BL >> 16, kind, target);
	jit_narrow(&o->code, T2_BL & 0xffff);
}

void jit_label(struct jit_out *o, uint32_t label)
{
	o->labels[label] = (uint16_t)o->code.len;
}

static bool is_bl(uint32_t half)
{
	return half >> 11 == 0x1e;
}

static bool is_conditional(uint32_t half)
{
	return half >> 12 == 0xd;
}

/* How many branches there are before a halfword: from low to high. */
static NOINLINE uint32_t branches_before(const struct jit_out *o, uint32_t at, uint32_t low, uint32_t high)
{
	const struct jit_fixup *first = o->fixups - 1;
	if (high && fixup(o, high - 1)->at < at) /* routines are behind them all */
		return high;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if ((first - middle)->at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Halfwords by which code moves that so many branches are before: those of them that grow, by one each. */
static uint32_t moved_behind(const struct jit_out *o, uint32_t n)
{
	if (n == 0)
		return 0;
	const struct jit_fixup *f = fixup(o, n - 1);
	return f->grown + (uint32_t)f->wide;
}

static uint32_t moved(const struct jit_out *o, uint32_t at)
{
	return moved_behind(o, branches_before(o, at, 0, o->nfixups));
}

/* The same of the target of a branch. */
static ALWAYS_INLINE uint32_t target_moved(const struct jit_out *o, const struct jit_fixup *f)
{
	uint32_t i = (uint32_t)(o->fixups - 1 - f), target = f->target;
	return moved_behind(o, target > f->at ? branches_before(o, target, i, o->nfixups) : branches_before(o, target, 0, i));
}

uint32_t jit_place(const struct jit_out *o, uint32_t at)
{
	return o->growing ? at + moved(o, at) : at;
}

/* When all code is there, targets become halfwords, and kinds how far the 16-bit form reaches: 0 of bl, which has no such form, else
 * SHORT or LONG. */
enum { SHORT = 1, LONG = 8, REACH = 128 /* halfwords for each */ };

/* Notes by how much code before each branch grows, if those that do not reach as it is do; returns by how many halfwords it all does. */
static uint32_t find_targets(struct jit_out *o)
{
	uint32_t grown = 0;
	for (struct jit_fixup *f = o->fixups, *last = f - o->nfixups; f-- != last;) {
		uint32_t half = o->code.at[f->at], target = f->target, reach;
		if (f->kind == JIT_TO_SLOT)
			target = o->offset[target];
		else if (f->kind == JIT_TO_LABEL)
			target = o->labels[target];
		f->target = (uint16_t)target;
		f->grown = (uint16_t)grown;
		f->kind = is_bl(half) ? 0 : is_conditional(half) ? SHORT : LONG;
		reach = f->kind * (uint32_t)REACH;
		uint32_t d = target - f->at - 2u + reach;
		if (!reach || d < 2 * reach)
			continue;
		uint32_t n = branches_before(o, target, 0, o->nfixups); /* if what is right before the target grows, it may yet reach */
		f->wide = d + (n ? fixup(o, n - 1)->wide : 0u) >= 2 * reach;
		grown += f->wide;
	}
	return grown;
}

/* Halfwords from the pc an instruction sees to its target, in code that has grown. */
static ALWAYS_INLINE uint32_t distance(const struct jit_out *o, const struct jit_fixup *f)
{
	uint32_t target = f->target;
	if (o->growing)
		target += target_moved(o, f);
	return target - (f->at + f->grown + 2u);
}

/* The 32-bit form of a branch: A7.7.12 (B) and A7.7.18 (BL). */
static NOINLINE void complete_wide(uint16_t *at, uint32_t half, uint32_t d)
{
	uint32_t sign = d >> 31, word;
	if (is_conditional(half)) { /* 20 bits: S J2 J1 imm6 imm11 */
		word = T2_BCC_W | (half >> 8 & 15) << 22 | (d >> 11 & 0x3f) << 16 | (d >> 17 & 1) << 13 |
		       (d >> 18 & 1) << 11;
	} else { /* 24 bits: S I1 I2 imm10 imm11, J = not I xor S */
		uint32_t same = ~(d ^ (0u - sign));
		word = ((is_bl(half) ? T2_BL : T2_B_W) & ~0x2800u) | (d >> 11 & 0x3ff) << 16 | (same >> 22 & 1) << 13 |
		       (same >> 21 & 1) << 11;
	}
	word |= sign << 26 | (d & 0x7ff);
	at[0] = (uint16_t)(word >> 16);
	at[1] = (uint16_t)word;
}

/* Puts in the distance of a branch. */
static void complete(const struct jit_out *o, const struct jit_fixup *f)
{
	uint16_t *at = o->code.at + f->at + f->grown;
	uint32_t half = *at, d = distance(o, f), field = f->kind == SHORT ? 0xff : 0x7ff;

	if (f->wide || !f->kind)
		complete_wide(at, half, d);
	else
		*at = (uint16_t)((half & ~field) | (d & field));
}

/* Notes by how much code before each branch grows; returns by how many halfwords it all does. */
static uint32_t note_growth(struct jit_out *o)
{
	uint32_t grown = 0;
	for (struct jit_fixup *f = o->fixups, *last = f - o->nfixups; f-- != last;) {
		f->grown = (uint16_t)grown;
		grown += f->wide;
	}
	return grown;
}

/* Finds the branches that must grow, some being known and noted; returns by how many halfwords the code grows. A branch
 * that grows may make others grow; after a few rounds all do that could, so that this takes no longer than that. */
static uint32_t size_branches(struct jit_out *o, uint32_t grown, uint32_t round)
{
	enum { ROUNDS = 4 };
	struct jit_fixup *first = o->fixups, *last = first - o->nfixups;
	for (;; round++) {
		bool again = false;
		const uint32_t most = round < ROUNDS ? grown : o->nfixups;
		for (struct jit_fixup *f = first; f-- != last;) {
			uint32_t reach = f->kind * (uint32_t)REACH;
			if (f->wide || !reach)
				continue;
			uint32_t d = f->target - f->at - 2u + reach; /* as if nothing had grown */
			if (d - most < 2 * reach && d + most < 2 * reach)
				continue;
			if (round >= ROUNDS || distance(o, f) + reach >= 2 * reach)
				f->wide = again = true;
		}
		if (!again)
			return grown;
		grown = note_growth(o);
	}
}

/* Number of the last branch between two halfwords that can still grow, or the number of them all. */
static uint32_t growable(const struct jit_out *o, uint32_t from, uint32_t to)
{
	uint32_t i = branches_before(o, to, 0, o->nfixups);
	while (i > 0 && fixup(o, --i)->at >= from)
		if (!fixup(o, i)->wide && fixup(o, i)->kind)
			return i;
	return o->nfixups;
}

/* Branches have been sized, by which code grows. Tops of loops began words (jit_align) and are to do so again, by growing
 * a branch more before them: in one pass, from top to top, so that those of inner loops come first, and those around them
 * not at all. What these make grow in turn may move some of them once more. Returns by how many halfwords the code grows. */
static uint32_t place_tops(struct jit_out *o, uint32_t grown)
{
	uint32_t from = 0, more = 0;
	for (uint32_t i = 0; i < o->nfixups; i++) {
		const struct jit_fixup *f = fixup(o, i);
		uint32_t top = f->target;
		if (top <= from || top > f->at || f->kind != SHORT)
			continue;
		if ((top + moved(o, top) + more) & 1) {
			uint32_t before = growable(o, from, top);
			if (before < o->nfixups) {
				fixup(o, before)->wide = true;
				more++;
			}
		}
		from = top;
	}
	return more ? size_branches(o, note_growth(o), 0) : grown;
}

/* Moves code apart, from the end to the first branch that grows. */
static void spread(struct jit_out *o)
{
	uint16_t *code = o->code.at;
	uint32_t end = o->code.len;
	for (const struct jit_fixup *f = o->fixups - o->nfixups; f < o->fixups; f++) {
		uint32_t moved = (uint32_t)f->grown + f->wide;
		if (moved == 0)
			break;
		const uint16_t *from = code + end, *stop = code + f->at + 1;
		uint16_t *to = code + end + moved;
		for (uint32_t two; from - stop >= 2; from -= 2, to -= 2) {
			memcpy(&two, from - 2, 4);
			memcpy(to - 2, &two, 4);
			__asm__ volatile(""); /* pieces are short: no call of memmove */
		}
		if (from != stop)
			to[-1] = from[-1];
		end = f->at;
		code[end + f->grown] = code[end];
	}
}

/* Sizes, places and completes all branches. */
void jit_patch(struct jit_out *o)
{
	uint32_t grown = 0;
	if (o->error)
		return;
	if (o->code.len <= o->code.cap) {
		o->growing = true;
		grown = find_targets(o);
		if (grown)
			grown = place_tops(o, size_branches(o, grown, 1));
		o->growing = grown > 0;
	}
	if (o->code.len + grown > o->code.cap) {
		o->error = UB_E_COMPILE_CODE;
		return;
	}
	spread(o);
	for (struct jit_fixup *f = o->fixups, *last = f - o->nfixups; f != last;)
		complete(o, --f);
	o->code.len += grown;
}
