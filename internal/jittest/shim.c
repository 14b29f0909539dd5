/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "internal/jittest/shim.h"

#include <stdlib.h>
#include <string.h>

#include "jit/compile.h"
#include "verify/verify.h"

/* Calls the emitter; false if it said so. */
static bool emit(struct jit_code *c, enum jittest_emitter emitter, const uint32_t a[7])
{
	const int rd = (int)a[0], rn = (int)a[1], rm = (int)a[2];
	switch (emitter) {
	case JITTEST_DP: jit_dp(c, (enum t2_dp)a[0], rn, rm, (int)a[3], (enum jit_flags)a[4]); break;
	case JITTEST_DP_SHIFT:
		jit_dp_shift(c, (enum t2_dp)a[0], rn, rm, (int)a[3], (enum t2_shift)a[4], a[5], (enum jit_flags)a[6]);
		break;
	case JITTEST_DP_IMM: return jit_dp_imm(c, (enum t2_dp)a[0], rn, rm, a[3], (enum jit_flags)a[4]);
	case JITTEST_MOV: jit_mov(c, rd, rn); break;
	case JITTEST_MVN: jit_mvn(c, rd, rn, (enum jit_flags)a[2]); break;
	case JITTEST_CONST: jit_const(c, rd, a[1], (enum jit_flags)a[2]); break;
	case JITTEST_SHIFT_IMM: jit_shift_imm(c, (enum t2_shift)a[0], rn, rm, a[3], (enum jit_flags)a[4]); break;
	case JITTEST_SHIFT_REG: jit_shift_reg(c, (enum t2_shift)a[0], rn, rm, (int)a[3], (enum jit_flags)a[4]); break;
	case JITTEST_UNARY: jit_unary(c, (enum t2_unary)a[0], rn, rm); break;
	case JITTEST_MUL: jit_mul(c, rd, rn, rm, (enum jit_flags)a[3]); break;
	case JITTEST_MUL3: jit_mul3(c, (enum t2_mul3)a[0], rn, rm, (int)a[3], (int)a[4]); break;
	case JITTEST_BITFIELD: jit_bitfield(c, a[0], rn, rm, a[3], a[4]); break;
	case JITTEST_MEM: jit_mem(c, (enum t2_mem)a[0], rn, rm, (int32_t)a[3]); break;
	case JITTEST_MEM_POST: jit_mem_post(c, (enum t2_mem)a[0], rn, rm, (int32_t)a[3]); break;
	case JITTEST_MEM_REG: jit_mem_reg(c, (enum t2_mem)a[0], rn, rm, (int)a[3], a[4]); break;
	case JITTEST_PUSH: jit_push(c, a[0]); break;
	case JITTEST_POP: jit_pop(c, a[0]); break;
	case JITTEST_SP_ADD: jit_sp_add(c, (int32_t)a[0]); break;
	case JITTEST_IT: jit_it(c, (enum t2_cond)a[0]); break;
	case JITTEST_ITT: jit_itt(c, (enum t2_cond)a[0]); break;
	case JITTEST_NARROW: jit_narrow(c, a[0]); break;
	case JITTEST_WIDE: jit_wide(c, a[0]); break;
	}
	return true;
}

int32_t jittest_emit(enum jittest_emitter emitter, const uint32_t args[7], uint16_t *out, uint32_t cap)
{
	struct jit_code c = { .at = out, .cap = cap, .zero_at = ~0u };
	if (!emit(&c, emitter, args))
		return c.len ? JITTEST_BROKEN : JITTEST_NONE;
	return c.broken ? JITTEST_BROKEN : (int32_t)c.len;
}

int32_t jittest_branch(enum t2_cond cond, bool link, bool forward, uint32_t nops, uint16_t *out, uint32_t cap)
{
	struct jit *j = calloc(1, sizeof *j);
	uint16_t labels[JIT_L_FUNCS];
	struct jit_fixup fixups[1];
	if (!j)
		return UB_E_MEMORY;
	j->out.code = (struct jit_code){ .at = out, .cap = cap };
	j->out.labels = labels;
	j->out.fixups = fixups + 1;
	if (!forward) {
		jit_label(&j->out, JIT_L_EXIT);
		for (uint32_t i = 0; i < nops; i++)
			jit_narrow(&j->out.code, T2_NOP);
	}
	if (link)
		jit_branch_link(&j->out, JIT_TO_LABEL, JIT_L_EXIT);
	else
		jit_branch(&j->out, cond, JIT_TO_LABEL, JIT_L_EXIT);
	if (forward) {
		for (uint32_t i = 0; i < nops; i++)
			jit_narrow(&j->out.code, T2_NOP);
		jit_label(&j->out, JIT_L_EXIT);
	}
	jit_patch(&j->out);
	int32_t result = j->out.error ? j->out.error : (int32_t)j->out.code.len;
	free(j);
	return result;
}

int32_t jittest_compile(struct ub_program *program, uint32_t cpu, uint32_t options, uint8_t *mem, uint32_t bytes,
			struct jit_map *map, struct ub_fault *where)
{
	uint32_t room = 9 * program->slots + 64; /* what verify.h says it takes, at worst */
	uint8_t *list = malloc(room), *tight = malloc(bytes + !bytes);
	int32_t result = UB_E_MEMORY;
	if (list && tight) {
		struct ub_arena arena = { list, 0x20000000, room, 0 };
		memset(tight, 0x5a, bytes);
		result = verify_program(program, UB_ENGINE_COMPILES, &arena, where);
		if (result == 0) {
			struct ub_fault there;
			int32_t again = jit_compile(program, cpu, options, tight, bytes, NULL, &there);
			result = jit_compile(program, cpu, options, mem, bytes, map, where);
			if (result != again || memcmp(where, &there, sizeof there) != 0 ||
			    (result > 0 && memcmp(mem, tight, (uint32_t)result) != 0))
				result = UB_E_INTERNAL;
		}
	}
	free(tight);
	free(list);
	return result;
}

int32_t jittest_onepass(struct ub_program *program, uint32_t options, uint8_t *mem, uint32_t bytes, struct onepass_report *report,
			struct ub_fault *where)
{
	uint32_t room = 9 * program->slots + 64;
	uint8_t *list = malloc(room), *tight = malloc(bytes + !bytes);
	int32_t result = UB_E_MEMORY;
	if (list && tight) {
		struct ub_arena arena = { list, 0x20000000, room, 0 };
		memset(tight, 0x5a, bytes);
		result = verify_program(program, UB_ENGINE_COMPILES, &arena, where);
		if (result == 0) {
			struct ub_fault there;
			int32_t again = onepass_compile(program, options, tight, bytes, NULL, &there);
			result = onepass_compile(program, options, mem, bytes, report, where);
			if (result != again || memcmp(where, &there, sizeof there) != 0 ||
			    (result > 0 && memcmp(mem, tight, (uint32_t)result) != 0))
				result = UB_E_INTERNAL - 1000;
		}
	}
	free(tight);
	free(list);
	return result;
}

int32_t jittest_prepare_unverified(const struct ub_program *program, struct ub_arena *arena)
{
	struct ub_prepared prepared;
	struct ub_fault where;
	return jit_engine.prepare(&jit_engine, program, arena, 0, &prepared, &where);
}
