/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiler's functions that have no caller on the host, one C function for each thing to ask. */
#ifndef JITTEST_SHIM_H
#define JITTEST_SHIM_H

#include "abi/engine.h"
#include "jit/emit.h"
#include "jit/jit.h"
#include "jit/onepass/onepass.h"

/* Emitters, by their operands in the order of emit.h, `enum jit_flags` included. */
enum jittest_emitter {
	JITTEST_DP, JITTEST_DP_SHIFT, JITTEST_DP_IMM, JITTEST_MOV, JITTEST_MVN, JITTEST_CONST, JITTEST_SHIFT_IMM,
	JITTEST_SHIFT_REG, JITTEST_UNARY, JITTEST_MUL, JITTEST_MUL3, JITTEST_BITFIELD, JITTEST_MEM, JITTEST_MEM_POST,
	JITTEST_MEM_REG,
	JITTEST_PUSH, JITTEST_POP, JITTEST_SP_ADD, JITTEST_IT, JITTEST_ITT, JITTEST_NARROW, JITTEST_WIDE,
};

enum { JITTEST_NONE = -1 /* the emitter returned false */, JITTEST_BROKEN = -2 };

/* Returns the halfwords emitted, of which out[0..cap) takes the first, or one of the above. */
int32_t jittest_emit(enum jittest_emitter emitter, const uint32_t args[7], uint16_t *out, uint32_t cap);

/* A branch to `label`, between nops, as the compiler's last phase leaves it: `nops` after it to a label behind, or
 * before it, from a label in front. cond T2_AL: unconditional; `link`: bl. Returns halfwords or a status. */
int32_t jittest_branch(enum t2_cond cond, bool link, bool forward, uint32_t nops, uint16_t *out, uint32_t cap);

/* Verifies a program and compiles it into mem[0..bytes), as well as into memory of its own that ends where it ends
 * and holds other rubbish: the same must come of it. Returns bytes of code or a status, with *where filled in. */
int32_t jittest_compile(struct ub_program *program, uint32_t cpu, uint32_t options, uint8_t *mem, uint32_t bytes,
			struct jit_map *map, struct ub_fault *where);

/* The same by the compiler in one pass, whose plan is the program's; *report is filled in. */
int32_t jittest_onepass(struct ub_program *program, uint32_t options, uint8_t *mem, uint32_t bytes, struct onepass_report *report,
			struct ub_fault *where);

/* What the engine says to a program that was not verified, whatever it is. */
int32_t jittest_prepare_unverified(const struct ub_program *program, struct ub_arena *arena);

#endif
