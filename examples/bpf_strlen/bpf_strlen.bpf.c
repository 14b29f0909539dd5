// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

/* Measures a string in read-only data. */
int bpf_strlen_test(void *ctx)
{
	const char *text = "This is a test string";
	uint32_t length = bpf_strlen(text);

	bpf_printf("The string \"%s\" has %d characters\n", text, length);
	return length;
}
