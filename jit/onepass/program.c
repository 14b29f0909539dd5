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

uint32_t op_helper_arguments(int32_t id)
{
#define ARGUMENTS(name, number, arguments) [UB_HELPER_AT(number)] = arguments,
	static const uint8_t arguments[UB_HELPER_ENTRIES] = { UB_HELPERS(ARGUMENTS) };
#undef ARGUMENTS
	return arguments[ub_helper_index(id)];
}
