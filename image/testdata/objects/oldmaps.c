// SPDX-License-Identifier: BSD-2-Clause

/* Maps as they were declared before BTF. */
struct bpf_map_def {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def first __attribute__((section("maps"), used)) = { 1, 8, 4, 16, 1 };
struct bpf_map_def second __attribute__((section("maps"), used)) = { 23, 0, 12, 5, 0 };

static long (*const push)(void *map, const void *value, unsigned long flags) = (void *)0xe3;
static void *(*const lookup)(void *map, const void *key) = (void *)0xe0;

int oldmaps(void *ctx)
{
	unsigned int value[3] = { 1, 2, 3 };

	return (int)push(&second, value, 0) + (lookup(&first, value) != 0);
}
