// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

/* Formats -125 tenths: five characters, "-12.5". */
int bpf_fmt_s16_dfp_test(void *ctx)
{
	char text[] = "_____";

	bpf_printf("Before formatting: %s\n", text);
	uint32_t length = bpf_fmt_s16_dfp(text, -125, -1);
	bpf_printf("After formatting: %s\n", text);
	return length;
}
