// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

int parse_number(const char *text, unsigned long len)
{
	uint32_t value = 0;
	int negative = 0;
	unsigned long i = 0;

	if (i < len && text[i] == '-') {
		negative = 1;
		i++;
	}
	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (text[i] - '0');
	if (i < len && text[i])
		bpf_printf("Unexpected character '%c' at position %d\n", text[i], (uint32_t)i);
	return negative ? -value : value;
}
