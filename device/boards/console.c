/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware that does whatever its serial line says: for tests. */
#include "device/console/console.h"

#include "device/boards/board.h"

static struct console console;

void board_serve(const struct supervisor_board *board)
{
	console_init(&console, board);
	console_serve(&console);
}
