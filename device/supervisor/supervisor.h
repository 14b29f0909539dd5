/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor: several programs on one device, each in a compartment of its own. It loads them, starts, stops, kills
 * and replaces them, runs them when they are called or something happens, and keeps what they did wrong.
 *
 * One thread, the server, calls everything here (the helpers that programs call aside, which come through the gate).
 * The caller owns all memory: one struct supervisor, and the pool that programs get theirs from.
 *
 * Each of these files uses only those above it:
 *
 *   pool.c           the memory of programs, in pieces the MPU can wall off
 *   programs.c       which programs there are
 *   log.c            what programs printed
 *   configuration.c  whether what a program is to be is possible
 *   cache.c          compiled code, kept by what it was made of
 *   maps.c           maps of programs, their own and shared ones
 *   build.c          an image becomes a program in memory
 *   grants.c         which helpers a program may call
 *   place.c          a compartment: where everything of a program lies, and its walls
 *   load.c           an image is read, and known to be valid
 *   talk.c           mailboxes
 *   helpers.c        helpers as a device has them
 *   run.c            a run as it is before the first instruction
 *   order.c          who is attached to a hook, in order
 *   points.c         hooks in interrupts
 *   calls.c          what programs ask for, and whether they may
 *   hooks.c          what makes programs run: attaching, contexts, budgets
 *   life.c           starting, ending, faulting, replacing
 *   filters.c        hooks that see datagrams and frames, and may drop them
 *   step.c           the beginning; what is due, again and again
 */
#ifndef DEVICE_SUPERVISOR_H
#define DEVICE_SUPERVISOR_H

#include "abi/engine.h"
#include "abi/wire.h"
#include "device/os.h"
#include "device/config/config.h"
#include "device/supervisor/pool.h"
#include "firmware/helpers/helpers.h"
#include "maps/maps.h"

/* What the supervisor runs on. Outlives it. */
struct supervisor_board {
	const char *name; /* "netduinoplus2" */
	const char *core; /* "cortex-m4" */
	uint32_t cpu;     /* UB_CPU_* */
	uint8_t *pool;    /* 32-byte aligned */
	uint32_t pool_addr, pool_bytes;
	uint8_t *base;    /* struct ub_run.base */
	const struct ub_fault *panic; /* the firmware's own last fault, status UB_OK if none; may be NULL */
	os_filter_frames filter_frames; /* NULL: the link has no frames */
	uint32_t alias_end; /* memory below is seen UB_WIRE_ALIAS lower as well, where code is fetched faster; 0: none is */
};

enum {
	SUPERVISOR_PROGRAMS = 12,
	SUPERVISOR_CRASHES = 8,        /* faults in a row after which a program is left stopped */
	SUPERVISOR_BACKOFF_MS = 100,   /* after the first; doubles each time */
	SUPERVISOR_GOOD_MS = 60000,    /* without a fault: a row is over */
	SUPERVISOR_LOG = 1024,         /* bytes of printed text kept */
	SUPERVISOR_SHARED_WALLS = 2,   /* shared maps whose values a program has pointers to */
};

/* The maps of a program, from when it is loaded until it is unloaded. */
struct supervisor_maps {
	uint32_t n;
	uint32_t rest_bytes, value_bytes; /* what is only the firmware's; values that the program has pointers to; of shared maps neither */
	struct pool_piece rest;
	struct pool_piece block; /* the compartment, which stays while there are maps; its place is the same in each run */
	struct maps *maps;       /* NULL: none */
	char (*names)[UB_MAP_NAME_BYTES];
};

/* What is known of a program when it has been loaded. */
struct supervisor_image {
	struct supervisor_config config;
	struct pool_piece image; /* its bytes, which it cannot reach; len: rounded up */
	uint32_t image_bytes;
	uint32_t memory;  /* bytes of sections, text and tables, with what checking them needs */
	uint32_t stack;   /* bytes below r10, with what the engine saves there */
	uint32_t ctx_min;
	uint32_t flags;   /* UB_PROGRAM_* */
	struct supervisor_maps maps;
};

enum supervisor_state {
	SUPERVISOR_EMPTY,
	SUPERVISOR_LOADED,  /* nothing but the image: stopped, or never started */
	SUPERVISOR_READY,   /* waits to be run */
	SUPERVISOR_RUNNING,
	SUPERVISOR_BACKOFF, /* after a fault, until it is started again */
	SUPERVISOR_FAILED,  /* left stopped after too many faults */
};

/* A fault that is kept. */
struct supervisor_fault {
	struct os_end end;  /* pc: the slot for what engines notice, for a CPU fault in compiled code */
	uint32_t code_at;   /* its offset in that code, which pc then is an address in; else ~0 */
	uint32_t when_ms;
	uint32_t count;     /* so many since it was loaded; 0: none */
};

/* A mailbox: messages, each a word of length and its bytes, in a ring of words. */
struct supervisor_mailbox {
	struct pool_piece ring;
	uint32_t head, tail; /* bytes put, taken */
};

struct supervisor;

struct supervisor_program {
	struct supervisor *supervisor;
	uint32_t number;
	struct pool_piece own; /* what this lies in */
	struct supervisor_image loaded;
	enum supervisor_state state;
	/* The compartment, while it has one (place.c). */
	struct pool_piece block;
	int32_t code; /* index in the cache, -1: none */
	struct os_wall walls[OS_WALLS];
	uint32_t nwalls;
	struct supervisor_mailbox mailbox;
	struct ub_run *user;            /* the run as the program has it, in its block: nothing in it is believed */
	struct ub_prepared *prepared;   /* likewise */
	uint8_t *c_stack;
	uint32_t c_stack_bytes;
	struct ub_run run;              /* the run as it is */
	uint32_t open[UB_HELPER_WORDS]; /* helpers that the gate calls at once, by index */
	struct os_thread thread;
	/* Hooks. */
	uint32_t attached;  /* UB_EVENT_* of those it is attached to */
	uint32_t since;     /* of several on one hook with the same priority that with the lowest is first */
	uint32_t now_for;   /* the one that the run going on is for, 0: somebody called it */
	uint32_t over;      /* times it was stopped for taking more than a hook's budget, and detached */
	uint32_t hook_runs; /* runs in interrupts, and others for its hook */
	uint32_t level;     /* of its pin, HOOK_NO_LEVEL: unknown */
	union supervisor_hook_data {
		struct bpf_gpio_ctx gpio;
		struct bpf_sensor_ctx sensor;
		struct bpf_boot_ctx boot;
		struct bpf_fault_ctx fault;
	} what;             /* the context of its next run, but for hook, of which count is kept */
	struct ub_fault stopped; /* in an interrupt, by this: to be looked at; status 0: it was not */
	/* Running. */
	uint32_t pending; /* UB_EVENT_* since the last run */
	uint32_t input;
	uint64_t due;     /* end of its period, or of waiting after a fault */
	uint32_t tail;    /* of the mailbox when the last run began */
	uint32_t tails;   /* tail calls of this run that were followed */
	uint32_t called;  /* the run answers supervisor_call */
	uint32_t stopping;
	/* What came of it. */
	uint32_t crashes; /* in a row */
	uint32_t runs, ticks;
	uint32_t late_us; /* the longest it was run, or found running, after its period was over */
	int32_t status;   /* of the last run */
	uint64_t result;
	uint32_t spent;   /* of its budget */
	struct supervisor_fault fault;
	struct helper_entry local[UB_DEVICE_LOCALS];
	uint8_t nlocal;
};

/* Compiled code. */
struct supervisor_code {
	struct pool_piece piece; /* len 0: none */
	uint64_t key;
	uint32_t bytes, users, last_use;
};
enum { SUPERVISOR_CODES = 16 };

/* Hooks in interrupts: who is attached to each, in order. Interrupts read it, so that it is changed with them masked. */
enum { SUPERVISOR_POINTS = UB_HOOK_HELPER - UB_HOOK_SCHED_SWITCH + 1 };
struct supervisor_points {
	uint32_t n[SUPERVISOR_POINTS];
	uint8_t programs[SUPERVISOR_POINTS][SUPERVISOR_PROGRAMS];
	uint64_t entered[2]; /* when the tick, another interrupt began, nanoseconds */
};

/* What there was no memory for, when something was refused for that. */
struct supervisor_shortage {
	const char *what;        /* NULL: nothing was */
	uint32_t bytes;          /* it takes, in one piece; 0: more than the largest */
	uint32_t free, largest;  /* there were; the largest part of them */
};

struct supervisor {
	const struct supervisor_board *board;
	struct os_thread *server;
	struct pool pool;
	uint32_t alias_end; /* the board's, 0: code runs where it lies */
	struct supervisor_code codes[SUPERVISOR_CODES];
	uint64_t next;      /* when a program is due; 0: to be looked for */
	uint32_t uses;      /* of the cache */
	uint32_t compiled;  /* times code was made rather than found */
	struct helper_env env; /* devices and the global store */
	struct supervisor_shared *shared; /* maps.c */
	uint32_t seed;      /* of hash maps to come */
	struct supervisor_shortage shortage; /* of the program that was loaded or started last */
	struct supervisor_program *programs[SUPERVISOR_PROGRAMS]; /* in memory of the pool; where there is none, one that is empty */
	/* Called when a run that supervisor_call began has ended: status, result and context are the program's. */
	void (*answered)(void *arg, struct supervisor_program *p);
	void *answered_arg;
	uint8_t log[SUPERVISOR_LOG]; /* records: u8 program, u8 length, text */
	uint32_t log_head;           /* bytes ever written */
	uint32_t log_tail;           /* where the oldest record begins that is whole */
	/* Hooks. */
	uint32_t attachments;  /* ever made */
	uint64_t look_at_pins; /* when next, of simulated devices */
	struct supervisor_points points;
	uint32_t filtered;     /* UB_EVENTS_FILTER that somebody is attached to */
	os_filter frame_passes; /* whom the link asks while somebody is */
};

/* Flags of the server thread that the supervisor uses: one for each program. Others are the server's. */
enum { SUPERVISOR_FLAGS = (1 << SUPERVISOR_PROGRAMS) - 1 };

/* All of these return 0 or a negative status; those with a `where` fill it in. */

void supervisor_init(struct supervisor *s, const struct supervisor_board *board);

/* Takes a copy of the image and checks it. Returns the program's number; it is not started. */
int32_t supervisor_load(struct supervisor *s, const struct supervisor_config *config, const uint8_t *image, uint32_t len,
			struct ub_fault *where);
/* Puts another image in its place, and starts that if it was started. If anything of it fails, the old one goes on,
 * from its start. What was kept about faults, and its local store, stay. */
int32_t supervisor_replace(struct supervisor *s, uint32_t number, const struct supervisor_config *config,
			   const uint8_t *image, uint32_t len, struct ub_fault *where);
/* Removes it, whatever it is doing. */
int32_t supervisor_unload(struct supervisor *s, uint32_t number);

/* Gives it a compartment, and compiles it if that is its engine. A long-running one begins to run. */
int32_t supervisor_start(struct supervisor *s, uint32_t number, struct ub_fault *where);
/* No more runs: one that is going on may end, unless it is a long-running one. Then its compartment is gone. */
int32_t supervisor_stop(struct supervisor *s, uint32_t number);
/* The same, at once. */
int32_t supervisor_kill(struct supervisor *s, uint32_t number);

/* Writes a part of the context of a program that waits to be run, for supervisor_call to find there. */
int32_t supervisor_fill(struct supervisor *s, uint32_t number, uint32_t at, const uint8_t *bytes, uint32_t len);
/* What there was no memory for, if what was loaded or started last was refused with this status for that; else NULL. */
const struct supervisor_shortage *supervisor_shortage(const struct supervisor *s, int32_t status);

/* Runs it once with a copy of `len` bytes as its context, whose rest is zero; or, if `context` is NULL, with the first
 * `len` bytes that are there. `event`: the hook that this is for, whose budget it has, or 0. supervisor.answered follows. */
int32_t supervisor_call(struct supervisor *s, uint32_t number, const uint8_t *context, uint32_t len, uint32_t event);
/* The context as the program left it, after a run; NULL if it has no compartment. */
const uint8_t *supervisor_context(const struct supervisor_program *p, uint32_t *len);
/* Something came in from outside: runs the programs that wait for it, wakes those that sleep. */
void supervisor_input(struct supervisor *s, uint32_t value);

/* Hooks (hooks.c). Attaches a program to one of those its configuration grants it, so that it runs when that happens. It is
 * attached to all when it starts. `event` is one bit. */
int32_t supervisor_attach(struct supervisor *s, uint32_t number, uint32_t event, uint32_t priority);
int32_t supervisor_detach(struct supervisor *s, uint32_t number, uint32_t event);
/* The program that is n-th on the hook that one is attached to, by priority and time of attaching, or negative. A hook is an
 * event and what it is about: a pin, a path. */
int32_t supervisor_in_order(const struct supervisor *s, const struct supervisor_program *like, uint32_t event, uint32_t n);
/* The first program that answers a path, or negative. */
int32_t supervisor_of_path(const struct supervisor *s, const char *path, uint32_t len);
/* The device has started. */
void supervisor_booted(struct supervisor *s);
/* A pin has a level: its programs run if that is a change. For drivers; simulated devices are looked at in supervisor_step. */
void supervisor_pin(struct supervisor *s, uint32_t port, uint32_t pin, uint32_t level);
/* Runs the programs of UB_EVENT_PACKET_IN or _OUT, one after the other, and waits for them, with the lock open meanwhile. Returns 0 if
 * one says that the datagram is to be dropped. Those of frames the link asks for itself. */
int supervisor_passes(struct supervisor *s, uint32_t event, const uint8_t peer[OS_PEER_BYTES], const uint8_t *bytes, uint32_t len);

/* Writes text to the log, as if the program had printed it. */
void supervisor_log(struct supervisor *s, uint32_t number, const char *text);
/* Does what is due: ends, starts again, runs. To be called with the flags of SUPERVISOR_FLAGS that went up, and at the time
 * it returned last. */
uint64_t supervisor_step(struct supervisor *s, uint32_t woken);
/* The time by which it is to be called, after anything else here was. */
uint64_t supervisor_next(struct supervisor *s);

/* The number of a program, or UB_E_PROGRAM. `len`: without a zero. */
int32_t supervisor_find(const struct supervisor *s, const char *name, uint32_t len);
struct supervisor_program *supervisor_at(struct supervisor *s, uint32_t number); /* NULL if there is none */
/* The index of a program's map, or UB_E_PROGRAM. */
int32_t supervisor_map_named(const struct supervisor_program *p, const char *name, uint32_t len);

#endif
