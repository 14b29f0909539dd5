// SPDX-License-Identifier: GPL-2.0-or-later
/* The chips programs are measured on: STM32F1 (RM0008, RM0041) and STM32F4 (RM0090), as far as programs
 * wait for them. Registers keep what is written, clocks are ready once they are on, serial ports
 * are never busy, timers count modelled cycles. Timers and serial ports interrupt.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/unicorn/machine.h"

struct chip_row {
	uint32_t addr;
	enum unicorn_device_kind kind;
	uint32_t irq;
};

static const struct chip_row f1[] = {
	{ 0x40000000, UNICORN_TIMER, 28 }, { 0x40000400, UNICORN_TIMER, 29 }, { 0x40000800, UNICORN_TIMER, 30 }, /* TIM2 to TIM4 */
	{ 0x40004400, UNICORN_USART, 38 }, { 0x40004800, UNICORN_USART, 39 },                           /* USART2, USART3 */
	{ 0x40012400, UNICORN_FLAGS, 0 }, { 0x40012c00, UNICORN_TIMER, 25 },                            /* ADC1, TIM1 */
	{ 0x40013000, UNICORN_FLAGS, 0 }, { 0x40013800, UNICORN_USART, 37 },                            /* SPI1, USART1 */
	{ 0x40021000, UNICORN_RCC_F1, 0 }, { 0x40022000, UNICORN_FLAGS, 0 },                            /* flash */
};

static const struct chip_row f4[] = {
	{ 0x40000000, UNICORN_TIMER, 28 }, { 0x40000400, UNICORN_TIMER, 29 }, { 0x40000800, UNICORN_TIMER, 30 }, { 0x40000c00, UNICORN_TIMER, 50 }, /* TIM2 to TIM5 */
	{ 0x40004400, UNICORN_USART, 38 }, { 0x40004800, UNICORN_USART, 39 },                           /* USART2, USART3 */
	{ 0x40007000, UNICORN_FLAGS, 0 }, { 0x40010000, UNICORN_TIMER, 25 },                            /* PWR, TIM1 */
	{ 0x40011000, UNICORN_USART, 37 }, { 0x40011400, UNICORN_USART, 71 },                           /* USART1, USART6 */
	{ 0x40013000, UNICORN_FLAGS, 0 }, { 0x40013800, UNICORN_SYSCFG, 0 },                            /* SPI1 */
	{ 0x40023800, UNICORN_RCC_F4, 0 }, { 0x40023c00, UNICORN_FLASH_F4, 0 },
};

/* Bits programs wait for, where a register alone tells. */
static const struct {
	uint32_t reg, set, clear;
	uint32_t follow, shift; /* bits that are those `shift` places below */
} flags[] = {
	{ 0x40012400, 1 << 1, 0, 0, 0 },        /* F1 ADC1_SR: EOC */
	{ 0x40012408, 0, 0xc, 0, 0 },           /* F1 ADC1_CR2: RSTCAL, CAL */
	{ 0x40013008, 3, 0, 0, 0 },             /* SPI1_SR: TXE, RXNE */
	{ 0x40022000, 0, 0, 1 << 5, 1 },        /* F1 FLASH_ACR: PRFTBS is PRFTBE */
	{ 0x40007004, 7 << 14, 0, 0, 0 },       /* F4 PWR_CSR: VOSRDY, ODRDY, ODSWRDY */
};

static uint32_t flags_read(uint32_t reg, uint32_t v)
{
	for (uint32_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (flags[i].reg == reg)
			v = (v & ~flags[i].clear & ~flags[i].follow) | flags[i].set | (v << flags[i].shift & flags[i].follow);
	return v;
}

enum { TIM_CR1 = 0x00, TIM_DIER = 0x0c, TIM_SR = 0x10, TIM_EGR = 0x14, TIM_CNT = 0x24, TIM_PSC = 0x28, TIM_ARR = 0x2c };
enum { CEN = 1, UG = 1, UIF = 1, UIE = 1 };
enum { SYSCFG_MEMRMP = 0x00 };
enum { USART_SR = 0x00, USART_DR = 0x04, USART_CR1 = 0x0c, TXE_TC = 0xc0 };

/* Offsets of CR, CFGR, BDCR and CSR, which are alike in both. */
struct clocks {
	uint32_t cr, cfgr, bdcr, csr;
};
static const struct clocks clocks_f1 = { 0x00, 0x04, 0x20, 0x24 }, clocks_f4 = { 0x00, 0x08, 0x70, 0x74 };

static uint32_t clock_read(const struct clocks *c, uint32_t at, uint32_t v)
{
	if (at == c->cr)
		return (v & ~0x0a020002u) | (v & 0x05010001) << 1; /* ready if on: PLLI2S, PLL, HSE, HSI */
	if (at == c->cfgr)
		return (v & ~0xcu) | (v & 3) << 2; /* the clock used is the one chosen */
	if (at == c->bdcr || at == c->csr)
		return (v & ~2u) | (v & 1) << 1;
	return v;
}

/* Ticks of a timer since its counter was 0. */
static uint64_t ticks(struct unicorn_device *d)
{
	if (!(d->regs[TIM_CR1 / 4] & CEN))
		return d->stopped;
	return (unicorn_now(d->machine) - d->base) / ((d->regs[TIM_PSC / 4] & 0xffff) + 1);
}

static void timer_set(struct unicorn_device *d, uint64_t t)
{
	d->stopped = t;
	d->base = unicorn_now(d->machine) - t * ((d->regs[TIM_PSC / 4] & 0xffff) + 1);
}

static uint32_t timer_read(struct unicorn_device *d, uint32_t at)
{
	uint64_t period = d->regs[TIM_ARR / 4] + 1ull, t = ticks(d);
	switch (at) {
	case TIM_CNT:
		d->machine->io.time_reads++;
		return (uint32_t)(t % period);
	case TIM_SR:
		d->machine->io.time_reads++;
		return d->regs[TIM_SR / 4] | (t / period > d->seen ? UIF : 0);
	}
	return d->regs[at / 4];
}

static void timer_write(struct unicorn_device *d, uint32_t at, uint32_t value)
{
	uint64_t t = ticks(d);
	switch (at) {
	case TIM_CNT:
		t = value, d->seen = 0;
		break;
	case TIM_EGR:
		if (value & UG)
			t = 0, d->seen = 0;
		break;
	case TIM_SR:
		d->regs[TIM_SR / 4] &= value;
		d->seen = value & UIF ? d->seen : t / (d->regs[TIM_ARR / 4] + 1ull);
		return;
	default:
		d->regs[at / 4] = value;
	}
	timer_set(d, t);
}

bool unicorn_device_line(struct unicorn_device *d, uint64_t *next)
{
	if (d->kind == UNICORN_USART) /* never busy; nothing is received */
		return d->regs[USART_CR1 / 4] & TXE_TC;
	if (d->kind != UNICORN_TIMER || !(d->regs[TIM_DIER / 4] & UIE))
		return false;
	uint64_t period = d->regs[TIM_ARR / 4] + 1ull, wraps = ticks(d) / period;
	if (d->regs[TIM_SR / 4] & UIF || wraps > d->seen)
		return true;
	if (d->regs[TIM_CR1 / 4] & CEN)
		*next = d->base + (wraps + 1) * period * ((d->regs[TIM_PSC / 4] & 0xffff) + 1);
	return false;
}

static uint64_t device_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc;
	struct unicorn_device *d = user;
	uint32_t at = offset & 0x3fc, v = d->regs[at / 4];
	switch ((enum unicorn_device_kind)d->kind) {
	case UNICORN_TIMER: v = timer_read(d, at); break;
	case UNICORN_USART: v = at == USART_SR ? v | TXE_TC : at == USART_DR ? 0 : v; break;
	case UNICORN_RCC_F1: v = clock_read(&clocks_f1, at, v); break;
	case UNICORN_RCC_F4: v = clock_read(&clocks_f4, at, v); break;
	case UNICORN_FLAGS: v = flags_read(d->addr + at, v); break;
	case UNICORN_FLASH_F4: v = unicorn_flash_read(d->machine, at); break;
	case UNICORN_SYSCFG: break;
	}
	return unicorn_part(v, offset, size);
}

static void device_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc;
	struct unicorn_device *d = user;
	uint32_t at = offset & 0x3fc, v = unicorn_merge(d->regs[at / 4], offset, size, value);
	d->machine->deadline = 0;
	d->machine->asked = d->machine->slow = true;
	if (d->kind == UNICORN_TIMER) {
		timer_write(d, at, v);
		return;
	}
	if (d->kind == UNICORN_FLASH_F4) {
		unicorn_flash_write(d->machine, at, unicorn_merge(unicorn_flash_read(d->machine, at), offset, size, value));
		return;
	}
	d->regs[at / 4] = v;
	if (d->kind == UNICORN_SYSCFG && at == SYSCFG_MEMRMP)
		unicorn_remap_to(d->machine, v);
	if (d->kind == UNICORN_USART && at == USART_DR)
		unicorn_transmit(d->machine, (uint8_t)value);
}

/* Bit-band aliases (Armv7-M ARM B3.1): a word for every bit. Of the chip's own registers only
 * those of devices above and memory can be reached. */
static uint64_t band_access(struct unicorn_machine *m, uint32_t base, uint64_t offset, const uint32_t *set)
{
	uint32_t addr = base + (uint32_t)(offset >> 5 & ~3ull), bit = offset >> 2 & 31, word = 0;
	struct unicorn_device *d = NULL;
	for (uint32_t i = 0; i < m->io.ndevices && !d; i++)
		if (addr - m->io.devices[i].addr < 0x400)
			d = &m->io.devices[i];
	if (d)
		word = (uint32_t)device_read(m->uc, addr & 0x3ff, 4, d);
	else
		unicorn_read(m, addr, &word, sizeof word);
	if (set) {
		word = (word & ~(1u << bit)) | (*set & 1) << bit;
		if (d)
			device_write(m->uc, addr & 0x3ff, 4, word, d);
		else
			unicorn_write(m, addr, &word, sizeof word);
	}
	return word >> bit & 1;
}

static uint64_t sram_band_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc, (void)size;
	return band_access(user, 0x20000000, offset, NULL);
}

static void sram_band_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc, (void)size;
	band_access(user, 0x20000000, offset, &(uint32_t){ (uint32_t)value });
}

static uint64_t peripheral_band_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc, (void)size;
	return band_access(user, 0x40000000, offset, NULL);
}

static void peripheral_band_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc, (void)size;
	band_access(user, 0x40000000, offset, &(uint32_t){ (uint32_t)value });
}

static uc_err storage(struct unicorn_machine *m, uint32_t from, uint32_t to)
{
	return from == to ? UC_ERR_OK : unicorn_map(m, from, to - from, UC_PROT_READ | UC_PROT_WRITE);
}

static uc_err devices(struct unicorn_machine *m, const struct chip_row *rows, uint32_t n, uint32_t end)
{
	uint32_t at = 0x40000000;
	uc_err err = UC_ERR_OK;
	for (uint32_t i = 0; i < n && !err; i++) {
		struct unicorn_device *d = &m->io.devices[m->io.ndevices++];
		*d = (struct unicorn_device){ .machine = m, .addr = rows[i].addr, .kind = rows[i].kind, .irq = rows[i].irq };
		err = storage(m, at, d->addr);
		if (!err)
			err = uc_mmio_map(m->uc, d->addr, 0x400, device_read, d, device_write, d);
		at = d->addr + 0x400;
	}
	return err ? err : storage(m, at, end);
}

/* Everything a program finds at its chip's addresses besides memory. family is 1 or 4. */
uc_err unicorn_map_chip(struct unicorn_machine *m, int family)
{
	uc_err err;
	if (family == 1) {
		err = devices(m, f1, sizeof f1 / sizeof f1[0], 0x40024000);
		err = err ? err : storage(m, 0x1ffff000, 0x20000000); /* flash size, unique id */
	} else {
		err = devices(m, f4, sizeof f4 / sizeof f4[0], 0x40028000);
		err = err ? err : storage(m, 0x50050000, 0x50050400); /* DCMI */
		err = err ? err : storage(m, 0x50060800, 0x50060c00); /* RNG */
		err = err ? err : storage(m, 0x1fff7000, 0x1fff8000);
		err = err ? err : storage(m, 0x10000000, 0x10010000); /* core-coupled memory */
	}
	/* What else a core has: ITM, FPB; TPIU, ETM, DBGMCU. */
	err = err ? err : storage(m, 0xe0000000, 0xe0001000);
	err = err ? err : storage(m, 0xe0002000, 0xe0003000);
	err = err ? err : storage(m, 0xe0040000, 0xe0043000);
	err = err ? err : uc_mmio_map(m->uc, 0x22000000, 0x2000000, sram_band_read, m, sram_band_write, m);
	return err ? err : uc_mmio_map(m->uc, 0x42000000, 0x2000000, peripheral_band_read, m, peripheral_band_write, m);
}

void unicorn_devices_reset(struct unicorn_machine *m)
{
	for (uint32_t i = 0; i < m->io.ndevices; i++) {
		struct unicorn_device *d = &m->io.devices[i];
		*d = (struct unicorn_device){ .machine = m, .addr = d->addr, .kind = d->kind, .irq = d->irq };
		if (d->kind == UNICORN_TIMER)
			d->regs[TIM_ARR / 4] = 0xffff;
		if (d->kind == UNICORN_RCC_F1 || d->kind == UNICORN_RCC_F4)
			d->regs[0] = 0x81; /* the internal oscillator runs */
	}
}
