// SPDX-License-Identifier: BSD-2-Clause

/* Everything an object can hold that a linker has to do something about. */
typedef unsigned int u32;
typedef unsigned long u64;

static void (*const bpf_printf)(const char *format, ...) = (void *)1;

static const char *const names[] = {"one", "two", "three"};
static const u32 table[4] = {1, 2, 3, 4};
static int counter = 5;
int zeroed[10];
static u64 zero64;

struct callback {
	int (*function)(int);
	const u32 *place;
	struct callback *next;
};

__attribute__((noinline)) static int square(int x)
{
	return x * x;
}

__attribute__((noinline)) int cube(int x)
{
	return square(x) * x;
}

struct callback last = {square, &table[1], 0};
struct callback first = {cube, &table[2], &last};

__attribute__((section("prog"))) u64 everything(void *ctx, u64 len)
{
	u64 sum = 0;

	bpf_printf("hello %s %d\n", names[len % 3], counter);
	counter++;
	zeroed[len & 7] = 4;
	__atomic_fetch_add(&zero64, len, __ATOMIC_RELAXED);
	int (*f)(int) = len & 1 ? square : cube;
	for (struct callback *c = &first; c; c = c->next)
		sum += c->function(3) + *c->place;
	return sum + f(3) + table[len & 3] + counter;
}

int unused(int x)
{
	bpf_printf("never reached %d\n", square(x) + cube(x));
	return 0;
}
