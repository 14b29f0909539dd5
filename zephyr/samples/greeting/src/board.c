/* SPDX-License-Identifier: BSD-2-Clause */
/* What examples/embed needs of a board, by Zephyr. */
#include <zephyr/sys/printk.h>

#include "board.h"

void board_print(const char *text, uint32_t number)
{
	printk("%s %u\n", text, (unsigned int)number);
}
