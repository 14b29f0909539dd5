/* SPDX-License-Identifier: BSD-2-Clause */
/* Arm MPS2 with AN385 or AN386 (Arm DAI 0385, 0386): CMSDK UART 0 at 25 MHz. Nothing there counts instructions. */
#include "device/boards/board.h"

#include "abi/port.h"
#include "device/kernel/scs.h"

const uint32_t board_hz = BOARD_HZ;

#define UART_DATA BOOT_REG(0x40004000)
#define UART_STATE BOOT_REG(0x40004004)
#define UART_CTRL BOOT_REG(0x40004008)
#define UART_INTCLEAR BOOT_REG(0x4000400c)
#define UART_BAUDDIV BOOT_REG(0x40004010)
enum { UART_TX_FULL = 1, UART_RX_FULL = 2, UART_TX = 1, UART_RX = 2, UART_RX_INTERRUPT = 8, UART_CLEAR_RX = 2 };

void board_chip_init(void)
{
	UART_BAUDDIV = BOARD_HZ / 115200;
	UART_CTRL = UART_TX | UART_RX;
}

uint32_t board_show_at_zero(void)
{
	return 0;
}

void board_serial_listen(void)
{
	UART_CTRL = UART_TX | UART_RX | UART_RX_INTERRUPT;
	NVIC_ISER(BOARD_SERIAL_IRQ / 32) = 1u << BOARD_SERIAL_IRQ % 32;
	/* A byte that came before raised no interrupt and keeps others from coming, so it is fetched now. */
	NVIC_ISPR(BOARD_SERIAL_IRQ / 32) = 1u << BOARD_SERIAL_IRQ % 32;
}

void board_serial_put(uint8_t byte)
{
	while (UART_STATE & UART_TX_FULL)
		;
	UART_DATA = byte;
}

int32_t board_serial_get(void)
{
	UART_INTCLEAR = UART_CLEAR_RX;
	return UART_STATE & UART_RX_FULL ? (int32_t)(UART_DATA & 0xff) : -1;
}

uint32_t ub_port_instructions(void)
{
	return 0;
}

uint32_t ub_port_cycles(void)
{
	return 0;
}

const struct store_flash *board_flash(void) { return 0; }
