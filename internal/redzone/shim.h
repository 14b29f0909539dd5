/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program at addresses the test chooses: verified, compiled, and interpreted on the host. */
#ifndef REDZONE_SHIM_H
#define REDZONE_SHIM_H

#include "abi/engine.h"
#include "firmware/helpers/helpers.h"
#include "jit/onepass/onepass.h"
#include "maps/maps.h"

enum { REDZONE_SLOTS = 0x4000, REDZONE_CODE = 1 << 17, REDZONE_MAPS = 1 << 15, REDZONE_SEED = 0x2545f491 };

struct redzone {
	uint8_t *base; /* of the device's address space on the host */
	struct ub_program program;
	struct ub_fault where; /* why the program was refused */
	struct ub_run run;     /* as the interpreter takes and leaves it */
	struct helper_env env; /* likewise */
	void *library; /* that the compiler in one pass comes from, if it is not the one that is linked */
	int32_t (*compiler)(const struct ub_program *, uint32_t, uint8_t *, uint32_t, struct onepass_report *, struct ub_fault *);
	const char *(*complaint)(void);
	struct onepass_report report; /* what became of the plan */
	uint8_t scratch[9 * REDZONE_SLOTS + 64]; /* for the verifier */
	struct ub_map_def defs[UB_MAPS_MAX]; /* the program's, nmaps of them */
	struct ub_map_place places[UB_MAPS_MAX];
	struct maps *maps; /* of the interpreter; those of the device are made by the firmware */
	uint8_t rest[REDZONE_MAPS] __attribute__((aligned(8))); /* keys, links and so on */
	uint32_t code_bytes;
	uint8_t code[REDZONE_CODE] __attribute__((aligned(8)));
};

/* Verifies z->program. Returns 0 or a status, as do the others. */
int32_t redzone_verify(struct redzone *z);

/* Bytes of values of the maps in z->defs, or a status; z->where.pc is the map then. */
int32_t redzone_value_bytes(struct redzone *z);
/* Bytes of everything else, here or on the device at most. */
uint32_t redzone_rest_bytes(const struct redzone *z);
/* Makes the maps of the interpreter, empty, with values at an address, and sets where the compilers find them. */
int32_t redzone_make_maps(struct redzone *z, uint32_t addr);

/* Compiles it to z->code, with the options of jit.h. */
int32_t redzone_compile(struct redzone *z, uint32_t cpu, uint32_t options);

/* The same by the compiler in one pass. */
int32_t redzone_onepass(struct redzone *z);

/* Takes that compiler from a shared object, "": none. Returns NULL, or what is wrong. */
const char *redzone_use(struct redzone *z, const char *path);
/* What is wrong with what was compiled last, or NULL. */
const char *redzone_complaint(const struct redzone *z);

/* What became of its plan, in words. */
const char *redzone_verdict(const struct redzone *z);

/* Interprets it, with z->run and z->env filled in. */
int32_t redzone_interpret(struct redzone *z);

#endif
