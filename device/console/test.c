/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of a device do to it, and no device in the field can: run bytes as code, look for changes where there may be
 * none, make the firmware itself fault, count switches. On the desk there is nothing of it.
 *
 *   1 CODE    u8 number, u8 0, u8 0, code: the program, of jit-mpu, runs once with this in place of its code
 *   2 RANDOM  u8 number, u8 0, u8 0, u32 seed, u32 count: the same with random bytes, again and again
 *             → u32 × 9: how often it ended by itself, in a MemManage, Bus, Usage, Hard fault, by time, by a helper,
 *             otherwise; then runs in which something changed that may not
 *   3 WATCH   u8 number: → u32 digest of all there is but the program's own memory
 *   4 TRAP    u8 what: the firmware itself faults
 *   5 SWITCH  → u32 instructions from an interrupted thread to the next, u32 the same without an interrupt in between
 *   6 KILL    u8 number: once it runs → u32 microseconds from when the kill is due until the program is gone
 */
#include "device/console/console.h"

#include <string.h>

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

enum { CODE = 1, RANDOM, WATCH, TRAP, SWITCH, KILL };
enum { FLAG = 1 << 30 };
enum { ENDS = 8 };

/* Next to the kernel's own, where nothing is ever written. */
static struct {
	uint32_t word[64];
} untouched;

static uint32_t digest_of(uint32_t h, uint32_t addr, uint32_t len)
{
	const uint32_t *p = (const uint32_t *)(uintptr_t)addr;

	for (len /= 4; len--; p++)
		h = (h << 5 | h >> 27) * 0x01000193u ^ *p;
	return h;
}

/* Everything that must stay as it is while one program runs: images, compartments and code of the others, the
 * registers that keep programs where they are. */
static uint32_t watch(struct supervisor *s, uint32_t number)
{
	uint32_t h = digest_of(1, (uint32_t)(uintptr_t)&untouched, sizeof untouched);

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = &s->programs[i];
		if (p->state == SUPERVISOR_EMPTY)
			continue;
		h = digest_of(h, p->loaded.image.addr, p->loaded.image_bytes);
		if (i == number)
			continue;
		h = digest_of(h, p->block.addr, p->block.len);
		if (p->code >= 0)
			h = digest_of(h, s->codes[p->code].piece.addr, s->codes[p->code].piece.len);
		h = digest_of(h, (uint32_t)(uintptr_t)&p->loaded, sizeof p->loaded);
	}
	const uint32_t registers[] = {MPU_CTRL, SCB_VTOR, SCB_CCR, SYST_RVR, SYST_CSR & ~(uint32_t)SYST_COUNTFLAG,
				      SCB_SHPR2, SCB_SHPR3, NVIC_ISER(0), NVIC_ISER(1), BOOT_REG(0xe000ed88)};
	return digest_of(h, (uint32_t)(uintptr_t)registers, sizeof registers);
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 32);
}

/* Runs the program once with `code` in place of its own, until it has ended. Returns its status. */
static int32_t run_code(struct supervisor *s, uint32_t number, const uint8_t *code, uint32_t len)
{
	struct supervisor_program *p = supervisor_at(s, number);
	struct ub_fault unused;

	if (!p || p->loaded.config.engine != SUPERVISOR_JIT_MPU)
		return UB_E_PROGRAM;
	if (p->state != SUPERVISOR_READY && supervisor_start(s, number, &unused))
		return unused.status;
	const struct pool_piece *piece = &s->codes[p->code].piece;
	memset((void *)(uintptr_t)piece->addr, 0, piece->len);
	memcpy((void *)(uintptr_t)piece->addr, code, len < piece->len ? len : piece->len);
	__asm__ volatile("dsb\n\tisb" ::: "memory");
	int32_t err = supervisor_call(s, number, (const uint8_t *)"", 0);
	if (err)
		return err;
	uint64_t end = os_now() + 100 * OS_TICK_US;
	while (p->state == SUPERVISOR_RUNNING) {
		os_unlock();
		os_wait(SUPERVISOR_FLAGS, end);
		os_lock();
		supervisor_step(s);
		if (os_now() >= end) /* it sleeps */
			supervisor_kill(s, number);
	}
	return p->status;
}

static uint32_t end_of(int32_t status)
{
	switch (status) {
	case UB_E_MEM_FAULT:
		return 1;
	case UB_E_BUS_FAULT:
		return 2;
	case UB_E_USAGE_FAULT:
		return 3;
	case UB_E_HARD_FAULT:
		return 4;
	case UB_E_TIME:
		return 5;
	case UB_E_HELPER:
	case UB_E_HELPER_ARG:
		return 6;
	}
	return status == 0 ? 0 : 7;
}

/* movw and movt of a register. */
static void load_constant(uint16_t *code, uint32_t reg, uint32_t value)
{
	for (uint32_t i = 0; i < 2; i++, value >>= 16) {
		code[2 * i] = (uint16_t)(0xf240 | i << 7 | (value >> 11 & 1) << 10 | (value >> 12 & 15));
		code[2 * i + 1] = (uint16_t)((value >> 8 & 7) << 12 | reg << 8 | (value & 255));
	}
}

/* Random bytes. Most begin with code that puts into three registers what is worth trying, and some then ask the gate for
 * something. */
static void make_random(const struct supervisor *s, uint64_t *seed, uint32_t *code, uint32_t words)
{
	const uint32_t targets[] = {
		(uint32_t)(uintptr_t)&os_kernel, (uint32_t)(uintptr_t)s, s->programs[0].block.addr, SCB_VTOR,
		(uint32_t)(uintptr_t)console_test, 0xe000ed94, 0xe000e010, 0xe000ef00, 0x20000000, 0x40011000, 0x22000000,
		(uint32_t)(uintptr_t)os_ways, 0xfffffffd,
		s->programs[1].block.addr + 512, s->programs[1].block.addr, s->programs[1].run.ctx_addr,
	};
	uint16_t *half = (uint16_t *)code;
	uint32_t kind = next_random(seed);

	for (uint32_t i = 0; i < words; i++)
		code[i] = next_random(seed);
	for (uint32_t i = 0; kind & 3 && i < 3; i++, half += 4) {
		uint32_t r = next_random(seed);
		load_constant(half, r & 7, targets[r >> 8 & 15] + (r >> 16 & 7) * 4);
		if (i == 2 && (r >> 24 & 15) == 0) { /* not by movw: QEMU 7.2 aborts after some movw sp */
			half[4] = (uint16_t)(0x4685 | (r & 7) << 3); /* mov sp, */
			half++;
		}
	}
	if ((kind & 12) == 0)
		*half = (uint16_t)(0xdf00 | (kind >> 8 & (kind & 16 ? 63 : 255)));
}

static int32_t run_random(struct console *c, uint32_t number, uint64_t seed, uint32_t count, uint8_t *out)
{
	struct supervisor *s = &c->supervisor;
	uint32_t ends[ENDS] = {0}, changed = 0, before = watch(s, number), code[64];

	while (count--) {
		make_random(s, &seed, code, sizeof code / sizeof code[0]);
		ends[end_of(run_code(s, number, (const uint8_t *)code, sizeof code))]++;
		if (watch(s, number) != before)
			changed++;
	}
	for (uint32_t i = 0; i < ENDS; i++)
		agent_put32(out + 4 * i, ends[i]);
	agent_put32(out + 4 * ENDS, changed);
	return 0;
}

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
	}
}

/* Reads the counter as often as it can. */
static int32_t keep_reading(const void *a, void *b)
{
	volatile uint32_t *last = b;

	(void)a;
	for (;;)
		*last = ub_port_instructions();
	return 0;
}

static int32_t count_switch(uint8_t *out)
{
	static struct os_thread reader;
	static uint8_t stack[256] __attribute__((aligned(32)));
	static volatile uint32_t last;
	uint32_t fewest = ~0u, most = 0;

	os_thread_start(&reader, &(struct os_start){
		.name = "reader",
		.entry = keep_reading,
		.b = (void *)&last,
		.stack = stack,
		.stack_bytes = sizeof stack,
		.priority = 1,
	});
	os_unlock();
	for (uint32_t i = 0; i < 20; i++) {
		os_wait(FLAG, os_now() + 2 * OS_TICK_US);
		uint32_t took = ub_port_instructions() - last;
		fewest = took < fewest ? took : fewest;
		most = took > most ? took : most;
	}
	os_lock();
	os_thread_kill(&reader, UB_E_KILLED);
	agent_put32(out, fewest);
	agent_put32(out + 4, most);
	return 0;
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

int32_t console_test(struct console *c, const uint8_t *p, uint32_t len, uint32_t *out_len)
{
	uint8_t *out = c->out + *out_len;
	uint32_t what = len ? p[0] : 0, number = len > 1 ? p[1] : 0;

	switch (what) {
	case CODE:
		if (len < 4)
			return UB_E_FRAME_SHORT;
		return run_code(&c->supervisor, number, p + 4, len - 4);
	case RANDOM:
		if (len < 12)
			return UB_E_FRAME_SHORT;
		*out_len += 4 * ENDS + 4;
		return run_random(c, number, agent_get32(p + 4), agent_get32(p + 8), out);
	case WATCH:
		agent_put32(out, watch(&c->supervisor, number));
		*out_len += 4;
		return 0;
	case TRAP:
		trap(number);
		return UB_E_INTERNAL;
	case KILL:
		*out_len += 4;
		return time_kill(&c->supervisor, number, out);
	case SWITCH:
		*out_len += 8;
		return count_switch(out);
	}
	return UB_E_COMMAND;
}

#endif
