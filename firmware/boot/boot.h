/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the boot code share. */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "firmware/agent/agent.h"

/* The memory map (ARCHITECTURE.md); sections.ld places sections by it. */
#define BOOT_RAM_START 0x20000000u
#define BOOT_STACK_BYTES 0x2000u
#define BOOT_ARENA_ADDR 0x20004000u
#define BOOT_RAM_END 0x20020000u
#define BOOT_SRAM1_END 0x2001c000u /* STM32F205, F405: a block of SRAM ends there, and another one begins */

/* protect.S, fault.c */
int32_t boot_protect(agent_step step, void *arg);
extern uint8_t *volatile boot_recovery; /* stack pointer of the protected step, NULL: none */
extern volatile struct ub_fault boot_last_fault;

/* main.c: where a fault outside every step ends. */
void boot_restart(void) __attribute__((noreturn));

/* usart.c */
void boot_usart_init(void);
uint8_t boot_usart_get(void); /* waits */
void boot_usart_put(uint8_t byte);

/* stack.S; BOOT_RAM_START and BOOT_PAINT are repeated there. */
#define BOOT_PAINT 0x5afe57acu
uint32_t *boot_stack_first_used(void);

/* counters.S */
uint32_t boot_probe(void);
uint32_t boot_nothing(void);
enum { BOOT_PROBE_INSTRUCTIONS = 1001 };

/* alias.c: whether SRAM1 is seen at address 0 from now on. */
int boot_show_sram1_at_zero(void);

/* port.c */
void boot_counters_init(void);

#endif
