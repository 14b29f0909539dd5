// SPDX-License-Identifier: GPL-2.0-or-later
/* The core's own registers: system control space with SysTick and NVIC, and DWT (Armv7-M ARM B3, C1).
 * What raises exceptions is worked out in nvic.c.
 */
#include <string.h>

#include "emu/unicorn/machine.h"

/* System control space, 0xe000e000. */
enum {
	SYST_CSR = 0x010, SYST_RVR = 0x014, SYST_CVR = 0x018, SYST_CALIB = 0x01c, CPUID = 0xd00, ICSR = 0xd04, VTOR = 0xd08, AIRCR = 0xd0c, SCR = 0xd10,
	CCR = 0xd14, SHPR1 = 0xd18, SHPR3 = 0xd20, SHCSR = 0xd24, CFSR = 0xd28, HFSR = 0xd2c, MMFAR = 0xd34,
	BFAR = 0xd38, CPACR = 0xd88, DEMCR = 0xdfc, STIR = 0xf00,
	FPCCR = 0xf34, FPCAR = 0xf38, FPDSCR = 0xf3c, MVFR0 = 0xf40, MVFR1 = 0xf44,
};
enum { AIRCR_KEY = 0x05fa, AIRCR_SYSRESETREQ = 1 << 2, DEMCR_TRCENA = 1 << 24 };

/* SysTick counts down. */
enum { SYST_ENABLE = 1, SYST_TICKINT = 2, SYST_COUNTFLAG = 1 << 16 };

static bool systick_counts(const struct unicorn_io *io)
{
	return io->systick[0] & SYST_ENABLE && io->systick[1];
}

static uint32_t systick_value(const struct unicorn_io *io, uint64_t ticks)
{
	if (ticks <= io->systick_first)
		return io->systick_first - (uint32_t)ticks;
	return io->systick[1] - (uint32_t)((ticks - io->systick_first - 1) % (io->systick[1] + 1ull));
}

static uint32_t systick_read(struct unicorn_machine *m, uint32_t offset)
{
	struct unicorn_io *io = &m->io;
	uint32_t csr = io->systick[0];
	if (offset < SYST_CSR || offset == SYST_CALIB)
		return 0;
	if (offset == SYST_RVR)
		return io->systick[1];
	if (!systick_counts(io))
		return io->systick[(offset - SYST_CSR) / 4];
	uint64_t ticks = unicorn_systick_ticks(m);
	io->time_reads++;
	if (offset == SYST_CSR) {
		uint64_t wraps = unicorn_systick_wraps(io, ticks);
		csr |= wraps > io->systick_seen ? SYST_COUNTFLAG : 0;
		io->systick_seen = wraps;
		return csr;
	}
	uint32_t value = systick_value(io, ticks);
	if (m->model && m->model->reading)
		m->model->reading(m->model->state, UNICORN_SYSTICK, value);
	return value;
}

/* Counts down from a value, from now on. */
static void systick_from(struct unicorn_machine *m, uint32_t value)
{
	m->io.systick_base = unicorn_now(m);
	m->io.systick_first = value;
	m->io.systick_seen = m->io.systick_fired = 0;
}

/* A stopped counter keeps its value. Zero is reloaded at once, whether it was written or there; a new reload value counts from
 * the next time on. */
static void systick_write(struct unicorn_machine *m, uint32_t offset, uint32_t value)
{
	struct unicorn_io *io = &m->io;
	bool counts = systick_counts(io);
	uint32_t left = counts ? systick_value(io, unicorn_systick_ticks(m)) : io->systick[2];
	if (offset < SYST_CSR || offset == SYST_CALIB)
		return;
	if (counts && io->systick[0] & SYST_TICKINT && unicorn_systick_wraps(io, unicorn_systick_ticks(m)) > io->systick_fired)
		io->systick_pending = true;
	m->deadline = 0;
	switch (offset) {
	case SYST_CVR: left = 0; break;
	case SYST_CSR: io->systick[0] = value & 7; break;
	case SYST_RVR: io->systick[1] = value & 0xffffff; break;
	}
	io->systick[2] = left;
	if (systick_counts(io))
		systick_from(m, left ? left : io->systick[1]);
}

/* Registers that keep what is written to them. */
static uint32_t *scs_reg(struct unicorn_io *io, uint32_t offset)
{
	if (offset >= SHPR1 && offset <= SHPR3)
		return &io->shpr[(offset - SHPR1) / 4];
	switch (offset) {
	case VTOR: return &io->vtor;
	case SCR: return &io->scr;
	case CCR: return &io->ccr;
	case SHCSR: return &io->shcsr;
	case MMFAR: return &io->mmfar;
	case BFAR: return &io->bfar;
	case CPACR: return &io->cpacr;
	case FPCCR: return &io->fpccr;
	case FPCAR: return &io->fpcar;
	case DEMCR: return &io->demcr;
	}
	return NULL;
}

static uint64_t scs_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	struct unicorn_io *io = &m->io;
	uint32_t *reg = scs_reg(io, offset & ~3u), v = reg ? *reg : 0;
	if (offset < SYST_CALIB + 4)
		return unicorn_part(systick_read(m, offset & ~3u), offset, size);
	if (offset < CPUID)
		return unicorn_part(unicorn_nvic_read(m, offset & ~3u), offset, size);
	switch (offset & ~3u) {
	case CPUID: v = m->core == 3 ? 0x410fc231 : 0x410fc240; break; /* as QEMU's boards say */
	case ICSR: v = unicorn_icsr_read(m); break;
	case AIRCR: v = 0xfa050000 | io->aircr; break;
	case CFSR: v = io->cfsr; break;
	case HFSR: v = io->hfsr; break;
	case MVFR0: v = m->core == 4 ? 0x10110021 : 0; break;
	case MVFR1: v = m->core == 4 ? 0x11000011 : 0; break;
	}
	return unicorn_part(v, offset, size);
}

static void scs_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	struct unicorn_io *io = &m->io;
	uint32_t *reg = scs_reg(io, offset & ~3u), bits = unicorn_merge(0, offset, size, value), was = io->fpccr;
	m->asked = m->slow = true;
	if (offset < SYST_CALIB + 4) {
		systick_write(m, offset & ~3u, bits);
		return;
	}
	if (offset < CPUID || (offset & ~3u) == STIR) {
		uint32_t now = unicorn_nvic_read(m, offset & ~3u);
		unicorn_nvic_write(m, offset & ~3u, bits, unicorn_merge(now, offset, size, value));
		return;
	}
	m->deadline = 0;
	if (reg)
		*reg = unicorn_merge(*reg, offset, size, value);
	switch (offset & ~3u) {
	case ICSR: unicorn_icsr_write(m, bits); break;
	case VTOR: io->vtor &= ~0x7fu; break;
	case FPCCR: io->fpccr = m->core == 4 ? (io->fpccr & ~0xfu) | (was & 0xf) : 0; break; /* 3:0 are the core's own */
	case FPCAR: io->fpcar &= ~7u; break;
	case FPDSCR:
		if (bits) {
			m->error = "the program sets FPDSCR, and here new floating-point contexts begin with FPSCR 0 only";
			m->attention = UNICORN_FAILED;
		}
		break;
	case CFSR: io->cfsr &= ~bits; break; /* write one to clear */
	case HFSR: io->hfsr &= ~bits; break;
	case AIRCR:
		if (bits >> 16 != AIRCR_KEY)
			break;
		io->aircr = bits & 0x700;
		if (bits & AIRCR_SYSRESETREQ)
			m->attention = UNICORN_RESET;
		break;
	}
}

/* DWT, 0xe0001000. A board without a model has no cycle counter, and CTRL says so. */
enum { DWT_CTRL = 0x0, DWT_CYCCNT = 0x4, CTRL_CYCCNTENA = 1, CTRL_NOCYCCNT = 1 << 25 };

/* A chip that programs are measured on has the counter always. */
static bool has_cyccnt(const struct unicorn_machine *m)
{
	return unicorn_has_cycles(m) || m->strict;
}

static uint32_t dwt_count(struct unicorn_machine *m)
{
	if (!has_cyccnt(m) || !(m->io.dwt_ctrl & CTRL_CYCCNTENA) || !(m->io.demcr & DEMCR_TRCENA))
		return m->io.dwt_stopped;
	return (uint32_t)(unicorn_now(m) - m->io.dwt_base);
}

static void dwt_set(struct unicorn_machine *m, uint32_t count)
{
	m->io.dwt_stopped = count;
	if (has_cyccnt(m))
		m->io.dwt_base = unicorn_now(m) - count;
}

static uint64_t dwt_read(uc_engine *uc, uint64_t offset, unsigned size, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	switch (offset & ~3u) {
	case DWT_CTRL: return unicorn_part(has_cyccnt(m) ? m->io.dwt_ctrl : CTRL_NOCYCCNT, offset, size);
	case DWT_CYCCNT: {
		uint32_t count = dwt_count(m);
		m->io.time_reads++;
		if (unicorn_has_cycles(m) && m->model->reading)
			m->model->reading(m->model->state, UNICORN_CYCCNT, count);
		return unicorn_part(count, offset, size);
	}
	}
	return 0;
}

static void dwt_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	uint32_t count = dwt_count(m);
	if (!has_cyccnt(m))
		return;
	if ((offset & ~3u) == DWT_CTRL)
		m->io.dwt_ctrl = unicorn_merge(m->io.dwt_ctrl, offset, size, value) & CTRL_CYCCNTENA;
	else if ((offset & ~3u) == DWT_CYCCNT)
		count = unicorn_merge(count, offset, size, value);
	dwt_set(m, count);
}

/* Starts CYCCNT as a debugger does, for programs that count on it. */
void unicorn_start_cycles(struct unicorn_machine *m)
{
	m->io.demcr |= DEMCR_TRCENA;
	m->io.dwt_ctrl |= CTRL_CYCCNTENA;
}

/* The core's own registers; every machine has them. */
uc_err unicorn_map_core(struct unicorn_machine *m)
{
	uc_err err = uc_mmio_map(m->uc, 0xe000e000, 0x1000, scs_read, m, scs_write, m);
	if (!err)
		err = uc_mmio_map(m->uc, 0xe0001000, 0x1000, dwt_read, m, dwt_write, m);
	return err;
}
