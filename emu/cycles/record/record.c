// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "emu/cycles/record/record.h"

void record_finish(struct record *r, uint32_t next)
{
	for (size_t i = r->first; i < r->n; i++)
		r->insns[i].next = i + 1 < r->n ? r->insns[i + 1].addr : next;
	r->first = r->n;
}

static void on_block(void *state, struct unicorn_block *b)
{
	struct record *r = state;
	record_finish(r, b->addr);
	for (uint32_t at = 0; at + 1 < b->size;) {
		if (r->n == r->capacity) {
			size_t capacity = r->capacity ? 2 * r->capacity : 1 << 16;
			struct record_insn *insns = realloc(r->insns, capacity * sizeof *insns);
			if (!insns) {
				r->failed = 1;
				break;
			}
			r->insns = insns;
			r->capacity = capacity;
		}
		struct record_insn *i = &r->insns[r->n++];
		*i = (struct record_insn){ .addr = b->addr + at, .size = b->code[at + 1] >= 0xe8 ? 4 : 2 };
		memcpy(i->code, b->code + at, i->size);
		at += i->size;
	}
	r->inner->block(r->inner->state, b);
	b->insn = 1;
}

static void on_insn(void *state, struct unicorn_machine *m, uint32_t addr)
{
	struct record *r = state;
	for (size_t i = r->first; i < r->n; i++) {
		struct record_insn *in = &r->insns[i];
		if (in->addr != addr)
			continue;
		r->offset = (uint32_t)i;
		in->executed = 1;
		in->n = unicorn_reg(m, in->code[0] & 15); /* Rn and Rm of divisions and long multiplies */
		in->m = unicorn_reg(m, in->code[1] & 15);
		break;
	}
	r->inner->insn(r->inner->state, m, addr);
}

static void on_memory(void *state, uint32_t insn, uint32_t addr, uint32_t bytes, int write)
{
	struct record *r = state;
	if (r->offset < r->n && !r->insns[r->offset].accesses) {
		r->insns[r->offset].memory = addr;
		r->insns[r->offset].accesses = 1;
	}
	r->inner->memory(r->inner->state, insn, addr, bytes, write);
}

static void on_exception(void *state, uint32_t handler, uint32_t cycles)
{
	struct record *r = state;
	r->inner->exception(r->inner->state, handler, cycles);
}

static uint64_t on_cycles(void *state, uint32_t insn)
{
	struct record *r = state;
	return r->inner->cycles(r->inner->state, insn);
}

static void on_reading(void *state, enum unicorn_counter counter, uint32_t value)
{
	struct record *r = state;
	r->inner->reading(r->inner->state, counter, value);
}

static void on_forget(void *state, struct unicorn_block *b)
{
	struct record *r = state;
	r->inner->forget(r->inner->state, b);
}

static void on_save(void *state)
{
	struct record *r = state;
	r->saved = r->n;
	r->inner->save(r->inner->state);
}

static void on_restore(void *state)
{
	struct record *r = state;
	r->n = r->first = r->saved;
	r->inner->restore(r->inner->state);
}

struct record *record_new(struct unicorn_model *inner)
{
	struct record *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->inner = inner;
	r->model = (struct unicorn_model){
		.state = r, .block = on_block, .insn = on_insn, .memory = on_memory, .exception = on_exception,
		.cycles = on_cycles, .reading = on_reading, .forget = on_forget, .save = on_save, .restore = on_restore,
	};
	return r;
}

void record_free(struct record *r)
{
	free(r->insns);
	free(r);
}
