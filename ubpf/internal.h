/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder share. */
#ifndef UBPF_INTERNAL_H
#define UBPF_INTERNAL_H

#include <string.h>

#include "ubpf/ubpf.h"

enum { UBPF_BYTES = 0x0fff, UBPF_RIGHTS_SHIFT = 13 }; /* of kinds of arguments: UB_READ, UB_WRITE above them */
UB_STATIC_ASSERT(UBPF_IN(0) >> UBPF_RIGHTS_SHIFT == UB_READ && UBPF_OUT(0) >> UBPF_RIGHTS_SHIFT == UB_WRITE, ubpf_rights);

/* Helpers pay for bytes they are given out of run->work: so many bytes are one unit of the budget. */
enum { UBPF_WORK_BYTES = 16 };

/* Where programs see the memory of a host whose pointers are wider than addresses. */
enum { UBPF_HOST_ADDRESS = 0x20000000 };

/* What the compiler may use of this CPU. */
#if defined(__ARM_FEATURE_DSP)
enum { UBPF_CPU = UB_CPU_DSP };
#else
enum { UBPF_CPU = 0 };
#endif

#endif
