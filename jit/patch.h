/* SPDX-License-Identifier: BSD-2-Clause */
/* Branches and the places they lead to. They are noted as they are emitted, and completed when all code is there. */
#ifndef UB_JIT_PATCH_H
#define UB_JIT_PATCH_H

#include "abi/status.h"
#include "jit/emit.h"

/* A branch whose offset patch.c fills in; which kind of branch it is stands in the code. */
struct jit_fixup {
	uint16_t at;     /* halfword */
	uint16_t target; /* by kind */
	uint16_t grown;  /* halfwords by which branches before this one grew; patch.c */
	uint8_t kind;    /* enum jit_target_kind */
	uint8_t wide;
};

enum { JIT_FIXUP_HALFWORDS = sizeof(struct jit_fixup) / 2 };

enum jit_target_kind { JIT_TO_SLOT, JIT_TO_LABEL, JIT_TO_CODE /* a halfword */ };

/* Code that is being emitted, and the tables its branches need. */
struct jit_out {
	struct jit_code code;
	struct jit_fixup *fixups; /* number i is fixups[-1 - i]: they grow down towards the code */
	uint32_t nfixups;
	uint16_t *offset;   /* per slot: halfword of its code */
	uint16_t *labels;   /* halfword */
	int32_t error;
	bool growing;       /* some branch is wide */
};

void jit_branch(struct jit_out *o, enum t2_cond cond, enum jit_target_kind kind, uint32_t target);
void jit_branch_link(struct jit_out *o, enum jit_target_kind kind, uint32_t target);
/* A branch that was emitted leads here. */
static inline void jit_land(struct jit_out *o, uint32_t fixup)
{
	o->fixups[-1 - (int32_t)fixup].target = (uint16_t)o->code.len;
}
void jit_label(struct jit_out *o, uint32_t label);
void jit_patch(struct jit_out *o);
/* Where a halfword of the code as it was emitted is after jit_patch. */
uint32_t jit_place(const struct jit_out *o, uint32_t at);

#endif
