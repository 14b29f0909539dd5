/* SPDX-License-Identifier: BSD-2-Clause */
/* What a board is to the firmware: each has a linker script, and one of the chips below. */
#ifndef DEVICE_BOARDS_BOARD_H
#define DEVICE_BOARDS_BOARD_H

#include <stdint.h>

#include "abi/program.h"
#include "device/os.h"

/* What is the same on all boards of a chip (stm32.c, mps2.c). */
extern const uint32_t board_hz; /* of the core, as SysTick counts */

/* Clocks, counters, serial line. */
void board_chip_init(void);
/* What of memory is seen at address 0 as well from now on, where code is fetched faster: its end, 0 if none is. */
uint32_t board_show_at_zero(void);
/* From now on the serial line interrupts for what it receives. */
void board_serial_listen(void);
void board_serial_put(uint8_t byte);
/* Takes what it has received. Returns the byte, or -1 when there is no more. */
int32_t board_serial_get(void);

/* Where programs are stored (device/store/store.h). NULL: the board has no flash that can be written. */
struct store_flash;
const struct store_flash *board_flash(void);

/* The link that datagrams come by: frames of the console (serial.c), slipmux (line.c), Ethernet (ethernet.c). Returns how frames of the
 * network are filtered, NULL where there are none. */
os_filter_frames board_link_start(void);
void board_link_interrupt(void);

/* What the firmware is for: the console of tests (console.c), or the server of the field (field.c). Serves for ever. */
struct supervisor_board;
void board_serve(const struct supervisor_board *board) __attribute__((noreturn));

/* What is left of a firmware that faulted (UB_OK: it has not), in memory that a reset leaves alone. */
struct board_panic {
	uint32_t magic;
	struct ub_fault fault;
	uint32_t count;
};
extern struct board_panic board_last_panic;

#endif
