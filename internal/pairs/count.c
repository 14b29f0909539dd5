/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The portable form of the interpreter once more, counting how often each slot is executed. */
#include "internal/pairs/count.h"

#include <string.h>

#include "vm/state.h"

static uint32_t counts[UB_SLOTS_MAX];

#define VM_STEP(slot) (counts[slot]++)
#define vm_portable pairs_portable
int32_t pairs_portable(struct vm *vm, const struct ub_program *program);
#include "vm/portable.c"

static int32_t pairs_prepare(const struct ub_engine *engine, const struct ub_program *program, struct ub_arena *arena,
			     uint32_t cpu, struct ub_prepared *out, struct ub_fault *where)
{
	(void)engine;
	(void)arena;
	(void)cpu;
	*where = (struct ub_fault){0};
	*out = (struct ub_prepared){.program = program};
	return 0;
}

static int32_t pairs_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	struct vm vm = {.r[1] = run->ctx_addr, .r[2] = run->ctx_len, .r[UB_R10] = run->stack_top, .run = run};

	memset(counts, 0, sizeof counts);
	run->fault = (struct ub_fault){0};
	return pairs_portable(&vm, prepared->program);
}

const struct ub_engine pairs_engine = {.name = "pairs", .prepare = pairs_prepare, .run = pairs_run};

uint32_t pairs_count(uint32_t slot)
{
	return counts[slot];
}

/* The name of an opcode's handler, or NULL. */
const char *pairs_name(uint32_t opcode)
{
#define NAME(name, opcode, isa, shape) [isa] = #name,
	static const char *const names[256] = {VM_OPCODES(NAME)};
#undef NAME
	return names[opcode & 0xff];
}
