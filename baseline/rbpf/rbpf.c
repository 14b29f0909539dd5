/* SPDX-License-Identifier: BSD-2-Clause */
#include "baseline/rbpf/rbpf.h"

#include "abi/port.h"

/* What a variant does otherwise; constants where the interpreter is instantiated. */
enum {
	IN_PLACE = 1 << 0, /* fields are read from the slot; the verifier saw that the text is not left */
	CACHE = 1 << 1,    /* memory checks try the region found last first */
};

struct insn {
	uint8_t opcode, dst, src;
	int16_t offset;
	int32_t imm;
};

/* The text as rbpf sees it: a slice of bytes, which no access may leave. */
struct slice {
	const uint8_t *bytes;
	uint32_t len;
};

/* Builds the instruction at a byte offset; 0 if the text ends before it does. */
static inline int decode(struct slice text, uint32_t at, int variant, struct insn *out)
{
	const uint8_t *p = text.bytes + at;

	if (variant & IN_PLACE) {
		const struct ub_insn *slot = (const struct ub_insn *)p;
		*out = (struct insn){slot->opcode, UB_DST(slot), UB_SRC(slot), slot->offset, slot->imm};
		return 1;
	}
	if (at > text.len || text.len - at < UB_SLOT_BYTES)
		return 0;
	*out = (struct insn){
		.opcode = p[0],
		.dst = p[1] & 0x0f,
		.src = p[1] >> 4,
		.offset = (int16_t)(p[2] | p[3] << 8),
		.imm = (int32_t)(p[4] | p[5] << 8 | p[6] << 16 | (uint32_t)p[7] << 24),
	};
	return 1;
}

struct region {
	uint32_t start, end;
	uint32_t rights;
};

/* The regions a program may touch, in the order they are tried. */
struct regions {
	struct region list[UB_REGIONS_MAX];
	uint32_t count;
	const struct region *last; /* the one found last; CACHE only */
};

static void regions_add(struct regions *all, const struct ub_region *r)
{
	all->list[all->count++] = (struct region){r->start, r->start + r->len, r->rights};
}

static void regions_init(struct regions *all, const struct ub_run *run)
{
	all->count = 0;
	regions_add(all, &run->regions[UB_REGION_STACK]);
	regions_add(all, &run->regions[UB_REGION_CTX]);
	for (uint32_t i = UB_REGION_GRANTED; i < run->nregions; i++)
		regions_add(all, &run->regions[i]);
	regions_add(all, &run->regions[UB_REGION_RODATA]);
	regions_add(all, &run->regions[UB_REGION_DATA]);
	all->last = &all->list[0];
}

static inline int grants(const struct region *r, uint32_t addr, uint32_t end, uint32_t right)
{
	return addr <= end && r->start <= addr && end <= r->end && (r->rights & right);
}

/* The region that grants the right to all of [addr, addr + size), NULL if none does. rbpf calls this
 * through a boxed closure, so it is not inlined there either. */
static __attribute__((noinline)) const struct region *find(const struct regions *all, uint32_t addr, uint32_t size,
							   uint32_t right)
{
	uint32_t end = addr + size;

	for (uint32_t i = 0; i < all->count; i++) {
		if (grants(&all->list[i], addr, end, right))
			return &all->list[i];
	}
	return NULL;
}

static inline int allowed(struct regions *all, uint32_t addr, uint32_t size, uint32_t right, int variant)
{
	const struct region *found;

	if (variant & CACHE && grants(all->last, addr, addr + size, right))
		return 1;
	found = find(all, addr, size, right);
	if (variant & CACHE && found)
		all->last = found;
	return found != NULL;
}

/* What a local call keeps of its caller. */
struct frame {
	uint32_t pc;
	uint64_t saved[UB_R10 - 6 + 1]; /* r6..r10 */
};

static uint64_t byte_order(uint64_t value, int32_t bits, int big)
{
	switch (bits) {
	case 16:
		return big ? __builtin_bswap16((uint16_t)value) : (uint16_t)value;
	case 32:
		return big ? __builtin_bswap32((uint32_t)value) : (uint32_t)value;
	default:
		return big ? __builtin_bswap64(value) : value;
	}
}

/* Ends a run; `pc` is what the loop has, the byte offset after the instruction at fault. */
static __attribute__((noinline)) int32_t stop(struct ub_run *run, int32_t status, uint32_t pc, uint32_t addr)
{
	run->fault = (struct ub_fault){.status = status, .pc = pc / UB_SLOT_BYTES - 1, .addr = addr};
	return status;
}

/* A register, its number checked. */
#define REG(n)                                                                       \
	(*({                                                                         \
		uint32_t n_ = (n);                                                   \
		if (n_ >= UB_REGISTERS)                                              \
			return stop(run, UB_E_OPCODE, pc, 0);                    \
		&reg[n_];                                                            \
	}))
#define DST REG(insn.dst)
#define SRC REG(insn.src)
#define IMM64 ((uint64_t)(int64_t)insn.imm)

/* The four forms of an operation on dst and an operand b: 64 and 32 bits, immediate and register. */
#define ALU(OP, expr64, expr32)                                                      \
	case UB_ALU64 | UB_K | OP: {                                                 \
		uint64_t a = DST, b = IMM64;                                         \
		DST = (expr64);                                                      \
		break;                                                               \
	}                                                                            \
	case UB_ALU64 | UB_X | OP: {                                                 \
		uint64_t a = DST, b = SRC;                                           \
		DST = (expr64);                                                      \
		break;                                                               \
	}                                                                            \
	case UB_ALU32 | UB_K | OP: {                                                 \
		uint32_t a = (uint32_t)DST, b = (uint32_t)insn.imm;                  \
		DST = (uint32_t)(expr32);                                            \
		break;                                                               \
	}                                                                            \
	case UB_ALU32 | UB_X | OP: {                                                 \
		uint32_t a = (uint32_t)DST, b = (uint32_t)SRC;                       \
		DST = (uint32_t)(expr32);                                            \
		break;                                                               \
	}

/* The four forms of a conditional jump; u64, i64 name the operands' type. */
#define JUMP(OP, wide, narrow, cond)                                                 \
	case UB_JMP | UB_K | OP: {                                                   \
		wide a = (wide)DST, b = (wide)IMM64;                                 \
		if (cond)                                                            \
			goto taken;                                                  \
		break;                                                               \
	}                                                                            \
	case UB_JMP | UB_X | OP: {                                                   \
		wide a = (wide)DST, b = (wide)SRC;                                   \
		if (cond)                                                            \
			goto taken;                                                  \
		break;                                                               \
	}                                                                            \
	case UB_JMP32 | UB_K | OP: {                                                 \
		narrow a = (narrow)DST, b = (narrow)insn.imm;                        \
		if (cond)                                                            \
			goto taken;                                                  \
		break;                                                               \
	}                                                                            \
	case UB_JMP32 | UB_X | OP: {                                                 \
		narrow a = (narrow)DST, b = (narrow)SRC;                             \
		if (cond)                                                            \
			goto taken;                                                  \
		break;                                                               \
	}

/* Load and stores of one size. A program's memory has no alignment: it is copied. */
#define MEMORY(SIZE, type)                                                           \
	case UB_LDX | UB_MEM | SIZE: {                                               \
		uint32_t addr = (uint32_t)SRC + (uint32_t)insn.offset;               \
		type value;                                                          \
		if (!allowed(&regions, addr, sizeof value, UB_READ, variant))                 \
			return stop(run, UB_E_READ, pc, addr);                   \
		__builtin_memcpy(&value, ub_at(run, addr), sizeof value);                      \
		DST = value;                                                         \
		break;                                                               \
	}                                                                            \
	case UB_STX | UB_MEM | SIZE: {                                               \
		uint32_t addr = (uint32_t)DST + (uint32_t)insn.offset;               \
		type value = (type)SRC;                                              \
		if (!allowed(&regions, addr, sizeof value, UB_WRITE, variant))                \
			return stop(run, UB_E_WRITE, pc, addr);                  \
		__builtin_memcpy(ub_at(run, addr), &value, sizeof value);                      \
		break;                                                               \
	}                                                                            \
	case UB_ST | UB_MEM | SIZE: {                                                \
		uint32_t addr = (uint32_t)DST + (uint32_t)insn.offset;               \
		type value = (type)IMM64;                                            \
		if (!allowed(&regions, addr, sizeof value, UB_WRITE, variant))                \
			return stop(run, UB_E_WRITE, pc, addr);                  \
		__builtin_memcpy(ub_at(run, addr), &value, sizeof value);                      \
		break;                                                               \
	}

static inline __attribute__((always_inline)) int32_t interpret(const struct ub_prepared *prepared, struct ub_run *run,
								const int variant)
{
	const struct ub_program *program = prepared->program;
	const struct slice text = {(const uint8_t *)program->text, program->slots * UB_SLOT_BYTES};
	uint64_t reg[UB_REGISTERS] = {0};
	struct regions regions;
	struct frame frames[UB_FRAMES_MAX - 1];
	uint32_t depth = 0;
	uint32_t pc = program->entry * UB_SLOT_BYTES; /* in bytes, of the next instruction */

	regions_init(&regions, run);
	reg[1] = run->ctx_addr;
	reg[2] = run->ctx_len;
	reg[UB_R10] = run->stack_top;

	while (variant & IN_PLACE || pc < text.len) {
		struct insn insn;
		if (!decode(text, pc, variant, &insn))
			break;
		pc += UB_SLOT_BYTES;

		switch (insn.opcode) {
		ALU(UB_ADD, a + b, a + b)
		ALU(UB_SUB, a - b, a - b)
		ALU(UB_MUL, a * b, a * b)
		ALU(UB_DIV, b ? a / b : 0, b ? a / b : 0)
		ALU(UB_OR, a | b, a | b)
		ALU(UB_AND, a & b, a & b)
		ALU(UB_LSH, a << (b & 63), a << (b & 31))
		ALU(UB_RSH, a >> (b & 63), a >> (b & 31))
		ALU(UB_MOD, b ? a % b : a, b ? a % b : a)
		ALU(UB_XOR, a ^ b, a ^ b)
		ALU(UB_ARSH, (uint64_t)((int64_t)a >> (b & 63)), (int32_t)a >> (b & 31))

		case UB_ALU64 | UB_K | UB_MOV:
			DST = IMM64;
			break;
		case UB_ALU64 | UB_X | UB_MOV:
			DST = SRC;
			break;
		case UB_ALU32 | UB_K | UB_MOV:
			DST = (uint32_t)insn.imm;
			break;
		case UB_ALU32 | UB_X | UB_MOV:
			DST = (uint32_t)SRC;
			break;
		case UB_ALU64 | UB_NEG:
			DST = -DST;
			break;
		case UB_ALU32 | UB_NEG:
			DST = -(uint32_t)DST;
			break;
		case UB_ALU32 | UB_K | UB_END:
			DST = byte_order(DST, insn.imm, 0);
			break;
		case UB_ALU32 | UB_X | UB_END:
			DST = byte_order(DST, insn.imm, 1);
			break;

		case UB_LDDW: {
			struct insn high;
			if (!decode(text, pc, variant, &high))
				return stop(run, UB_E_OPCODE, pc, 0);
			DST = (uint32_t)insn.imm | (uint64_t)(uint32_t)high.imm << 32;
			pc += UB_SLOT_BYTES;
			break;
		}

		MEMORY(UB_B, uint8_t)
		MEMORY(UB_H, uint16_t)
		MEMORY(UB_W, uint32_t)
		MEMORY(UB_DW, uint64_t)

		JUMP(UB_JEQ, uint64_t, uint32_t, a == b)
		JUMP(UB_JNE, uint64_t, uint32_t, a != b)
		JUMP(UB_JGT, uint64_t, uint32_t, a > b)
		JUMP(UB_JGE, uint64_t, uint32_t, a >= b)
		JUMP(UB_JLT, uint64_t, uint32_t, a < b)
		JUMP(UB_JLE, uint64_t, uint32_t, a <= b)
		JUMP(UB_JSET, uint64_t, uint32_t, a & b)
		JUMP(UB_JSGT, int64_t, int32_t, a > b)
		JUMP(UB_JSGE, int64_t, int32_t, a >= b)
		JUMP(UB_JSLT, int64_t, int32_t, a < b)
		JUMP(UB_JSLE, int64_t, int32_t, a <= b)

		case UB_JMP | UB_JA:
		taken:
			if (insn.offset < 0 && run->budget-- == 0) {
				run->budget = 0;
				return stop(run, UB_E_BUDGET, pc, 0);
			}
			pc += (uint32_t)insn.offset * UB_SLOT_BYTES;
			break;

		case UB_JMP | UB_CALL: {
			if (insn.src == UB_CALL_LOCAL) {
				if (depth == UB_FRAMES_MAX - 1)
					return stop(run, UB_E_DEPTH, pc, 0);
				if (run->budget-- == 0) {
					run->budget = 0;
					return stop(run, UB_E_BUDGET, pc, 0);
				}
				struct frame *f = &frames[depth++];
				f->pc = pc;
				__builtin_memcpy(f->saved, &reg[6], sizeof f->saved);
				reg[UB_R10] -= UB_FRAME_BYTES;
				pc += (uint32_t)insn.imm * UB_SLOT_BYTES;
				break;
			}
			int index = ub_helper_index(insn.imm);
			if (index < 0 || !run->helpers || !run->helpers[index])
				return stop(run, UB_E_HELPER, pc, 0);
			reg[0] = run->helpers[index](run, (uint32_t)reg[1], (uint32_t)reg[2],
						     (uint32_t)reg[3], (uint32_t)reg[4],
						     (uint32_t)reg[5]);
			if (run->fault.status)
				return stop(run, run->fault.status, pc, run->fault.addr);
			break;
		}
		case UB_JMP | UB_EXIT:
			if (depth == 0) {
				run->r0 = reg[0];
				return 0;
			}
			depth--;
			__builtin_memcpy(&reg[6], frames[depth].saved, sizeof frames[depth].saved);
			pc = frames[depth].pc;
			break;

		default:
			return stop(run, UB_E_OPCODE, pc, 0);
		}
	}
	return stop(run, UB_E_OPCODE, pc + UB_SLOT_BYTES, 0);
}

static int32_t rbpf_prepare(const struct ub_engine *engine, const struct ub_program *program,
			    struct ub_arena *arena, uint32_t cpu, struct ub_prepared *out,
			    struct ub_fault *where)
{
	int32_t err = rbpf_supports(program, where);

	(void)engine;
	(void)arena;
	(void)cpu;
	if (err)
		return err;
	*out = (struct ub_prepared){.program = program};
	return 0;
}

/* An engine: the interpreter instantiated for a variant. */
#define ENGINE(id, text, variant)                                                            \
	static int32_t id##_run(const struct ub_prepared *prepared, struct ub_run *run)      \
	{                                                                                    \
		return interpret(prepared, run, variant);                                    \
	}                                                                                    \
	const struct ub_engine id##_engine = {.name = text, .prepare = rbpf_prepare, .run = id##_run};

ENGINE(rbpf, "rbpf", 0)
ENGINE(rbpf_decode, "rbpf-decode", IN_PLACE)
ENGINE(rbpf_cache, "rbpf-cache", CACHE)
