/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiler in one pass under sanitizers. Programs and their plans come from the standard input, as small.c takes
 * them; each is compiled into memory that ends where it is said to end, by a plan that ends where it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jit/onepass/onepass.h"
#include "verify/verify.h"

#define HELPER_ID(name, id, arguments) id,
static const uint16_t helpers[] = { UB_HELPERS(HELPER_ID) };

static void *take(uint32_t bytes)
{
	void *p = malloc(bytes ? bytes : 1);
	if (!p || fread(p, 1, bytes, stdin) != bytes)
		exit(3);
	return p;
}

static uint32_t number(void)
{
	uint32_t *p = take(sizeof *p), n = *p;
	free(p);
	return n;
}

static void compile(const struct ub_program *p, uint32_t bytes, int32_t *length)
{
	struct onepass_report report = { 0 };
	struct ub_fault where;
	uint8_t *memory = malloc(bytes);
	if (!memory)
		exit(3);
	memset(memory, 0x5a, bytes);
	*length = onepass_compile(p, 0, memory, bytes, &report, &where);
	free(memory);
}

int main(void)
{
	unsigned long pairs = 0, tight = 0;
	uint32_t slots;
	while (fread(&slots, sizeof slots, 1, stdin) == 1) {
		struct ub_insn *text = take(slots * (uint32_t)sizeof *text);
		uint32_t n = number(), room = 9 * slots + 64;
		uint8_t *scratch = malloc(room);
		struct ub_arena arena = { scratch, 0x20000000, room, 0 };
		struct ub_fault where;
		struct ub_program p = { .text = text, .slots = slots, .helpers = helpers, .nhelpers = UB_HELPER_COUNT };
		int32_t verified = verify_program(&p, UB_ENGINE_COMPILES, &arena, &where);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t size = number();
			uint8_t *plan = take(size);
			int32_t length;
			p.plan = plan;
			p.plan_bytes = size;
			if (verified == 0) {
				compile(&p, 64 * slots + 4096, &length);
				if (length > 0) { /* into too little */
					compile(&p, ((uint32_t)length / 2 + 64 + 8 * (uint32_t)(pairs % 64)) & ~7u, &length);
					tight += length < 0;
				}
				pairs++;
			}
			free(plan);
		}
		free(scratch);
		free(text);
	}
	printf("%lu pairs, %lu into too little memory\n", pairs, tight);
	return 0;
}
