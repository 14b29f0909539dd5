/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of programs, in pieces that are walls (os.h): of 8 stripes of a power of two, or of 32 bytes or more where
 * nobody is to be let in. Pieces are listed by address; what is between them is free.
 */
#ifndef DEVICE_SUPERVISOR_POOL_H
#define DEVICE_SUPERVISOR_POOL_H

#include <stdint.h>

enum { POOL_PIECES = 80, POOL_UNIT = 32 };

struct pool_piece {
	uint32_t addr, len; /* len 0: none */
};

struct pool {
	uint32_t addr, bytes; /* addr: a multiple of POOL_UNIT */
	uint32_t n;
	struct pool_piece pieces[POOL_PIECES]; /* ascending */
};

void pool_init(struct pool *p, uint32_t addr, uint32_t bytes);

/* A piece of at least `bytes`, which one wall can open. Returns 0 or UB_E_MEMORY. */
int32_t pool_take(struct pool *p, uint32_t bytes, struct pool_piece *out);
/* The same at an address from which on it is to be. */
int32_t pool_take_from(struct pool *p, uint32_t from, uint32_t bytes, struct pool_piece *out);
/* A piece for memory that is only the firmware's. */
int32_t pool_take_private(struct pool *p, uint32_t bytes, struct pool_piece *out);
/* Gives a piece back; its len becomes 0. One that is none is left alone. */
void pool_give(struct pool *p, struct pool_piece *piece);

/* What a wall of `bytes` bytes takes: them, rounded up to stripes; *stripe is the size of one. */
uint32_t pool_wall(uint32_t bytes, uint32_t *stripe);
/* The longest free part. */
struct pool_piece pool_largest(const struct pool *p);
uint32_t pool_free(const struct pool *p);

#endif
