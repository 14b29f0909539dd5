/* SPDX-License-Identifier: BSD-2-Clause */
/* A bare Cortex-M under QEMU: reset, and output by semihosting (Arm's "Semihosting for AArch32 and AArch64"). */
#include "board.h"

extern uint32_t board_data[], board_data_end[], board_data_load[], board_bss[], board_bss_end[], board_stack_top[];

int main(void);

enum { SYS_WRITE0 = 0x04, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20 };

static uint32_t semihosting(uint32_t operation, const void *argument)
{
	register uint32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

void board_print(const char *text, uint32_t number)
{
	char line[12], *p = line + sizeof line;

	*--p = 0;
	*--p = '\n';
	do
		*--p = (char)('0' + number % 10);
	while (number /= 10);
	semihosting(SYS_WRITE0, text);
	semihosting(SYS_WRITE0, " ");
	semihosting(SYS_WRITE0, p);
}

static void leave(uint32_t status)
{
	const uint32_t exit[] = { 0x20026 /* ADP_Stopped_ApplicationExit */, status };

	semihosting(SYS_EXIT_EXTENDED, exit);
	for (;;)
		;
}

static void fault(void)
{
	board_print("fault", 0);
	leave(2);
}

void board_reset(void)
{
	uint32_t *from = board_data_load;

	for (uint32_t *to = board_data; to < board_data_end;)
		*to++ = *from++;
	for (uint32_t *to = board_bss; to < board_bss_end;)
		*to++ = 0;
#ifdef BOARD_STACK /* say how much of the stack was used: what is not painted any more */
	uint32_t *p = board_bss_end, *here = (uint32_t *)__builtin_frame_address(0) - 16;
	while (p < here)
		*p++ = 0xa5a5a5a5;
	uint32_t status = (uint32_t)main();
	for (p = board_bss_end; *p == 0xa5a5a5a5;)
		p++;
	board_print("stack", (uint32_t)((uintptr_t)board_stack_top - (uintptr_t)p));
	leave(status);
#else
	leave((uint32_t)main());
#endif
}

typedef void (*board_vector)(void);

__attribute__((section(".vectors"), used)) static const board_vector vectors[16] = {
	(board_vector)board_stack_top, board_reset, fault, fault, fault, fault, fault,
};
