/* SPDX-License-Identifier: BSD-2-Clause */
/* Routines in the firmware that generated code calls, by index in ub_run.routines. */
#ifndef UB_JIT_RUNTIME_H
#define UB_JIT_RUNTIME_H

#include "abi/port.h"

enum jit_routine { JIT_CHECK, JIT_FAULT, JIT_HELPER, JIT_HELPER5, JIT_DIVIDE, JIT_OUT_OF_BUDGET };
UB_STATIC_ASSERT((int)JIT_OUT_OF_BUDGET < (int)UB_ROUTINES, routines);

enum { JIT_CHECK_RIGHTS = 4 /* UB_READ, UB_WRITE or both, above the size */ };

/* Calls code at an address (bit 0 set); returns run->fault.status. */
int32_t jit_enter(struct ub_run *run, uint32_t code);
void jit_set_routines(struct ub_run *run);

#endif
