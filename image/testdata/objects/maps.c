// SPDX-License-Identifier: BSD-2-Clause

/* Maps of several types, as libbpf declares them. */
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]

struct value {
	unsigned long packets, bytes;
};

struct {
	__uint(type, 5); /* per-CPU hash */
	__uint(max_entries, 1000);
	__type(key, unsigned int);
	__type(value, struct value);
} counts SEC(".maps");

struct {
	__uint(type, 2);
	__uint(max_entries, 4);
	__uint(map_flags, 1 << 7);
	__uint(key_size, 4);
	__uint(value_size, 8);
} settings SEC(".maps");

struct {
	__uint(type, 27);
	__uint(max_entries, 256);
} events SEC(".maps");

struct {
	__uint(type, 22);
	__uint(max_entries, 10);
	__type(value, short);
} unused SEC(".maps");

int second(void *ctx);

struct {
	__uint(type, 3);
	__uint(max_entries, 3);
	__type(key, unsigned int);
	__array(values, int(void *));
} programs SEC(".maps") = {
	.values = { [2] = (void *)&second },
};

static void *(*const lookup)(void *map, const void *key) = (void *)0xe0;
static long (*const output)(void *map, const void *data, unsigned long bytes, unsigned long flags) = (void *)0xf2;
static long (*const tail_call)(void *ctx, void *map, unsigned int index) = (void *)0xd4;

SEC("one") int second(void *ctx)
{
	return 7;
}

SEC("two") int maps(void *ctx)
{
	unsigned int key = 1;
	struct value *v = lookup(&counts, &key);
	unsigned long *n = lookup(&settings, &key);

	if (v && n) {
		v->packets += *n;
		output(&events, v, sizeof *v, 0);
	}
	tail_call(ctx, &programs, 2);
	return 0;
}
