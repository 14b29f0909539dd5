/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/boot/boot.h"
#include "firmware/boot/regs.h"

#if defined(__ARM_FEATURE_DSP)
#define CORE "cortex-m4"
#define CPU UB_CPU_DSP
#else
#define CORE "cortex-m3"
#define CPU 0
#endif

_Static_assert(BOOT_RAM_END - BOOT_SRAM1_END == AGENT_BLOCK_BYTES, "SRAM2");

static struct agent_board board = {
	.name = BOOT_BOARD,
	.core = CORE,
	.cpu = CPU,
	.arena = (uint8_t *)BOOT_ARENA_ADDR,
	.arena_addr = BOOT_ARENA_ADDR,
	.arena_bytes = BOOT_RAM_END - BOOT_ARENA_ADDR,
};

/* All the rest of the state the firmware has. */
static struct agent agent;

static void __attribute__((noreturn)) serve(void)
{
	for (;;)
		agent_receive(&agent, boot_usart_get());
}

void boot_restart(void)
{
	struct ub_fault fault = boot_last_fault;
	uint8_t seq = agent.request.bytes[UB_WIRE_SEQ];
	__asm__ volatile("cpsie i" ::: "memory");
	agent_init(&agent, &board);
	agent_report_restart(&agent, seq, &fault);
	serve();
}

/* Allows flash, SRAM and peripherals, and nothing else: a wild access faults everywhere alike, also
 * where the bus would answer it with zero. */
static void protect_memory(int alias)
{
	static const struct {
		uint32_t start, attributes;
	} regions[] = {
		{0x08000000, RASR_READ | RASR_NORMAL | RASR_SIZE(20)},
		{BOOT_RAM_START, RASR_READ_WRITE | RASR_NORMAL | RASR_SIZE(17)},
		{0x40000000, RASR_READ_WRITE | RASR_DEVICE | RASR_XN | RASR_SIZE(29)},
	};
	for (uint32_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
		MPU_RBAR = regions[i].start | RBAR_VALID | i;
		MPU_RASR = regions[i].attributes | RASR_ENABLE;
	}
	/* Of SRAM1 at address 0, the arena: what is below, where a null pointer leads, still faults, and so does what is behind. */
	if (alias) {
		_Static_assert(BOOT_ARENA_ADDR - BOOT_RAM_START == 0x4000 && BOOT_SRAM1_END - BOOT_RAM_START == 7 * 0x4000, "eighths");
		MPU_RBAR = RBAR_VALID | sizeof regions / sizeof regions[0];
		MPU_RASR = RASR_READ | RASR_NORMAL | RASR_SIZE(17) | RASR_WITHOUT(1 << 0 | 1 << 7) | RASR_ENABLE;
	}
	MPU_CTRL = MPU_ENABLE;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}

void boot_main(void) __attribute__((noreturn));
void boot_main(void)
{
	extern const uint32_t boot_vectors[];
	SCB_VTOR = (uint32_t)(uintptr_t)boot_vectors;
	/* Programs may access memory unaligned; engines give division by zero its result. */
	SCB_CCR = (SCB_CCR & ~(uint32_t)(CCR_UNALIGN_TRP | CCR_DIV_0_TRP)) | CCR_STKALIGN;
	SCB_SHCSR |= SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA | SHCSR_USGFAULTENA;
	if (boot_show_sram1_at_zero())
		board.alias_bytes = BOOT_SRAM1_END - BOOT_ARENA_ADDR;
	protect_memory(board.alias_bytes != 0);
	boot_counters_init();
	boot_usart_init();
	agent_init(&agent, &board);
	serve();
}
