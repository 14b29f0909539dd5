/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers that work on the maps of a run (abi/helpers.h, UB_MAP_HELPERS): they check what a program gives them. */
#ifndef UB_MAPS_HELPERS_H
#define UB_MAPS_HELPERS_H

#include "maps/maps.h"

#define MAPS_HELPER(name, id, arguments) \
	uint64_t maps_helper_##name(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5);
UB_MAP_HELPERS(MAPS_HELPER)
#undef MAPS_HELPER

#endif
