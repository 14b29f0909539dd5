/* SPDX-License-Identifier: BSD-2-Clause */
/* What the interpreter keeps while it runs, and what both of its forms share (shared.c): the parts that are not worth
 * their space in every handler.
 */
#ifndef UB_VM_STATE_H
#define UB_VM_STATE_H

#include "abi/engine.h"
#include "abi/port.h"
#include "vm/layout.h"

struct vm {
	uint64_t r[UB_REGISTERS];
	struct ub_run *run;
	const uint32_t *text; /* what is executed: as it was loaded, or rewritten */
};

/* What a local call saves of its caller. */
struct vm_frame {
	uint64_t r6_r9[4];
	uint32_t return_to; /* slot */
	uint32_t unused;
};
UB_STATIC_ASSERT(UB_FRAMES_MAX * sizeof(struct vm_frame) <= UB_SAVE_BYTES, layout);

/* What both prepare begin with: 0 if the program can be run, *out for one that needs nothing more. */
int32_t vm_check(const struct ub_program *program, struct ub_prepared *out, struct ub_fault *where);

/* The portable form: interprets the program as it was loaded, from its entry on, with the registers as they are.
 * Returns run->fault.status. */
int32_t vm_portable(struct vm *vm, const struct ub_program *program);

/* The region an access of `size` bytes lies in and may use as `rights` says, or NULL. */
const struct ub_region *vm_region(const struct ub_run *run, uint32_t addr, uint32_t size, uint32_t rights);
/* Notes a fault. Returns the status. */
int32_t vm_stop(struct ub_run *run, int32_t status, uint32_t addr);

/* Division as RFC 9669 section 4.1 defines it: by zero the quotient is 0, the remainder the dividend. */
uint64_t vm_div64(uint64_t a, uint64_t b);
uint64_t vm_mod64(uint64_t a, uint64_t b);
uint64_t vm_sdiv64(uint64_t a, uint64_t b);
uint64_t vm_smod64(uint64_t a, uint64_t b);
uint32_t vm_sdiv32(uint32_t a, uint32_t b);
uint32_t vm_smod32(uint32_t a, uint32_t b);

/* The low 8, 16 or 32 bits, sign-extended. */
uint64_t vm_extend(uint64_t a, int32_t width);

/* The atomic operation of an instruction's first word, `imm` says which. Returns 0, or the status, also in run->fault
 * with the address. */
int32_t vm_atomic(struct vm *vm, uint32_t word, int32_t imm);

/* Local call: saves the caller and moves r10. Returns 0, or UB_E_DEPTH. */
int32_t vm_enter(struct vm *vm, uint32_t return_to);
/* The slot of the function with this code address, or UB_E_CALLX. */
int32_t vm_function(const struct ub_program *program, uint32_t addr);
/* Back from a local call: the slot to go on at, with the caller's registers, or -1 in the
 * outermost frame. */
int32_t vm_leave(struct vm *vm);
/* Calls a helper. Returns 0 or a status. */
int32_t vm_helper(struct vm *vm, int32_t id);

#endif
