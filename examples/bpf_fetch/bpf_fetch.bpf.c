// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { KEY = 1 };

/* Reads a value another program left in the shared store. */
int bpf_fetch(void *ctx)
{
	uint32_t value = 0;

	bpf_fetch_global(KEY, &value);
	return value;
}
