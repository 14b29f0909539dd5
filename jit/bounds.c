// SPDX-License-Identifier: BSD-2-Clause
#include "jit/bounds.h"

/* All ones up to the highest bit of v. */
static uint32_t smear(uint32_t v)
{
	return v ? FAR >> __builtin_clz(v) : 0;
}

/* Bounded by an operation, whatever made it before. */
static struct value settled(struct value v)
{
	v.tag &= (uint16_t)~ADDED;
	return v;
}

static struct value immediate(uint32_t v)
{
	return value_of(NUMBER | EXACT | IMMEDIATE, v, v);
}

/* A pointer and a number. A register added to a context plus index takes the index's place in the sum. */
static struct value advance(struct value p, struct value n)
{
	uint32_t max = p.max == FAR || p.max + n.max < p.max ? FAR : p.max + n.max, min = (uint32_t)p.min + n.min;
	uint32_t tag = (p.tag & KIND) | (max != FAR ? p.tag & n.tag & EXACT : 0) | ADDED;
	if (p.tag & EXACT && !(n.tag & EXACT) && p.max < MIN_MAX)
		return value_of(tag | INDEXED, p.max, max);
	if (p.tag & INDEXED && n.tag & IMMEDIATE && n.max < MIN_MAX && min < MIN_MAX)
		tag |= INDEXED;
	return value_of(tag, max == FAR && !(tag & INDEXED) ? 0 : min, max);
}

static struct value add(struct value a, struct value b, bool wide)
{
	uint32_t sum = a.max + b.max;
	if (wide && is_pointer(b)) {
		struct value t = a;
		a = b;
		b = t;
	}
	if (wide && is_pointer(a))
		return is_number(b) ? advance(a, b) : value_of(a.tag & KIND, 0, FAR);
	if (!is_number(a) || !is_number(b) || sum < a.max)
		return wide ? any : number(FAR);
	return value_of(NUMBER | (a.tag & b.tag & EXACT) | ADDED, (uint32_t)a.min + b.min, sum);
}

/* a - k, k > 0 as a constant or the magnitude of a negative one that is added. */
static struct value subtract(struct value a, uint32_t k, bool wide)
{
	if (a.tag & EXACT && a.max >= k)
		return value_of((a.tag & (KIND | EXACT)) | ADDED, a.max - k, a.max - k);
	if ((is_number(a) || a.tag & INDEXED) && a.min >= k)
		return value_of((a.tag & (KIND | INDEXED)) | ADDED, a.min - k, a.max == FAR && is_pointer(a) ? FAR : a.max - k);
	if (wide && is_pointer(a))
		return value_of(a.tag & KIND, 0, FAR);
	return wide ? any : number(FAR);
}

static struct value shift_left(struct value a, uint32_t k, bool wide)
{
	if (is_number(a) && k < 32 && a.max << k >> k == a.max)
		return value_of(NUMBER | (a.tag & EXACT), (uint32_t)a.min << k < MIN_MAX ? (uint32_t)a.min << k : 0, a.max << k);
	return wide ? any : number(FAR);
}

static struct value shift_right(struct value a, uint32_t k, bool wide, bool sign)
{
	if (is_number(a) && (wide || !sign || a.max >> 31 == 0))
		return k < 32 ? value_of(NUMBER | (a.tag & EXACT), (uint32_t)a.min >> k, a.max >> k) : constant(0);
	if (sign)
		return wide ? any : number(FAR);
	if (!wide)
		return number(FAR >> k);
	return k >= 32 ? number(FAR >> (k - 32)) : any;
}

struct value jit_bound_imm(uint32_t op, struct value a, int32_t imm, bool wide, bool sign, uint32_t *fact)
{
	uint32_t k = (uint32_t)imm;
	bool high = wide && imm < 0; /* the constant has a high half */

	switch (op >> 4) { /* dense: a jump through a table */
	case UB_ADD >> 4:
		return imm < 0 ? subtract(a, 0u - k, wide) : add(a, immediate(k), wide);
	case UB_SUB >> 4:
		return imm < 0 ? add(a, immediate(0u - k), wide) : subtract(a, k, wide);
	case UB_MUL >> 4: {
		uint64_t product = (uint64_t)a.max * k;
		if (is_number(a) && !high && product <= FAR)
			return a.tag & EXACT ? constant((uint32_t)product) : number((uint32_t)product);
		break;
	}
	case UB_DIV >> 4:
		if (sign || !is_number(a) || high)
			break;
		return number(k ? a.max / k : 0);
	case UB_MOD >> 4:
		if (sign || high || k == 0)
			break;
		if (!is_number(a))
			return number(k - 1);
		if (a.max < k) {
			*fact |= JIT_NO_EFFECT;
			return settled(a);
		}
		if (a.max < 2 * (uint64_t)k)
			*fact |= JIT_ONCE;
		return number(k - 1);
	case UB_AND >> 4:
		if (is_number(a)) {
			if ((smear(a.max) & ~k) == 0) {
				*fact |= JIT_NO_EFFECT;
				return settled(a);
			}
			return number(!high && k < a.max ? k : a.max);
		}
		if (!high)
			return number(k);
		break;
	case UB_OR >> 4:
	case UB_XOR >> 4:
		if (is_number(a) && !high)
			return number(smear(a.max | k));
		break;
	case UB_LSH >> 4:
		return shift_left(a, k & (wide ? 63 : 31), wide);
	case UB_RSH >> 4:
	case UB_ARSH >> 4:
		return shift_right(a, k & (wide ? 63 : 31), wide, op == UB_ARSH);
	}
	return wide ? any : number(FAR);
}

struct value jit_bound_reg(uint32_t op, struct value a, struct value b, bool wide, bool sign, uint32_t *fact)
{
	if (is_number(b) && b.tag & EXACT && (!wide || b.max < 0x80000000) && op != UB_ADD)
		return jit_bound_imm(op, a, (int32_t)b.max, wide, sign, fact);
	bool both = is_number(a) && is_number(b);
	switch (op >> 4) { /* dense: a jump through a table */
	case UB_ADD >> 4:
		return add(a, b, wide);
	case UB_SUB >> 4:
		if (wide && is_pointer(a) && !is_pointer(b))
			return value_of(a.tag & KIND, 0, FAR);
		break;
	case UB_MUL >> 4:
		if (both && (uint64_t)a.max * b.max <= FAR)
			return number(a.max * b.max);
		break;
	case UB_DIV >> 4:
	case UB_MOD >> 4: /* neither gives more than the dividend */
		if (both && !sign)
			return number(a.max);
		break;
	case UB_AND >> 4:
		if (both)
			return number(a.max < b.max ? a.max : b.max);
		if (is_number(a) || is_number(b))
			return number(is_number(a) ? a.max : b.max);
		break;
	case UB_OR >> 4:
	case UB_XOR >> 4:
		if (both)
			return number(smear(a.max | b.max));
		break;
	case UB_RSH >> 4:
	case UB_ARSH >> 4:
		if (is_number(a) && (wide || op == UB_RSH || a.max >> 31 == 0))
			return number(a.max);
		break;
	}
	return wide ? any : number(FAR);
}

struct value jit_bound_move(struct value v, int32_t bits, bool wide)
{
	if (bits == 0)
		return wide ? v : low_half(v);
	if (is_number(v) && v.max < 1u << (bits - 1))
		return v;
	return wide ? any : number(FAR);
}

struct value jit_bound_bytes(struct value v, int32_t bits, bool swaps)
{
	if (bits == 16)
		return swaps || !is_number(v) || v.max > 0xffff ? number(0xffff) : v;
	if (bits == 32)
		return swaps ? number(FAR) : low_half(v);
	return swaps ? any : v;
}

struct value jit_bound_join(struct value old, struct value new, bool jump)
{
	uint32_t min = old.min < new.min ? old.min : new.min, max = old.max > new.max ? old.max : new.max;
	if (old.tag == ANY || new.tag == ANY || (old.tag & KIND) != (new.tag & KIND)) {
		bool numbers = zx(old) && zx(new); /* say, a pointer and NULL */
		return numbers ? number(FAR) : any;
	}
	if (old.max == new.max && old.tag & new.tag & EXACT)
		return value_of(old.tag & (KIND | EXACT), min, max);
	if (old.max == new.max && old.tag & new.tag & LENGTH)
		return value_of(NUMBER | LENGTH, min, max);
	if (max == old.max || !jump)
		return value_of(old.tag & KIND, min, max);
	uint32_t limit = is_pointer(old) ? NEAR - REGION_MAX / 2 : FAR - 1;
	return value_of(old.tag & KIND, 0, max <= limit ? limit : FAR);
}
