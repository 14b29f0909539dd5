/* SPDX-License-Identifier: BSD-2-Clause */
/* What the interpreter keeps while it runs, and the parts of it that are not worth their space in
 * every handler (slow.c).
 */
#ifndef UB_VM_STATE_H
#define UB_VM_STATE_H

#include "abi/port.h"

/* The region last hit: an access of 1 << k bytes at `addr` is inside it if
 * addr - start < limit[k], unsigned. Nothing is in it while all limits are 0. */
struct vm_window {
	uint32_t start;
	uint32_t limit[4];
};

struct vm {
	uint64_t r[UB_REGISTERS];
	struct vm_window load;  /* rights: read */
	struct vm_window store; /* rights: write */
	struct ub_run *run;
};

/* What a local call saves of its caller. */
struct vm_frame {
	uint64_t r6_r9[4];
	uint32_t return_to; /* slot */
	uint32_t unused;
};
_Static_assert(sizeof(void *) > 4 || sizeof(struct vm) == 136, "state beside the stack, in bytes");
_Static_assert(UB_FRAMES_MAX * sizeof(struct vm_frame) <= UB_SAVE_BYTES, "layout");

/* Interprets from the entry on, with the registers as they are; returns run->fault.status. */
int32_t vm_interpret(struct vm *vm, struct ub_run *run, const struct ub_program *program);

/* The access missed the window: points the window at the region it is in. Returns 0, or the
 * status, also in run->fault with the address. `k` is log2 of the size. */
int32_t vm_load_miss(struct vm *vm, uint32_t addr, uint32_t k);
int32_t vm_store_miss(struct vm *vm, uint32_t addr, uint32_t k);

/* Division as RFC 9669 section 4.1 defines it: by zero the quotient is 0, the remainder the dividend. */
uint64_t vm_div64(uint64_t a, uint64_t b);
uint64_t vm_mod64(uint64_t a, uint64_t b);
uint64_t vm_sdiv64(uint64_t a, uint64_t b);
uint64_t vm_smod64(uint64_t a, uint64_t b);
uint32_t vm_sdiv32(uint32_t a, uint32_t b);
uint32_t vm_smod32(uint32_t a, uint32_t b);

/* The low 8, 16 or 32 bits, sign-extended. */
uint64_t vm_extend(uint64_t a, int32_t width);
/* to_le, to_be and bswap, by opcode and width. */
uint64_t vm_endian(uint64_t a, uint32_t opcode, int32_t width);

/* The atomic operation of an instruction's two words. Returns 0, or the status as above. */
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
