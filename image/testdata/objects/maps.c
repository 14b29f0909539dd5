// SPDX-License-Identifier: BSD-2-Clause

/* A map, as libbpf declares it: refused. */
struct {
	int (*type)[2];
	int (*key)[4];
	int (*value)[8];
} numbers __attribute__((section(".maps"), used));

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;

long maps(void *ctx)
{
	int key = 0;

	return (long)bpf_map_lookup_elem(&numbers, &key);
}
