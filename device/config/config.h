/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program is to be, and all it may do: written by who deploys it, signed with it (device/trust), kept by the
 * supervisor. */
#ifndef DEVICE_CONFIG_H
#define DEVICE_CONFIG_H

#include <stdint.h>

#include "abi/helpers.h"
#include "abi/hooks.h"

/* Engines of a device: X(NAME, number, text). jit-plan follows the plan in the image, if there is one; jit-mpu leaves bounds to the
 * walls and the budget to the clock. */
#define SUPERVISOR_ENGINES(X)     \
	X(VM, 0, "vm")            \
	X(JIT, 1, "jit")          \
	X(JIT_MPU, 2, "jit-mpu")  \
	X(JIT_PLAN, 3, "jit-plan")
enum supervisor_engine {
#define SUPERVISOR_ENGINE(name, number, text) SUPERVISOR_##name = (number),
	SUPERVISOR_ENGINES(SUPERVISOR_ENGINE)
#undef SUPERVISOR_ENGINE
	SUPERVISOR_ENGINE_COUNT,
};

enum supervisor_restart { SUPERVISOR_NEVER, SUPERVISOR_ON_FAULT, SUPERVISOR_ALWAYS };

enum {
	SUPERVISOR_NAME = 16, /* bytes, with the zero */
	SUPERVISOR_KEYS = 4,
};

/* Keys of the global store: first to last. */
struct supervisor_keys {
	uint32_t first, last, rights; /* UB_READ | UB_WRITE */
};

/* What a program is to be, and all it may do. */
struct supervisor_config {
	char name[SUPERVISOR_NAME]; /* letters, digits, - and _ */
	uint8_t format;             /* enum ub_format */
	uint8_t engine;             /* enum supervisor_engine */
	uint8_t restart;            /* enum supervisor_restart */
	uint8_t priority;           /* 1 (first) to 6 */
	uint8_t long_running;       /* runs once, from start on */
	uint8_t hook_priority;      /* of several programs on one hook that with the lowest is first; then that attached first */
	uint16_t entry;             /* index of the entry function */
	uint32_t period_ms;         /* of UB_EVENT_TIMER, UB_EVENT_SENSOR */
	uint32_t budget;            /* backward jumps and local calls a run may do; of no account to jit-mpu */
	uint32_t ticks;             /* of running time without a pause; 0: no limit, but for jit-mpu 1000 */
	uint32_t context;           /* bytes of context it gets at most; those of events have what bpf_hooks.h says at least */
	uint32_t mailbox;           /* bytes; each message takes 4 more than it has, rounded up to 4 */
	uint32_t helpers[UB_HELPER_WORDS]; /* bits by enum ub_helper_index */
	uint32_t devices;           /* bits 1 << enum ub_device: kinds it may use */
	struct supervisor_keys keys[SUPERVISOR_KEYS];
	uint32_t shared; /* two bits for each of its maps, UB_READ, UB_WRITE: it shares that map with others; 0: the map is its own */
	/* Hooks it may be attached to, and is when it starts: UB_EVENT_*. Of those that are not in UB_EVENTS_MANY one at most. */
	uint32_t events;
	uint32_t hook_argument;           /* what its hook is about (abi/hooks.h) */
	char hook_path[UB_HOOK_PATH];     /* of UB_EVENT_COAP */
};

#endif
