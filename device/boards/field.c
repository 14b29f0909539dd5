/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware of the field. On a board without a flash that can be written, what is stored lies in memory that a reset leaves alone,
 * and is gone with the power. */
#include <string.h>

#include "device/boards/board.h"
#include "device/boards/identity.h"
#include "device/server/server.h"

#ifndef BOARD_FIRMWARE
#define BOARD_FIRMWARE "unknown"
#endif

enum { AREA = 12 << 10, AREAS = 2 };

static struct server server;
static struct server_setup setup;
static struct board_identity identity;
static uint8_t memory[AREA * AREAS] __attribute__((aligned(8), section(".noinit")));

static int32_t program(void *arg, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	(void)arg;
	for (uint32_t i = 0; i < len; i++)
		memory[at + i] &= bytes[i];
	return 0;
}

static int32_t erase(void *arg, uint32_t area)
{
	(void)arg;
	memset(memory + area * AREA, 0xff, AREA);
	return 0;
}

static const struct store_flash ram = {memory, AREA, AREAS, NULL, program, erase};

void board_serve(const struct supervisor_board *board)
{
	const struct store_flash *flash = board_flash();

	board_identify(&identity);
	setup = (struct server_setup){
		.board = board,
		.firmware = BOARD_FIRMWARE,
		.flash = flash ? flash : &ram,
		.flash_is_ram = !flash,
		.trust = identity.trust,
		.contexts = identity.contexts,
		.ncontexts = identity.ncontexts,
		.id_context = identity.id_context,
		.block = 512,
		.random = identity.id_context[8] | (uint32_t)identity.id_context[9] << 8 | (uint32_t)identity.id_context[12] << 16,
	};
	server_serve(&server, &setup);
}
