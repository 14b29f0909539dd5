/* SPDX-License-Identifier: BSD-2-Clause */
/* The portable form: one handler per opcode, each ending in its own jump to the next. It runs where handlers.S does not,
 * and where program text cannot be rewritten.
 *
 * A slot is fetched as two words, the second only by handlers that use it. Registers are in
 * memory: the core has too few of its own. An access within the region last hit costs one
 * compare; so that programs can alternate between their stack and other memory, those based on
 * r10, which the verifier has proved, leave the window where it is.
 */
#include "vm/opcodes.h"
#include "vm/state.h"

/* Labels as values, which C has not. */
#pragma GCC diagnostic ignored "-Wpedantic"
#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-label-as-value"
#pragma clang diagnostic ignored "-Winitializer-overrides"
#endif

/* The region last hit: an access of 1 << k bytes at `addr` is inside it if
 * addr - start < limit[k], unsigned. Nothing is in it while all limits are 0. */
struct vm_window {
	uint32_t start;
	uint32_t limit[4];
};

/* A word of program text, whatever its type where it came from. */
typedef uint32_t __attribute__((may_alias)) vm_word;

/* Memory as programs see it: any alignment, any type. */
#define VM_UNALIGNED(type) struct __attribute__((packed, may_alias)) { type value; }
typedef VM_UNALIGNED(uint8_t) vm_u8;
typedef VM_UNALIGNED(uint16_t) vm_u16;
typedef VM_UNALIGNED(uint32_t) vm_u32;
typedef VM_UNALIGNED(uint64_t) vm_u64;
typedef VM_UNALIGNED(int8_t) vm_s8;
typedef VM_UNALIGNED(int16_t) vm_s16;
typedef VM_UNALIGNED(int32_t) vm_s32;

/* Fields of the slot at pc, whose first word is `word`. */
#define DST_FIELD (word >> 8 & 15)
#define SRC_FIELD (word >> 12 & 15)
#define OFFSET ((int32_t)word >> 16)
#define IMM32 pc[1]
#define IMM64 ((uint64_t)(int32_t)pc[1])
#define PC_SLOT ((uint32_t)(pc - text) / 2)

/* Keeps gcc from working a value out again at each use instead of once. */
#define ONCE(value) __asm__("" : "+r"(value))

static inline uint64_t *vm_register(struct vm *vm, uint32_t field)
{
	uint64_t *r = vm->r + field;

	ONCE(r);
	return r;
}
#define DST (*vm_register(vm, DST_FIELD))
#define SRC (*vm_register(vm, SRC_FIELD))

#define LIKELY(condition) __builtin_expect(!!(condition), 1)

/* What counts instructions (internal/pairs) puts here. */
#ifndef VM_STEP
#define VM_STEP(slot) ((void)0)
#endif

#define NEXT                                            \
	do {                                            \
		pc += 2;                                \
		VM_STEP(PC_SLOT);                       \
		word = *pc;                             \
		goto *handlers[word & 0xff];            \
	} while (0)

#define STOP(why)                                       \
	do {                                            \
		run->fault.status = (why);              \
		goto stop;                              \
	} while (0)

/* What a backward jump or a local call costs. */
#define PAY                                             \
	do {                                            \
		if (__builtin_sub_overflow(budget, 1, &budget)) \
			goto broke;                     \
	} while (0)

/* Arithmetic: `expr` of a (dst) and b (imm or src) in the width of `type`. */
#define ALU_FORM(label, type, operand, expr)            \
	label:                                          \
	{                                               \
		uint64_t *dst = &DST;                   \
		type a = (type)*dst, b = (type)(operand); \
		type result;                            \
		ONCE(a);                                \
		result = (type)(expr);                  \
		ONCE(result);                           \
		*dst = result;                          \
		NEXT;                                   \
	}
#define ALU(name, expr32, expr64)                       \
	ALU_FORM(name##32_k, uint32_t, IMM32, expr32)   \
	ALU_FORM(name##32_x, uint32_t, SRC, expr32)     \
	ALU_FORM(name##64_k, uint64_t, IMM64, expr64)   \
	ALU_FORM(name##64_x, uint64_t, SRC, expr64)

/* Shifts. That of a pair by a count that is not known is long, so there is one of each kind. */
#define SHIFT(name, expr32, expr64)                                                     \
	ALU_FORM(name##32_k, uint32_t, IMM32 & 31, expr32)                              \
	ALU_FORM(name##32_x, uint32_t, SRC & 31, expr32)                                \
	name##64_x:                                                                     \
		count = (uint32_t)SRC;                                                  \
		goto name##64;                                                          \
	name##64_k:                                                                     \
		count = IMM32;                                                          \
	ALU_FORM(name##64, uint64_t, count & 63, expr64)

/* Moves: the offset, if any, is how many bits of src are sign-extended. */
#define MOVE(label, type)                                                       \
	label:                                                                  \
	{                                                                       \
		uint32_t above = word >> 12;                                    \
		if (LIKELY(above <= 15))                                        \
			DST = (type)*vm_register(vm, above);                    \
		else                                                            \
			DST = (type)vm_extend(SRC, OFFSET);                     \
		NEXT;                                                           \
	}

/* Division and remainder: signed if offset is 1. Mostly of small numbers by small constants. */
#define DIVIDE_32(label, operand, c_operator, by_zero, sdiv32)                  \
	ALU_FORM(label, uint32_t, operand,                                      \
		 LIKELY(!OFFSET) ? (LIKELY(b) ? a c_operator b : (by_zero)) : sdiv32(a, b))
#define DIVIDE(name, c_operator, by_zero, div64, sdiv64, sdiv32)                \
	DIVIDE_32(name##32_k, IMM32, c_operator, by_zero, sdiv32)               \
	DIVIDE_32(name##32_x, SRC, c_operator, by_zero, sdiv32)                 \
	name##64_k:                                                             \
	{                                                                       \
		uint64_t *dst = &DST, a = *dst;                                 \
		int32_t b = (int32_t)IMM32;                                     \
		if (LIKELY(((uint32_t)(a >> 32) | (uint32_t)OFFSET) == 0 && b > 0)) \
			*dst = (uint32_t)a c_operator (uint32_t)b;              \
		else                                                            \
			*dst = OFFSET ? sdiv64(a, (uint64_t)b) : div64(a, (uint64_t)b); \
		NEXT;                                                           \
	}                                                                       \
	ALU_FORM(name##64_x, uint64_t, SRC, LIKELY(!OFFSET) ? div64(a, b) : sdiv64(a, b))

/* Conditional jumps: `cond` of a and b. */
#define JUMP_FORM(label, type, operand, cond)           \
	label:                                          \
	{                                               \
		type a = (type)DST, b = (type)(operand); \
		if (cond)                               \
			goto ja;                     \
		NEXT;                                   \
	}
#define JUMP(name, as, cond)                            \
	JUMP_FORM(name##32_k, as##32_t, IMM32, cond)    \
	JUMP_FORM(name##32_x, as##32_t, SRC, cond)      \
	JUMP_FORM(name##64_k, as##64_t, IMM64, cond)    \
	JUMP_FORM(name##64_x, as##64_t, SRC, cond)

/* Memory: `k` is log2 of the size. */
#define REACH(window, base, k)                                                              \
	uint32_t addr = (uint32_t)vm->r[base] + (uint32_t)OFFSET;                           \
	ONCE(addr);                                                                         \
	if (!LIKELY(addr - window.start < window.limit[k]) && (base) != UB_R10 &&           \
	    vm_miss(run, &window, VM_RIGHT_##window, addr, k))                              \
		goto stop;
#define LOAD(label, k, type, extended)                  \
	label:                                          \
	{                                               \
		uint32_t base = SRC_FIELD;              \
		REACH(load, base, k)                    \
		DST = (extended)((const type *)ub_at(run, addr))->value; \
		NEXT;                                   \
	}
#define STORE(label, k, type, operand)                  \
	label:                                          \
	{                                               \
		uint32_t base = DST_FIELD;              \
		REACH(store, base, k)                   \
		((type *)ub_at(run, addr))->value = (__typeof__(((type *)0)->value))(operand); \
		NEXT;                                   \
	}

/* to_le, to_be and bswap, by opcode and width. */
static uint64_t vm_endian(uint64_t a, uint32_t opcode, int32_t width)
{
	int swap = opcode != (UB_ALU32 | UB_K | UB_END); /* to_le: devices are little endian */

	switch (width) {
	case 16:
		return swap ? __builtin_bswap16((uint16_t)a) : (uint16_t)a;
	case 32:
		return swap ? __builtin_bswap32((uint32_t)a) : (uint32_t)a;
	}
	return swap ? __builtin_bswap64(a) : a;
}

enum { VM_RIGHT_load = UB_READ, VM_RIGHT_store = UB_WRITE };

/* The access missed the window: points the window at the region it is in. Returns 0, or the
 * status, also in run->fault with the address. `k` is log2 of the size. */
static __attribute__((noinline)) int32_t vm_miss(struct ub_run *run, struct vm_window *window, uint32_t right,
						 uint32_t addr, uint32_t k)
{
	const struct ub_region *region = vm_region(run, addr, 1u << k, right);

	if (!region)
		return vm_stop(run, right == UB_READ ? UB_E_READ : UB_E_WRITE, addr);
	window->start = region->start;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t beyond = (1u << i) - 1;
		window->limit[i] = region->len > beyond ? region->len - beyond : 0;
	}
	return 0;
}

/* Rows of the dispatch table, and that their numbers are those of abi/isa.h. */
#define ROW(name, opcode, isa, shape) [isa] = &&name,
#define CHECK(name, opcode, isa, shape) UB_STATIC_ASSERT((opcode) == (isa), name);
VM_OPCODES(CHECK)

int32_t vm_portable(struct vm *vm, const struct ub_program *program)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
	static const void *const handlers[256] = {
		[0 ... 255] = &&unknown,
		VM_OPCODES(ROW)
	};
#pragma GCC diagnostic pop
	const vm_word *const text = (const vm_word *)program->text;
	const vm_word *pc = text + 2 * program->entry;
	struct ub_run *const run = vm->run;
	struct vm_window load = {0}, store = {0};
	uint32_t word = *pc, budget = run->budget;
	uint32_t count;
	int32_t slot, err;

	VM_STEP(PC_SLOT);
	goto *handlers[word & 0xff];

	ALU(add, a + b, a + b)
	ALU(sub, a - b, a - b)
	ALU(mul, a *b, a *b)
	ALU(or, a | b, a | b)
	ALU(and, a &b, a &b)
	ALU(xor, a ^ b, a ^ b)
	SHIFT(lsh, a << b, a << b)
	SHIFT(rsh, a >> b, a >> b)
	SHIFT(arsh, (uint32_t)((int32_t)a >> b), (uint64_t)((int64_t)a >> b))
	DIVIDE(div, /, 0, vm_div64, vm_sdiv64, vm_sdiv32)
	DIVIDE(mod, %, a, vm_mod64, vm_smod64, vm_smod32)

neg32:
	DST = 0 - (uint32_t)DST;
	NEXT;
neg64:
	DST = 0 - DST;
	NEXT;
mov32_k:
	DST = IMM32;
	NEXT;
mov64_k:
	DST = IMM64;
	NEXT;
	MOVE(mov32_x, uint32_t)
	MOVE(mov64_x, uint64_t)
le:
be:
bswap:
	DST = vm_endian(DST, word & 0xff, (int32_t)IMM32);
	NEXT;
lddw:
	slot = (int32_t)PC_SLOT;
	if (SRC_FIELD == UB_LDDW_FUNC)
		DST = UB_CODE_ADDR(slot + 1 + (int32_t)IMM32);
	else
		DST = (uint64_t)pc[3] << 32 | pc[1];
	pc += 2;
	NEXT;

	LOAD(ldx8, 0, vm_u8, uint64_t)
	LOAD(ldx16, 1, vm_u16, uint64_t)
	LOAD(ldx32, 2, vm_u32, uint64_t)
	LOAD(ldx64, 3, vm_u64, uint64_t)
	LOAD(ldsx8, 0, vm_s8, uint64_t)
	LOAD(ldsx16, 1, vm_s16, uint64_t)
	LOAD(ldsx32, 2, vm_s32, uint64_t)
	STORE(st8, 0, vm_u8, IMM32)
	STORE(st16, 1, vm_u16, IMM32)
	STORE(st32, 2, vm_u32, IMM32)
	STORE(st64, 3, vm_u64, IMM64)
	STORE(stx8, 0, vm_u8, SRC)
	STORE(stx16, 1, vm_u16, SRC)
	STORE(stx32, 2, vm_u32, SRC)
	STORE(stx64, 3, vm_u64, SRC)
atomic32:
atomic64:
	if (vm_atomic(vm, word, (int32_t)IMM32))
		goto stop;
	NEXT;

	JUMP(jeq, uint, a == b)
	JUMP(jne, uint, a != b)
	JUMP(jset, uint, a & b)
	JUMP(jgt, uint, a > b)
	JUMP(jge, uint, a >= b)
	JUMP(jlt, uint, a < b)
	JUMP(jle, uint, a <= b)
	JUMP(jsgt, int, a > b)
	JUMP(jsge, int, a >= b)
	JUMP(jslt, int, a < b)
	JUMP(jsle, int, a <= b)

ja:
	if ((int32_t)word < 0)
		PAY;
	pc += 2 * OFFSET;
	NEXT;
gotol:
	if ((int32_t)IMM32 < 0)
		PAY;
	pc += 2 * (int32_t)IMM32;
	NEXT;

call:
	if (SRC_FIELD == UB_CALL_HELPER) {
		err = vm_helper(vm, (int32_t)IMM32);
		if (err)
			STOP(err);
		NEXT;
	}
	slot = (int32_t)PC_SLOT + 1 + (int32_t)IMM32;
	goto enter;
callx:
	slot = vm_function(program, (uint32_t)DST);
	if (slot < 0)
		STOP(slot);
enter:
	err = vm_enter(vm, PC_SLOT + 1);
	if (err)
		STOP(err);
	PAY;
	goto go;
exit:
	slot = vm_leave(vm);
	if (slot < 0) {
		run->r0 = vm->r[0];
		goto stop;
	}
go:
	pc = text + 2 * (uint32_t)slot - 2;
	NEXT;

broke:
	budget = 0;
	STOP(UB_E_BUDGET);
unknown:
	run->fault.status = UB_E_OPCODE;
stop:
	run->budget = budget;
	if (run->fault.status)
		run->fault.pc = PC_SLOT;
	return run->fault.status;
}
