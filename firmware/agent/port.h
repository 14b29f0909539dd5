/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent needs from where it runs, besides the counters of abi/port.h. firmware/boot
 * implements it for boards, host.c for the host. `port` is what the board handed to agent_init.
 */
#ifndef AGENT_PORT_H
#define AGENT_PORT_H

#include "abi/port.h"

/* One step of a job that may fault: returns 0 or a negative status. */
typedef int32_t (*agent_step)(void *arg);

/* Sends all bytes. */
void agent_port_send(void *port, const uint8_t *bytes, uint32_t len);

/* Does a step. If the CPU faults in it, the step ends there, and the fault's status is returned
 * with *fault filled in; else *fault is left alone. Steps do not nest. */
int32_t agent_port_protect(void *port, agent_step step, void *arg, struct ub_fault *fault);

/* Prepares to measure the stack a step uses; then, after it, the bytes it used below the frame
 * of agent_port_protect. */
void agent_port_paint_stack(void *port);
uint32_t agent_port_stack_peak(void *port);

/* UB_WIRE_COUNTS_* of the counters that work here. */
uint32_t agent_port_counters(void *port);

/* Misbehaves: kind is UB_WIRE_TRAP_*. Returns only where there is no CPU to fault. */
void agent_port_trap(void *port, uint32_t kind);

#endif
