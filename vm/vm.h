/* SPDX-License-Identifier: BSD-2-Clause */
/* The interpreter: all of RFC 9669 but the legacy packet access, every access checked against the
 * run's regions, every loop against its budget. Keeps nothing in the arena; a run needs
 * sizeof(struct vm) bytes of C stack besides what the compiler saves, and, where programs call
 * local functions, UB_SAVE_BYTES below the program's stack.
 */
#ifndef UB_VM_VM_H
#define UB_VM_VM_H

#include "abi/engine.h"

/* The fastest form there is for where it runs (docs/vm.md). */
extern const struct ub_engine vm_engine;
/* The form in C alone, which leaves program text as it is. */
extern const struct ub_engine vm_portable_engine;

#endif
