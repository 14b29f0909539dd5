/* SPDX-License-Identifier: BSD-2-Clause */
/* Hooks: what makes a program of a device run, beside being called. X(NAME, number, "section", where, ms)
 *
 * section: what SEC() begins with (docs/hooks.md has what may follow). where: THREAD, behind the walls; or INTERRUPT, on the
 * interpreter, for programs that cannot jump backwards. ms: running time that a run may take before the program is
 * detached; 0: as its configuration says; those in interrupts are bounded by UB_HOOK_SLOTS and UB_HOOK_WORK. What programs get is in
 * bpf_hooks.h, which they include.
 */
#ifndef UB_ABI_HOOKS_H
#define UB_ABI_HOOKS_H

#include <stdint.h>

#include "examples/include/bpf_hooks.h"

#define UB_HOOKS(X)                                                        \
	X(TIMER, 0, "timer", THREAD, 0)                                    \
	X(INPUT, 1, "input", THREAD, 0)                                    \
	X(MESSAGE, 2, "message", THREAD, 0)                                \
	X(GPIO, 3, "gpio", THREAD, 100)                                    \
	X(SENSOR, 4, "sensor", THREAD, 100)                                \
	X(COAP, 5, "coap", THREAD, 1000)                                   \
	X(BOOT, 6, "boot", THREAD, 1000)                                   \
	X(FAULT, 7, "fault", THREAD, 100)                                  \
	X(PACKET_IN, 8, "packet/in", THREAD, 10)                           \
	X(PACKET_OUT, 9, "packet/out", THREAD, 10)                         \
	X(SCHED_SWITCH, 10, "tracepoint/sched_switch", INTERRUPT, 0)       \
	X(IRQ_ENTER, 11, "tracepoint/irq_enter", INTERRUPT, 0)             \
	X(IRQ_EXIT, 12, "tracepoint/irq_exit", INTERRUPT, 0)               \
	X(HELPER, 13, "tracepoint/helper", INTERRUPT, 0)                     \
	X(FRAME_IN, 14, "frame/in", THREAD, 10)                             \
	X(FRAME_OUT, 15, "frame/out", THREAD, 10)

enum ub_hook {
#define UB_HOOK_ENUM(name, number, section, where, ms) UB_HOOK_##name = (number),
	UB_HOOKS(UB_HOOK_ENUM)
#undef UB_HOOK_ENUM
	UB_HOOK_COUNT,
};

/* The same as bits. */
enum ub_event_bit {
#define UB_HOOK_BIT(name, number, section, where, ms) UB_EVENT_##name = 1 << (number),
	UB_HOOKS(UB_HOOK_BIT)
#undef UB_HOOK_BIT
	UB_EVENTS = (1 << UB_HOOK_COUNT) - 1,
	UB_EVENTS_MANY = UB_EVENT_TIMER | UB_EVENT_INPUT | UB_EVENT_MESSAGE, /* those that a program may have beside one of the others */
	UB_HOOK_IN_THREAD = 0,
	UB_HOOK_IN_INTERRUPT = 1,
	UB_EVENTS_FRAME = UB_EVENT_FRAME_IN | UB_EVENT_FRAME_OUT,
	UB_EVENTS_FILTER = UB_EVENT_PACKET_IN | UB_EVENT_PACKET_OUT | UB_EVENTS_FRAME,
	UB_EVENTS_INTERRUPT = UB_EVENT_SCHED_SWITCH | UB_EVENT_IRQ_ENTER | UB_EVENT_IRQ_EXIT | UB_EVENT_HELPER,
};

enum {
	UB_HOOK_PATH = 36,     /* bytes of the path of coap, with the zero */
	UB_HOOK_SLOTS = 512,   /* of a program that runs in interrupts, at most: each is executed once at most */
	UB_HOOK_WORK = 64,     /* units of work that its helpers may do (SPEC.md, Helpers) */
	UB_GPIO_RISING = 1, UB_GPIO_FALLING = 2, /* edges */
	UB_HOOK_PATIENCE = 5,  /* times its budget that a datagram or a frame waits for a program which others keep from running; then it passes */
	UB_HOOK_GPIO_MS = 10,     /* how often pins of simulated devices are looked at */
	UB_HOOK_SENSOR_MS = 1000, /* and sensors, where the section does not say */
};

/* What a hook is about, as one word: of gpio the pin and its edges, of a sensor its type, of a helper its id, 0 for all. */
#define UB_HOOK_PIN(port, pin, edges) ((uint32_t)(port) << 16 | (uint32_t)(pin) << 8 | (uint32_t)(edges))

#endif
