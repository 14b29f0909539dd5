/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/state.h"

int32_t vm_check(const struct ub_program *program, struct ub_prepared *out, struct ub_fault *where)
{
	*where = (struct ub_fault){0};
	if (!(program->flags & UB_PROGRAM_VERIFIED))
		where->status = UB_E_ARGUMENT;
	else if (program->flags & UB_PROGRAM_FEMTO)
		where->status = UB_E_UNSUPPORTED;
	*out = (struct ub_prepared){.program = program};
	return where->status;
}

const struct ub_region *vm_region(const struct ub_run *run, uint32_t addr, uint32_t size, uint32_t rights)
{
	return ub_region_of(run, addr, size, rights);
}

int32_t vm_stop(struct ub_run *run, int32_t status, uint32_t addr)
{
	run->fault.addr = addr;
	return run->fault.status = status;
}

uint64_t vm_div64(uint64_t a, uint64_t b)
{
	if (b == 0)
		return 0;
	if ((a | b) >> 32 == 0)
		return (uint32_t)a / (uint32_t)b;
	return a / b;
}

uint64_t vm_mod64(uint64_t a, uint64_t b)
{
	if (b == 0)
		return a;
	if ((a | b) >> 32 == 0)
		return (uint32_t)a % (uint32_t)b;
	return a % b;
}

/* Signed division truncates towards zero, so it is unsigned division of the magnitudes; the
 * smallest number, its own negative, comes out as the RFC wants. */
static uint64_t vm_magnitude(uint64_t a)
{
	return a >> 63 ? 0 - a : a;
}

uint64_t vm_sdiv64(uint64_t a, uint64_t b)
{
	uint64_t q = vm_div64(vm_magnitude(a), vm_magnitude(b));

	return (a ^ b) >> 63 ? 0 - q : q;
}

uint64_t vm_smod64(uint64_t a, uint64_t b)
{
	uint64_t m = vm_mod64(vm_magnitude(a), vm_magnitude(b));

	return a >> 63 ? 0 - m : m;
}

uint32_t vm_sdiv32(uint32_t a, uint32_t b)
{
	return (uint32_t)vm_sdiv64((uint64_t)(int32_t)a, (uint64_t)(int32_t)b);
}

uint32_t vm_smod32(uint32_t a, uint32_t b)
{
	return (uint32_t)vm_smod64((uint64_t)(int32_t)a, (uint64_t)(int32_t)b);
}

uint64_t vm_extend(uint64_t a, int32_t width)
{
	uint32_t unused = 32 - (width & 31); /* 24, 16, or 32 for all of 32 bits */

	return (uint64_t)((int32_t)((uint32_t)a << (unused & 31)) >> (unused & 31));
}

/* The value an atomic operation leaves in memory. */
static uint64_t vm_modify(int32_t imm, uint64_t old, uint64_t operand)
{
	switch (UB_OP(imm)) {
	case UB_ADD:
		return old + operand;
	case UB_OR:
		return old | operand;
	case UB_AND:
		return old & operand;
	case UB_XOR:
		return old ^ operand;
	}
	return operand; /* exchange */
}

int32_t vm_atomic(struct vm *vm, uint32_t word, int32_t imm)
{
	uint64_t *src = vm->r + (word >> 12 & 15);
	uint32_t addr = (uint32_t)vm->r[word >> 8 & 15] + (uint32_t)((int32_t)word >> 16);
	uint32_t size = UB_SIZE(word) == UB_DW ? 8 : 4;
	uint64_t mask = size == 8 ? UINT64_MAX : UINT32_MAX;
	uint64_t old, new;
	uint32_t irq;
	void *p;

	if (!vm_region(vm->run, addr, size, UB_READ | UB_WRITE))
		return vm_stop(vm->run, UB_E_WRITE, addr);
	if (addr & (size - 1))
		return vm_stop(vm->run, UB_E_ALIGN, addr);
	p = ub_at(vm->run, addr);

	irq = ub_irq_save();
	old = size == 8 ? *(uint64_t *)p : *(uint32_t *)p;
	new = vm_modify(imm, old, *src);
	if (imm == UB_CMPXCHG && old != (vm->r[0] & mask))
		new = old;
	if (size == 8)
		*(uint64_t *)p = new;
	else
		*(uint32_t *)p = (uint32_t)new;
	ub_irq_restore(irq);

	if (imm == UB_CMPXCHG)
		vm->r[0] = old;
	else if (imm & UB_FETCH)
		*src = old;
	return 0;
}

static struct vm_frame *vm_frames(const struct vm *vm)
{
	return ub_at(vm->run, vm->run->stack_top - UB_STACK_BYTES - UB_SAVE_BYTES);
}

/* Frames in use besides the outermost: r10 tells. */
static uint32_t vm_nested(const struct vm *vm)
{
	return (vm->run->stack_top - (uint32_t)vm->r[UB_R10]) / UB_FRAME_BYTES;
}

int32_t vm_enter(struct vm *vm, uint32_t return_to)
{
	uint32_t nested = vm_nested(vm);
	struct vm_frame *frame = vm_frames(vm) + nested;

	if (nested == UB_FRAMES_MAX - 1)
		return UB_E_DEPTH;
	for (uint32_t i = 0; i < 4; i++)
		frame->r6_r9[i] = vm->r[6 + i];
	frame->return_to = return_to;
	vm->r[UB_R10] -= UB_FRAME_BYTES;
	return 0;
}

int32_t vm_leave(struct vm *vm)
{
	uint32_t nested = vm_nested(vm);
	const struct vm_frame *frame = vm_frames(vm) + nested - 1;

	if (nested == 0)
		return -1;
	for (uint32_t i = 0; i < 4; i++)
		vm->r[6 + i] = frame->r6_r9[i];
	vm->r[UB_R10] += UB_FRAME_BYTES;
	return (int32_t)frame->return_to;
}

int32_t vm_function(const struct ub_program *program, uint32_t addr)
{
	uint32_t low = 0, high = program->nfuncs;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		uint32_t at = UB_CODE_ADDR(program->funcs[middle]);
		if (at == addr)
			return program->funcs[middle];
		if (at < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return UB_E_CALLX;
}

int32_t vm_helper(struct vm *vm, int32_t id)
{
	struct ub_run *run = vm->run;
	const uint64_t *r = vm->r;
	int index = ub_helper_index(id);
	ub_helper helper = index >= 0 && run->helpers ? run->helpers[index] : NULL;

	if (!helper)
		return UB_E_HELPER;
	run->helper = (uint32_t)index;
	vm->r[0] = helper(run, (uint32_t)r[1], (uint32_t)r[2], (uint32_t)r[3], (uint32_t)r[4],
			  (uint32_t)r[5]);
	return run->fault.status;
}
