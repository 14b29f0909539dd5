// SPDX-License-Identifier: GPL-2.0-or-later
/* Interrupts (Armv7-M ARM B1.5, B3.4): which are pending, which one is taken next, and when the next one can come.
 * They are looked at between blocks of code, as late as m->deadline says or as soon as a register changed.
 */
#include <string.h>

#include "emu/unicorn/machine.h"

enum { SYST_ENABLE = 1, SYST_TICKINT = 2, SYST_CORE_CLOCK = 4 };
enum { USART1_BOARD = 37 };

static uint32_t special(struct unicorn_machine *m, int id)
{
	uint32_t v = 0;
	uc_reg_read(m->uc, id, &v);
	return v;
}

static bool bit(const uint32_t *set, uint32_t n) { return set[n / 32] >> n % 32 & 1; }

/* Lower is more urgent. */
int unicorn_priority(const struct unicorn_machine *m, uint32_t exception)
{
	const struct unicorn_io *io = &m->io;
	if (exception < 4)
		return (int)exception - 4; /* reset -3, NMI -2, HardFault -1 */
	if (exception >= UNICORN_IRQ_0)
		return io->irq_priority[exception - UNICORN_IRQ_0];
	uint32_t at = exception - 4;
	return io->shpr[at / 4] >> at % 4 * 8 & 0xff;
}

/* The part of a priority that decides on preemption: without the subpriority of AIRCR.PRIGROUP. */
static int group(const struct unicorn_machine *m, int priority)
{
	return priority < 0 ? priority : priority & ~((2 << (m->io.aircr >> 8 & 7)) - 1);
}

/* Of what runs; thread mode is 256. Without masks: as if PRIMASK were 0. */
static int running_priority(struct unicorn_machine *m, bool masks)
{
	int p = 256, basepri = (int)special(m, UC_ARM_REG_BASEPRI);
	for (uint32_t i = 0; i < m->io.nactive; i++) {
		int q = group(m, unicorn_priority(m, m->io.active[i]));
		p = q < p ? q : p;
	}
	if (basepri && group(m, basepri) < p)
		p = group(m, basepri);
	if (masks && special(m, UC_ARM_REG_PRIMASK) && p > 0)
		p = 0;
	if (special(m, UC_ARM_REG_FAULTMASK) && p > -1)
		p = -1;
	return p;
}

int unicorn_running_priority(struct unicorn_machine *m) { return running_priority(m, true); }

/* Whether an exception would be taken while something of this priority runs. */
bool unicorn_preempts(const struct unicorn_machine *m, uint32_t exception, int running)
{
	return group(m, unicorn_priority(m, exception)) < running;
}

static bool is_active(const struct unicorn_io *io, uint32_t exception)
{
	for (uint32_t i = 0; i < io->nactive; i++)
		if (io->active[i] == exception)
			return true;
	return false;
}

/* Ticks of SysTick since it was loaded. */
uint64_t unicorn_systick_ticks(struct unicorn_machine *m)
{
	return (unicorn_now(m) - m->io.systick_base) / (m->io.systick[0] & SYST_CORE_CLOCK ? 1 : 8);
}

uint64_t unicorn_systick_wraps(const struct unicorn_io *io, uint64_t ticks)
{
	return ticks <= io->systick_first ? 0 : 1 + (ticks - io->systick_first - 1) / (io->systick[1] + 1ull);
}

uint64_t unicorn_systick_wrap(const struct unicorn_io *io, uint64_t n)
{
	return io->systick_first + 1ull + (n - 1) * (io->systick[1] + 1ull);
}

static void earlier(uint64_t *next, uint64_t time)
{
	if (time < *next)
		*next = time;
}

static void look_at_systick(struct unicorn_machine *m, uint64_t *next)
{
	struct unicorn_io *io = &m->io;
	if ((io->systick[0] & (SYST_ENABLE | SYST_TICKINT)) != (SYST_ENABLE | SYST_TICKINT) || !io->systick[1])
		return;
	uint64_t wraps = unicorn_systick_wraps(io, unicorn_systick_ticks(m));
	if (wraps > io->systick_fired)
		io->systick_pending = true;
	io->systick_fired = wraps;
	earlier(next, io->systick_base + unicorn_systick_wrap(io, wraps + 1) * (io->systick[0] & SYST_CORE_CLOCK ? 1 : 8));
}

static void look_at_lines(struct unicorn_machine *m, uint64_t *next)
{
	struct unicorn_io *io = &m->io;
	for (uint32_t i = 0; i < io->ndevices; i++) {
		struct unicorn_device *d = &io->devices[i];
		if (!d->irq)
			continue;
		uint64_t time = UINT64_MAX;
		if (unicorn_device_line(d, &time) && !is_active(io, d->irq + UNICORN_IRQ_0))
			io->irq_pending[d->irq / 32] |= 1u << d->irq % 32;
		if (bit(io->irq_enabled, d->irq))
			earlier(next, time);
	}
	if (io->usart_cr1 & UNICORN_USART_RXNEIE && io->rx_pos < m->rx_len && !is_active(io, USART1_BOARD + UNICORN_IRQ_0))
		io->irq_pending[USART1_BOARD / 32] |= 1u << USART1_BOARD % 32;
}

/* The most urgent exception that is pending and enabled; 0 if there is none. Equal ones come by number. */
static uint32_t most_urgent(struct unicorn_machine *m)
{
	struct unicorn_io *io = &m->io;
	uint32_t best = 0;
	int priority = 0x7fffffff;
	if (io->pendsv_pending)
		best = UNICORN_PENDSV, priority = unicorn_priority(m, best);
	if (io->systick_pending && unicorn_priority(m, UNICORN_SYSTICK_EXCEPTION) < priority)
		best = UNICORN_SYSTICK_EXCEPTION, priority = unicorn_priority(m, best);
	for (uint32_t w = 0; w < UNICORN_IRQS / 32; w++)
		for (uint32_t set = io->irq_pending[w] & io->irq_enabled[w]; set; set &= set - 1) {
			uint32_t e = UNICORN_IRQ_0 + w * 32 + (uint32_t)__builtin_ctz(set);
			if (unicorn_priority(m, e) < priority)
				best = e, priority = unicorn_priority(m, e);
		}
	return best;
}

/* The interrupt to take now, 0 for none. Sets when to look next. */
uint32_t unicorn_interrupt(struct unicorn_machine *m)
{
	uint64_t next = UINT64_MAX;
	look_at_systick(m, &next);
	look_at_lines(m, &next);
	uint32_t e = most_urgent(m);
	m->deadline = next;
	m->source = next;
	if (!e)
		return 0;
	if (unicorn_preempts(m, e, running_priority(m, true)) && m->io.nactive < UNICORN_NESTING_MAX)
		return e;
	m->deadline = 0; /* masks and priorities change without notice: look again at every block */
	return 0;
}

/* What an exception is no longer when its handler begins: pending. */
void unicorn_acknowledge(struct unicorn_machine *m, uint32_t exception)
{
	struct unicorn_io *io = &m->io;
	if (exception == UNICORN_PENDSV)
		io->pendsv_pending = false;
	else if (exception == UNICORN_SYSTICK_EXCEPTION)
		io->systick_pending = false;
	else if (exception >= UNICORN_IRQ_0)
		io->irq_pending[(exception - UNICORN_IRQ_0) / 32] &= ~(1u << (exception - UNICORN_IRQ_0) % 32);
	io->interrupts++;
}

/* Sleeps: time goes on to the next interrupt. False if none can come that would wake the core. */
bool unicorn_sleep(struct unicorn_machine *m)
{
	for (int i = 0; i < 2; i++) {
		uint32_t e;
		unicorn_interrupt(m);
		e = most_urgent(m);
		if (e && unicorn_preempts(m, e, running_priority(m, false))) {
			m->deadline = 0;
			return true;
		}
		uint64_t now = unicorn_now(m);
		if (i > 0 || m->source == UINT64_MAX)
			break;
		if (m->source > now) {
			if (m->model && m->model->idle)
				m->model->idle(m->model->state, m->source - now);
			else
				m->io.asleep += m->source - now;
		}
	}
	return false;
}

/* Whether something can still interrupt a loop that nothing else ends. */
bool unicorn_can_interrupt(struct unicorn_machine *m)
{
	if (special(m, UC_ARM_REG_PRIMASK) || special(m, UC_ARM_REG_FAULTMASK))
		return false;
	uint32_t e = unicorn_interrupt(m);
	if (e)
		m->deadline = 0;
	return e || m->source != UINT64_MAX;
}

enum { ISER = 0x100, ICER = 0x180, ISPR = 0x200, ICPR = 0x280, IABR = 0x300, IPR = 0x400, STIR = 0xf00 };

/* NVIC registers, at 0xe000e100 and STIR. */
uint32_t unicorn_nvic_read(struct unicorn_machine *m, uint32_t offset)
{
	struct unicorn_io *io = &m->io;
	uint32_t w = offset / 4 & 7, v = 0;
	if (offset >= IPR && offset < IPR + UNICORN_IRQS) {
		memcpy(&v, &io->irq_priority[(offset - IPR) & ~3u], 4);
		return v;
	}
	switch (offset & ~0x1fu) {
	case ISER: case ICER: return io->irq_enabled[w];
	case ISPR: case ICPR: return io->irq_pending[w];
	case IABR:
		for (uint32_t i = 0; i < io->nactive; i++)
			if (io->active[i] >= UNICORN_IRQ_0 && (io->active[i] - UNICORN_IRQ_0) / 32 == w)
				v |= 1u << (io->active[i] - UNICORN_IRQ_0) % 32;
		return v;
	}
	return 0;
}

/* `bits` are those written, `value` the register merged with them. */
void unicorn_nvic_write(struct unicorn_machine *m, uint32_t offset, uint32_t bits, uint32_t value)
{
	enum { PRIORITY_BITS = 0xf0f0f0f0 }; /* STM32 has four */
	struct unicorn_io *io = &m->io;
	uint32_t w = offset / 4 & 7;
	m->deadline = 0;
	if (offset >= IPR && offset < IPR + UNICORN_IRQS) {
		value &= (uint32_t)PRIORITY_BITS;
		memcpy(&io->irq_priority[(offset - IPR) & ~3u], &value, 4);
		return;
	}
	if (offset == STIR) {
		bits = bits & 0x1ff;
		if (bits < UNICORN_IRQS)
			io->irq_pending[bits / 32] |= 1u << bits % 32, io->irq_forced[bits / 32] |= 1u << bits % 32;
		return;
	}
	switch (offset & ~0x1fu) {
	case ISER: io->irq_enabled[w] |= bits; break;
	case ICER: io->irq_enabled[w] &= ~bits; break;
	case ISPR: io->irq_pending[w] |= bits, io->irq_forced[w] |= bits; break;
	case ICPR: io->irq_pending[w] &= ~bits; break;
	}
}

enum { NMIPENDSET = 1u << 31, PENDSVSET = 1 << 28, PENDSVCLR = 1 << 27, PENDSTSET = 1 << 26, PENDSTCLR = 1 << 25, ISRPENDING = 1 << 22, RETTOBASE = 1 << 11 };

uint32_t unicorn_icsr_read(struct unicorn_machine *m)
{
	struct unicorn_io *io = &m->io;
	uint32_t v = io->nactive ? io->active[io->nactive - 1] : 0;
	v |= io->nactive <= 1 ? RETTOBASE : 0;
	v |= (io->pendsv_pending ? PENDSVSET : 0) | (io->systick_pending ? PENDSTSET : 0);
	for (uint32_t w = 0; w < UNICORN_IRQS / 32; w++)
		v |= io->irq_pending[w] ? ISRPENDING : 0;
	return v | most_urgent(m) << 12;
}

void unicorn_icsr_write(struct unicorn_machine *m, uint32_t bits)
{
	struct unicorn_io *io = &m->io;
	m->deadline = 0;
	io->pendsv_pending = (io->pendsv_pending || bits & PENDSVSET) && !(bits & PENDSVCLR);
	io->systick_pending = (io->systick_pending || bits & PENDSTSET) && !(bits & PENDSTCLR);
}

/* Whether an interrupt is enabled that nothing here raises. */
bool unicorn_undelivered(const struct unicorn_machine *m, uint32_t irq)
{
	const struct unicorn_io *io = &m->io;
	if (irq >= UNICORN_IRQS || !bit(io->irq_enabled, irq) || bit(io->irq_forced, irq))
		return false;
	for (uint32_t i = 0; i < io->ndevices; i++)
		if (io->devices[i].irq == irq)
			return false;
	return true;
}
