/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent on the host: requests come from a buffer, answers go to one. Nothing here is compiled
 * for a device. */
#ifndef AGENT_HOST_H
#define AGENT_HOST_H

#include "firmware/agent/agent.h"
#include "jit/jit.h"

/* An agent and what it runs on. */
struct agent_host {
	struct agent_board board;
	struct agent agent;
	uint8_t *out; /* answers not fetched yet; grows */
	uint32_t out_len, out_size;
};

/* Returns NULL when the host is out of memory. base is the host address of device address 0; the
 * arena must be mapped there. */
struct agent_host *agent_host_new(uint8_t *base, uint32_t arena_addr, uint32_t arena_bytes);
void agent_host_free(struct agent_host *h);

/* Takes `len` bytes. Answers to all requests among them are then in h->out. */
void agent_host_receive(struct agent_host *h, const uint8_t *bytes, uint32_t len);

/* Compiles the program that is loaded once more, for `cpu` (UB_CPU_*), into code[0..bytes), 4-byte aligned. map
 * takes the places of the code of its slots. Returns the bytes of code or a negative status. */
int32_t agent_host_compile(const struct agent_host *h, uint32_t cpu, uint8_t *code, uint32_t bytes,
			   struct jit_map *map);

#endif
