/* SPDX-License-Identifier: BSD-2-Clause */
#include "femto/femto.h"

#include "abi/port.h"

struct region {
	uint32_t start, len;
	uint32_t rights;
	const struct region *next;
};

static const struct region *region_link(struct region *node, const struct ub_region *r,
					const struct region *next)
{
	*node = (struct region){r->start, r->len, r->rights, next};
	return node;
}

/* Links the regions in the order they are tried; returns the first. */
static const struct region *regions_link(struct region *nodes, const struct ub_run *run)
{
	const struct region *list = NULL;

	for (uint32_t i = run->nregions; i-- > UB_REGION_GRANTED;)
		list = region_link(&nodes[i], &run->regions[i], list);
	list = region_link(&nodes[UB_REGION_CTX], &run->regions[UB_REGION_CTX], list);
	list = region_link(&nodes[UB_REGION_RODATA], &run->regions[UB_REGION_RODATA], list);
	list = region_link(&nodes[UB_REGION_DATA], &run->regions[UB_REGION_DATA], list);
	return region_link(&nodes[UB_REGION_STACK], &run->regions[UB_REGION_STACK], list);
}

/* Whether [addr, addr + size) lies in one region that grants the right. */
static __attribute__((noinline)) int allowed(const struct region *r, uint32_t addr, uint32_t size,
					     uint32_t right)
{
	uint32_t end = addr + size;

	if (end < addr)
		return 0;
	for (; r; r = r->next) {
		if (addr >= r->start && end <= r->start + r->len && (r->rights & right))
			return 1;
	}
	return 0;
}

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

#define DST reg[UB_DST(insn)]
#define SRC reg[UB_SRC(insn)]
#define IMM insn->imm

/* Handlers of an operation, by class and operand, with a and b of the class's width. */
#define ALU(NAME, expr64, expr32)                                                    \
	alu64_k_##NAME : {                                                           \
		uint64_t a = DST, b = (uint64_t)(int64_t)IMM;                        \
		DST = (expr64);                                                      \
		goto next;                                                           \
	}                                                                            \
	alu64_x_##NAME : {                                                           \
		uint64_t a = DST, b = SRC;                                           \
		DST = (expr64);                                                      \
		goto next;                                                           \
	}                                                                            \
	alu32_k_##NAME : {                                                           \
		uint32_t a = (uint32_t)DST, b = (uint32_t)IMM;                       \
		DST = (uint32_t)(expr32);                                            \
		goto next;                                                           \
	}                                                                            \
	alu32_x_##NAME : {                                                           \
		uint32_t a = (uint32_t)DST, b = (uint32_t)SRC;                       \
		DST = (uint32_t)(expr32);                                            \
		goto next;                                                           \
	}

#define ALU_TARGETS(NAME, OP)                                                        \
	[UB_ALU64 | UB_K | (OP)] = &&alu64_k_##NAME,                                 \
	[UB_ALU64 | UB_X | (OP)] = &&alu64_x_##NAME,                                 \
	[UB_ALU32 | UB_K | (OP)] = &&alu32_k_##NAME,                                 \
	[UB_ALU32 | UB_X | (OP)] = &&alu32_x_##NAME

/* Handlers of a conditional jump; wide and narrow are the operands' types. */
#define JUMP(NAME, wide, narrow, cond)                                               \
	jmp_k_##NAME : {                                                             \
		wide a = (wide)DST, b = (wide)(int64_t)IMM;                          \
		condition = (cond) != 0;                                             \
		goto jump;                                                           \
	}                                                                            \
	jmp_x_##NAME : {                                                             \
		wide a = (wide)DST, b = (wide)SRC;                                   \
		condition = (cond) != 0;                                             \
		goto jump;                                                           \
	}                                                                            \
	jmp32_k_##NAME : {                                                           \
		narrow a = (narrow)DST, b = (narrow)IMM;                             \
		condition = (cond) != 0;                                             \
		goto jump;                                                           \
	}                                                                            \
	jmp32_x_##NAME : {                                                           \
		narrow a = (narrow)DST, b = (narrow)SRC;                             \
		condition = (cond) != 0;                                             \
		goto jump;                                                           \
	}

#define JUMP_TARGETS(NAME, OP)                                                       \
	[UB_JMP | UB_K | (OP)] = &&jmp_k_##NAME,                                     \
	[UB_JMP | UB_X | (OP)] = &&jmp_x_##NAME,                                     \
	[UB_JMP32 | UB_K | (OP)] = &&jmp32_k_##NAME,                                 \
	[UB_JMP32 | UB_X | (OP)] = &&jmp32_x_##NAME

/* Load and stores of one size. A program's memory has no alignment: it is copied. */
#define MEMORY(NAME, type)                                                           \
	ldx_##NAME : {                                                               \
		type value;                                                          \
		addr = (uint32_t)SRC + (uint32_t)insn->offset;                       \
		if (!allowed(regions, addr, sizeof value, UB_READ))                  \
			goto bad_read;                                               \
		__builtin_memcpy(&value, ub_at(run, addr), sizeof value);            \
		DST = value;                                                         \
		goto next;                                                           \
	}                                                                            \
	stx_##NAME : {                                                               \
		type value = (type)SRC;                                              \
		addr = (uint32_t)DST + (uint32_t)insn->offset;                       \
		if (!allowed(regions, addr, sizeof value, UB_WRITE))                 \
			goto bad_write;                                              \
		__builtin_memcpy(ub_at(run, addr), &value, sizeof value);            \
		goto next;                                                           \
	}                                                                            \
	st_##NAME : {                                                                \
		type value = (type)(int64_t)IMM;                                     \
		addr = (uint32_t)DST + (uint32_t)insn->offset;                       \
		if (!allowed(regions, addr, sizeof value, UB_WRITE))                 \
			goto bad_write;                                              \
		__builtin_memcpy(ub_at(run, addr), &value, sizeof value);            \
		goto next;                                                           \
	}

#define MEMORY_TARGETS(NAME, SIZE)                                                   \
	[UB_LDX | UB_MEM | (SIZE)] = &&ldx_##NAME,                                   \
	[UB_STX | UB_MEM | (SIZE)] = &&stx_##NAME,                                   \
	[UB_ST | UB_MEM | (SIZE)] = &&st_##NAME

/* The 64-bit immediate of the two slots of an lddw. */
#define WIDE_IMM ((uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32)

/* Every opcode without a handler goes to bad_opcode: the table overrides that. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"

static int32_t femto_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	static const void *const targets[256] = {
		[0 ... 255] = &&bad_opcode,
		ALU_TARGETS(add, UB_ADD),
		ALU_TARGETS(sub, UB_SUB),
		ALU_TARGETS(mul, UB_MUL),
		ALU_TARGETS(div, UB_DIV),
		ALU_TARGETS(or, UB_OR),
		ALU_TARGETS(and, UB_AND),
		ALU_TARGETS(lsh, UB_LSH),
		ALU_TARGETS(rsh, UB_RSH),
		ALU_TARGETS(mod, UB_MOD),
		ALU_TARGETS(xor, UB_XOR),
		ALU_TARGETS(mov, UB_MOV),
		ALU_TARGETS(arsh, UB_ARSH),
		[UB_ALU64 | UB_NEG] = &&neg64,
		[UB_ALU32 | UB_NEG] = &&neg32,
		[UB_ALU32 | UB_K | UB_END] = &&to_little,
		[UB_ALU32 | UB_X | UB_END] = &&to_big,
		[UB_LDDW] = &&lddw,
		[UB_LDDWD] = &&lddwd,
		[UB_LDDWR] = &&lddwr,
		MEMORY_TARGETS(byte, UB_B),
		MEMORY_TARGETS(half, UB_H),
		MEMORY_TARGETS(word, UB_W),
		MEMORY_TARGETS(double, UB_DW),
		[UB_JMP | UB_JA] = &&always,
		JUMP_TARGETS(eq, UB_JEQ),
		JUMP_TARGETS(gt, UB_JGT),
		JUMP_TARGETS(ge, UB_JGE),
		JUMP_TARGETS(set, UB_JSET),
		JUMP_TARGETS(ne, UB_JNE),
		JUMP_TARGETS(sgt, UB_JSGT),
		JUMP_TARGETS(sge, UB_JSGE),
		JUMP_TARGETS(lt, UB_JLT),
		JUMP_TARGETS(le, UB_JLE),
		JUMP_TARGETS(slt, UB_JSLT),
		JUMP_TARGETS(sle, UB_JSLE),
		[UB_JMP | UB_CALL] = &&call,
		[UB_JMP | UB_EXIT] = &&leave,
	};
	const struct ub_program *program = prepared->program;
	const struct ub_insn *insn = &program->text[program->entry];
	struct region nodes[UB_REGIONS_MAX];
	const struct region *regions = regions_link(nodes, run);
	uint64_t reg[UB_REGISTERS] = {0};
	uint32_t addr = 0;
	int32_t status;
	int condition;

	reg[1] = run->ctx_addr;
	reg[2] = run->ctx_len;
	reg[UB_R10] = run->stack_top;
	goto start;

jump:
	if (condition) {
		if (insn->offset < 0) {
			if (run->budget == 0)
				goto out_of_budget;
			run->budget--;
		}
		insn += insn->offset;
	}
next:
	insn++;
start:
	goto *targets[insn->opcode];

	ALU(add, a + b, a + b)
	ALU(sub, a - b, a - b)
	ALU(mul, a * b, a * b)
	ALU(div, b ? a / b : 0, b ? a / b : 0)
	ALU(or, a | b, a | b)
	ALU(and, a & b, a & b)
	ALU(lsh, a << (b & 63), a << (b & 31))
	ALU(rsh, a >> (b & 63), a >> (b & 31))
	ALU(mod, b ? a % b : a, b ? a % b : a)
	ALU(xor, a ^ b, a ^ b)
	ALU(mov, ((void)a, b), ((void)a, b))
	ALU(arsh, (uint64_t)((int64_t)a >> (b & 63)), (int32_t)a >> (b & 31))

neg64:
	DST = -DST;
	goto next;
neg32:
	DST = -(uint32_t)DST;
	goto next;
to_little:
	DST = byte_order(DST, IMM, 0);
	goto next;
to_big:
	DST = byte_order(DST, IMM, 1);
	goto next;

lddw:
	DST = WIDE_IMM;
	insn++;
	goto next;
lddwd:
	DST = program->data_addr + WIDE_IMM;
	insn++;
	goto next;
lddwr:
	DST = program->rodata_addr + WIDE_IMM;
	insn++;
	goto next;

	MEMORY(byte, uint8_t)
	MEMORY(half, uint16_t)
	MEMORY(word, uint32_t)
	MEMORY(double, uint64_t)

always:
	condition = 1;
	goto jump;
	JUMP(eq, uint64_t, uint32_t, a == b)
	JUMP(gt, uint64_t, uint32_t, a > b)
	JUMP(ge, uint64_t, uint32_t, a >= b)
	JUMP(set, uint64_t, uint32_t, a & b)
	JUMP(ne, uint64_t, uint32_t, a != b)
	JUMP(sgt, int64_t, int32_t, a > b)
	JUMP(sge, int64_t, int32_t, a >= b)
	JUMP(lt, uint64_t, uint32_t, a < b)
	JUMP(le, uint64_t, uint32_t, a <= b)
	JUMP(slt, int64_t, int32_t, a < b)
	JUMP(sle, int64_t, int32_t, a <= b)

call : {
	int index = ub_helper_index(IMM);
	if (index < 0 || !run->helpers || !run->helpers[index]) {
		status = UB_E_HELPER;
		goto fault;
	}
	reg[0] = run->helpers[index](run, (uint32_t)reg[1], (uint32_t)reg[2], (uint32_t)reg[3],
				     (uint32_t)reg[4], (uint32_t)reg[5]);
	if (run->fault.status) {
		run->fault.pc = (uint32_t)(insn - program->text);
		return run->fault.status;
	}
	goto next;
}
leave:
	run->r0 = reg[0];
	return 0;

bad_read:
	status = UB_E_READ;
	goto fault;
bad_write:
	status = UB_E_WRITE;
	goto fault;
out_of_budget:
	status = UB_E_BUDGET;
	goto fault;
bad_opcode:
	status = UB_E_OPCODE;
fault:
	run->fault = (struct ub_fault){status, (uint32_t)(insn - program->text), addr};
	return status;
}

#pragma GCC diagnostic pop

static int32_t femto_prepare(const struct ub_engine *engine, const struct ub_program *program,
			     struct ub_arena *arena, uint32_t cpu, struct ub_prepared *out,
			     struct ub_fault *where)
{
	int32_t err = femto_supports(program, where);

	(void)engine;
	(void)arena;
	(void)cpu;
	if (err)
		return err;
	*out = (struct ub_prepared){.program = program};
	return 0;
}

const struct ub_engine femto_engine = {
	.name = "femto",
	.caps = UB_ENGINE_FEMTO,
	.prepare = femto_prepare,
	.run = femto_run,
};
