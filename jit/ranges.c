// SPDX-License-Identifier: BSD-2-Clause
/* Forward: what is known about the value of each register (bounds.h) at each slot, as facts for the
 * others. Blocks are visited in the order of slots, as often as the state they start in grows. A
 * state that grows a second time, or by an addition, jumps to a limit, so that loops take two or three
 * visits. Nothing depends on the order for being right: the pass ends when every edge leads into a
 * state that covers it.
 */
#include <string.h>

#include "jit/bounds.h"

enum { TRACKED = UB_R10, START = 8 };
enum { UNKNOWN, MIXED = 0xff }; /* or region + 1 */

/* What a block starts with; lower bounds are known inside blocks only. */
struct state {
	uint32_t max[TRACKED];
	uint8_t tag[TRACKED];
	bool reached, dirty; /* dirty: to be visited again */
	uint8_t grown;       /* times */
	uint16_t length;     /* the context is known to be so long at least */
};

struct ranges {
	struct jit *j;
	struct value now[TRACKED];
	uint16_t length; /* as in struct state */
	/* The region of pointers kept in each word of a frame, UNKNOWN, or MIXED: a guess, for checks. */
	uint8_t frame[UB_FRAME_BYTES / 8];
	struct state *states; /* by leader */
	bool again;
};

static struct value pointer(uint32_t region, uint32_t offset)
{
	return value_of((POINTER + region) | EXACT, offset, offset);
}

static struct value get(const struct ranges *g, uint32_t r)
{
	if (r == UB_R10)
		return pointer(UB_REGION_STACK, UB_FRAME_BYTES);
	return g->now[r];
}

static void put(struct ranges *g, uint32_t r, struct value v)
{
	g->now[r] = v;
}

static void alu(struct ranges *g, const struct ub_insn *insn, uint32_t *fact)
{
	uint32_t d = UB_DST(insn), op = UB_OP(insn->opcode);
	bool wide = UB_CLASS(insn->opcode) == UB_ALU64, x = insn->opcode & UB_X;
	struct value *dst = g->now + d; /* r10 is not written */

	if (zx(*dst))
		*fact |= JIT_DST_ZX;
	if (op == UB_END) {
		*dst = jit_bound_bytes(*dst, insn->imm, wide || x);
		return;
	}
	if (op == UB_NEG) {
		*dst = wide ? any : number(FAR);
		return;
	}
	if (!x) {
		if (op == UB_MOV)
			*dst = wide && insn->imm < 0 ? any : constant((uint32_t)insn->imm);
		else
			*dst = jit_bound_imm(op, wide ? *dst : low_half(*dst), insn->imm, wide, insn->offset, fact);
		return;
	}
	struct value b = get(g, UB_SRC(insn));
	if (zx(b))
		*fact |= JIT_SRC_ZX;
	if (!wide)
		b = low_half(b);
	else if (op == UB_ADD && is_pointer(b) && !is_pointer(*dst))
		*fact |= JIT_POINTER_SRC;
	if (op == UB_MOV)
		*dst = jit_bound_move(b, insn->offset, wide);
	else
		*dst = jit_bound_reg(op, wide ? *dst : low_half(*dst), b, wide, insn->offset, fact);
}

/* Shifted left and right by 32: an extension of the low half, done when the first is seen. */
static bool extension(struct ranges *g, uint32_t slot)
{
	const struct ub_insn *insn = g->j->text + slot;
	uint32_t d = UB_DST(insn);
	if (insn->imm != 32) /* as it is in most shifts */
		return false;
	if (slot > 0 && jit_is_extension(g->j, slot - 1))
		return true;
	if (!jit_is_extension(g->j, slot))
		return false;
	struct value low = low_half(get(g, d));
	put(g, d, UB_OP(insn[1].opcode) == UB_RSH ? low : jit_bound_move(low, 32, true));
	return true;
}

static struct value load_address(const struct ub_program *p, uint32_t slot)
{
	const struct ub_insn *insn = p->text + slot;
	uint32_t v = (uint32_t)insn->imm;
	if (UB_SRC(insn) == UB_LDDW_FUNC)
		return constant(UB_CODE_ADDR(slot + 1 + v));
	if (insn[1].imm)
		return any;
	if (v - p->rodata_addr < p->rodata_len)
		return pointer(UB_REGION_RODATA, v - p->rodata_addr);
	if (v - p->data_addr < p->data_len)
		return pointer(UB_REGION_DATA, v - p->data_addr);
	return constant(v);
}

/* Whether all of an access lies in a region, whatever the run: the region is no shorter than so. */
static bool in_bounds(const struct ranges *g, struct value base, int32_t offset, uint32_t size, bool write)
{
	const struct ub_program *p = g->j->program;
	uint32_t len = 0;
	switch ((base.tag & KIND) - POINTER) {
	case UB_REGION_STACK: len = p->flags & UB_PROGRAM_FRAME_ESCAPES ? UB_FRAME_BYTES : 0; break;
	case UB_REGION_CTX: len = p->ctx_min > g->length ? p->ctx_min : g->length; break;
	case UB_REGION_RODATA: len = write ? 0 : p->rodata_len; break;
	case UB_REGION_DATA: len = p->data_len; break;
	}
	if ((int32_t)base.min + offset < 0)
		return false;
	return base.max != FAR && (int64_t)base.max + size + offset <= (int64_t)len;
}

/* An access at a constant plus an index, within reach of one check for all of the program. */
static bool indexed(struct jit *j, struct value base, int32_t offset, uint32_t size)
{
	int32_t k = (int32_t)base.min + offset;
	if (!(base.tag & INDEXED) || (base.tag & KIND) != POINTER + UB_REGION_CTX || k < 0 ||
	    (uint32_t)k + size > JIT_WINDOW_MAX)
		return false;
	if (j->window < (uint32_t)k + size)
		j->window = (uint32_t)k + size;
	return true;
}

/* An access at the very start of the context, within what that check looks at. */
static bool at_start(struct jit *j, struct value base, int32_t offset, uint32_t size)
{
	int32_t k = (int32_t)base.max + offset;
	if (!(base.tag & EXACT) || (base.tag & KIND) != POINTER + UB_REGION_CTX || base.max > START || k < 0 ||
	    (uint32_t)k + size > START)
		return false;
	if (j->window < (uint32_t)k + size)
		j->window = (uint32_t)k + size;
	return true;
}

static void access(struct ranges *g, const struct ub_insn *insn, uint32_t base, bool write, uint32_t *fact)
{
	struct value v = get(g, base);
	uint32_t region = UB_REGION_CTX;
	if (is_pointer(v)) {
		region = (v.tag & KIND) - POINTER;
		uint32_t size = jit_size(insn->opcode);
		if (in_bounds(g, v, insn->offset, size, write))
			*fact |= JIT_IN_BOUNDS;
		else if (indexed(g->j, v, insn->offset, size))
			*fact |= JIT_INDEXED;
		else if (at_start(g->j, v, insn->offset, size))
			*fact |= JIT_AT_START;
	}
	g->j->plain |= region == UB_REGION_CTX && !(*fact & (JIT_IN_BOUNDS | JIT_AT_START));
	*fact |= region * JIT_REGION;
}

/* What is known to be kept in the frame at [base + offset], 8 bytes; NULL if that is elsewhere. */
static uint8_t *kept_at(struct ranges *g, uint32_t base, int32_t offset)
{
	uint32_t at = UB_FRAME_BYTES + (uint32_t)offset;
	return base == UB_R10 && at < UB_FRAME_BYTES && at % 8 == 0 ? &g->frame[at / 8] : NULL;
}

static void load(struct ranges *g, const struct ub_insn *insn, uint32_t *fact)
{
	static const uint32_t most[] = { FAR, 0xffff, 0xff };
	uint32_t size = UB_SIZE(insn->opcode) >> 3;
	access(g, insn, UB_SRC(insn), false, fact);
	struct value v = size < 3 && UB_MODE(insn->opcode) == UB_MEM ? number(most[size]) : any;
	const uint8_t *kept = size == 3 ? kept_at(g, UB_SRC(insn), insn->offset) : NULL;
	if (kept && *kept != UNKNOWN && *kept != MIXED)
		v = value_of(POINTER + *kept - 1u, 0, FAR);
	put(g, UB_DST(insn), v);
}

static void store(struct ranges *g, const struct ub_insn *insn, uint32_t *fact)
{
	uint32_t s = UB_SRC(insn);
	access(g, insn, UB_DST(insn), true, fact);
	if (UB_CLASS(insn->opcode) == UB_ST)
		return;
	if (zx(get(g, s)))
		*fact |= JIT_SRC_ZX;
	uint8_t *kept = insn->opcode == (UB_STX | UB_MEM | UB_DW) ? kept_at(g, UB_DST(insn), insn->offset) : NULL;
	if (kept && is_pointer(get(g, s))) {
		uint32_t region = (get(g, s).tag & KIND) - POINTER + 1;
		*kept = (uint8_t)(*kept == UNKNOWN || *kept == region ? region : MIXED);
	}
	if (UB_MODE(insn->opcode) != UB_ATOMIC || !(insn->imm & UB_FETCH))
		return;
	put(g, insn->imm == UB_CMPXCHG ? 0 : s, UB_SIZE(insn->opcode) == UB_W ? number(FAR) : any);
}

/* Arguments printf reads behind a format that is a constant string. */
static uint32_t conversions(const struct ub_program *p, struct value format)
{
	uint32_t n = 0;
	if (p->rodata && (format.tag & (KIND | EXACT)) == ((POINTER + UB_REGION_RODATA) | EXACT))
		for (uint32_t at = format.max; at < p->rodata_len && n < 4; at++) {
			if (p->rodata[at] == 0)
				return n;
			n += p->rodata[at] == '%';
		}
	return 4;
}

/* Arguments that a helper reads. */
static uint32_t arguments(const struct ranges *g, int32_t id)
{
	enum { PRINTF = 1 };
	if (id == PRINTF)
		return 1 + conversions(g->j->program, get(g, 1));
	switch (id) {
#define ARGUMENTS(name, number, arguments) case number: return arguments;
		UB_HELPERS(ARGUMENTS)
#undef ARGUMENTS
	}
	return 5;
}

static void call(struct ranges *g, const struct ub_insn *insn, uint32_t *fact)
{
	bool helper = insn->opcode == (UB_JMP | UB_CALL) && UB_SRC(insn) == UB_CALL_HELPER;
	if (helper)
		*fact = arguments(g, insn->imm) * JIT_ARGUMENT;
	for (uint32_t r = 0; r < (helper ? 1 : 6); r++)
		put(g, r, any);
}

/* States. */

static uint32_t leader_index(const struct jit *j, uint32_t slot)
{
	return j->offset[slot];
}

enum { KEPT = KIND | EXACT | LENGTH };

/* Control goes to a leader in the state it is in now. */
static void flow(struct ranges *g, uint32_t target, bool backward)
{
	struct state *s = g->states + leader_index(g->j, target);
	bool grew = false;
	if (!s->reached) {
		for (uint32_t r = 0; r < TRACKED; r++) {
			s->max[r] = g->now[r].max;
			s->tag[r] = g->now[r].tag & KEPT;
		}
		s->reached = s->dirty = true;
		s->grown = 0;
		s->length = g->length;
		g->again |= backward;
		return;
	}
	for (uint32_t r = 0; r < TRACKED; r++) {
		const struct value *new = g->now + r;
		uint32_t tag = s->tag[r], max = s->max[r];
		if (tag == ANY || (max == new->max && tag == (new->tag & KEPT)))
			continue;
		struct value v = jit_bound_join(value_of(tag, 0, max), *new, s->grown > 1 || (backward && new->tag & ADDED));
		if (s->grown > 6)
			v = any;
		if (v.max == max && v.tag == tag)
			continue;
		s->max[r] = v.max;
		s->tag[r] = (uint8_t)v.tag;
		grew = true;
	}
	if (s->length > g->length) {
		s->length = g->length;
		grew = true;
	}
	if (grew) {
		s->dirty = true;
		s->grown++;
		g->again |= backward;
	}
}

static void start_block(struct ranges *g, struct state *s)
{
	s->dirty = false;
	g->length = s->length;
	for (uint32_t r = 0; r < TRACKED; r++)
		g->now[r] = value_of(s->tag[r], s->tag[r] & EXACT ? s->max[r] : 0, s->max[r]);
}

/* x < y holds, or x <= y: x is bounded by what y is bounded by. Both are compared as 64 bits or are
 * known to have no high half. */
static void bound(struct ranges *g, uint32_t x, struct value y, bool strict)
{
	struct value v = get(g, x);
	uint32_t max = y.max - (strict ? 1 : 0);
	if (x >= TRACKED || (strict && y.max == 0))
		return;
	if (is_pointer(v) && (v.tag & KIND) == (y.tag & KIND) && v.max != FAR && v.max > max && !(v.tag & EXACT))
		put(g, x, value_of(v.tag, v.min, max));
	if (!is_number(y) || is_pointer(v) || (is_number(v) && v.max <= max))
		return;
	put(g, x, value_of(NUMBER | (v.tag & LENGTH), is_number(v) && v.min <= max ? v.min : 0, max));
}

/* x > y holds, or x >= y, and x is a number. */
static void bound_below(struct ranges *g, uint32_t x, struct value y, bool strict)
{
	struct value v = get(g, x);
	uint32_t min = (uint32_t)y.min + strict;
	if (is_number(v) && is_number(y) && !(v.tag & EXACT) && v.min < min && min <= v.max)
		put(g, x, value_of(v.tag, min, v.max));
	if (v.tag & LENGTH && is_number(y) && min <= MIN_MAX && min > g->length)
		g->length = (uint16_t)min;
}

/* What `holds` says about the operands of a jump: op with its sense inverted if not taken. */
static void refine(struct ranges *g, const struct ub_insn *insn, uint32_t op)
{
	bool x = insn->opcode & UB_X, wide = UB_CLASS(insn->opcode) == UB_JMP;
	uint32_t d = UB_DST(insn), s = UB_SRC(insn);
	struct value a = get(g, d), b = x ? get(g, s) : insn->imm >= 0 || !wide ? constant((uint32_t)insn->imm) : any;
	bool numbers = is_number(a) && is_number(b);

	if (!wide && !numbers)
		return;
	switch (op) { /* signed compares of numbers below 2^31, or 2^63, are unsigned ones */
	case UB_JSGT: case UB_JSGE: case UB_JSLT: case UB_JSLE:
		if (!numbers || (!wide && (a.max | b.max) >> 31))
			return;
		op = op == UB_JSGT ? UB_JGT : op == UB_JSGE ? UB_JGE : op == UB_JSLT ? UB_JLT : UB_JLE;
	}
	switch (op) {
	case UB_JEQ:
		if (is_number(b) && !is_pointer(a) && d < TRACKED)
			put(g, d, b);
		else if (x && is_number(a) && !is_pointer(b) && s < TRACKED)
			put(g, s, a);
		break;
	case UB_JNE: /* 0 is the one value that is at an end */
		if (b.tag & EXACT && b.max == 0)
			bound_below(g, d, b, true);
		break;
	case UB_JLT:
	case UB_JLE:
		bound(g, d, b, op == UB_JLT);
		if (x)
			bound_below(g, s, a, op == UB_JLT);
		break;
	case UB_JGT:
	case UB_JGE:
		bound_below(g, d, b, op == UB_JGT);
		if (x)
			bound(g, s, a, op == UB_JGT);
		break;
	}
}

static uint32_t opposite(uint32_t op)
{
	switch (op) {
	case UB_JEQ: return UB_JNE;
	case UB_JNE: return UB_JEQ;
	case UB_JGT: return UB_JLE;
	case UB_JLE: return UB_JGT;
	case UB_JLT: return UB_JGE;
	case UB_JGE: return UB_JLT;
	case UB_JSGT: return UB_JSLE;
	case UB_JSLE: return UB_JSGT;
	case UB_JSLT: return UB_JSGE;
	case UB_JSGE: return UB_JSLT;
	default: return UB_JA; /* JSET: nothing known either way */
	}
}

static void jump(struct ranges *g, uint32_t slot, uint32_t *fact)
{
	const struct ub_insn *insn = g->j->text + slot;
	uint32_t op = UB_OP(insn->opcode), target = jit_target(insn, slot);
	if (op == UB_JA) {
		flow(g, target, target <= slot);
		return;
	}
	if (zx(get(g, UB_DST(insn))))
		*fact |= JIT_DST_ZX;
	if (insn->opcode & UB_X && zx(get(g, UB_SRC(insn))))
		*fact |= JIT_SRC_ZX;
	uint32_t d = UB_DST(insn), s = UB_SRC(insn);
	struct value dst = get(g, d), src = get(g, s);
	uint16_t length = g->length;
	refine(g, insn, op);
	flow(g, target, target <= slot);
	g->length = length;
	if (d < TRACKED)
		put(g, d, dst);
	if (s < TRACKED)
		put(g, s, src);
	refine(g, insn, opposite(op));
}

/* Returns whether control goes on to the next slot. */
static bool step(struct ranges *g, uint32_t slot)
{
	struct jit *j = g->j;
	const struct ub_insn *insn = j->text + slot;
	uint32_t fact = 0;
	bool on = true;

	switch (UB_CLASS(insn->opcode)) {
	case UB_ALU32:
	case UB_ALU64:
		if (insn->opcode & UB_X || !extension(g, slot))
			alu(g, insn, &fact);
		break;
	case UB_LD:
		put(g, UB_DST(insn), load_address(j->program, slot));
		break;
	case UB_LDX:
		load(g, insn, &fact);
		break;
	case UB_ST:
	case UB_STX:
		store(g, insn, &fact);
		break;
	default:
		if (UB_OP(insn->opcode) == UB_CALL) {
			call(g, insn, &fact);
		} else if (insn->opcode == (UB_JMP | UB_EXIT)) {
			if (zx(get(g, 0)))
				fact |= JIT_SRC_ZX;
			on = false;
		} else {
			jump(g, slot, &fact);
			on = UB_OP(insn->opcode) != UB_JA;
		}
	}
	j->facts[slot] = (uint8_t)((j->facts[slot] & JIT_HEAD) | fact);
	return on;
}

/* Once over the program: every block whose state is new. */
static void sweep(struct ranges *g)
{
	struct jit *j = g->j;
	bool live = false;
	g->again = false;
	for (uint32_t slot = 0; slot < j->slots; slot++) {
		if (j->text[slot].opcode == 0)
			continue; /* second slot of lddw */
		if (jit_is_leader(j, slot)) {
			struct state *s = g->states + leader_index(j, slot);
			if (live)
				flow(g, slot, false);
			live = s->dirty;
			if (live)
				start_block(g, s);
		}
		if (live)
			live = step(g, slot);
	}
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
		put(g, r, any);
	if (g->j->local_calls)
		for (uint32_t i = 0; i < p->nfuncs; i++)
			if (p->funcs[i] != p->entry || is_called(g->j, p->entry))
				flow(g, p->funcs[i], false);
	for (uint32_t r = 0; r < TRACKED; r++)
		put(g, r, constant(0));
	put(g, 1, pointer(UB_REGION_CTX, 0));
	put(g, 2, value_of(NUMBER | LENGTH, 0, REGION_MAX - 1));
	flow(g, p->entry, false);
}

void jit_ranges(struct jit *j)
{
	struct ranges g;
	g.j = j;
	g.length = 0;
	g.again = false;
	memset(g.frame, UNKNOWN, sizeof(g.frame));
	g.states = (struct state *)j->code.at;
	uint32_t leaders = 0;
	j->window = 1;
	for (uint32_t first = 0; first < j->slots; first += 8)
		for (uint32_t set = j->leader[first / 8]; set; set &= set - 1)
			j->offset[first + (uint32_t)__builtin_ctz(set)] = (uint16_t)leaders++;
	if (leaders * sizeof(struct state) > j->code.cap * 2u) {
		j->error = UB_E_COMPILE_SCRATCH;
		return;
	}
	for (uint32_t i = 0; i < leaders; i++)
		g.states[i].reached = g.states[i].dirty = false;
	enter(&g);
	do
		sweep(&g);
	while (g.again);
}
