/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of a device do to it, and no device in the field can: run bytes as code (misuse.c), look for changes where
 * there may be none, make the firmware itself fault, count switches. On the host there is nothing of it.
 *
 *   1 CODE    u8 number, u8 0, u8 0, code: the program, of jit-mpu, runs once with this in place of its code
 *   2 RANDOM  u8 number, u8 0, u8 0, u32 seed, u32 count: the same with random bytes, again and again
 *             → u32 × TEST_ENDS: how often it ended in which way; u32 runs in which something changed that may not
 *   3 WATCH   u8 number: → u32 digest of all there is but the program's own memory
 *   4 TRAP    u8 what: the firmware itself faults
 *   5 SWITCH  → u32 × 4: instructions, cycles from an interrupted thread to the next: the fewest of both, the most
 *   6 KILL    u8 number: once it runs → u32 microseconds from when the kill is due until the program is gone
 *   7 BATCH   u8 number, u8 0, u8 0, u32 address, u32 count: as many programs as that, which lie at the address one
 *             after the other (struct test_record), take the program's place and run
 *             → u32 address of the next one, and what RANDOM answers
 *   8 FORGET  compiled code that nobody uses
 *   9 STACK   → u32 bytes of the handlers' stack that were not used since this was asked for the first time
 *   10 OBSERVE u8 point: from now on a function of C that does nothing is called there; 255: none is, anywhere
 */
#include "device/console/test.h"

#include <string.h>

#include "device/supervisor/internal.h"
#include "firmware/agent/frame.h"

#if UB_HOST

int32_t console_test(struct console *c, const uint8_t *p, uint32_t len, uint32_t *out_len)
{
	(void)c;
	(void)p;
	(void)len;
	(void)out_len;
	return UB_E_UNSUPPORTED;
}

#else

#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"
#include "device/mpu/regions.h"

enum { CODE = 1, RANDOM, WATCH, TRAP, SWITCH, KILL, BATCH, FORGET, STACK, OBSERVE };
enum { FLAG = 1 << 30 };

static uint32_t __attribute__((noinline)) recurse(volatile uint32_t depth)
{
	volatile uint32_t mine[32];
	mine[0] = depth;
	return depth ? recurse(depth + 1) + mine[0] : 0;
}

static void trap(uint32_t what)
{
	switch (what) {
	case 0:
		__asm__ volatile("udf #0");
		break;
	case 1:
		recurse(1);
		break;
	case 2:
		*(volatile uint32_t *)0x60000000 = 0; /* external memory, of which there is none */
		break;
	case 3:
		((void (*)(void))(uintptr_t)(os_kernel.idle.sp | 1))(); /* memory is not executed, by nobody */
		break;
	case 4:
		__asm__ volatile("cpsid i\n\tudf #0");
		break;
	case 5: /* on the handlers' stack */
		__asm__ volatile("msr control, %0\n\tisb" ::"r"(0) : "memory");
		recurse(1);
	}
}

/* Paints what is free of the handlers' stack; from then on counts what still has that colour. */
static uint32_t unused_stack(void)
{
	extern uint8_t board_stack_guard[], board_stack_top[];
	enum { COLOUR = 0xa5 };
	static uint8_t painted;
	uint8_t *first = board_stack_guard + KERNEL_GUARD, *end = first;
	uint32_t saved = kernel_mask(), msp;

	__asm__ volatile("mrs %0, msp" : "=r"(msp));
	if (!painted)
		memset(first, COLOUR, (uint32_t)((uint8_t *)(uintptr_t)msp - first));
	painted = 1;
	kernel_unmask(saved);
	while (end < board_stack_top && *end == COLOUR)
		end++;
	return (uint32_t)(end - first);
}

struct counts {
	volatile uint32_t instructions, cycles;
};

/* Reads the counters as often as it can. */
static int32_t keep_reading(const void *a, void *b)
{
	struct counts *last = b;

	(void)a;
	for (;;) {
		last->instructions = ub_port_instructions();
		last->cycles = ub_port_cycles();
	}
	return 0;
}

static int32_t count_switch(uint8_t *out)
{
	static struct os_thread reader;
	static uint8_t stack[256] __attribute__((aligned(32)));
	static struct counts last;
	struct counts fewest = {~0u, ~0u}, most = {0, 0};

	os_thread_make(&reader, &(struct os_start){
		.name = "reader",
		.entry = keep_reading,
		.b = &last,
		.stack = stack,
		.stack_bytes = sizeof stack,
		.priority = 1,
	});
	os_thread_start(&reader);
	os_unlock();
	for (uint32_t i = 0; i < 20; i++) {
		os_wait(FLAG, os_now() + 2 * OS_TICK_US);
		uint32_t took = ub_port_instructions() - last.instructions, cycles = ub_port_cycles() - last.cycles;
		fewest.instructions = took < fewest.instructions ? took : fewest.instructions;
		most.instructions = took > most.instructions ? took : most.instructions;
		fewest.cycles = cycles < fewest.cycles ? cycles : fewest.cycles;
		most.cycles = cycles > most.cycles ? cycles : most.cycles;
	}
	os_lock();
	os_thread_kill(&reader, UB_E_KILLED);
	agent_put32(out, fewest.instructions);
	agent_put32(out + 4, fewest.cycles);
	agent_put32(out + 8, most.instructions);
	agent_put32(out + 12, most.cycles);
	return 0;
}

static void nothing(void *owner, uint32_t point, const struct os_seen *seen)
{
	(void)owner;
	(void)point;
	(void)seen;
}

/* The server is woken at a time it chose, while the program runs, does what it would for a command, and looks at the
 * clock. */
static int32_t time_kill(struct supervisor *s, uint32_t number, uint8_t *out)
{
	uint64_t due = os_now() / OS_TICK_US * OS_TICK_US + 4 * OS_TICK_US;

	os_unlock();
	os_wait(FLAG, due);
	os_lock();
	int32_t err = supervisor_kill(s, number);
	agent_put32(out, (uint32_t)(os_now() - due));
	return err;
}

enum { TALLY = 4 * TEST_ENDS + 4 };

static void put_tally(uint8_t *out, struct test_tally t)
{
	for (uint32_t i = 0; i < TEST_ENDS; i++)
		agent_put32(out + 4 * i, t.ends[i]);
	agent_put32(out + 4 * TEST_ENDS, t.changed);
}

int32_t console_test(struct console *c, const uint8_t *p, uint32_t len, uint32_t *out_len)
{
	uint8_t *out = c->out + *out_len;
	uint32_t what = len ? p[0] : 0, number = len > 1 ? p[1] : 0, addr;

	switch (what) {
	case CODE:
		if (len < 4)
			return UB_E_FRAME_SHORT;
		return test_code(&c->supervisor, number, p + 4, len - 4);
	case RANDOM:
		if (len < 12)
			return UB_E_FRAME_SHORT;
		put_tally(out, test_random(&c->supervisor, number, agent_get32(p + 4), agent_get32(p + 8)));
		*out_len += TALLY;
		return 0;
	case BATCH:
		if (len < 12)
			return UB_E_FRAME_SHORT;
		addr = agent_get32(p + 4);
		put_tally(out + 4, test_batch(&c->supervisor, number, &addr, agent_get32(p + 8)));
		agent_put32(out, addr);
		*out_len += 4 + TALLY;
		return 0;
	case WATCH:
		agent_put32(out, test_watch(&c->supervisor, number));
		*out_len += 4;
		return 0;
	case TRAP:
		trap(number);
		return UB_E_INTERNAL;
	case KILL:
		*out_len += 4;
		return time_kill(&c->supervisor, number, out);
	case STACK:
		agent_put32(out, unused_stack());
		*out_len += 4;
		return 0;
	case FORGET:
		while (supervisor_code_evict(&c->supervisor))
			;
		return 0;
	case OBSERVE:
		for (uint32_t i = 0; i < OS_POINTS; i++)
			os_observe(i, i == number ? nothing : NULL, NULL);
		return 0;
	case SWITCH:
		*out_len += 16;
		return count_switch(out);
	}
	return UB_E_COMMAND;
}

#endif
