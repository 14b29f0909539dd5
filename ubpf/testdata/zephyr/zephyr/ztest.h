/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of Zephyr's ztest, as far as zephyr/tests/ubpf asks for it: a suite runs its tests in the order of the file. */
#ifndef STUB_ZTEST_H
#define STUB_ZTEST_H

#include <stdio.h>
#include <stdlib.h>

#define __aligned(n) __attribute__((aligned(n)))

static inline void check(int good, const char *what, int line)
{
	if (!good) {
		printf("line %d: %s\n", line, what);
		exit(1);
	}
}

#define zassert_true(condition) check(!!(condition), #condition, __LINE__)
#define zassert_ok(status) check((status) == 0, #status, __LINE__)
#define zassert_equal(a, b) check((a) == (b), #a " == " #b, __LINE__)

#define ZTEST(suite, name)                                                       \
	static void name(void);                                                  \
	__attribute__((constructor)) static void run_##name(void) { name(); puts(#name); } \
	static void name(void)
#define ZTEST_SUITE(suite, predicate, setup, before, after, teardown) \
	int main(void) { return 0; }

#endif
