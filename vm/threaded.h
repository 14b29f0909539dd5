/* SPDX-License-Identifier: BSD-2-Clause */
/* The threaded form: rewritten text, executed by handlers.S. */
#ifndef UB_VM_THREADED_H
#define UB_VM_THREADED_H

#include "abi/engine.h"

/* Rewrites the program: where it lies if that is in the arena, else a copy. out->state is then not NULL. Returns 0, or
 * UB_E_MEMORY with all as it was. */
int32_t vm_threaded_prepare(const struct ub_program *program, struct ub_arena *arena, struct ub_prepared *out);
int32_t vm_threaded_run(const struct ub_prepared *prepared, struct ub_run *run);
/* The program is as it was loaded, and can be prepared again. */
void vm_threaded_release(const struct ub_prepared *prepared);

#endif
