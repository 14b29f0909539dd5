/* SPDX-License-Identifier: BSD-2-Clause */
/* Flash of STM32F405 and F205 with 1 MB (RM0090 3.9, RM0033 2.3.8): the store has its last two sectors, of 128 KB each. While a
 * sector is erased, for a second or two, or a word is written, whatever fetches from flash waits, so that programs and the clock
 * stand still. Nothing caches flash here: its caches are off after reset, and stay so. */
#include <stddef.h>

#include "device/boards/board.h"
#include "device/store/store.h"
#include "firmware/boot/regs.h"

#define FLASH_KEYR BOOT_REG(0x40023c04)
#define FLASH_SR BOOT_REG(0x40023c0c)
#define FLASH_CR BOOT_REG(0x40023c10)
#define KEY_1 0x45670123u
#define KEY_2 0xcdef89abu
enum { SR_ERRORS = 0xf2, SR_BSY = 1 << 16 }; /* OPERR, WRPERR, PGAERR, PGPERR, PGSERR */
enum { CR_PG = 1 << 0, CR_SER = 1 << 1, CR_WORDS = 2 << 8, CR_STRT = 1 << 16 };
#define CR_SECTOR(n) ((uint32_t)(n) << 3)
#define CR_LOCK (1u << 31)

enum { FIRST = 10, SECTORS = 2, SECTOR_BYTES = 128 << 10, AT = 0x080c0000 };

/* Returns 0, or -1 if it stays locked. */
static int32_t unlock(uint32_t control)
{
	while (FLASH_SR & SR_BSY)
		;
	FLASH_SR = SR_ERRORS; /* of before: writing ones clears them */
	FLASH_KEYR = KEY_1;
	FLASH_KEYR = KEY_2;
	FLASH_CR = control;
	return FLASH_CR & CR_LOCK ? -1 : 0;
}

/* Waits. Returns 0, or -1 after an error. */
static int32_t finished(void)
{
	__asm__ volatile("dsb" ::: "memory");
	while (FLASH_SR & SR_BSY)
		;
	return FLASH_SR & SR_ERRORS ? -1 : 0;
}

static int32_t program(void *arg, uint32_t at, const uint8_t *bytes, uint32_t len)
{
	volatile uint32_t *to = (volatile uint32_t *)(AT + at);
	int32_t error = unlock(CR_WORDS | CR_PG);

	(void)arg;
	for (uint32_t i = 0; i < len && !error; i += 4) {
		*to++ = bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24;
		error = finished();
	}
	FLASH_CR = CR_LOCK;
	return error;
}

static int32_t erase(void *arg, uint32_t area)
{
	(void)arg;
	if (unlock(CR_WORDS | CR_SER | CR_SECTOR(FIRST + area)))
		return -1;
	FLASH_CR |= CR_STRT;

	int32_t error = finished();

	FLASH_CR = CR_LOCK;
	return error;
}

static const struct store_flash flash = {(const uint8_t *)AT, SECTOR_BYTES, SECTORS, NULL, program, erase};

/* The lock is set after reset; where nothing is at the registers, as on QEMU's boards, it reads as 0. */
const struct store_flash *board_flash(void) { return FLASH_CR & CR_LOCK ? &flash : NULL; }
