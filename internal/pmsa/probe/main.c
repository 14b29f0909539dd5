/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of MPU regions, and what a core allows with each, for qemu_test.go: jobs lie in flash behind this program. A job is
 * the words CTRL, RBAR and RASR of regions 0 to 5, a number of addresses, and those; an address whose bit 0 is set is executed,
 * too. The answer is a byte for each address: bit n is set if access n ended in MemManage.
 */
#include <stdint.h>

#include "device/boards/board.h"
#include "device/kernel/scs.h"
#include "device/mpu/regions.h"

enum { READ, WRITE, EXECUTE, USER_READ, USER_WRITE, USER_EXECUTE, KINDS };
enum { MEM_FAULT = 1, OWN = 6, REGIONS = 6 };
enum { AREA = 0x20002000, AREA_END = 0x20020000, BX_LR = 0x4770 };

#define MPU_RNR BOOT_REG(0xe000ed98)
#define JOBS ((const uint32_t *)(PROBE_FLASH + 0x10000))

uint32_t probe_access(uint32_t kind, uint32_t addr);

static uint8_t answers[1024];

static void set(uint32_t number, uint32_t base, uint32_t attributes)
{
	MPU_RNR = number;
	MPU_RBAR = base;
	MPU_RASR = attributes;
}

static void protect(uint32_t control)
{
	MPU_CTRL = control;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* CTRL is written before each access: QEMU 7.2 remembers the rights of an address for its whole page of 1 KB if the eighth of a region
 * that the address lies in is smaller, and left out; writing makes it forget. */
static uint8_t ask(uint32_t addr, uint32_t control)
{
	uint32_t answer = 0;

	for (uint32_t kind = 0; kind < KINDS; kind++) {
		if (!(addr & 1) && (kind == EXECUTE || kind == USER_EXECUTE))
			continue;
		protect(control);
		answer |= (uint32_t)(probe_access(kind, addr & ~1u) == MEM_FAULT) << kind;
	}
	return (uint8_t)answer;
}

void board_main(void)
{
	for (uint16_t *at = (uint16_t *)AREA; at < (uint16_t *)AREA_END; at++)
		*at = BX_LR;
	SCB_SHCSR |= SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA | SHCSR_USGFAULTENA;
	board_chip_init();
	set(OWN, 0x20000000, RASR_SIZE(13) | RASR_USER_WRITE | RASR_NORMAL | RASR_XN | RASR_ENABLE);
	set(OWN + 1, PROBE_FLASH, RASR_SIZE(20) | RASR_USER_READ | RASR_NORMAL | RASR_ENABLE);
	const uint32_t *job = JOBS + 1;
	for (uint32_t jobs = JOBS[0]; jobs; jobs--) {
		for (uint32_t i = 0; i < REGIONS; i++)
			set(i, job[1 + 2 * i], job[2 + 2 * i]);
		uint32_t n = job[1 + 2 * REGIONS];
		const uint32_t *addr = job + 2 + 2 * REGIONS;
		for (uint32_t i = 0; i < n; i++)
			answers[i] = ask(addr[i], job[0]);
		protect(0);
		for (uint32_t i = 0; i < n; i++)
			board_serial_put(answers[i]);
		job = addr + n;
	}
	for (;;)
		;
}
