// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

/* Formats 12345 in decimal: five characters. */
int bpf_fmt_u32_dec_test(void *ctx)
{
	char text[] = "_____";

	bpf_printf("Before formatting: %s\n", text);
	uint32_t length = bpf_fmt_u32_dec(text, 12345);
	bpf_printf("After formatting: %s\n", text);
	return length;
}
