/* SPDX-License-Identifier: BSD-2-Clause */
/* From reset to the first thread. */
#include "device/boards/board.h"

#include <string.h>

#include "device/kernel/kernel.h"
#include "device/kernel/scs.h"
#include "device/supervisor/supervisor.h"

enum { BOARD_STACK = 6144 /* checking a signature takes 2.3 KB of it */ };

/* board.ld */
extern uint8_t board_data_start[], board_data_load[], board_data_bytes[], board_bss_start[], board_bss_bytes[];
extern uint8_t board_pool_start[], board_pool_end[];

struct board_panic board_last_panic __attribute__((section(".noinit")));
enum { PANIC_MAGIC = 0x0ff1c1a1 };

#if defined(__ARM_FEATURE_DSP)
#define CORE "cortex-m4"
#define CPU UB_CPU_DSP
#else
#define CORE "cortex-m3"
#define CPU 0
#endif

static struct supervisor_board board;
static struct os_thread server;
static uint8_t server_stack[BOARD_STACK] __attribute__((aligned(32), section(".server_stack")));

void kernel_panic(const struct ub_fault *fault)
{
	board_last_panic.fault = *fault;
	board_last_panic.count++;
	__asm__ volatile("dsb" ::: "memory");
	SCB_AIRCR = AIRCR_RESET;
	for (;;)
		;
}

static int32_t serve(const void *a, void *b)
{
	(void)a;
	board_serve(b);
}

void board_main(void) __attribute__((noreturn));
void board_main(void)
{
	extern const uint32_t board_vectors[];

	memcpy(board_data_start, board_data_load, (uint32_t)(uintptr_t)board_data_bytes);
	memset(board_bss_start, 0, (uint32_t)(uintptr_t)board_bss_bytes);
	if (board_last_panic.magic != PANIC_MAGIC)
		board_last_panic = (struct board_panic){.magic = PANIC_MAGIC};
	kernel_mask();
	SCB_VTOR = (uint32_t)(uintptr_t)board_vectors;
	/* Programs may access memory unaligned; engines give division by zero its result. */
	SCB_CCR = (SCB_CCR & ~(uint32_t)(CCR_UNALIGN_TRP | CCR_DIV_0_TRP)) | CCR_STKALIGN;
	SCB_SHCSR |= SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA | SHCSR_USGFAULTENA;
	/* Whoever ran before may have used the FPU. Here nobody does, and exceptions stack none of it, neither at once nor later. */
	SCB_CPACR = 0;
	FPU_FPCCR = 0;
	SYST_RVR = board_hz / (1000000 / OS_TICK_US) - 1;
	board_chip_init();
	uint32_t alias_end = board_show_at_zero();
	kernel_protect();
	os_filter_frames filter_frames = board_link_start();

	uint32_t start = (uint32_t)(uintptr_t)board_pool_start;
	board = (struct supervisor_board){
		.name = BOARD_NAME,
		.core = CORE,
		.cpu = CPU,
		.pool = board_pool_start,
		.pool_addr = start,
		.pool_bytes = (uint32_t)(uintptr_t)board_pool_end - start,
		.panic = &board_last_panic.fault,
		.filter_frames = filter_frames,
		.alias_end = alias_end,
	};
	os_thread_make(&server, &(struct os_start){
		.name = "server",
		.entry = serve,
		.b = &board,
		.stack = server_stack,
		.stack_bytes = sizeof server_stack,
		.priority = OS_PRIORITY_SERVER,
	});
	kernel_start(&server);
}
