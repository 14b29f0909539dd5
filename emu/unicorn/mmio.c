// SPDX-License-Identifier: GPL-2.0-or-later
/* Peripherals: the counter, serial port and clock registers of STM32F2/F4 (RM0033, RM0090), and
 * clocks and ports. What is not listed is not mapped, and an access to it a BusFault.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/unicorn/machine.h"

enum { OUTPUT_MAX = 1 << 16 }; /* bytes kept before the run stops so that they can be taken */

/* Plain storage, 1 KB each. */
static const uint32_t storage[] = {
	0x40020000, 0x40020400, 0x40020800, 0x40020c00, 0x40021000, 0x40021400, 0x40021800, /* GPIO A-G */
	0x40021c00, 0x40022000,                                                             /* GPIO H, I */
	0x40023800,                                                                         /* RCC */
	0x40023c00,                                                                         /* FLASH */
	0x40007000,                                                                         /* PWR */
	0x40013800,                                                                         /* SYSCFG */
};
enum { NSTORAGE = sizeof storage / sizeof storage[0], RCC = 9, FLASH = 10, SYSCFG = 12, MEMRMP = 0 };
_Static_assert((int)NSTORAGE <= (int)UNICORN_PERIPHERALS_MAX, "room for all of them");

/* TIM2, clocked once per instruction as on QEMU with -icount shift=0. */
enum { TIM_CR1 = 0x00, TIM_EGR = 0x14, TIM_CNT = 0x24, TIM_PSC = 0x28, TIM_ARR = 0x2c, TIM_CEN = 1 };

static uint32_t tim_count(const struct unicorn_machine *m)
{
	const struct unicorn_io *io = &m->io;
	if (!(io->tim_cr1 & TIM_CEN))
		return io->tim_stopped;
	uint64_t ticks = (unicorn_count_before_block(m) - io->tim_base) / (io->tim_psc + 1ull);
	return (uint32_t)(ticks % (io->tim_arr + 1ull));
}

static void tim_set(struct unicorn_machine *m, uint32_t count)
{
	m->io.tim_stopped = count;
	m->io.tim_base = unicorn_count_before_block(m) - count * (m->io.tim_psc + 1ull);
}

static uint32_t *tim_reg(struct unicorn_io *io, uint64_t offset)
{
	switch (offset & ~3ull) {
	case TIM_CR1: return &io->tim_cr1;
	case TIM_PSC: return &io->tim_psc;
	case TIM_ARR: return &io->tim_arr;
	}
	return NULL;
}

static uint64_t tim_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	uint32_t *reg = tim_reg(&m->io, offset);
	m->io.time_reads++;
	return unicorn_part(reg ? *reg : (offset & ~3ull) == TIM_CNT ? tim_count(m) : 0, offset, size);
}

static void tim_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	uint32_t *reg = tim_reg(&m->io, offset), count = tim_count(m);
	if (reg)
		*reg = unicorn_merge(*reg, offset, size, value);
	else if ((offset & ~3ull) == TIM_CNT)
		count = unicorn_merge(count, offset, size, value);
	else if ((offset & ~3ull) == TIM_EGR && value & 1)
		count = 0;
	tim_set(m, count);
}

/* USART1, never busy: what is sent is there at once, what arrives waits in a queue. */
enum { USART_SR = 0x00, USART_DR = 0x04, USART_BRR = 0x08, USART_CR1 = 0x0c, USART_CR2 = 0x10, USART_CR3 = 0x14 };
enum { SR_RXNE = 1 << 5, SR_TC = 1 << 6, SR_TXE = 1 << 7 };

static uint32_t *usart_reg(struct unicorn_io *io, uint64_t offset)
{
	switch (offset & ~3ull) {
	case USART_BRR: return &io->usart_brr;
	case USART_CR1: return &io->usart_cr1;
	case USART_CR2: return &io->usart_cr2;
	case USART_CR3: return &io->usart_cr3;
	}
	return NULL;
}

static uint64_t usart_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	struct unicorn_io *io = &m->io;
	uint32_t *reg = usart_reg(io, offset), value = reg ? *reg : 0;
	bool ready = io->rx_pos < m->rx_len;
	io->time_reads++;
	switch (offset & ~3ull) {
	case USART_SR:
		/* Asked twice in a row with nothing to do: the firmware waits, unless it is told by an interrupt. */
		if (!ready && ++io->idle_polls >= 2 && !(io->usart_cr1 & UNICORN_USART_RXNEIE))
			m->attention = UNICORN_IDLE;
		value = SR_TXE | SR_TC | (ready ? SR_RXNE : 0);
		break;
	case USART_DR:
		value = ready ? m->rx[io->rx_pos++] : 0;
		io->idle_polls = 0;
		break;
	}
	return unicorn_part(value, offset, size);
}

void unicorn_transmit(struct unicorn_machine *m, uint8_t byte)
{
	if (m->io.tx_len == m->tx_cap) {
		size_t cap = m->tx_cap ? 2 * m->tx_cap : 4096;
		uint8_t *tx = realloc(m->tx, cap);
		if (!tx) {
			m->error = "out of memory";
			return;
		}
		m->tx = tx;
		m->tx_cap = cap;
	}
	m->tx[m->io.tx_len++] = byte;
	m->io.idle_polls = 0;
	if (m->io.tx_len >= OUTPUT_MAX)
		m->attention = UNICORN_OUTPUT;
}

static void usart_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	uint32_t *reg = usart_reg(&m->io, offset);
	if (reg)
		*reg = unicorn_merge(*reg, offset, size, value);
	else if (offset == USART_DR)
		unicorn_transmit(m, (uint8_t)value);
}

/* Adds to what the serial port receives. 0, or -1 without memory. */
int unicorn_send(struct unicorn_machine *m, const void *bytes, size_t n)
{
	m->nap.times = 0; /* there is something to wake up for */
	if (m->io.rx_pos == m->rx_len)
		m->io.rx_pos = m->rx_len = 0;
	if (n > m->rx_cap - m->rx_len) {
		size_t cap = 2 * m->rx_cap + n;
		uint8_t *rx = realloc(m->rx, cap);
		if (!rx)
			return -1;
		m->rx = rx;
		m->rx_cap = cap;
	}
	memcpy(m->rx + m->rx_len, bytes, n);
	m->rx_len += n;
	m->io.idle_polls = 0;
	return 0;
}

/* Takes at most n bytes of what the serial port has sent; returns how many. */
size_t unicorn_receive(struct unicorn_machine *m, void *bytes, size_t n)
{
	if (n > m->io.tx_len)
		n = m->io.tx_len;
	if (!n)
		return 0;
	memcpy(bytes, m->tx, n);
	m->io.tx_len -= n;
	memmove(m->tx, m->tx + n, m->io.tx_len);
	return n;
}

/* Registers that only keep what was written. Clocks are ready as soon as they are switched on. */
enum { GPIO_IDR = 0x10, GPIO_ODR = 0x14, GPIO_BSRR = 0x18, RCC_CR = 0x00, RCC_CFGR = 0x08, RCC_BDCR = 0x70, RCC_CSR = 0x74 };

static uint64_t storage_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc;
	const struct unicorn_storage *s = user;
	const uint32_t *regs = s->machine->io.regs[s->which];
	uint32_t at = offset & 0x3fc, v = regs[at / 4];
	if (s->which == RCC) {
		switch (at) {
		case RCC_CR: v = (v & ~0x0a020002u) | (v & 0x05010001) << 1; break; /* xxxRDY = xxxON */
		case RCC_CFGR: v = (v & ~0xcu) | (v & 3) << 2; break;               /* SWS = SW */
		case RCC_BDCR: case RCC_CSR: v = (v & ~2u) | (v & 1) << 1; break;
		}
	} else if (s->which < RCC && at == GPIO_IDR) {
		v = regs[GPIO_ODR / 4];
	} else if (s->which == FLASH) {
		v = unicorn_flash_read(s->machine, at);
	}
	return unicorn_part(v, offset, size);
}

static void storage_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc;
	const struct unicorn_storage *s = user;
	uint32_t *regs = s->machine->io.regs[s->which], at = offset & 0x3fc;
	if (s->which < RCC && at == GPIO_BSRR) {
		uint32_t bits = unicorn_merge(0, offset, size, value), *odr = &regs[GPIO_ODR / 4];
		*odr = (*odr & ~(bits >> 16)) | (bits & 0xffff);
		return;
	}
	if (s->which == FLASH) {
		unicorn_flash_write(s->machine, at, unicorn_merge(unicorn_flash_read(s->machine, at), offset, size, value));
		return;
	}
	regs[at / 4] = unicorn_merge(regs[at / 4], offset, size, value);
	if (s->which == SYSCFG && at == MEMRMP)
		unicorn_remap_to(s->machine, regs[at / 4]);
}

static uint64_t zero_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc, (void)offset, (void)size, (void)user;
	return 0;
}

static void ignore_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc, (void)offset, (void)size, (void)value, (void)user;
}

/* The peripherals above, at their addresses. */
uc_err unicorn_map_peripherals(struct unicorn_machine *m)
{
	uc_err err = uc_mmio_map(m->uc, 0x40000000, 0x400, tim_read, m, tim_write, m);
	if (!err)
		err = uc_mmio_map(m->uc, 0x40011000, 0x400, usart_read, m, usart_write, m);
	for (uint32_t i = 0; i < NSTORAGE && !err; i++) {
		m->storage[i] = (struct unicorn_storage){ m, i };
		err = uc_mmio_map(m->uc, storage[i], 0x400, storage_read, &m->storage[i], storage_write,
				  &m->storage[i]);
	}
	return err;
}

/* Registers that read as zero and ignore writes, for programs whose peripherals do not matter. */
uc_err unicorn_map_lenient(struct unicorn_machine *m, uint32_t addr, uint32_t size)
{
	return uc_mmio_map(m->uc, addr, size, zero_read, NULL, ignore_write, NULL);
}
