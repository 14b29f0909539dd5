/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/verify.h"

#include <string.h>

#include "abi/engine.h"
#include "abi/helpers.h"
#include "verify/opcodes.h"

struct verify {
	const struct ub_program *program;
	const struct ub_insn *text;
	uint32_t slots;
	uint32_t *entries; /* bit per slot: a function starts here */
	uint32_t nfuncs;   /* bits set in entries */
	uint32_t frame;    /* bytes of frame that accesses based on r10 reach */
	uint32_t flags;
	uint32_t engine_caps;
};

/* Whether a slot can be jumped to. The second half of lddw has opcode 0, which no instruction has. */
static int verify_is_insn(const struct verify *v, uint32_t slot)
{
	return slot < v->slots && v->text[slot].opcode != 0;
}

/* Slot that is `distance` from the one after pc. Out of range wraps to something above any slot. */
static uint32_t verify_target(uint32_t pc, int32_t distance)
{
	return pc + 1 + (uint32_t)distance;
}

static int32_t verify_entry(struct verify *v, uint32_t slot)
{
	uint32_t bit = 1u << (slot & 31);

	if (!verify_is_insn(v, slot))
		return UB_E_VERIFY_CALL;
	if (!(v->entries[slot / 32] & bit))
		v->nfuncs++;
	v->entries[slot / 32] |= bit;
	return 0;
}

static int32_t verify_jump(struct verify *v, uint32_t pc, int32_t distance)
{
	uint32_t target = verify_target(pc, distance);

	if (target >= v->slots)
		return UB_E_VERIFY_JUMP;
	if (v->text[target].opcode == 0)
		return UB_E_VERIFY_JUMP_LDDW;
	if (distance < 0)
		v->flags |= UB_PROGRAM_LOOPS;
	return 0;
}

static int32_t verify_helper(struct verify *v, int32_t id)
{
	const uint16_t *allowed = v->program->helpers;
	uint32_t low = 0, high = allowed ? v->program->nhelpers : 0;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (allowed[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (!allowed || low == v->program->nhelpers || allowed[low] != id || ub_helper_index(id) < 0)
		return UB_E_VERIFY_HELPER;
	v->flags |= UB_PROGRAM_HELPER_CALLS;
	return 0;
}

static int32_t verify_call(struct verify *v, uint32_t pc, const struct ub_insn *insn)
{
	switch (UB_SRC(insn)) {
	case UB_CALL_HELPER:
		return verify_helper(v, insn->imm);
	case UB_CALL_LOCAL:
		v->flags |= UB_PROGRAM_LOCAL_CALLS;
		return verify_entry(v, verify_target(pc, insn->imm));
	}
	return UB_E_VERIFY_OPCODE;
}

static int32_t verify_lddw(struct verify *v, uint32_t pc, const struct ub_insn *insn)
{
	const struct ub_insn *second = insn + 1;

	if (insn->opcode != UB_LDDW &&
	    !(v->flags & UB_PROGRAM_FEMTO && v->engine_caps & UB_ENGINE_FEMTO))
		return UB_E_VERIFY_OPCODE;
	if (pc + 1 >= v->slots || second->opcode || second->regs || second->offset)
		return UB_E_VERIFY_LDDW;
	switch (UB_SRC(insn)) {
	case UB_LDDW_IMM:
		return 0;
	case UB_LDDW_FUNC:
		return second->imm ? UB_E_VERIFY_FIELD : verify_entry(v, verify_target(pc, insn->imm));
	}
	return UB_E_VERIFY_OPCODE;
}

static int32_t verify_atomic(struct verify *v, const struct ub_insn *insn)
{
	v->flags |= UB_PROGRAM_ATOMICS;
	switch (insn->imm) {
	case UB_ADD:
	case UB_OR:
	case UB_AND:
	case UB_XOR:
	case UB_CMPXCHG: /* writes r0 */
		return 0;
	case UB_ADD | UB_FETCH:
	case UB_OR | UB_FETCH:
	case UB_AND | UB_FETCH:
	case UB_XOR | UB_FETCH:
	case UB_XCHG:
		return UB_SRC(insn) == UB_R10 ? UB_E_VERIFY_R10 : 0;
	}
	return UB_E_VERIFY_IMM;
}

/* The rules of opcodes marked VERIFY_MORE. */
static int32_t verify_more(struct verify *v, uint32_t pc, const struct ub_insn *insn)
{
	switch (insn->opcode) {
	case UB_LDDW:
	case UB_LDDWD:
	case UB_LDDWR:
		return verify_lddw(v, pc, insn);
	case UB_JMP | UB_K | UB_CALL:
		return verify_call(v, pc, insn);
	case UB_JMP | UB_X | UB_CALL:
		v->flags |= UB_PROGRAM_LOCAL_CALLS | UB_PROGRAM_CALLX;
		return 0;
	case UB_JMP | UB_EXIT:
		return 0;
	case UB_JMP32 | UB_JA:
		return verify_jump(v, pc, insn->imm);
	case UB_STX | UB_ATOMIC | UB_W:
	case UB_STX | UB_ATOMIC | UB_DW:
		return verify_atomic(v, insn);
	}
	switch (UB_OP(insn->opcode)) {
	case UB_END:
		return insn->imm == 16 || insn->imm == 32 || insn->imm == 64 ? 0 : UB_E_VERIFY_IMM;
	case UB_MOV: /* sign-extending from 8 and 16 bits, and from 32 to 64 */
		if (insn->offset == 0 || insn->offset == 8 || insn->offset == 16 ||
		    (insn->offset == 32 && UB_CLASS(insn->opcode) == UB_ALU64))
			return 0;
		return UB_E_VERIFY_FIELD;
	default: /* div, mod */
		return (uint16_t)insn->offset <= 1 ? 0 : UB_E_VERIFY_FIELD;
	}
}

/* Constant offsets from r10 must lie in the frame, [-512, 0). */
static int32_t verify_frame(struct verify *v, const struct ub_insn *insn)
{
	static const uint8_t bytes[] = {4, 2, 1, 8}; /* by UB_SIZE >> 3 */
	int32_t offset = insn->offset;

	if (offset < -UB_FRAME_BYTES || offset + bytes[UB_SIZE(insn->opcode) >> 3] > 0)
		return UB_E_VERIFY_STACK;
	if ((uint32_t)-offset > v->frame)
		v->frame = (uint32_t)-offset;
	return 0;
}

/* All there is to say about one instruction by itself. */
static int32_t verify_insn(struct verify *v, uint32_t pc)
{
	const struct ub_insn *insn = v->text + pc;
	uint32_t what = verify_opcodes[insn->opcode];
	uint32_t dst = UB_DST(insn), src = UB_SRC(insn);
	int32_t err;

	if (!what)
		return UB_E_VERIFY_OPCODE;
	if (dst >= UB_R10 || src >= UB_R10) {
		if (dst > UB_R10 || src > UB_R10)
			return UB_E_VERIFY_REGISTER;
		if (dst == UB_R10 && what & VERIFY_SET)
			return UB_E_VERIFY_R10;
		if (what & VERIFY_MEM && (UB_CLASS(insn->opcode) == UB_LDX ? src : dst) == UB_R10) {
			err = verify_frame(v, insn);
			if (err)
				return err;
			if (UB_CLASS(insn->opcode) == UB_STX && src == UB_R10)
				v->flags |= UB_PROGRAM_FRAME_ESCAPES;
		} else {
			v->flags |= UB_PROGRAM_FRAME_ESCAPES;
		}
	}
	if ((dst && !(what & VERIFY_DST)) || (src && !(what & VERIFY_SRC)) ||
	    (insn->offset && !(what & VERIFY_OFF)) || (insn->imm && !(what & VERIFY_IMM)))
		return UB_E_VERIFY_FIELD;
	if (what & VERIFY_JUMP)
		return verify_jump(v, pc, insn->offset);
	return what & VERIFY_MORE ? verify_more(v, pc, insn) : 0;
}

/* Control does not pass the last instruction of [start, end), and jumps stay inside. */
static int32_t verify_function(const struct verify *v, uint32_t start, uint32_t end, uint32_t *pc)
{
	uint32_t last = v->text[end - 1].opcode;

	*pc = end - 1;
	if (last != (UB_JMP | UB_EXIT) && last != (UB_JMP | UB_JA) && last != (UB_JMP32 | UB_JA))
		return UB_E_VERIFY_FALL_OFF;
	if (v->nfuncs == 1)
		return 0;
	for (uint32_t i = start; i < end; i++) {
		const struct ub_insn *insn = v->text + i;
		uint32_t target;

		if (insn->opcode == (UB_JMP32 | UB_JA))
			target = verify_target(i, insn->imm);
		else if (verify_opcodes[insn->opcode] & VERIFY_JUMP)
			target = verify_target(i, insn->offset);
		else
			continue;
		*pc = i;
		if (target < start || target >= end)
			return UB_E_VERIFY_JUMP;
	}
	return 0;
}

/* One function of the call graph. */
struct verify_node {
	uint16_t callers; /* call sites not walked yet */
	uint16_t next;    /* in the list of functions whose callers are all walked */
	uint16_t depth;   /* frames in use while it runs, 0: not reached from the entry */
};

enum { VERIFY_NONE = 0xffff }; /* no function has this index */

static uint32_t verify_func_end(const struct ub_program *p, uint32_t func)
{
	return func + 1 < p->nfuncs ? p->funcs[func + 1] : p->slots;
}

/* Index of the function that starts at a slot; it is in the list. */
static uint32_t verify_func_at(const struct ub_program *p, uint32_t slot)
{
	uint32_t low = 0, high = p->nfuncs - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (p->funcs[middle] < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Index of the function a slot calls, or VERIFY_NONE. */
static uint32_t verify_callee(const struct ub_program *p, uint32_t slot)
{
	const struct ub_insn *insn = p->text + slot;

	if (insn->opcode != (UB_JMP | UB_CALL) || UB_SRC(insn) != UB_CALL_LOCAL)
		return VERIFY_NONE;
	return verify_func_at(p, verify_target(slot, insn->imm));
}

/* Walks the call graph from callers to callees: each function once, after all that call it.
 * Functions in or behind a cycle are never reached; then all frames are needed. Returns the
 * number of frames, or a negative status with the offending call in *pc. */
static int32_t verify_depth(const struct ub_program *p, struct verify_node *nodes, uint32_t *pc)
{
	uint32_t ready = VERIFY_NONE, walked = 0, frames = 1, callee;

	memset(nodes, 0, p->nfuncs * sizeof(*nodes));
	nodes[verify_func_at(p, p->entry)].depth = 1;
	for (uint32_t i = 0; i < p->slots; i++) {
		callee = verify_callee(p, i);
		if (callee != VERIFY_NONE)
			nodes[callee].callers++;
	}
	for (uint32_t f = 0; f < p->nfuncs; f++) {
		if (nodes[f].callers)
			continue;
		nodes[f].next = (uint16_t)ready;
		ready = f;
	}
	while (ready != VERIFY_NONE) {
		uint32_t f = ready, depth = nodes[f].depth;

		ready = nodes[f].next;
		walked++;
		if (depth > frames)
			frames = depth;
		for (uint32_t i = p->funcs[f]; i < verify_func_end(p, f); i++) {
			callee = verify_callee(p, i);
			if (callee == VERIFY_NONE)
				continue;
			*pc = i;
			if (depth == UB_FRAMES_MAX)
				return UB_E_VERIFY_DEPTH;
			if (depth && depth >= nodes[callee].depth)
				nodes[callee].depth = (uint16_t)(depth + 1);
			if (--nodes[callee].callers == 0) {
				nodes[callee].next = (uint16_t)ready;
				ready = callee;
			}
		}
	}
	return walked < p->nfuncs ? UB_FRAMES_MAX : (int32_t)frames;
}

/* Frames a run can need, or a negative status. */
static int32_t verify_frames(const struct verify *v, const struct ub_program *p, struct ub_arena *arena,
			     uint32_t *pc)
{
	uint32_t used = arena->used;
	struct verify_node *nodes;
	int32_t frames;

	if (!(v->flags & UB_PROGRAM_LOCAL_CALLS))
		return 1;
	nodes = ub_arena_take(arena, p->nfuncs * sizeof(*nodes));
	if (!nodes)
		return UB_E_MEMORY;
	frames = verify_depth(p, nodes, pc);
	arena->used = used;
	return frames > 0 && v->flags & UB_PROGRAM_CALLX ? UB_FRAMES_MAX : frames;
}

/* The first pass: every instruction, and where functions start. */
static int32_t verify_text(struct verify *v, uint32_t *pc)
{
	const struct ub_program *p = v->program;
	int32_t err;

	*pc = 0;
	if (v->text[0].opcode)
		verify_entry(v, 0);
	for (uint32_t i = 0; i < p->nfuncs; i++) {
		*pc = p->funcs[i];
		err = verify_entry(v, p->funcs[i]);
		if (err)
			return err;
	}
	*pc = p->entry;
	if (verify_entry(v, p->entry))
		return UB_E_VERIFY_ENTRY;
	for (uint32_t i = 0; i < v->slots; i++) {
		*pc = i;
		err = verify_insn(v, i);
		if (err)
			return err;
		if (UB_CLASS(v->text[i].opcode) == UB_LD) /* lddw */
			i++;
	}
	return 0;
}

/* Makes the list of functions out of the bits, then checks each. */
static int32_t verify_functions(struct verify *v, uint16_t *funcs, uint32_t *pc)
{
	uint32_t n = 0;
	int32_t err;

	for (uint32_t word = 0; word * 32 < v->slots; word++)
		for (uint32_t set = v->entries[word]; set; set &= set - 1)
			funcs[n++] = (uint16_t)(word * 32 + (uint32_t)__builtin_ctz(set));
	for (uint32_t f = 0; f < n; f++) {
		err = verify_function(v, funcs[f], f + 1 < n ? funcs[f + 1] : v->slots, pc);
		if (err)
			return err;
	}
	return 0;
}

static int32_t verify_in(struct verify *v, struct ub_program *p, struct ub_arena *arena, uint32_t *pc)
{
	uint32_t mark = arena->used, bitmap = (p->slots + 31) / 32 * 4;
	uint16_t *funcs, *kept;
	int32_t err, frames;

	v->entries = ub_arena_take(arena, bitmap);
	if (!v->entries)
		return UB_E_MEMORY;
	memset(v->entries, 0, bitmap);
	err = verify_text(v, pc);
	if (err)
		return err;
	funcs = ub_arena_take(arena, v->nfuncs * sizeof(*funcs));
	if (!funcs)
		return UB_E_MEMORY;
	err = verify_functions(v, funcs, pc);
	if (err)
		return err;

	/* The list moves down to where the bits were. */
	arena->used = mark;
	kept = ub_arena_take(arena, v->nfuncs * sizeof(*kept));
	memmove(kept, funcs, v->nfuncs * sizeof(*kept));
	p->funcs = kept;
	p->nfuncs = v->nfuncs;
	frames = verify_frames(v, p, arena, pc);
	if (frames < 0)
		return frames;
	if (v->flags & UB_PROGRAM_FRAME_ESCAPES)
		v->frame = UB_FRAME_BYTES;
	if (v->frame)
		p->stack_use = ((uint32_t)frames - 1) * UB_FRAME_BYTES + ((v->frame + 7) & ~7u);
	p->flags = v->flags | UB_PROGRAM_VERIFIED;
	return 0;
}

int32_t verify_program(struct ub_program *p, uint32_t engine_caps, struct ub_arena *arena,
		       struct ub_fault *where)
{
	struct verify v = {
		.program = p,
		.text = p->text,
		.slots = p->slots,
		.flags = p->flags & UB_PROGRAM_FEMTO,
		.engine_caps = engine_caps,
	};
	uint32_t mark = arena->used, pc = 0;
	int32_t err;

	p->flags = v.flags;
	p->stack_use = 0;
	if (p->slots == 0)
		err = UB_E_VERIFY_EMPTY;
	else if (p->slots > UB_SLOTS_MAX)
		err = UB_E_IMAGE_SIZE;
	else
		err = verify_in(&v, p, arena, &pc);
	if (err)
		arena->used = mark;
	*where = (struct ub_fault){.status = err, .pc = pc};
	return err;
}
