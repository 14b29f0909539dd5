/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store on the driver of STM32's flash, for board_test.go, which calls these functions. */
#include <stddef.h>

#include "device/boards/board.h"
#include "device/store/store.h"

/* What the calls are about. */
char board_name[STORE_NAME + 1];
uint8_t board_bytes[96 << 10] __attribute__((aligned(4)));
uint32_t board_writes, board_cut_at; /* words and areas written so far; the one that the power fails before */

static struct store store;
static struct store_flash cut;
static const struct store_flash *driver;

void board_off(void) { __asm__ volatile("bkpt #1"); }

static void power(void)
{
	if (board_writes++ == board_cut_at)
		board_off();
}

static int32_t program(void *arg, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	int32_t error = 0;

	for (uint32_t i = 0; i < len && !error; i += STORE_WORD) {
		power();
		error = driver->program(arg, at + i, bytes + i, STORE_WORD);
	}
	return error;
}

static int32_t erase(void *arg, uint32_t area)
{
	power();
	return driver->erase(arg, area);
}

int32_t board_mount(void)
{
	if (!(driver = board_flash()))
		return -100;
	cut = *driver;
	cut.program = program;
	cut.erase = erase;
	return store_mount(&store, &cut);
}

int32_t board_put(uint32_t sequence, uint32_t len, uint32_t trial)
{
	int32_t error = store_begin(&store, board_name, sequence, len, trial ? STORE_TRIAL : 0);
	error = error ? error : store_append(&store, board_bytes, len);
	return error ? error : store_commit(&store);
}

int32_t board_confirm(void) { return store_confirm(&store, board_name); }
int32_t board_revoke(void) { return store_revoke(&store, board_name); }
int32_t board_remove(void) { return store_remove(&store, board_name); }

/* Somebody else writes to the controller what it does not expect: it is locked until the next reset. */
void board_jam(void) { *(volatile uint32_t *)0x40023c04 = 1; }

int board_main(void)
{
	board_off();
	return 0;
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {(const void *)(0x20000000 + (128 << 10)), (const void *)board_main};
