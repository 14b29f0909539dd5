/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's port to a board (firmware/agent/port.h) but for the counters. */
#include "firmware/boot/boot.h"
#include "firmware/boot/regs.h"

void boot_counters_init(void)
{
	RCC_APB1ENR |= RCC_TIM2;
	(void)RCC_APB1ENR;
	TIM2_PSC = 0;
	TIM2_ARR = 0xffffffff;
	TIM2_EGR = TIM_UG;
	TIM2_CR1 = TIM_CEN;
	DEMCR |= DEMCR_TRCENA;
	DWT_CTRL |= DWT_CYCCNTENA;
}

void agent_port_send(void *port, const uint8_t *bytes, uint32_t len)
{
	(void)port;
	while (len--)
		boot_usart_put(*bytes++);
}

int32_t agent_port_protect(void *port, agent_step step, void *arg, struct ub_fault *fault)
{
	(void)port;
	boot_last_fault.status = 0;
	int32_t status = boot_protect(step, arg);
	if (boot_last_fault.status)
		*fault = boot_last_fault;
	return status;
}

static inline uint32_t *stack_pointer(void)
{
	uint32_t *sp;
	__asm__ volatile("mov %0, sp" : "=r"(sp));
	return sp;
}

/* Only what lost its paint since last time needs it: emulators are slow at stores. */
void agent_port_paint_stack(void *port)
{
	(void)port;
	uint32_t *sp = stack_pointer();
	for (uint32_t *p = boot_stack_first_used(); p < sp; p++)
		*p = BOOT_PAINT;
}

uint32_t agent_port_stack_peak(void *port)
{
	(void)port;
	return (uint32_t)(stack_pointer() - boot_stack_first_used()) * sizeof(uint32_t);
}

static uint32_t spent(uint32_t (*count)(void), uint32_t (*what)(void))
{
	uint32_t from = count();
	what();
	return count() - from;
}

uint32_t agent_port_counters(void *port)
{
	(void)port;
	uint32_t works = 0;
	if (spent(ub_port_instructions, boot_probe) - spent(ub_port_instructions, boot_nothing) ==
	    BOOT_PROBE_INSTRUCTIONS)
		works |= UB_WIRE_COUNTS_INSTRUCTIONS;
	if (spent(ub_port_cycles, boot_probe))
		works |= UB_WIRE_COUNTS_CYCLES;
	return works;
}

/* Uses up the stack. */
static uint32_t __attribute__((noinline)) recurse(volatile uint32_t depth)
{
	volatile uint32_t mine[32];
	mine[0] = depth;
	return depth ? recurse(depth + 1) + mine[0] : 0;
}

void agent_port_trap(void *port, uint32_t kind)
{
	(void)port;
	switch (kind) {
	case UB_WIRE_TRAP_READ:
		(void)BOOT_REG(0x60000000); /* external memory, of which there is none */
		break;
	case UB_WIRE_TRAP_EXECUTE:
		((void (*)(void))0x40000001)();
		break;
	case UB_WIRE_TRAP_STACK:
		recurse(1);
		break;
	case UB_WIRE_TRAP_HANG:
		for (;;)
			;
	case UB_WIRE_TRAP_ESCALATE:
		__asm__ volatile("cpsid i\n\tudf #0");
		break;
	case UB_WIRE_TRAP_UNDEFINED:
	case UB_WIRE_TRAP_RESTART:
		__asm__ volatile("udf #0");
	}
}
