/* SPDX-License-Identifier: BSD-2-Clause */
/* What every engine exports: one const struct ub_engine. Adding an engine is one folder and one
 * row in the agent's table.
 */
#ifndef UB_ABI_ENGINE_H
#define UB_ABI_ENGINE_H

#include "abi/run.h"

/* struct ub_engine.caps */
enum {
	UB_ENGINE_COMPILES = 1 << 0, /* prepare makes machine code; its cost is the compile phase */
	UB_ENGINE_NATIVE = 1 << 1,   /* runs a kernel of the firmware, takes no program */
	UB_ENGINE_UNSAFE = 1 << 2,   /* no checks: for measurement only */
	UB_ENGINE_FEMTO = 1 << 3,    /* wants lddwd/lddwr left in the text */
	UB_ENGINE_DEVICE = 1 << 4,   /* runs on the device only; the host can but prepare */
};

/* CPU capability word given to prepare. */
enum { UB_CPU_DSP = 1 << 0 /* ARMv7E-M: Cortex-M4 */, UB_CPU_FPU = 1 << 1 };

/* What prepare made. Lives as long as the arena it was taken from. */
struct ub_prepared {
	const struct ub_program *program;
	void *state;         /* the engine's own */
	uint32_t code_addr;  /* device address of machine code, 0 if none */
	uint32_t code_bytes;
	uint32_t ram_bytes;  /* taken from the arena and kept */
};

struct ub_engine {
	const char *name;
	uint32_t caps;
	/* Makes a verified program ready. Returns 0 or a negative status, with *where filled in.
	 * Scratch may be taken from the arena and given back by setting `used`. */
	int32_t (*prepare)(const struct ub_engine *engine, const struct ub_program *program,
			   struct ub_arena *arena, uint32_t cpu, struct ub_prepared *out,
			   struct ub_fault *where);
	/* Runs once. Returns run->fault.status; run->r0 is the result if that is 0. The caller has
	 * filled in regions, budget and context, and zeroed the granted part of the stack. */
	int32_t (*run)(const struct ub_prepared *prepared, struct ub_run *run);
	/* Undoes what prepare did to the program's text, which can then be loaded or prepared again. NULL if
	 * prepare leaves text as it is. Until then nobody else may read the text. */
	void (*release)(const struct ub_prepared *prepared);
};

#endif
