/* SPDX-License-Identifier: BSD-2-Clause */
/* Other programs, where a program runs alone: there are none, and time is the trace's (devices.c). A device with
 * several has its own (device/supervisor).
 */
#include "firmware/helpers/internal.h"

HELPER(program_find)
{
	uint32_t len;

	(void)helper_string(run, r1, &len);
	return 0;
}

HELPER(message_send)
{
	if (r3 && !helper_memory(run, r2, r3, UB_READ))
		return 0;
	return STATUS(HELPER_NO_DEVICE);
}

HELPER(message_receive)
{
	if (r2 && !helper_memory(run, r1, r2, UB_WRITE))
		return 0;
	return STATUS(HELPER_NO_DATA);
}

HELPER(wait)
{
	ENV->used_clock = 1;
	ENV->now_us += r1 * 1000;
	return 0;
}
