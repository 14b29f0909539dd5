/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the supervisor share. */
#ifndef DEVICE_SUPERVISOR_INTERNAL_H
#define DEVICE_SUPERVISOR_INTERNAL_H

#include <string.h>

#include "device/supervisor/supervisor.h"

/* C's way to an address of the pool. */
static inline uint8_t *supervisor_memory(const struct supervisor *s, uint32_t addr)
{
	return s->board->pool + (addr - s->board->pool_addr);
}

static inline uint32_t supervisor_now_ms(void)
{
	return (uint32_t)(os_now() / 1000);
}

/* pool.c, with what can be given up if there is no room: compiled code that nobody uses. */
int32_t supervisor_take(struct supervisor *s, uint32_t bytes, int private, struct pool_piece *out);

/* load.c. Fills in *out from a configuration and an image, of which it keeps a copy. */
int32_t supervisor_read(struct supervisor *s, const struct supervisor_config *config, const uint8_t *image,
			uint32_t len, struct supervisor_image *out, struct ub_fault *where);
/* The image becomes a program in memory of the arena, made ready for the interpreter if that is its engine. `program`
 * keeps no pointer to anything else. */
int32_t supervisor_build(struct supervisor *s, const struct supervisor_image *image, struct ub_arena *arena,
			 struct ub_program *program, struct ub_prepared *prepared, struct ub_fault *where);

/* place.c */
int32_t supervisor_place(struct supervisor_program *p, struct ub_fault *where);
void supervisor_displace(struct supervisor_program *p);
/* Makes the run anew, as it is before the first instruction. */
void supervisor_prepare_run(struct supervisor_program *p, uint32_t context_len);

/* cache.c. Finds or makes the code of a program; it has one user more. Returns its index or a status. */
int32_t supervisor_code_of(struct supervisor *s, const struct ub_program *program, enum supervisor_engine engine,
			   struct ub_fault *where);
void supervisor_code_leave(struct supervisor *s, int32_t code);
/* Gives up the code that was used least lately and has no user. Returns whether there was any. */
int supervisor_code_evict(struct supervisor *s);

/* gate.c */
uint64_t supervisor_gate(void *owner, uint32_t number, const struct os_args *args);
/* Helpers that a configuration grants and that have the devices they need: supervisor_program.open. */
void supervisor_open_helpers(struct supervisor_program *p);
/* The helpers there are. */
uint64_t supervisor_helpers(void);

/* talk.c */
uint64_t supervisor_send(struct supervisor *s, uint32_t number, const uint8_t *bytes, uint32_t len);
uint64_t supervisor_receive(struct supervisor_program *p, uint8_t *to, uint32_t size);

#endif
