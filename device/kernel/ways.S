/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways into the gate, which programs run themselves: they are as little trusted as the programs. Each is called
 * as a C function uint64_t (struct ub_run *, r1..r5) is (abi/run.h), so its number and its arguments 4 and 5, which C
 * has on the stack, go into registers.
 */
#include "abi/helpers.h"

	.syntax unified
	.thumb

	.section .text.ways, "ax", %progbits

	.global kernel_end_walled
	.thumb_func
	.type kernel_end_walled, %function
kernel_end_walled:
	svc #0xf0		/* OS_NUMBER_END */
	.size kernel_end_walled, . - kernel_end_walled

	/* One for each helper there is. */
	.macro way name, number
	.thumb_func
	.type way_\name, %function
way_\name:
	ldrd r0, ip, [sp]
	svc #\number
	bx lr
	.size way_\name, . - way_\name
	.endm
#define WAY(name, id, arguments) way name, UB_HELPER_AT(id);
	UB_HELPERS(WAY)

	/* By number; 0 where there is no helper. Helpers are listed by ascending id. */
	.macro row name, number
	.org os_ways + 4 * \number
	.word way_\name
	.endm
	.balign 4
	.global os_ways
	.type os_ways, %object
os_ways:
#define ROW(name, id, arguments) row name, UB_HELPER_AT(id);
	UB_HELPERS(ROW)
	.org os_ways + 4 * 80	/* OS_WAYS */
	.size os_ways, . - os_ways
