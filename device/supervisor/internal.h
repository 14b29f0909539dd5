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

/* Another number for each hash map. */
static inline uint32_t supervisor_seed(struct supervisor *s)
{
	return s->seed = s->seed * 1664525 + 1013904223;
}

/* Whether it has a compartment. */
static inline int supervisor_placed(const struct supervisor_program *p)
{
	return p->state == SUPERVISOR_READY || p->state == SUPERVISOR_RUNNING;
}

static inline uint32_t supervisor_now_ms(void)
{
	return (uint32_t)(os_now() / 1000);
}

/* programs.c. Stands where there is no program, to be read and never written. */
struct supervisor_program *supervisor_nobody(void);

/* configuration.c. Whether a configuration can be, alone. */
int32_t supervisor_check_config(const struct supervisor *s, const struct supervisor_config *c);
/* Whether a program that was verified may run in interrupts; of text that no engine has changed. */
int32_t supervisor_check_interrupt(const struct ub_program *program, struct ub_fault *where);
/* Bytes of context that a hook has, and that several need. */
uint32_t supervisor_hook_bytes(uint32_t event);
uint32_t supervisor_hook_context(uint32_t events);
/* Milliseconds that a run for a hook may take, 0: as its configuration says. */
uint32_t supervisor_hook_ms(uint32_t event);

/* load.c. Fills in *out from a configuration and an image, of which it keeps a copy. */
int32_t supervisor_read(struct supervisor *s, const struct supervisor_config *config, const uint8_t *image,
			uint32_t len, struct supervisor_image *out, struct ub_fault *where);
/* What was read, from then on until the program is unloaded. */
void supervisor_forget(struct supervisor *s, struct supervisor_image *image);

/* build.c. The image becomes a program in memory of the arena, made ready for the interpreter if that is its engine. `program`
 * keeps no pointer to anything else. */
int32_t supervisor_build(struct supervisor *s, const struct supervisor_image *image, struct ub_arena *arena,
			 struct ub_program *program, struct ub_prepared *prepared, struct ub_fault *where);

/* maps.c. What the maps of a program need. */
int32_t supervisor_count_maps(const struct supervisor_config *config, const struct ub_program *program, struct supervisor_maps *to,
			      struct ub_fault *where);
/* Makes or joins the maps of a program that was built in its block. What fails is dropped like the rest. */
/* `values`: the address in its block for those that it has pointers to. */
int32_t supervisor_make_maps(struct supervisor *s, struct supervisor_image *image, const struct ub_program *program, uint32_t values,
			     struct ub_fault *where);
void supervisor_drop_maps(struct supervisor *s, struct supervisor_image *image);
/* What is in maps of one program that are declared as in another one, under the same name, goes over. */
void supervisor_adopt_maps(struct supervisor_image *to, const struct supervisor_image *from);
/* The walls of shared maps: SUPERVISOR_SHARED_WALLS at most. Returns how many. */
uint32_t supervisor_share_walls(const struct supervisor *s, const struct supervisor_image *image, struct os_wall *walls);
/* A run of a program that has maps begins; it is over, however it ended. */
void supervisor_begin_maps(struct supervisor_program *p);
void supervisor_end_maps(struct supervisor_program *p);
/* Whether an address is in a map that is shared. */
int supervisor_is_shared(const struct supervisor *s, uint32_t addr);

/* place.c. What a compartment is called where there is no memory for it. */
#define SUPERVISOR_COMPARTMENT "its compartment (stack, context, values of maps, data and text)"
/* Where in a compartment values of maps begin, and the arena behind them. */
uint32_t supervisor_values_at(const struct supervisor_image *image);
uint32_t supervisor_arena_at(const struct supervisor_image *image);
int32_t supervisor_place(struct supervisor_program *p, struct ub_fault *where);
void supervisor_displace(struct supervisor_program *p);

/* cache.c. What is taken off the address of code to get that at which it runs: nothing, or UB_WIRE_ALIAS. */
static inline uint32_t supervisor_code_shift(const struct supervisor *s, const struct supervisor_code *c)
{
	return c->piece.addr + c->piece.len <= s->alias_end ? UB_WIRE_ALIAS : 0;
}
/* Finds or makes the code of a program; it has one user more. Returns its index or a status. */
int32_t supervisor_code_of(struct supervisor *s, const struct ub_program *program, enum supervisor_engine engine,
			   struct ub_fault *where);
void supervisor_code_leave(struct supervisor *s, int32_t code);
/* Gives up the code that was used least lately and has no user. Returns whether there was any. */
int supervisor_code_evict(struct supervisor *s);
/* A piece of the pool, for which code is given up if there is no room. What programs access lies beside the memory that code is
 * fetched from, if there is room: one memory serves one of both at a time. `what` it is for is told if there is none. */
int32_t supervisor_take(struct supervisor *s, uint32_t bytes, int private, const char *what, struct pool_piece *out);
/* Notes that there is no memory for something; bytes 0: it takes more than the largest free part. */
void supervisor_short_of(struct supervisor *s, const char *what, uint32_t bytes);

/* log.c. Text that a helper printed goes to the log. */
void supervisor_keep_text(struct supervisor_program *p);

/* grants.c */
int supervisor_may_call(const struct supervisor_program *p, uint32_t number);
/* Helpers that it may call: supervisor_program.open. */
void supervisor_open_helpers(struct supervisor_program *p);

/* helpers.c. By index, without asking whose they are. */
extern const ub_helper supervisor_gate_table[UB_HELPER_ENTRIES];

/* calls.c */
uint64_t supervisor_gate(void *owner, uint32_t number, const struct os_args *args);

/* run.c. Makes the run anew, as it is before the first instruction. */
void supervisor_prepare_run(struct supervisor_program *p, uint32_t context_len);
/* The same, as the supervisor keeps it, for runs that the program has no copy of. */
void supervisor_begin_run(struct supervisor_program *p, uint32_t context_len, uint32_t budget, uint32_t work);
/* Runs a program whose context has been filled in. `event`: what for, 0 if somebody called it. */
void supervisor_run(struct supervisor_program *p, uint32_t context_len, uint32_t event);
uint8_t *supervisor_clean_context(struct supervisor_program *p);
/* When its period is over, or it is started again. */
void supervisor_set_due(struct supervisor_program *p, uint64_t due);

/* life.c. Into a compartment; what it is then. */
int32_t supervisor_begin(struct supervisor_program *p, struct ub_fault *where);
/* Its run is over; or it faulted. */
void supervisor_ended(struct supervisor_program *p, const struct os_end *end);
void supervisor_crashed(struct supervisor_program *p, const struct os_end *end);

/* order.c. Whether the second is attached to the same hook as the first, and whether the first comes before the second there. */
int supervisor_same_hook(const struct supervisor_program *p, const struct supervisor_program *q, uint32_t event);
int supervisor_before(const struct supervisor_program *p, const struct supervisor_program *q);

/* hooks.c */
enum { HOOK_NO_LEVEL = 2 };
/* Its compartment is there, or will be gone. */
void supervisor_hooks_begin(struct supervisor_program *p);
void supervisor_hooks_leave(struct supervisor_program *p);
/* Runs a program that is ready for what is pending, if it is its turn. */
void supervisor_run_pending(struct supervisor_program *p);
/* Its run for a hook is over: whoever waits for that is looked at. With a fault: what becomes of its hook. */
void supervisor_hook_over(struct supervisor_program *p, uint32_t event);
void supervisor_hook_fault(struct supervisor_program *p, const struct os_end *end);
/* Looks at simulated devices that somebody is attached to. */
void supervisor_look_at_devices(struct supervisor *s, uint64_t now);

/* filters.c. Whether a frame passes: an os_filter of the supervisor. */
int supervisor_frame_passes(void *owner, int out, const struct os_frame *frame);

/* points.c */
/* What a program sees in an interrupt. */
union supervisor_seen {
	struct bpf_hook hook;
	struct bpf_sched_switch_ctx sched_switch;
	struct bpf_irq_ctx irq;
	struct bpf_helper_ctx helper;
};
void supervisor_point_attach(struct supervisor_program *p, uint32_t event);
void supervisor_point_detach(struct supervisor_program *p, uint32_t event);
/* A program calls a helper that it may call. Returns 0 if nobody watches that. */
int supervisor_point_helper(struct supervisor_program *caller, uint32_t number, const struct os_args *args);

/* talk.c */
uint64_t supervisor_send(struct supervisor *s, uint32_t number, const uint8_t *bytes, uint32_t len);
uint64_t supervisor_receive(struct supervisor_program *p, uint8_t *to, uint32_t size);

#endif
