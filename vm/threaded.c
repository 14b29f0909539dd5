/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/threaded.h"

#include <string.h>

#include "vm/rewrite.h"
#include "vm/state.h"

#if UB_VM_THREADED
/* A region known to hold accesses: of 4 bytes those at addr - start < limit, unsigned. Empty if limit is 0. */
struct vm_near {
	uint32_t start, limit;
};

/* State of a run, as handlers.S knows it, which clears the windows. */
struct vm_threaded {
	struct vm vm;
	uint64_t constants[VM_CONSTANTS_MAX + 1];
	struct vm_near loads[UB_REGISTERS], stores[UB_REGISTERS];
	const struct ub_program *program;
};

UB_STATIC_ASSERT(offsetof(struct vm_threaded, vm.r[UB_R10]) == VM_R10, layout);
UB_STATIC_ASSERT(offsetof(struct vm_threaded, vm.run) == VM_RUN, layout);
UB_STATIC_ASSERT(offsetof(struct vm_threaded, vm.text) == VM_TEXT, layout);
UB_STATIC_ASSERT(offsetof(struct vm_threaded, constants) == VM_CONSTANT_FIRST * 8, layout);
UB_STATIC_ASSERT(offsetof(struct vm_threaded, constants[VM_CONSTANTS_MAX]) == VM_SCRATCH * 8, layout);
UB_STATIC_ASSERT(offsetof(struct vm_threaded, loads) == VM_LOADS, layout);
UB_STATIC_ASSERT(offsetof(struct vm_threaded, stores) == VM_STORES, layout);
UB_STATIC_ASSERT(offsetof(struct vm_threaded, program) == VM_PROGRAM, layout);
UB_STATIC_ASSERT(sizeof(struct vm_threaded) == VM_STATE_BYTES, layout);
UB_STATIC_ASSERT(UB_RUN_STATUS == VM_RUN_STATUS && UB_RUN_PC == VM_RUN_PC && UB_RUN_ADDR == VM_RUN_ADDR, layout);
UB_STATIC_ASSERT(UB_RUN_BUDGET == VM_RUN_BUDGET && UB_RUN_R0 == VM_RUN_R0, layout);
UB_STATIC_ASSERT(UB_RUN_NREGIONS == VM_RUN_NREGIONS && UB_RUN_REGIONS == VM_RUN_REGIONS, layout);
UB_STATIC_ASSERT(UB_E_READ == VM_E_READ && UB_E_WRITE == VM_E_WRITE && UB_E_BUDGET == VM_E_BUDGET, statuses);
UB_STATIC_ASSERT(UB_READ == 1 && UB_WRITE == 2, rights);

/* handlers.S */
int32_t vm_execute(struct vm_threaded *state, const uint32_t *entry);

/* The text, if the arena has it: then it can be written. */
static uint32_t *vm_text_in(const struct ub_arena *arena, const struct ub_program *program)
{
	uint32_t at = (uint32_t)((uintptr_t)program->text - (uintptr_t)arena->mem);

	return at < arena->used ? (void *)(arena->mem + at) : NULL;
}

int32_t vm_threaded_prepare(const struct ub_program *program, struct ub_arena *arena, struct ub_prepared *out)
{
	uint32_t mark = arena->used, bytes = program->slots * UB_SLOT_BYTES;
	uint32_t *text = vm_text_in(arena, program);
	struct vm_rewritten *r;
	int32_t err;

	if (!text) {
		text = ub_arena_take(arena, bytes);
		if (!text)
			return UB_E_MEMORY;
		memcpy(text, program->text, bytes);
	}
	r = ub_arena_take(arena, sizeof *r);
	if (!r) {
		arena->used = mark;
		return UB_E_MEMORY;
	}
	*r = (struct vm_rewritten){.text = text, .slots = program->slots};
	r->wides = (void *)(arena->mem + arena->used);
	r->wides_addr = arena->addr + arena->used;
	r->wides_max = (arena->size - arena->used) / sizeof *r->wides;
	err = vm_rewrite(r);
	if (err) {
		arena->used = mark;
		return err;
	}
	if (r->nwides)
		arena->used += r->nwides * sizeof *r->wides;
	else
		arena->used -= (VM_CONSTANTS_MAX - r->nconstants) * sizeof r->constants[0];
	*out = (struct ub_prepared){.program = program, .state = r, .ram_bytes = arena->used - mark};
	return 0;
}

void vm_threaded_release(const struct ub_prepared *prepared)
{
	vm_restore(prepared->state);
}

/* Whether the run may write where the text lies. */
static int vm_writes_text(const struct vm_rewritten *r, const struct ub_run *run)
{
	uint32_t start = (uint32_t)(uintptr_t)r->text, bytes = r->slots * UB_SLOT_BYTES;

	for (uint32_t i = 0; i < run->nregions; i++) {
		const struct ub_region *region = run->regions + i;
		if (region->rights & UB_WRITE && region->len &&
		    (region->start - start < bytes || start - region->start < region->len))
			return 1;
	}
	return 0;
}

int32_t vm_threaded_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	const struct vm_rewritten *r = prepared->state;
	struct vm_threaded state;

	run->fault = (struct ub_fault){0};
	if (vm_writes_text(r, run))
		return run->fault.status = UB_E_ARGUMENT;
	for (uint32_t i = 0; i < UB_R10; i++)
		state.vm.r[i] = 0;
	state.vm.r[1] = run->ctx_addr;
	state.vm.r[2] = run->ctx_len;
	state.vm.r[UB_R10] = run->stack_top;
	state.vm.run = run;
	state.vm.text = r->text;
	state.program = prepared->program;
	for (uint32_t i = 0; i < r->nconstants; i++)
		state.constants[i] = (uint64_t)r->constants[i];
	return vm_execute(&state, r->text + 2 * prepared->program->entry);
}

/* Called by handlers.S: signed division and remainder. */
void vm_divide_signed(struct vm_threaded *state, uint32_t operands);
void vm_divide_signed(struct vm_threaded *state, uint32_t operands)
{
	uint8_t *registers = (uint8_t *)state;
	uint64_t *dst = (void *)(registers + (operands & 0xff)), a = *dst;
	uint64_t b = *(uint64_t *)(void *)(registers + (operands >> 8 & 0xff));

	switch (operands >> 24) {
	case UB_ALU32 | UB_X | UB_DIV:
		*dst = vm_sdiv32((uint32_t)a, (uint32_t)b);
		return;
	case UB_ALU32 | UB_X | UB_MOD:
		*dst = vm_smod32((uint32_t)a, (uint32_t)b);
		return;
	case UB_ALU64 | UB_X | UB_DIV:
		*dst = vm_sdiv64(a, b);
		return;
	}
	*dst = vm_smod64(a, b);
}
#endif
