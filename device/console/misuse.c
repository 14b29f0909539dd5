/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that do what no compiler makes of any: bytes as code, code without checks. After each of them all of memory
 * is looked through for what it may not have changed. For test builds of boards (test.c).
 */
#include "device/console/test.h"

#include <string.h>

#if !UB_HOST

#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"

/* Next to the kernel's own, where nothing is ever written. */
static struct {
	uint32_t word[64];
} untouched;

static uint32_t digest_of(uint32_t h, uint32_t addr, uint32_t len)
{
	const uint32_t *p = (const uint32_t *)(uintptr_t)addr;

	for (len /= 4; len >= 4; len -= 4, p += 4) {
		h = (h << 5 | h >> 27) + p[0];
		h = (h << 5 | h >> 27) ^ p[1];
		h = (h << 5 | h >> 27) + p[2];
		h = ((h << 5 | h >> 27) ^ p[3]) * 0x01000193u;
	}
	for (; len--; p++)
		h = (h << 5 | h >> 27) * 0x01000193u ^ *p;
	return h;
}

static uint32_t digest_of_registers(uint32_t h)
{
	const uint32_t registers[] = {MPU_CTRL, SCB_VTOR, SCB_CCR, SYST_RVR, SYST_CSR & ~(uint32_t)SYST_COUNTFLAG,
				      SCB_SHPR2, SCB_SHPR3, NVIC_ISER(0), NVIC_ISER(1), SCB_CPACR, FPU_FPCCR};

	return digest_of(h, (uint32_t)(uintptr_t)registers, sizeof registers);
}

/* Images, compartments and code of the other programs, the registers that keep programs where they are. */
uint32_t test_watch(struct supervisor *s, uint32_t number)
{
	uint32_t h = digest_of(1, (uint32_t)(uintptr_t)&untouched, sizeof untouched);

	for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
		const struct supervisor_program *p = s->programs[i];
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
	return digest_of_registers(h);
}

struct hole {
	uint32_t start, len;
};

/* All of memory but: the server's stack and the handlers', on which this runs; what the kernel and the supervisor keep
 * about the program that runs; and its compartment. */
static uint32_t everything(const struct supervisor_program *p, const struct hole *compartment, const struct hole *code)
{
	extern uint8_t board_stack_top[], board_pool_end[];
	const struct supervisor *s = p->supervisor;
	const struct hole holes[] = {
		{(uint32_t)(uintptr_t)&os_kernel, sizeof os_kernel},
		{os_kernel.idle.mpu[0] & ~(OS_WALL_MIN - 1u), KERNEL_IDLE_STACK},
		{(uint32_t)(uintptr_t)s, sizeof *s},
		{(uint32_t)(uintptr_t)s->server, sizeof *s->server},
		{p->own.addr, p->own.len},
		*compartment,
		*code,
	};
	uint32_t h = digest_of_registers(1), at = (uint32_t)(uintptr_t)board_stack_top;

	while (at < (uint32_t)(uintptr_t)board_pool_end) {
		struct hole next = {(uint32_t)(uintptr_t)board_pool_end, 0};
		for (uint32_t i = 0; i < sizeof holes / sizeof holes[0]; i++) {
			if (holes[i].start + holes[i].len > at && holes[i].start < next.start)
				next = holes[i];
		}
		if (next.start > at)
			h = digest_of(h, at, next.start - at);
		at = next.start + next.len;
	}
	return h;
}

/* Runs it, until it has ended; those that sleep are killed then. Returns its status. */
static int32_t run_to_end(struct supervisor *s, uint32_t number, const uint8_t *context, uint32_t len)
{
	struct supervisor_program *p = supervisor_at(s, number);
	int32_t err = supervisor_call(s, number, context, len, 0);
	uint64_t end = os_now() + 100 * OS_TICK_US;

	if (err)
		return err;
	while (p->state == SUPERVISOR_RUNNING) {
		os_unlock();
		uint32_t woken = os_wait(SUPERVISOR_FLAGS, end);
		os_lock();
		supervisor_step(s, woken);
		if (os_now() >= end)
			supervisor_kill(s, number);
	}
	return p->status;
}

/* Starts a program of jit-mpu unless it is started, and puts code in place of its own. Returns where that is. */
static int32_t put_code(struct supervisor *s, uint32_t number, const uint8_t *code, uint32_t len, struct pool_piece *piece)
{
	struct supervisor_program *p = supervisor_at(s, number);
	struct ub_fault unused;

	if (!p || p->loaded.config.engine != SUPERVISOR_JIT_MPU)
		return UB_E_PROGRAM;
	if (p->state != SUPERVISOR_READY && supervisor_start(s, number, &unused))
		return unused.status;
	*piece = s->codes[p->code].piece;
	memset((void *)(uintptr_t)piece->addr, 0, piece->len);
	memcpy((void *)(uintptr_t)piece->addr, code, len < piece->len ? len : piece->len);
	__asm__ volatile("dsb\n\tisb" ::: "memory");
	return 0;
}

int32_t test_code(struct supervisor *s, uint32_t number, const uint8_t *code, uint32_t len)
{
	struct pool_piece piece;
	int32_t err = put_code(s, number, code, len, &piece);

	return err ? err : run_to_end(s, number, NULL, s->programs[number]->loaded.config.context);
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
enum { REFUSED = 8 };

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 32);
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
		(uint32_t)(uintptr_t)&os_kernel, (uint32_t)(uintptr_t)s, s->programs[0]->block.addr, SCB_VTOR,
		(uint32_t)(uintptr_t)test_random, 0xe000ed94, 0xe000e010, 0xe000ef00, 0x20000000, 0x40011000, 0x22000000,
		(uint32_t)(uintptr_t)os_ways, 0xfffffffd,
		s->programs[1]->block.addr + 512, s->programs[1]->block.addr, s->programs[1]->run.ctx_addr,
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

enum { RANDOM_WORDS = 64, RANDOM_BETWEEN = 64 /* runs between looks at everything */ };

/* Everything but its compartment and its code, which is there as long as it is started. */
static uint32_t around(const struct supervisor *s, uint32_t number)
{
	const struct supervisor_program *p = s->programs[number];
	struct hole compartment = {p->block.addr, p->block.len}, code = {0, 0};

	if (p->code >= 0)
		code = (struct hole){s->codes[p->code].piece.addr, s->codes[p->code].piece.len};
	return everything(p, &compartment, &code);
}

/* The host may ask again meanwhile: what comes is left in the line. */
static void hush(void)
{
	NVIC_ICER(BOARD_SERIAL_IRQ / 32) = 1u << BOARD_SERIAL_IRQ % 32;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void listen(void)
{
	NVIC_ISER(BOARD_SERIAL_IRQ / 32) = 1u << BOARD_SERIAL_IRQ % 32;
}

struct test_tally test_random(struct supervisor *s, uint32_t number, uint64_t seed, uint32_t count)
{
	struct test_tally tally = {{0}, 0};
	uint32_t code[RANDOM_WORDS], before = 0, all = 0;
	const uint32_t nothing = 0x4770 | 0x4770 << 16; /* bx lr */
	struct pool_piece piece;

	hush();
	for (uint32_t i = 0; i <= count; i++) {
		if (i == count || i % RANDOM_BETWEEN == 0) { /* it starts, so that what that changes is as it was */
			put_code(s, number, (const uint8_t *)&nothing, sizeof nothing, &piece);
			uint32_t now = around(s, number);
			if (i == 0)
				all = now, before = test_watch(s, number);
			else if (now != all)
				tally.changed++;
		}
		if (i == count)
			break;
		make_random(s, &seed, code, RANDOM_WORDS);
		if (put_code(s, number, (const uint8_t *)code, sizeof code, &piece)) {
			tally.ends[REFUSED]++;
			continue;
		}
		tally.ends[end_of(run_to_end(s, number, (const uint8_t *)"", 0))]++;
		if (test_watch(s, number) != before || memcmp((void *)(uintptr_t)piece.addr, code, sizeof code))
			tally.changed++;
	}
	listen();
	return tally;
}

struct test_tally test_batch(struct supervisor *s, uint32_t number, uint32_t *addr, uint32_t count)
{
	struct test_tally tally = {{0}, 0};
	struct supervisor_program *p = supervisor_at(s, number);
	struct ub_fault where;

	hush();
	while (p && count-- && !tally.changed) {
		const struct test_record *r = (const struct test_record *)(uintptr_t)*addr;
		const uint8_t *image = (const uint8_t *)(r + 1), *context = image + r->image_bytes;
		struct supervisor_config config = p->loaded.config;

		*addr += (sizeof *r + r->image_bytes + r->context_bytes + 3) & ~3u;
		config.format = r->format;
		if (supervisor_replace(s, number, &config, image, r->image_bytes, &where) ||
		    (p->state != SUPERVISOR_READY && supervisor_start(s, number, &where))) {
			tally.ends[REFUSED]++;
			continue;
		}
		const struct hole compartment = {p->block.addr, p->block.len}, none = {0, 0};
		uint32_t before = everything(p, &compartment, &none);
		if (r->context_bytes < p->loaded.ctx_min || r->context_bytes > config.context) {
			tally.ends[REFUSED]++;
			continue;
		}
		tally.ends[end_of(run_to_end(s, number, context, r->context_bytes))]++;
		if (everything(p, &compartment, &none) != before)
			tally.changed++;
	}
	listen();
	return tally;
}

#endif
