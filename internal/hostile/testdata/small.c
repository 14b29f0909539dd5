/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small machine, looked through whole: what the compiler says it knows before each instruction is held against an
 * interpreter that runs the program from every start of a list. The compiler is linked with --wrap=op_plan_insn, so that
 * what it knows can be seen. Programs and their plans come from the standard input:
 *
 *   u32 slots, the program, which begins with  r3 = *(u8 *)(r1 + 0); r4 = *(u32 *)(r1 + 1); if r2 < 5 goto exit
 *   u32 plans, for each: u32 bytes, the plan
 *
 * and counts go to the standard output, before them what is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jit/onepass/loop.h"

enum { SLOTS = 16, STEPS = 40, PLAN = 1024, CONTEXT = 0x2000100d, TOP = 0x20003ff8 }; /* no multiples of 32: programs shift by them */

/* What is known before an instruction. */
struct known {
	bool seen;
	uint32_t zero; /* registers without high half */
	uint32_t constants;
	uint32_t constant[UB_R10];
	struct op_fact fact[UB_R10];
	uint32_t length;
};

static struct known known[SLOTS];
static uint8_t notes[SLOTS];

void __real_op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead);
void __wrap_op_plan_insn(struct op *c, const struct ub_insn *insn, bool dead)
{
	struct known *k = &known[c->slot];
	memset(k, 0, sizeof *k);
	k->seen = !dead && !c->refused;
	k->length = c->facts.length;
	for (uint32_t r = 0; r < UB_R10; r++) {
		k->zero |= (uint32_t)op_is_zero(c, r + OP_HIGH) << r;
		k->constants |= (uint32_t)op_is_const(c, r) << r;
		k->constant[r] = (uint32_t)op_val(c, r)->imm;
		k->fact[r] = op_know(c, r);
	}
	__real_op_plan_insn(c, insn, dead);
}

/* Where a run starts. */
static const uint32_t bytes[] = { 0, 1, 2, 3, 5, 6, 127, 128, 254, 255 };
static const uint32_t words[] = { 0, 1, 2, 4, 5, 6, 7, 8, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff };
static const uint32_t lengths[] = { 5, 6, 7, 8, 9, 12 };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct state {
	uint64_t r[11];
	uint8_t context[12];
	uint32_t length;
};

static char text[300];
static bool lies(const struct known *k, const struct state *s)
{
	if (k->length > s->length)
		return snprintf(text, sizeof text, "length %u, it is %u", k->length, s->length) > 0;
	for (uint32_t r = 0; r < UB_R10; r++) {
		const struct op_fact *f = &k->fact[r];
		uint32_t low = (uint32_t)s->r[r];
		if (k->zero >> r & 1 && s->r[r] >> 32)
			return snprintf(text, sizeof text, "r%u has no high half, it is %#llx", r, (unsigned long long)s->r[r]) > 0;
		if (k->constants >> r & 1 && low != k->constant[r])
			return snprintf(text, sizeof text, "r%u is %#x, it is %#x", r, k->constant[r], low) > 0;
		if (f->kind == OP_ANYTHING ? !f->bounded : f->open)
			continue;
		int64_t v = f->kind <= OP_NUMBER ? (int64_t)low : (int32_t)(low - (f->kind == OP_CONTEXT ? CONTEXT : TOP));
		int64_t lo = f->kind <= OP_NUMBER ? (int64_t)f->lo : f->from, hi = f->kind <= OP_NUMBER ? (int64_t)f->hi : f->to;
		int64_t room = (int64_t)s->length - v * f->times - f->slack;
		if ((f->kind != OP_ANYTHING && (v < lo || v > hi)) || (f->bounded && room < 0) || (f->exact && f->bounded && room) ||
		    (f->kind == OP_NUMBER && (v - lo) & ((1 << f->align) - 1)))
			return snprintf(text, sizeof text, "r%u: kind %u, %lld..%lld, bounded %d exact %d times %u slack %d align %u; it is %lld, length %u", r,
					f->kind, (long long)lo, (long long)hi, f->bounded, f->exact, f->times, f->slack, f->align, (long long)v, s->length) > 0;
	}
	return false;
}

static uint64_t alu64(uint32_t op, uint64_t a, uint64_t b, bool wide)
{
	uint32_t bits = wide ? 63 : 31;
	switch (op) {
	case UB_ADD: return a + b;
	case UB_SUB: return a - b;
	case UB_MUL: return a * b;
	case UB_DIV: return b ? a / b : 0;
	case UB_MOD: return b ? a % b : a;
	case UB_OR: return a | b;
	case UB_AND: return a & b;
	case UB_XOR: return a ^ b;
	case UB_LSH: return a << (b & bits);
	case UB_RSH: return a >> (b & bits);
	case UB_NEG: return 0 - a;
	case UB_ARSH: return wide ? (uint64_t)((int64_t)a >> (b & bits)) : (uint32_t)((int32_t)a >> (b & bits));
	default: return b; /* MOV */
	}
}

static bool holds(uint32_t op, uint64_t a, uint64_t b, bool wide)
{
	int64_t x = wide ? (int64_t)a : (int32_t)a, y = wide ? (int64_t)b : (int32_t)b;
	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	switch (op) {
	case UB_JEQ: return a == b;
	case UB_JNE: return a != b;
	case UB_JGT: return a > b;
	case UB_JGE: return a >= b;
	case UB_JLT: return a < b;
	case UB_JLE: return a <= b;
	case UB_JSGT: return x > y;
	case UB_JSGE: return x >= y;
	case UB_JSLT: return x < y;
	case UB_JSLE: return x <= y;
	default: return true; /* JA */
	}
}

/* Whether what is known is wrong on a run from a state. */
static bool run(const struct ub_insn *program, struct state *s)
{
	for (uint32_t slot = 0, steps = 0; program[slot].opcode != 0x95 && steps < STEPS; steps++) {
		const struct ub_insn *i = &program[slot];
		uint32_t class = UB_CLASS(i->opcode), op = UB_OP(i->opcode), d = UB_DST(i), src = UB_SRC(i);
		bool wide = class == UB_ALU64 || class == UB_JMP;
		uint64_t b = i->opcode & UB_X ? s->r[src] : (uint64_t)(int64_t)i->imm;
		if (known[slot].seen && lies(&known[slot], s))
			return snprintf(text + strlen(text), sizeof text - strlen(text), " (at %u)", slot) > 0;
		slot++;
		if (class == UB_ALU64 || class == UB_ALU32) {
			if (op == UB_END)
				s->r[d] = (uint16_t)(s->r[d] >> 8 & 0xff) | (uint16_t)(s->r[d] << 8);
			else if (i->offset == 8)
				s->r[d] = (uint64_t)(int64_t)(int8_t)b;
			else
				s->r[d] = alu64(op, wide ? s->r[d] : (uint32_t)s->r[d], wide ? b : (uint32_t)b, wide);
			if (!wide)
				s->r[d] = (uint32_t)s->r[d];
		} else if (class == UB_LDX) {
			uint32_t at = (uint32_t)s->r[src] + (uint32_t)i->offset - CONTEXT, size = op_size(i->opcode);
			uint32_t below = TOP - CONTEXT - at; /* the top of the stack, whose bytes are 0 */
			bool stack = below <= UB_FRAME_BYTES && size <= below;
			bool inside = stack || (at < s->length && size <= s->length - at);
			uint32_t note = notes[slot - 1] & 15;
			if (!inside && known[slot - 1].seen && (note == ONEPASS_PROVED || note == ONEPASS_IN_LOOP))
				return snprintf(text, sizeof text, "the load at %u is proved, and goes to %d", slot - 1, (int32_t)at) > 0;
			if (!inside)
				return false;
			s->r[d] = 0;
			if (!stack)
				memcpy(&s->r[d], s->context + at, size);
		} else if (holds(op, s->r[d], b, wide)) {
			slot += (uint32_t)i->offset;
		}
	}
	return false;
}

static bool look_through(const struct ub_insn *program, uint64_t *runs)
{
	for (uint32_t i = 0; i < COUNT(bytes); i++)
		for (uint32_t k = 0; k < COUNT(words); k++)
			for (uint32_t n = 0; n < COUNT(lengths); n++) {
				struct state s = { .length = lengths[n] };
				s.r[1] = CONTEXT;
				s.r[2] = s.length;
				s.r[10] = TOP;
				s.context[0] = (uint8_t)bytes[i];
				memcpy(s.context + 1, &words[k], 4);
				++*runs;
				if (run(program, &s))
					return true;
			}
	return false;
}

static uint8_t code[4096] __attribute__((aligned(8)));

static uint64_t pairs, followed, seen_through, runs;

/* What is known, in 64 bits. */
static uint64_t digest(uint32_t slots)
{
	uint64_t h = 1469598103934665603u;
	const uint8_t *b = (const uint8_t *)known;
	for (size_t i = 0; i < slots * sizeof known[0]; i++)
		h = (h ^ b[i]) * 1099511628211u;
	for (uint32_t i = 0; i < slots; i++)
		h = (h ^ notes[i]) * 1099511628211u;
	return h;
}

/* Compiles a program by a plan, and looks through what is known, unless it is what another plan of it made known. */
static bool pair(const struct ub_program *p, uint64_t *seen, uint32_t *nseen)
{
	struct onepass_report report = { .notes = notes };
	struct ub_fault where;
	memset(known, 0, sizeof known);
	memset(notes, 0, sizeof notes);
	if (onepass_compile(p, 0, code, sizeof code, &report, &where) < 0)
		return snprintf(text, sizeof text, "it is not compiled: %d", where.status) > 0;
	pairs++;
	followed += report.plan == ONEPASS_FOLLOWED;
	uint64_t h = digest(p->slots);
	for (uint32_t i = 0; i < *nseen; i++)
		if (seen[i] == h)
			return false;
	seen[(*nseen)++] = h;
	seen_through++;
	return look_through(p->text, &runs);
}

static uint32_t number(void)
{
	uint32_t n = 0;
	if (fread(&n, sizeof n, 1, stdin) != 1)
		exit(3);
	return n;
}

int main(void)
{
	static struct ub_insn program[SLOTS];
	static uint8_t plan[PLAN];
	static uint64_t seen[1 << 16];
	uint16_t start = 0;
	uint32_t slots, n;
	while (fread(&slots, sizeof slots, 1, stdin) == 1) {
		if (slots > SLOTS || fread(program, sizeof *program, slots, stdin) != slots || (n = number()) > COUNT(seen))
			return 2;
		for (uint32_t i = 0, nseen = 0; i < n; i++) {
			uint32_t size = number();
			if (size > PLAN || fread(plan, 1, size, stdin) != size)
				return 2;
			struct ub_program p = { .text = program, .slots = slots, .plan = plan, .plan_bytes = size, .funcs = &start, .nfuncs = 1,
						.flags = UB_PROGRAM_VERIFIED | UB_PROGRAM_FRAME_ESCAPES, .stack_use = UB_FRAME_BYTES };
			if (!pair(&p, seen, &nseen))
				continue;
			printf("%s\nplan ", text);
			for (uint32_t k = 0; k < size; k++)
				printf("%02x", plan[k]);
			printf(" of ");
			for (uint32_t k = 0; k < slots * sizeof *program; k++)
				printf("%02x", ((const uint8_t *)program)[k]);
			printf("\n");
			return 1;
		}
	}
	printf("%llu pairs, %llu followed, %llu looked through, %llu runs\n", (unsigned long long)pairs, (unsigned long long)followed,
	       (unsigned long long)seen_through, (unsigned long long)runs);
	return 0;
}
