/* SPDX-License-Identifier: BSD-2-Clause */
/* The helpers of maps, for who wants them in his table. They check their arguments themselves. */
#include "ubpf/internal.h"

#if UBPF_MAPS

#include "maps/helpers.h"

int32_t ubpf_helpers_add_maps(struct ubpf_helpers *set)
{
#define ROW(helper, number, arguments) { .id = (number), .name = "bpf_" #helper, .call = maps_helper_##helper },
	static const struct ubpf_helper rows[] = { UB_MAP_HELPERS(ROW) };
#undef ROW

	int32_t err = ubpf_helpers_add(set, rows, sizeof rows / sizeof rows[0]);
	set->maps = !err;
	return err;
}

#endif
