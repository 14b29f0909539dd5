/* SPDX-License-Identifier: BSD-2-Clause */
/* Rewriting program text for the threaded form, and back. A slot becomes two words, {operands, handler}; where an
 * instruction has more than fits, its constant goes to a slot behind the registers, or to a record of its own.
 */
#ifndef UB_VM_REWRITE_H
#define UB_VM_REWRITE_H

#include "abi/program.h"
#include "vm/layout.h"

/* What lies in front of each handler. */
struct vm_kind {
	uint16_t frame; /* distance to the handler for accesses based on r10, 0: none */
	uint8_t opcode; /* 0: in the operands, bits 24..31 */
	uint8_t shape;  /* VM_* of opcodes.h; above VM_SHAPE_BITS the row of vm_fusions, 0: none */
};

/* A superinstruction that ends with the handler whose row this is. Handlers by their distance from vm_handlers. */
struct vm_fusion {
	uint16_t before, two;  /* behind `before`, that becomes `two` */
	uint16_t first, three; /* if `first` is before that, it becomes `three`; 0: nothing does */
};

/* An instruction whose constant found no slot. */
struct vm_wide {
	int32_t imm;
	uint32_t operands;
	uint32_t handler;
};

/* Rewritten text, and what it needs besides. */
struct vm_rewritten {
	uint32_t *text;
	uint32_t slots;
	struct vm_wide *wides;
	uint32_t wides_addr; /* device address of wides[0] */
	uint32_t nwides, wides_max;
	uint32_t nconstants;
	int32_t constants[VM_CONSTANTS_MAX]; /* those that are used are kept */
};

/* Rewrites all of r->text, which was verified. Returns 0, or UB_E_MEMORY with all as it was if there are more
 * instructions with large constants than r->wides_max. */
int32_t vm_rewrite(struct vm_rewritten *r);
/* Undoes it. */
void vm_restore(struct vm_rewritten *r);

/* The table of handlers: handlers.S on devices; hosts, which only test this, have one made from the same rows. */
extern const uint16_t vm_offsets[256];
extern const struct vm_fusion vm_fusions[];
extern const uint8_t vm_handlers[];

#endif
