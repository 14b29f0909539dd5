// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { KEY = 1 };

/* Writes a value into the shared store and reads it back. */
int bpf_store(void *ctx)
{
	uint32_t value = 0;

	bpf_fetch_global(KEY, &value);
	bpf_printf("Global store, key %d, before: %d\n", KEY, value);
	bpf_store_global(KEY, 1234);
	bpf_fetch_global(KEY, &value);
	bpf_printf("Global store, key %d, after: %d\n", KEY, value);
	return value;
}
