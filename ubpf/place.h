/* SPDX-License-Identifier: BSD-2-Clause */
/* For a firmware that lays out memory by itself: where a program's memory, stack and helpers are. Measuring firmware
 * (firmware/agent) and the supervisor of compartments (device/supervisor) load programs this way; others leave
 * ubpf_options.place NULL. */
#ifndef UBPF_PLACE_H
#define UBPF_PLACE_H

#include "ubpf/ubpf.h"

struct ubpf_place {
	struct ub_arena arena; /* memory, of which what is `used` stays as it is; in the place of ubpf_open's */
	uintptr_t base;        /* struct ub_run.base */
	uint32_t stack_top;    /* address: r10 of the first frame. Below it lie UB_STACK_BYTES, then UB_SAVE_BYTES */
	uint32_t cpu;          /* UB_CPU_*, for compilers */
	uint32_t own_maps;     /* the caller makes the program's maps, where it wants them: they are only checked */
	/* Helpers of abi/helpers.h, which check their arguments themselves. */
	const ub_helper *calls;   /* by index */
	const uint16_t *known;    /* their ids, ascending */
	uint32_t nknown;
	uint16_t *ids;            /* room for nknown: those that are allowed */
};

#endif
