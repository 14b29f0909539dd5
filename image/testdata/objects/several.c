// SPDX-License-Identifier: BSD-2-Clause

/* Programs in sections of their own, and a function they share. */
__attribute__((noinline)) int shared(int x)
{
	return x + 1;
}

__attribute__((section("one"))) int first(void *ctx)
{
	return shared(1);
}

__attribute__((section("two"))) int second(void *ctx)
{
	return shared(2);
}
