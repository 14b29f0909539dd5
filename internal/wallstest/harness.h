/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device's supervisor without threads, and the kernel's words for the MPU: a program that was started runs until the test says
 * how that ended. */
#ifndef WALLSTEST_HARNESS_H
#define WALLSTEST_HARNESS_H

#include "device/supervisor/supervisor.h"

enum { WALLSTEST_GRANTS = UB_REGIONS_MAX };

struct wallstest_range {
	uint32_t start, len, rights;
};

/* What is known of a program, and of where everything of it lies; len 0: it has none. */
struct wallstest_program {
	uint32_t state, runs;
	struct pool_piece block, code, image, own, mailbox, maps; /* pieces that are its own; code may be others', too */
	uint32_t values;                 /* begins behind C stack, run, context, stack */
	uint32_t arena;                  /* and sections, text, tables behind those */
	uint32_t code_bytes, code_at;    /* code_at: as the engine is told */
	struct wallstest_range grants[WALLSTEST_GRANTS]; /* as software checks them: stack, context, rodata, data, maps */
	struct ub_fault fault;           /* the last one kept */
	uint32_t fault_code_at;
	uint32_t mpu[2 * OS_WALLS];      /* of its thread, as the kernel makes them */
};

/* A device without programs, whose memory for programs is at base + pool_addr. */
void wallstest_begin(uint8_t *base, uint32_t pool_addr, uint32_t pool_bytes, uint32_t alias_end);

/* As supervisor.h has them. */
int32_t wallstest_load(const uint8_t *config, const uint8_t *image, uint32_t len);
int32_t wallstest_replace(uint32_t number, const uint8_t *config, const uint8_t *image, uint32_t len);
int32_t wallstest_start(uint32_t number);
int32_t wallstest_kill(uint32_t number);
int32_t wallstest_unload(uint32_t number);
int32_t wallstest_call(uint32_t number, uint32_t len);
/* The program's run has ended so. */
void wallstest_end(uint32_t number, const struct ub_fault *fault);
/* Time goes on, and what is due is done. */
void wallstest_step(uint32_t ms);

/* Returns whether there is such a program. */
int wallstest_program(uint32_t number, struct wallstest_program *out);
/* Pieces of the pool. Returns how many. */
uint32_t wallstest_pieces(struct pool_piece out[POOL_PIECES]);
/* Regions 0, 1 and 7 of a board. */
void wallstest_board(uint32_t mpu[6], const uint32_t board[6]);

#endif
