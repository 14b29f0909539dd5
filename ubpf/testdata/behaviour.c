/* SPDX-License-Identifier: BSD-2-Clause */
/* What ubpf.h promises, a row or a function for each: on a host by itself, on a board with examples/embed/board.c. Prints a
 * line for each case that fails, and at the end how many there were. */
#include <string.h>

#include "image.h"   /* of examples/embed */
#include "planned.h" /* of plans_test.go */
#include "ubpf/ubpf.h"

#ifdef EMBED_ENGINE
#include "board.h"
#else
#include <stdio.h>
#define EMBED_ENGINE vm_engine
#define EMBED_MEMORY 8192
static void board_print(const char *text, uint32_t number)
{
	printf("%s %u\n", text, (unsigned)number);
}
#endif

#define INSN(op, dst, src, off, imm) { (op), (uint8_t)((src) << 4 | (dst)), (off), (imm) }
#define MOV(dst, value) INSN(UB_ALU64 | UB_K | UB_MOV, dst, 0, 0, value)
#define MOVX(dst, src) INSN(UB_ALU64 | UB_X | UB_MOV, dst, src, 0, 0)
#define ADD(dst, value) INSN(UB_ALU64 | UB_K | UB_ADD, dst, 0, 0, value)
#define LDX32(dst, src, off) INSN(UB_LDX | UB_MEM | UB_W, dst, src, off, 0)
#define LDX64(dst, src, off) INSN(UB_LDX | UB_MEM | UB_DW, dst, src, off, 0)
#define STX64(dst, src, off) INSN(UB_STX | UB_MEM | UB_DW, dst, src, off, 0)
#define HELPER(id) INSN(UB_JMP | UB_K | UB_CALL, 0, 0, 0, id)
#define LOCAL(off) INSN(UB_JMP | UB_K | UB_CALL, 0, 1, 0, off)
#define EXIT INSN(UB_JMP | UB_EXIT, 0, 0, 0, 0)
#define JA(off) INSN(UB_JMP | UB_JA, 0, 0, off, 0)

/* Memory that programs see: near each other, as hosts with 64-bit pointers want it. */
static struct {
	uint8_t memory[EMBED_MEMORY];
	uint8_t context[64];
	uint8_t constant[16];
	struct ub_insn text[16];
	uint8_t packed[sizeof greeting_image]; /* the last bytes there are */
} near __attribute__((aligned(8)));

static struct ubpf program;
static struct ubpf_helpers helpers;
static uint32_t cases, failed;

static void expect(const char *name, int64_t got, int64_t want)
{
	cases++;
	if (got == want)
		return;
	failed++;
	board_print(name, (uint32_t)got);
}

/* ---- Helpers ---- */

static uint64_t number(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)run, (void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	return 0x1234567890;
}

static uint64_t sum(struct ub_run *run, uint32_t at, uint32_t bytes, uint32_t r3, uint32_t r4, uint32_t r5)
{
	uint64_t all = 0;

	(void)r3, (void)r4, (void)r5;
	if (bytes > 0 && bytes <= 64) {
		const uint8_t *p = (const uint8_t *)ubpf_pointer(run, at);
		for (uint32_t i = 0; i < bytes; i++)
			all += p[i];
	}
	return all;
}

static uint64_t fill(struct ub_run *run, uint32_t at, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r2, (void)r3, (void)r4, (void)r5;
	memset(ubpf_pointer(run, at), 7, 8);
	return 8;
}

static uint64_t length(struct ub_run *run, uint32_t at, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r2, (void)r3, (void)r4, (void)r5;
	return strlen((const char *)ubpf_pointer(run, at));
}

static uint64_t give_up(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	run->fault.status = UB_E_UNSUPPORTED;
	return 0;
}

static uint64_t stop(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)run, (void)r1, (void)r2, (void)r3, (void)r4, (void)r5;
	ubpf_stop(&program);
	return 0;
}

static uint64_t check(struct ub_run *run, uint32_t at, uint32_t bytes, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r3, (void)r4, (void)r5;
	return (uint64_t)ubpf_check(run, at, bytes, UB_READ | UB_WRITE);
}

enum { NUMBER = 0xf4, SUM = 0x01, SUM8 = 0x11, FILL = 0x12, LENGTH = 0x20, GIVE_UP = 0x30, STOP = 0x31, CHECK = 0x40, BOTH = 0x41,
       GAP = 0x42 };

static const struct ubpf_helper rows[] = {
	{ NUMBER, { UBPF_VALUE }, "number", number },
	{ SUM, { UBPF_IN(0), UBPF_VALUE }, "sum", sum },
	{ SUM8, { UBPF_IN(8) }, "sum8", sum },
	{ FILL, { UBPF_OUT(8) }, "fill", fill },
	{ LENGTH, { UBPF_STRING }, "length", length },
	{ GIVE_UP, { UBPF_VALUE }, "give_up", give_up },
	{ STOP, { UBPF_VALUE }, "stop", stop },
	{ CHECK, { UBPF_VALUE }, "check", check },
	{ BOTH, { UBPF_INOUT(8) }, "both", fill },
};

static void tables_of_helpers(void)
{
	static const struct {
		const char *name;
		struct ubpf_helper rows[2];
		int32_t want;
	} tables[] = {
		{ "helpers: good", { { 0x00, { 0 }, "a", number }, { 0xf4, { UBPF_IN(4095), UBPF_OUT(1) }, "b", number } }, 0 },
		{ "helpers: number 5 of a group", { { 0x05, { 0 }, "a", number }, { 0x10, { 0 }, "b", number } }, UB_E_ARGUMENT },
		{ "helpers: group 16", { { 0x100, { 0 }, "a", number }, { 0x10, { 0 }, "b", number } }, UB_E_ARGUMENT },
		{ "helpers: twice", { { 0x10, { 0 }, "a", number }, { 0x10, { 0 }, "b", number } }, UB_E_ARGUMENT },
		{ "helpers: no function", { { 0x10, { 0 }, "a", 0 }, { 0x11, { 0 }, "b", number } }, UB_E_ARGUMENT },
		{ "helpers: no such kind", { { 0x10, { 0x8000 }, "a", number }, { 0x11, { 0 }, "b", number } }, UB_E_ARGUMENT },
		{ "helpers: a value of 3 bytes", { { 0x10, { 3 }, "a", number }, { 0x11, { 0 }, "b", number } }, UB_E_ARGUMENT },
		{ "helpers: bytes of an argument behind the last",
		  { { 0x10, { 0, 0, 0, 0, UBPF_IN(0) }, "a", number }, { 0x11, { 0 }, "b", number } }, UB_E_ARGUMENT },
	};
	for (uint32_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		expect(tables[i].name, ubpf_helpers_init(&helpers, tables[i].rows, 2), tables[i].want);
	expect("helpers", ubpf_helpers_init(&helpers, rows, sizeof rows / sizeof rows[0]), 0);
	expect("helpers: how many", helpers.n, sizeof rows / sizeof rows[0]);
}

/* ---- Programs ---- */

static struct ubpf_options options;

static void set_options(uint32_t format, uint32_t budget)
{
	memset(&options, 0, sizeof options);
	options.engine = &EMBED_ENGINE;
	options.format = format;
	options.budget = budget;
	options.helpers = &helpers;
}

static int32_t load_text(const struct ub_insn *text, uint32_t slots, uint32_t bytes)
{
	memcpy(near.text, text, slots * sizeof *text);
	return ubpf_load(&program, &options, near.text, slots * (uint32_t)sizeof *text, near.memory, bytes);
}

/* Context: 24 letters, a zero, the address of near.constant at 32, zeros. */
static void fill_context(void)
{
	uint32_t address = ubpf_address(near.memory, near.constant);

	memset(near.context, 0, sizeof near.context);
	memset(near.context, 1, 24);
	memcpy(near.context + 32, &address, sizeof address);
	memset(near.constant, 'c', sizeof near.constant);
}

static const struct row {
	const char *name;
	struct ub_insn text[9]; /* up to the first 0 */
	int32_t status;
	uint64_t result;
	uint32_t bytes; /* of the context */
} programs[] = {
	{ "result", { MOV(0, -1), EXIT }, 0, UINT64_MAX, 8 },
	{ "64 bits from a helper", { HELPER(NUMBER), EXIT }, 0, 0x1234567890, 8 },
	{ "length of the context", { MOVX(0, 2), EXIT }, 0, 40, 40 },
	{ "read outside", { LDX64(0, 1, 1), EXIT }, UB_E_READ, 0, 8 },
	{ "no context", { LDX32(0, 1, 0), EXIT }, UB_E_READ, 0, 0 },
	{ "loop without end", { JA(-1), EXIT }, UB_E_BUDGET, 0, 8 },
	{ "a helper there is none of", { HELPER(GAP), EXIT }, UB_E_VERIFY_HELPER, 0, 8 },
	{ "a helper that cannot be", { HELPER(0x4005), EXIT }, UB_E_VERIFY_HELPER, 0, 8 },
	{ "stack is zero", { LDX64(0, 10, -8), ADD(0, 1), STX64(10, 0, -8), EXIT }, 0, 1, 8 },
	{ "local call", { LOCAL(2), ADD(0, 1), EXIT, STX64(10, 2, -16), LDX64(0, 10, -16), EXIT }, 0, 9, 8 },
	{ "bytes: all", { HELPER(SUM), EXIT }, 0, 8, 8 },
	{ "bytes: one too many", { ADD(2, 1), HELPER(SUM), EXIT }, UB_E_HELPER_ARG, 0, 8 },
	{ "bytes: around the end of addresses", { MOV(2, -1), HELPER(SUM), EXIT }, UB_E_HELPER_ARG, 0, 8 },
	{ "bytes: none, from nowhere", { MOV(1, 0), MOV(2, 0), HELPER(SUM), EXIT }, 0, 0, 8 },
	{ "bytes: one, from nowhere", { MOV(1, 0), MOV(2, 1), HELPER(SUM), EXIT }, UB_E_HELPER_ARG, 0, 8 },
	{ "bytes: more than is paid for", { HELPER(SUM), HELPER(NUMBER), EXIT }, 0, 0x1234567890, 48 },
	{ "eight bytes", { MOV(2, 8), HELPER(SUM8), EXIT }, 0, 8, 8 },
	{ "eight bytes from the second on", { ADD(1, 1), HELPER(SUM8), EXIT }, UB_E_HELPER_ARG, 0, 8 },
	{ "eight bytes before the first", { ADD(1, -1), HELPER(SUM8), EXIT }, UB_E_HELPER_ARG, 0, 8 },
	{ "string", { HELPER(LENGTH), EXIT }, 0, 24, 32 },
	{ "string, last character", { ADD(1, 24), HELPER(LENGTH), EXIT }, 0, 0, 25 },
	{ "string without end", { HELPER(LENGTH), EXIT }, UB_E_HELPER_ARG, 0, 24 },
	{ "string outside", { ADD(1, 24), HELPER(LENGTH), EXIT }, UB_E_HELPER_ARG, 0, 24 },
	{ "written", { HELPER(FILL), EXIT }, 0, 8, 8 },
	{ "constants are not written", { LDX32(1, 1, 32), HELPER(FILL), EXIT }, UB_E_HELPER_ARG, 0, 40 },
	{ "constants are read", { LDX32(1, 1, 32), MOV(2, 8), HELPER(SUM), EXIT }, 0, 8 * 'c', 40 },
	{ "constants, read and written", { LDX32(1, 1, 32), HELPER(BOTH), EXIT }, UB_E_HELPER_ARG, 0, 40 },
	{ "string of constants without end", { LDX32(1, 1, 32), HELPER(LENGTH), EXIT }, UB_E_HELPER_ARG, 0, 40 },
	{ "stack, read and written", { MOVX(1, 10), ADD(1, -8), HELPER(BOTH), EXIT }, 0, 8, 8 },
	{ "checked by the helper", { HELPER(CHECK), EXIT }, 0, 1, 8 },
	{ "checked by the helper: too many", { ADD(2, 1), HELPER(CHECK), EXIT }, UB_E_HELPER_ARG, 0, 8 },
	{ "given up", { HELPER(GIVE_UP), EXIT }, UB_E_UNSUPPORTED, 0, 8 },
	{ "stopped", { HELPER(STOP), HELPER(NUMBER), EXIT }, UB_E_KILLED, 0, 8 },
	{ "stopped too late", { HELPER(STOP), MOV(0, 3), EXIT }, 0, 3, 8 },
};

static uint32_t slots_of(const struct row *row)
{
	uint32_t n = 0;

	while (n < 9 && row->text[n].opcode)
		n++;
	return n;
}

/* Each program twice, as stopping and the stack must leave nothing for the next run. */
static void run_programs(void)
{
	const struct ub_region constant = { ubpf_address(near.memory, near.constant), sizeof near.constant, UB_READ };

	for (uint32_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
		const struct row *row = programs + i;
		set_options(UB_FORMAT_TEXT_ONLY, 100);
		options.regions = &constant;
		options.nregions = 1;
		int32_t status = load_text(row->text, slots_of(row), sizeof near.memory);
		for (uint32_t time = 0; time < 2; time++) {
			uint64_t result = 0;
			fill_context();
			if (program.loaded)
				status = ubpf_run(&program, near.context, row->bytes, &result);
			expect(row->name, status, row->status);
			expect(row->name, program.fault.status, row->status);
			if (status == 0)
				expect(row->name, (int64_t)result, (int64_t)row->result);
		}
		ubpf_unload(&program);
		expect(row->name, memcmp(near.text, row->text, slots_of(row) * sizeof row->text[0]), 0);
		expect("after unloading", ubpf_run(&program, near.context, row->bytes, NULL), UB_E_STATE);
	}
}

static void budgets_of_helpers(void)
{
	static const struct ub_insn text[] = { HELPER(SUM), EXIT };
	uint64_t result;

	fill_context();
	set_options(UB_FORMAT_TEXT_ONLY, 3);
	expect("64 bytes, paid for 48: load", load_text(text, 2, sizeof near.memory), 0);
	expect("64 bytes, paid for 48", ubpf_run(&program, near.context, 64, &result), UB_E_BUDGET);
	expect("48 bytes, paid for 48", ubpf_run(&program, near.context, 48, &result), 0);
	ubpf_unload(&program);
}

/* A byte of the context, at an address that a compiler takes for one in the stack: with another context it is out of reach. */
static void contexts(void)
{
	static const struct ub_insn text[] = { LDX32(4, 1, 0), INSN(UB_ALU64 | UB_X | UB_SUB, 4, UB_R10, 0, 0), MOVX(3, UB_R10),
		INSN(UB_ALU64 | UB_X | UB_ADD, 3, 4, 0, 0), INSN(UB_LDX | UB_MEM | UB_B, 0, 3, 0, 0), EXIT };
	uint8_t *first = near.context, *second = near.context + 32;
	uint32_t at = ubpf_address(near.memory, first + 8);
	uint64_t result = 0;

	fill_context();
	memcpy(first, &at, sizeof at);
	memcpy(second, &at, sizeof at);
	set_options(UB_FORMAT_TEXT_ONLY, 3);
	expect("one context, then another: load", load_text(text, 6, sizeof near.memory), 0);
	expect("one context", ubpf_run(&program, first, 16, &result), 0);
	expect("one context: result", (int64_t)result, first[8]);
	expect("another context", ubpf_run(&program, second, 16, &result), UB_E_READ);
	expect("another context: where", program.fault.addr, at);
	ubpf_unload(&program);
}

static void stopping(void)
{
	static const struct ub_insn text[] = { HELPER(NUMBER), EXIT };

	set_options(UB_FORMAT_TEXT_ONLY, 3);
	expect("stopped before it runs: load", load_text(text, 2, sizeof near.memory), 0);
	ubpf_stop(&program);
	expect("stopped before it runs", ubpf_run(&program, near.context, 8, NULL), UB_E_KILLED);
	expect("stopped, once more", ubpf_run(&program, near.context, 8, NULL), 0);
	ubpf_unload(&program);
}

static void allowing(void)
{
	static const struct ub_insn text[] = { HELPER(NUMBER), EXIT };
	static const uint16_t none[] = { SUM, LENGTH }, one[] = { SUM, NUMBER };

	set_options(UB_FORMAT_TEXT_ONLY, 3);
	options.allowed = none;
	options.nallowed = 2;
	expect("not allowed", load_text(text, 2, sizeof near.memory), UB_E_VERIFY_HELPER);
	expect("not allowed: where", program.fault.pc, 0);
	options.allowed = one;
	expect("allowed", load_text(text, 2, sizeof near.memory), 0);
	ubpf_unload(&program);
	options.helpers = NULL;
	expect("no helpers", load_text(text, 2, sizeof near.memory), UB_E_VERIFY_HELPER);
}

static void arguments(void)
{
	static const struct ub_insn text[] = { EXIT };
	struct ub_region regions[17] = { { 0, 0, 0 } };

	set_options(UB_FORMAT_TEXT_ONLY, 3);
	expect("unaligned memory", ubpf_load(&program, &options, near.text, 8, near.memory + 4, 64), UB_E_ARGUMENT);
	expect("unaligned image", ubpf_load(&program, &options, near.context + 1, 8, near.memory, 64), UB_E_ARGUMENT);
	expect("no memory", load_text(text, 1, 0), UB_E_MEMORY);
	options.regions = regions;
	options.nregions = 17;
	expect("too many regions", load_text(text, 1, 64), UB_E_ARGUMENT);
	set_options(99, 3);
	expect("no such format", load_text(text, 1, 64), UB_E_IMAGE_FORMAT);
	set_options(UB_FORMAT_TEXT_ONLY, 3);
	options.engine = NULL;
	expect("no engine", load_text(text, 1, 64), UB_E_ARGUMENT);
	expect("status", strcmp(ubpf_status_text(UB_E_KILLED), "killed"), 0);
	expect("no status", strcmp(ubpf_status_text(1), "unknown status"), 0);
	expect("version", ubpf_version(), UBPF_VERSION);
#if UINTPTR_MAX > UINT32_MAX
	uint64_t far[1] = { 0 }; /* on the stack, out of a program's sight */
	set_options(UB_FORMAT_TEXT_ONLY, 3);
	expect("far context: load", load_text(programs[0].text, 2, sizeof near.memory), 0);
	expect("far context", ubpf_run(&program, far, 8, NULL), UB_E_ARGUMENT);
	ubpf_unload(&program);
#endif
}

/* Loads with what is said to be needed, and not with 8 bytes less. */
static void needs_of(const char *name, const void *image, uint32_t bytes)
{
	struct ubpf_needs needs;
	struct ub_fault where;

	expect(name, ubpf_needs(&options, image, bytes, near.memory, sizeof near.memory, &needs, &where), 0);
	expect(name, ubpf_load(&program, &options, image, bytes, near.memory, needs.memory), 0);
	ubpf_unload(&program);
	int32_t less = ubpf_load(&program, &options, image, bytes, near.memory, needs.memory - 8);
	if (!(options.engine->caps & UB_ENGINE_COMPILES))
		expect(name, less, UB_E_MEMORY);
	ubpf_unload(&program);
	memset(near.memory, 0xa5, sizeof near.memory);
}

static void needs(void)
{
	for (uint32_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
		set_options(UB_FORMAT_TEXT_ONLY, 100);
		if (programs[i].status == UB_E_VERIFY_HELPER)
			continue;
		memcpy(near.text, programs[i].text, sizeof programs[i].text);
		needs_of(programs[i].name, near.text, slots_of(programs + i) * (uint32_t)sizeof near.text[0]);
	}
}

static uint64_t say(struct ub_run *run, uint32_t text, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
{
	(void)r3, (void)r4, (void)r5;
	return strcmp((const char *)ubpf_pointer(run, text), "the sum is") ? 0 : r2;
}

static const struct ubpf_helper greeting_rows[] = { { 0xa0, { UBPF_STRING, UBPF_VALUE }, "say", say } };

static void packed(void)
{
	uint64_t result = 0;
	uint32_t bytes = sizeof greeting_image;

	fill_context();
	set_options(UB_FORMAT_PACKED, 100);
	expect("packed: helpers", ubpf_helpers_init(&helpers, greeting_rows, 1), 0);
	memcpy(near.packed, greeting_image, bytes);
	needs_of("packed: needs", near.packed, bytes);
	expect("packed: load", ubpf_load(&program, &options, near.packed, bytes, near.memory, sizeof near.memory), 0);
	expect("packed: only read", memcmp(near.packed, greeting_image, bytes), 0);
	expect("packed: run", ubpf_run(&program, near.context, 24, &result), 0);
	expect("packed: result", (int64_t)result, 24);
	ubpf_unload(&program);
	for (uint32_t cut = 0; cut < bytes; cut++) {
		expect("packed: cut short", ubpf_load(&program, &options, near.packed, cut, near.memory, sizeof near.memory) < 0, 1);
	}
	for (uint32_t bit = 0; bit < 8 * bytes; bit++) {
		near.packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		expect("packed: a bit", ubpf_load(&program, &options, near.packed, bytes, near.memory, sizeof near.memory) < 0, 1);
		near.packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

#include "plans.h"

int main(void)
{
	tables_of_helpers();
	run_programs();
	budgets_of_helpers();
	contexts();
	stopping();
	allowing();
	arguments();
	needs();
	packed();
	plans();
	board_print("cases", cases);
	board_print("failed", failed);
	return failed != 0;
}
