/* SPDX-License-Identifier: BSD-2-Clause */
/* That the library works in a Zephyr build: what it promises is tested by ubpf/testdata/behaviour.c of the repository. */
#include <zephyr/ztest.h>

#include "image.h" /* of examples/embed */
#include "ubpf/ubpf.h"

#ifdef CONFIG_UBPF_JIT
#define ENGINE jit_engine
#else
#define ENGINE vm_engine
#endif

static struct {
	uint8_t memory[8192], context[8];
} near __aligned(8);
static struct ubpf_helpers helpers;
static struct ubpf program;
static uint32_t said;

static uint64_t say(struct ub_run *run, uint32_t text, uint32_t number, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)run, (void)text, (void)r3, (void)r4, (void)r5;
	said = number;
	return 0;
}

static const struct ubpf_helper rows[] = {
	{ .id = 0xa0, .name = "say", .args = { UBPF_STRING, UBPF_VALUE }, .call = say },
};

static struct ubpf_options options(uint32_t budget)
{
	return (struct ubpf_options){ .engine = &ENGINE, .format = UB_FORMAT_PACKED, .budget = budget, .helpers = &helpers };
}

ZTEST(ubpf, test_runs)
{
	const struct ubpf_options o = options(1000);
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof near.context; i++)
		near.context[i] = (uint8_t)i;
	zassert_ok(ubpf_helpers_init(&helpers, rows, 1));
	zassert_ok(ubpf_load(&program, &o, greeting_image, sizeof greeting_image, near.memory, sizeof near.memory));
	zassert_ok(ubpf_run(&program, near.context, sizeof near.context, &sum));
	zassert_equal(sum, 28);
	zassert_equal(said, 28);
	ubpf_unload(&program);
}

ZTEST(ubpf, test_refuses_what_is_no_image)
{
	static const uint8_t nothing[16] __aligned(8);
	const struct ubpf_options o = options(1000);

	zassert_true(ubpf_load(&program, &o, nothing, sizeof nothing, near.memory, sizeof near.memory) < 0);
	zassert_equal(ubpf_run(&program, near.context, sizeof near.context, NULL), UB_E_STATE);
}

ZTEST(ubpf, test_ends_by_its_budget)
{
	const struct ubpf_options o = options(2);

	zassert_ok(ubpf_helpers_init(&helpers, rows, 1));
	zassert_ok(ubpf_load(&program, &o, greeting_image, sizeof greeting_image, near.memory, sizeof near.memory));
	zassert_equal(ubpf_run(&program, near.context, sizeof near.context, NULL), UB_E_BUDGET);
}

ZTEST_SUITE(ubpf, NULL, NULL, NULL, NULL, NULL);
