/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder share. */
#ifndef UBPF_INTERNAL_H
#define UBPF_INTERNAL_H

#include <string.h>

#include "ubpf/ubpf.h"

enum { UBPF_BYTES = 0x0fff, UBPF_RIGHTS_SHIFT = 13 }; /* of kinds of arguments: UB_READ, UB_WRITE above them */
UB_STATIC_ASSERT(UBPF_IN(0) >> UBPF_RIGHTS_SHIFT == UB_READ && UBPF_OUT(0) >> UBPF_RIGHTS_SHIFT == UB_WRITE, ubpf_rights);

/* Whether programs may have maps (maps/); without, those that have are refused. */
#ifndef UBPF_MAPS
#define UBPF_MAPS 1
#endif

/* Helpers pay for bytes they are given out of run->work: so many bytes are one unit of the budget. */
enum { UBPF_WORK_BYTES = 16 };

/* Where programs see the memory of a host whose pointers are wider than addresses. */
enum { UBPF_HOST_ADDRESS = 0x20000000 };

/* A list of helpers' ids, ascending; if ids is NULL, all there are. */
struct ubpf_ids {
	const uint16_t *ids;
	uint32_t n;
};

/* Of the helpers that are known, those that are on both lists: into ids, which has room for all that are known. Returns
 * how many. */
uint32_t ubpf_allow(const struct ubpf_ids *known, const struct ubpf_ids *asked, const struct ubpf_ids *allowed, uint16_t *ids);

/* What the compiler may use of this CPU. */
#if defined(__ARM_FEATURE_DSP)
enum { UBPF_CPU = UB_CPU_DSP };
#else
enum { UBPF_CPU = 0 };
#endif

#endif
