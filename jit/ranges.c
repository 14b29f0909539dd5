// SPDX-License-Identifier: BSD-2-Clause
/* Forward: what is known about the value of each register (bounds.h) at each slot, as facts for the
 * others. Blocks are visited in the order of slots, and again when the state they start in has grown,
 * inner loops first, until every edge leads into a state that covers it: that alone makes facts right,
 * whatever the order and wherever a loop is entered. It ends, as states only grow, in few steps each.
 *
 * A loop would be visited two or three times. Most are visited once, because the state of a head begins
 * with a guess at what its jumps back will bring.
 */
#include <string.h>

#include "jit/bounds.h"

enum { TRACKED = UB_R10, START = 8 };
enum { UNKNOWN, MIXED = 0xff }; /* or region + 1 */
enum { STOPS = 256 };           /* beside facts: control does not go on to the next slot */
enum {
	CREEPS = 2,   /* visits after which a bound that grows is given up */
	HOPELESS = 6, /* ... and all that is known of a register */
	AHEAD = 255,  /* slots of a loop that are looked at beforehand */
};
#define BELOW_FAR (FAR - 1) /* what a counter is at most that goes on while it is less than 32 bits */

/* What a block starts with; other lower bounds than EXACT ones are known inside blocks only. */
struct state {
	uint32_t max[TRACKED];
	uint8_t tag[TRACKED];
	uint16_t length;     /* the context is known to be so long at least */
	uint8_t visits;
	bool reached, dirty; /* dirty: to be visited again */
};

struct ranges {
	struct jit *j;
	struct value now[VALUES];
	uint32_t length; /* as in struct state */
	/* The region of pointers kept in each word of a frame, UNKNOWN, or MIXED: a guess, for checks. */
	uint8_t frame[UB_FRAME_BYTES / 8];
	/* The latest word that was stored in the frame in this block: its offset from r10, 0 for none, and what it is. */
	int32_t key_at;
	struct value key;
	bool maps; /* the program has some whose places are known: else nothing is asked about them */
	struct state *states; /* by leader */
	uint32_t slot;
	uint32_t again;    /* the first block that a jump back has made dirty */
	uint32_t extended; /* the second slot of an extension */
};

/* Shifted left and right by 32: an extension of the low half, done when the first is seen. */
static bool extension(struct ranges *g, const struct ub_insn *insn)
{
	struct value *v = g->now + UB_DST(insn);
	if (g->slot == g->extended)
		return true;
	if (!jit_is_extension(g->j, g->slot))
		return false;
	g->extended = g->slot + 1;
	bool sign = UB_OP(insn[1].opcode) == UB_ARSH;
	jit_bound_move(v, v, sign ? 32 : 0, sign);
	return true;
}

static struct value load_address(const struct ub_program *p, uint32_t slot)
{
	const struct ub_insn *insn = p->text + slot;
	uint32_t v = (uint32_t)insn->imm, rodata = v - p->rodata_addr, data = v - p->data_addr;
	if (UB_SRC(insn) == UB_LDDW_FUNC)
		return constant(UB_CODE_ADDR(slot + 1 + v));
	if (insn[1].imm)
		return unknown(true);
	if (rodata < p->rodata_len)
		return pointer(UB_REGION_RODATA, rodata);
	if (data < p->data_len)
		return pointer(UB_REGION_DATA, data);
	return constant(v);
}

/* Bytes a region has, whatever the run. */
static uint32_t least(const struct ranges *g, uint32_t region, bool write)
{
	const struct ub_program *p = g->j->program;
	switch (region) {
	case UB_REGION_STACK: return p->flags & UB_PROGRAM_FRAME_ESCAPES ? UB_FRAME_BYTES : 0;
	case UB_REGION_CTX: return g->length;
	case UB_REGION_RODATA: return write ? 0 : p->rodata_len;
	default: return p->data_len;
	}
}

/* Whether a number is the address of so many bytes in values of a map, of which the program has the right. */
static bool in_values(const struct ranges *g, const struct value *v, int32_t offset, uint32_t size, bool write)
{
	const struct ub_map_def *def;
	const struct ub_map_place *place = is_number(v) ? jit_map_around(g->j->program, v->min + (uint32_t)offset, &def) : NULL;
	if (!place || place->flags & (write ? UB_MAP_READ_ONLY : UB_MAP_WRITE_ONLY))
		return false;
	uint32_t len = ub_map_values_bytes(def), from = v->min + (uint32_t)offset - place->values, more = v->max - v->min;
	return from < len && more < len && from + more + size <= len;
}

static uint32_t access(struct ranges *g, const struct ub_insn *insn, uint32_t base, bool write)
{
	struct jit *j = g->j;
	const struct value *v = g->now + base;
	uint32_t region = v->tag & POINTER ? region_of(v) : UB_REGION_CTX, fact = region * JIT_REGION;

	if (g->maps && in_values(g, v, insn->offset, jit_size(insn->opcode), write))
		return fact | JIT_IN_BOUNDS;
	if (v->tag & POINTER && (int32_t)v->min + insn->offset >= 0) { /* of pointers, min is at most NEAR */
		int32_t size = (int32_t)jit_size(insn->opcode), end = (int32_t)v->min + insn->offset + size;
		int32_t spare = (int32_t)least(g, region, write) - insn->offset - size;
		if (spare >= 0 && v->max <= (uint32_t)spare)
			return fact | JIT_IN_BOUNDS;
		/* At a constant plus an index, or at the start: within reach of one check for all of the program. */
		int32_t reach = v->tag & INDEXED ? JIT_WINDOW_MAX : is_exact(v) && v->max <= START ? START : 0;
		if (region == UB_REGION_CTX && end <= reach) {
			if (j->window < (uint32_t)end)
				j->window = (uint32_t)end;
			j->plain |= (v->tag & INDEXED) != 0;
			return fact | (v->tag & INDEXED ? JIT_INDEXED : JIT_AT_START);
		}
	}
	j->plain |= region == UB_REGION_CTX;
	return fact;
}

/* What is known to be kept in the frame at [base + offset], 8 bytes; NULL if that is elsewhere. */
static uint8_t *kept_at(struct ranges *g, const struct ub_insn *insn, uint32_t base)
{
	uint32_t at = UB_FRAME_BYTES + (uint32_t)insn->offset;
	bool whole = UB_MODE(insn->opcode) == UB_MEM && UB_SIZE(insn->opcode) == UB_DW;
	return whole && base == UB_R10 && at < UB_FRAME_BYTES && at % 8 == 0 ? &g->frame[at / 8] : NULL;
}

static uint32_t load(struct ranges *g, const struct ub_insn *insn)
{
	uint32_t fact = access(g, insn, UB_SRC(insn), false), size = jit_size(insn->opcode);
	const uint8_t *word = kept_at(g, insn, UB_SRC(insn));
	struct value *dst = g->now + UB_DST(insn);
	*dst = unknown(size == 8 || UB_MODE(insn->opcode) != UB_MEM);
	if (dst->tag & NARROW)
		dst->max >>= 32 - 8 * size;
	if (word && *word != UNKNOWN && *word != MIXED)
		*dst = (struct value){ FAR, 0, POINTER | ((*word - 1u) * JIT_REGION) };
	return fact;
}

/* What a store leaves of the word that was stored last, and the word it stores itself. */
static void keep_key(struct ranges *g, const struct ub_insn *insn, uint32_t fact)
{
	const struct value *v = g->now + UB_SRC(insn), k = constant((uint32_t)insn->imm);
	uint32_t size = jit_size(insn->opcode);
	bool frame = UB_DST(insn) == UB_R10, apart = fact & JIT_IN_BOUNDS && (fact & 3 * JIT_REGION) != UB_REGION_STACK * JIT_REGION;
	if (frame ? insn->offset < g->key_at + 4 && g->key_at < insn->offset + (int32_t)size : !apart)
		g->key_at = 0;
	if (UB_CLASS(insn->opcode) == UB_ST)
		v = &k;
	if (!frame || size < 4 || UB_MODE(insn->opcode) != UB_MEM || !is_number(v))
		return;
	g->key_at = insn->offset;
	g->key = *v;
}

static uint32_t store(struct ranges *g, const struct ub_insn *insn)
{
	uint32_t fact = access(g, insn, UB_DST(insn), true);
	if (UB_MODE(insn->opcode) == UB_ATOMIC && fact & JIT_IN_BOUNDS && access(g, insn, UB_DST(insn), false) != fact)
		fact &= ~(uint32_t)JIT_IN_BOUNDS;
	if (g->maps)
		keep_key(g, insn, fact);
	if (UB_CLASS(insn->opcode) == UB_ST)
		return fact;
	struct value *src = g->now + UB_SRC(insn);
	uint8_t *word = kept_at(g, insn, UB_DST(insn));
	fact |= src->tag & NARROW ? JIT_SRC_ZX : 0;
	if (word && src->tag & POINTER)
		*word = (uint8_t)(*word == UNKNOWN || *word == region_of(src) + 1 ? region_of(src) + 1 : MIXED);
	if (UB_MODE(insn->opcode) == UB_ATOMIC && insn->imm & UB_FETCH)
		*(insn->imm == UB_CMPXCHG ? g->now : src) = unknown(UB_SIZE(insn->opcode) == UB_DW);
	return fact;
}

/* Arguments printf reads behind a format that is a constant string. */
static uint32_t conversions(const struct ub_program *p, const struct value *format)
{
	uint32_t n = 0;
	if (p->rodata && format->tag & POINTER && region_of(format) == UB_REGION_RODATA && is_exact(format))
		for (uint32_t at = format->max; at < p->rodata_len && n < 4; at++) {
			if (p->rodata[at] == 0)
				return n;
			n += p->rodata[at] == '%';
		}
	return 4;
}

/* Arguments that a helper reads. */
static uint32_t arguments(const struct ranges *g, int32_t id)
{
#define ARGUMENTS(name, id, arguments) [UB_HELPER_##name] = arguments,
	static const uint8_t known[UB_HELPER_ENTRIES] = { UB_HELPERS(ARGUMENTS) };
#undef ARGUMENTS
	int index = ub_helper_index(id);
	if (g->j->program->flags & UB_PROGRAM_OWN_HELPERS)
		return UB_HELPER_ARGUMENTS;
	if (index == UB_HELPER_printf)
		return 1 + conversions(g->j->program, g->now + 1);
	return index < 0 || index >= UB_HELPER_ENTRIES ? UB_HELPER_ARGUMENTS : known[index];
}

static bool may_be_null(const struct value *v)
{
	return is_number(v) && v->tag & OR_NULL;
}

/* What a lookup in a map returns, or reserving a record; facts about the call are added. */
static struct value returned(struct ranges *g, int32_t id, uint32_t *fact)
{
	const struct ub_program *p = g->j->program;
	const struct value *map = g->now + 1, *key = g->now + 2;
	int index = ub_helper_index(id);
	bool lookup = index == UB_HELPER_map_lookup_elem;
	if (!is_number(map) || !is_exact(map) || !jit_map_place(p, map->max) || !(lookup || index == UB_HELPER_ringbuf_reserve))
		return unknown(true);
	const struct ub_map_def *d = jit_map_def(p, map->max);
	uint32_t start = jit_map_place(p, map->max)->values, size = d->value_size, bytes = ub_map_values_bytes(d);
	if (lookup == (d->type == UB_MAP_RINGBUF))
		return unknown(true);
	if (!lookup) {
		if (!is_number(key) || key->min > key->max || key->min > bytes)
			return unknown(true);
		size = key->min;
	}
	if (!size)
		return unknown(true);
	struct value found = { start + bytes - size, 0, NARROW | OR_NULL };
	if (d->type != UB_MAP_ARRAY || !(key->tag & POINTER) || !is_exact(key) || region_of(key) != UB_REGION_STACK ||
	    !(p->flags & UB_PROGRAM_FRAME_ESCAPES) || key->max > UB_FRAME_BYTES - 4)
		return found;
	*fact |= JIT_LOOKUP;
	if (!g->key_at || (int32_t)key->max - UB_FRAME_BYTES != g->key_at || g->key.max >= d->max_entries)
		return found;
	*fact |= JIT_FOUND;
	return between(start + g->key.min * size, start + g->key.max * size, NARROW);
}

static uint32_t call(struct ranges *g, const struct ub_insn *insn)
{
	bool helper = insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_HELPER;
	uint32_t fact = helper ? arguments(g, insn->imm) * JIT_ARGUMENT : 0;
	struct value result = helper && g->maps ? returned(g, insn->imm, &fact) : unknown(true);
	if (!helper || ub_helper_index(insn->imm) != UB_HELPER_map_lookup_elem) /* which writes nothing */
		g->key_at = 0;
	for (uint32_t r = 0; g->maps && r < TRACKED; r++) /* those of an earlier call may be another value */
		if (may_be_null(g->now + r) && g->now[r].max == result.max)
			g->now[r] = unknown(false);
	for (uint32_t r = 1; r < (helper ? 1 : 6); r++)
		g->now[r] = unknown(true);
	g->now[0] = result;
	return fact;
}

/* States. */

static struct state *state_at(const struct ranges *g, uint32_t leader)
{
	return g->states + g->j->out.offset[leader];
}

/* Tags as states keep them: sums are known inside blocks only. */
static uint32_t kept(const struct value *v)
{
	return v->tag & ~(uint32_t)INDEXED;
}

/* What an instruction makes of a number at most, as far as it alone says; 0: it does not. */
static uint32_t most(const struct ub_insn *insn)
{
	uint32_t op = UB_OP(insn->opcode), k = (uint32_t)insn->imm;
	bool wide = UB_CLASS(insn->opcode) == UB_ALU64, x = insn->opcode & UB_X;
	if (UB_CLASS(insn->opcode) == UB_LDX)
		return UB_SIZE(insn->opcode) == UB_DW ? 0 : FAR >> (32 - 8 * jit_size(insn->opcode));
	if (wide && op == UB_ADD)
		return BELOW_FAR;
	if (!x && (op == UB_MOV || op == UB_AND || op == UB_MOD))
		return wide && insn->imm < 0 ? 0 : op == UB_MOD ? k - 1 : k;
	return wide ? 0 : FAR;
}

/* Makes the state of a head expect what a turn will make of it: of each register, what the last instruction
 * makes that writes it before the first jump back. Where that is too little, the loop is visited again. */
static void expect(const struct jit *j, struct state *s, uint32_t head)
{
	enum { WRITES = 1 << UB_LDX | 1 << UB_ALU32 | 1 << UB_ALU64 };
	const struct ub_insn *first = j->text + head, *insn = first;
	uint32_t end = j->slots - head < AHEAD ? j->slots - head : AHEAD, n = 1;
	uint8_t last[UB_REGISTERS + 1] = { 0 }; /* counted from 1 */
	for (; n <= end; n++, insn++) {
		uint32_t opcode = insn->opcode;
		if (WRITES >> UB_CLASS(opcode) & 1)
			last[UB_DST(insn)] = (uint8_t)((opcode & ~7u) == (UB_MOV | UB_X) ? last[UB_SRC(insn)] : n);
		else if (jit_is_jump((uint8_t)opcode) && jit_target(insn, head + n - 1) == head)
			break;
	}
	bool endless = UB_OP(insn->opcode) == UB_JNE;
	for (uint32_t r = 0; r < TRACKED; r++) {
		if (!last[r])
			continue;
		uint32_t max = most(first + (last[r] - 1));
		s->tag[r] &= (uint8_t)~(s->tag[r] & POINTER ? EXACT | LENGTH : EXACT | LENGTH | REGION);
		if (max == BELOW_FAR && (endless || s->tag[r] & POINTER)) { /* goes on and on */
			s->max[r] = FAR;
			s->tag[r] &= (uint8_t)~NARROW;
		} else if (!(s->tag[r] & POINTER) && s->max[r] < max) {
			s->max[r] = max;
		}
	}
}

/* The first state that comes to a block. */
static void reach(const struct ranges *g, struct state *s)
{
	for (uint32_t r = 0; r < TRACKED; r++) {
		s->max[r] = g->now[r].max;
		s->tag[r] = (uint8_t)kept(g->now + r);
	}
	s->length = (uint16_t)g->length;
	s->reached = true;
}

/* Makes what a state knows of a register cover a value. Returns whether it grew. */
static NOINLINE bool join(struct state *s, uint32_t r, const struct value *v)
{
	uint32_t old = s->tag[r], new = kept(v), tag = old & new, max = s->max[r];
	if (max != v->max)
		tag &= ~(uint32_t)(old & POINTER ? EXACT : EXACT | REGION);
	if ((old ^ new) & (POINTER | REGION)) { /* say, a pointer and NULL */
		tag &= NARROW;
		max = FAR;
	} else if (max < v->max) {
		max = s->visits < CREEPS ? v->max : FAR;
		if (tag & POINTER && max == FAR)
			tag &= ~(uint32_t)NARROW;
	}
	if (tag == old && max == s->max[r])
		return false;
	s->tag[r] = (uint8_t)(s->visits > HOPELESS ? ANY : tag);
	s->max[r] = s->visits > HOPELESS ? FAR : max;
	return true;
}

/* Control goes to a leader in the state it is in now. */
static void flow(struct ranges *g, uint32_t target, uint32_t from)
{
	struct state *s = state_at(g, target);
	bool grew = !s->reached;
	if (grew) {
		reach(g, s);
		if (g->j->facts[target] & JIT_HEAD)
			expect(g->j, s, target);
	} else {
		for (uint32_t r = 0; r < TRACKED; r++)
			if (s->tag[r] != ANY && (s->max[r] != g->now[r].max || s->tag[r] != kept(g->now + r)))
				grew |= join(s, r, g->now + r);
		if (s->length > g->length) {
			s->length = s->visits > HOPELESS ? 0 : (uint16_t)g->length;
			grew = true;
		}
	}
	s->dirty |= grew;
	if (grew && target <= from && target < g->again)
		g->again = target;
}

/* x < y holds, or x <= y, as 64 bits, or both have no high half. */
static void less(struct ranges *g, struct value *x, struct value *y, bool strict)
{
	uint32_t min = x->min + strict;
	if (x->tag & POINTER || !is_number(y) || y->max < strict)
		return;
	if (!(x->tag & NARROW) || x->max > y->max - strict)
		*x = between(x->min, y->max - strict, (x->tag & ~(uint32_t)(EXACT | REGION)) | NARROW);
	if (y->min < min)
		*y = between(min, y->max, y->tag & ~(uint32_t)EXACT);
	if (y->tag & LENGTH && g->length < min && min <= 0xffff)
		g->length = min;
}

/* A value that is 0, or in values of a map, is not 0. */
static void not_null(const struct ranges *g, struct value *v)
{
	const struct ub_map_def *def;
	*v = (struct value){ v->max, jit_map_around(g->j->program, v->max, &def)->values, NARROW | IN_VALUES };
}

/* What a jump that is taken says about its operands: one is less, or they are equal, or not. Signed
 * compares say nothing about bounds that are unsigned. */
enum { STRICT = 1, SWAPPED = 2, ORDER = 4, EQUALITY = 8, OTHERWISE = STRICT | SWAPPED };

static const uint8_t relations[16] = {
	[UB_JEQ >> 4] = EQUALITY, [UB_JNE >> 4] = EQUALITY | OTHERWISE,
	[UB_JLT >> 4] = ORDER | STRICT, [UB_JLE >> 4] = ORDER,
	[UB_JGT >> 4] = ORDER | STRICT | SWAPPED, [UB_JGE >> 4] = ORDER | SWAPPED,
};

static void refine(struct ranges *g, struct value *a, struct value *b, uint32_t relation)
{
	if (relation & ORDER) {
		less(g, relation & SWAPPED ? b : a, relation & SWAPPED ? a : b, relation & STRICT);
	} else if (relation == EQUALITY) {
		less(g, a, b, false);
		less(g, b, a, false);
	} else if (relation & EQUALITY && b->max == 0) { /* 0 is the one value that is at an end */
		less(g, b, a, true);
	}
}

static uint32_t jump(struct ranges *g, const struct ub_insn *insn)
{
	bool wide = UB_CLASS(insn->opcode) == UB_JMP, x = insn->opcode & UB_X;
	struct value k = insn->imm < 0 && wide ? unknown(true) : constant((uint32_t)insn->imm);
	struct value *a = g->now + UB_DST(insn), *b = x ? g->now + UB_SRC(insn) : &k;
	const struct value dst = *a, src = *b;
	uint32_t length = g->length, relation = relations[insn->opcode >> 4];

	if (!wide && !(is_number(a) && is_number(b))) /* of low halves alone */
		relation = 0;
	bool null = g->maps && relation & EQUALITY && is_number(b) && b->max == 0; /* what a is compared with */
	refine(g, a, b, relation);
	if (null && relation != EQUALITY && may_be_null(a))
		not_null(g, a);
	flow(g, jit_target(insn, g->slot), g->slot);
	g->length = length;
	*b = src;
	*a = dst;
	refine(g, a, b, relation ^ OTHERWISE);
	for (uint32_t r = 0; null && relation == EQUALITY && may_be_null(&dst) && r < TRACKED; r++)
		if (may_be_null(g->now + r) && g->now[r].max == dst.max) /* what came from the same call */
			not_null(g, g->now + r);
	bool never = null && !x && is_number(&dst) && dst.min;
	return (dst.tag & NARROW) | (x && src.tag & NARROW ? JIT_SRC_ZX : 0) | (never ? JIT_NEVER : 0);
}

/* Returns facts about an instruction, and STOPS. */
static uint32_t step(struct ranges *g, const struct ub_insn *insn)
{
	switch (UB_CLASS(insn->opcode)) {
	case UB_ALU32:
	case UB_ALU64:
		return insn->imm == 32 && extension(g, insn) ? 0 : jit_bound_alu(g->now, insn);
	case UB_LD:
		if (insn->opcode) /* 0: its second slot */
			g->now[UB_DST(insn)] = load_address(g->j->program, g->slot);
		return 0;
	case UB_LDX:
		return load(g, insn);
	case UB_ST:
	case UB_STX:
		return store(g, insn);
	}
	switch (UB_OP(insn->opcode)) {
	case UB_CALL:
		return call(g, insn);
	case UB_EXIT:
		return STOPS | (g->now[0].tag & NARROW) * JIT_SRC_ZX;
	case UB_JA:
		flow(g, jit_target(insn, g->slot), g->slot);
		return STOPS;
	}
	return jump(g, insn);
}

/* A block, and what it flows into. Returns the slot after it. */
static uint32_t visit(struct ranges *g, uint32_t slot)
{
	const struct jit *j = g->j;
	struct state *s = state_at(g, slot);
	uint32_t fact;

	s->dirty = false;
	s->visits++;
	g->length = s->length;
	g->key_at = 0;
	for (uint32_t r = 0; r < TRACKED; r++)
		g->now[r] = (struct value){ s->max[r], s->tag[r] & EXACT ? s->max[r] : 0, s->tag[r] };
	for (uint32_t r = 0; g->maps && r < TRACKED; r++)
		if (s->tag[r] & IN_VALUES && is_number(g->now + r))
			not_null(g, g->now + r);
	do {
		g->slot = slot;
		fact = step(g, j->text + slot);
		j->facts[slot] = (uint8_t)((j->facts[slot] & JIT_HEAD) | fact);
		slot++;
	} while (!(fact & STOPS) && !j->out.offset[slot]);
	if (!(fact & STOPS))
		flow(g, slot, g->slot);
	return slot;
}

/* Whether a function may be called, rather than be what the program starts in. */
static bool is_called(const struct jit *j, uint32_t entry)
{
	if (j->program->flags & UB_PROGRAM_CALLX)
		return true;
	for (uint32_t slot = 0; slot < j->slots; slot++) {
		const struct ub_insn *insn = j->text + slot;
		if (insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_LOCAL &&
		    slot + 1 + (uint32_t)insn->imm == entry)
			return true;
	}
	return false;
}

/* The states functions start in: anything, but for the one the program starts in. */
static void enter(struct ranges *g)
{
	const struct ub_program *p = g->j->program;
	for (uint32_t r = 0; r < TRACKED; r++)
		g->now[r] = unknown(true);
	if (g->j->local_calls)
		for (uint32_t i = 0; i < p->nfuncs; i++)
			if (p->funcs[i] != p->entry || is_called(g->j, p->entry))
				flow(g, p->funcs[i], 0);
	g->now[1] = pointer(UB_REGION_CTX, 0);
	g->now[2] = (struct value){ REGION_MAX - 1, 0, NARROW | LENGTH };
	flow(g, p->entry, 0);
}

void jit_ranges(struct jit *j)
{
	struct ranges g;
	uint32_t leaders = 0; /* numbered from 1: other slots have 0 */
	g.j = j;
	g.slot = 0;
	g.length = j->program->ctx_min;
	g.extended = j->slots;
	g.maps = j->program->map_places != NULL;
	g.again = 0; /* until all states that functions start in are known */
	g.now[UB_R10] = pointer(UB_REGION_STACK, UB_FRAME_BYTES);
	memset(g.frame, UNKNOWN, sizeof(g.frame));
	g.states = (void *)j->out.code.at;
	j->window = 1;
	for (uint32_t first = 0; first < j->slots; first += 8)
		for (uint32_t set = j->leader[first / 8]; set; set &= set - 1) {
			struct state *s = g.states + ++leaders;
			if ((leaders + 1) * sizeof(*s) > j->out.code.cap * 2u) {
				j->out.error = UB_E_COMPILE_SCRATCH;
				return;
			}
			j->out.offset[first + (uint32_t)__builtin_ctz(set)] = (uint16_t)leaders;
			s->reached = s->dirty = false;
			s->visits = 0;
		}
	enter(&g);
	g.again = j->slots;
	for (uint32_t slot = 0; slot < j->slots;) {
		slot = j->out.offset[slot] && state_at(&g, slot)->dirty ? visit(&g, slot) : slot + 1;
		if (g.again < slot) {
			slot = g.again;
			g.again = j->slots;
		}
	}
}
