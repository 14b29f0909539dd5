/* SPDX-License-Identifier: BSD-2-Clause */
/* What test.c asks of misuse.c: programs whose code is not what the compiler made, or that it made without checks. */
#ifndef DEVICE_CONSOLE_TEST_H
#define DEVICE_CONSOLE_TEST_H

#include "device/console/console.h"

/* How runs end: by themselves, in a MemManage, Bus, Usage or Hard fault, by time, by a helper, otherwise; or they are
 * refused before. */
enum { TEST_ENDS = 9 };
struct test_tally {
	uint32_t ends[TEST_ENDS];
	uint32_t changed; /* runs after which something was different outside the compartment */
};

/* A program of a batch; its image and its context follow. The next one begins at a multiple of 4. */
struct test_record {
	uint8_t format, unused;
	uint16_t image_bytes, context_bytes, unused2;
};

/* Runs a program of jit-mpu once with `code` in place of its own, until it has ended. Returns its status. */
int32_t test_code(struct supervisor *s, uint32_t number, const uint8_t *code, uint32_t len);
struct test_tally test_random(struct supervisor *s, uint32_t number, uint64_t seed, uint32_t count);
/* *addr moves on to the record behind the last one. Ends early after a run in which something changed. */
struct test_tally test_batch(struct supervisor *s, uint32_t number, uint32_t *addr, uint32_t count);
/* A digest of what must stay as it is while the program runs. */
uint32_t test_watch(struct supervisor *s, uint32_t number);

#endif
