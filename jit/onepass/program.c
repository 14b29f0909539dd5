// SPDX-License-Identifier: BSD-2-Clause
/* What is asked of the program: the function a slot is in, which of the joins it is, what a helper takes. */
#include "jit/onepass/parts.h"

uint32_t op_function_at(const struct op *c, uint32_t slot)
{
	uint32_t low = 0, high = c->program->nfuncs - 1;
	while (low < high) {
		uint32_t middle = (low + high + 1) / 2;
		if (c->program->funcs[middle] <= slot)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

uint32_t op_count_bits(uint32_t set)
{
	set -= set >> 1 & 0x55555555;
	set = (set & 0x33333333) + (set >> 2 & 0x33333333);
	return ((set + (set >> 4)) & 0x0f0f0f0f) * 0x01010101u >> 24;
}

uint32_t op_join_index(const struct op *c, uint32_t slot)
{
	return c->rank[slot / 32] + op_count_bits(c->join[slot / 32] & ((1u << slot % 32) - 1));
}

/* Where nothing is known of a helper it may read all of r1 to r5: they have values from the start, as an interpreter would hand them over. */
uint32_t op_helper_arguments(const struct op *c, int32_t id)
{
#define UNREAD(name, number, arguments) [UB_HELPER_AT(number)] = UB_HELPER_ARGUMENTS - (arguments),
	static const uint8_t unread[UB_HELPER_ENTRIES] = { UB_HELPERS(UNREAD) }; /* 0 of ids that abi/helpers.h does not have */
#undef UNREAD
	if (c->program->flags & UB_PROGRAM_OWN_HELPERS)
		return UB_HELPER_ARGUMENTS;
	return UB_HELPER_ARGUMENTS - unread[ub_helper_index(id)];
}
