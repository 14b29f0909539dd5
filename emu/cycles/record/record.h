/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes down every instruction executed and hands everything on to another model. */
#ifndef UB_EMU_CYCLES_RECORD_H
#define UB_EMU_CYCLES_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "emu/unicorn/hooks.h"

struct record_insn {
	uint32_t addr, next;
	uint32_t memory;      /* address of its first access, if it has any */
	uint32_t n, m;        /* values of the registers operands() names */
	uint16_t code[2];
	uint8_t size;         /* 2 or 4 bytes */
	uint8_t executed;     /* 0: its condition failed */
	uint8_t accesses;     /* memory counts */
};

struct record {
	struct unicorn_model model, *inner;
	struct record_insn *insns;
	size_t n, capacity, saved;
	size_t first;    /* of the running block */
	uint32_t offset; /* of the instruction that executes, in the block: index in insns */
	int failed;      /* out of memory */
};

struct record *record_new(struct unicorn_model *inner);
void record_free(struct record *r);
/* Notes where the running block went on to. */
void record_finish(struct record *r, uint32_t next);

#endif
