// SPDX-License-Identifier: GPL-2.0-or-later
/* Exception entry and return of ARMv7-M (Armv7-M ARM B1.5), which libunicorn leaves out: faults, SVC and
 * interrupts, with priorities, escalation to HardFault, tail-chaining, and lockup.
 */
#include <string.h>

#include "emu/unicorn/machine.h"

enum { HARD_FAULT = 3, MEM_MANAGE = 4, BUS_FAULT = 5, USAGE_FAULT = 6, SVCALL = 11 };

enum {
	SHCSR_MEMFAULTENA = 1u << 16, SHCSR_BUSFAULTENA = 1u << 17, SHCSR_USGFAULTENA = 1u << 18,
	HFSR_VECTTBL = 1u << 1, HFSR_FORCED = 1u << 30,
	XPSR_ALIGNED = 1u << 9, XPSR_T = 1u << 24, XPSR_IT = 0x0600fc00,
	CCR_STKALIGN = 1u << 9,
	CONTROL_SPSEL = 1u << 1,
	EXC_RETURN_BASIC = 1u << 4, /* the frame has no floating-point registers */
};

/* Cycles from an exception to its handler, back, and from one handler to the next (Cortex-M3 TRM 5.6, 5.9). */
enum { ENTRY_CYCLES = 12, RETURN_CYCLES = 12, TAIL_CHAIN_CYCLES = 6 };

static uint32_t special(struct unicorn_machine *m, int id)
{
	uint32_t v = 0;
	uc_reg_read(m->uc, id, &v);
	return v;
}

static uint32_t handler_of(struct unicorn_machine *m, uint32_t exception)
{
	uint32_t handler = 0;
	if (unicorn_read(m, m->io.vtor + 4 * exception, &handler, sizeof handler))
		m->io.hfsr |= HFSR_VECTTBL; /* handler 0: the fetch of its first instruction faults */
	return handler;
}

/* Goes to the handler; flags are those of the xPSR. Writing the exception number makes the core switch to the main stack. */
static void go(struct unicorn_machine *m, uint32_t exception, uint32_t flags, uint32_t exc_return, uint32_t cycles)
{
	uint32_t handler = handler_of(m, exception);
	unicorn_set_reg(m, 15, handler);
	unicorn_set_reg(m, 14, exc_return);
	unicorn_set_reg(m, 16, (flags & 0xf80f0000) | (handler & 1 ? XPSR_T : 0) | exception);
	m->io.active[m->io.nactive++] = exception;
	m->io.event = true;
	m->deadline = 0;
	unicorn_fpu_enter(m);
	if (m->model && m->model->exception)
		m->model->exception(m->model->state, handler & ~1u, cycles);
}

/* Stacks a frame and goes to the handler. */
static void enter(struct unicorn_machine *m, uint32_t exception, uint32_t return_pc)
{
	struct unicorn_io *io = &m->io;
	bool thread = io->nactive == 0;
	uint32_t psp = thread && special(m, UC_ARM_REG_CONTROL) & CONTROL_SPSEL;
	uint32_t xpsr = unicorn_reg(m, 16), sp = unicorn_reg(m, 13);
	uint32_t fpu = unicorn_fpu_frame(m), fpu_cycles = 0;
	uint32_t pad = io->ccr & CCR_STKALIGN || fpu ? sp & 4 : 0;
	uint32_t frame[8] = { unicorn_reg(m, 0), unicorn_reg(m, 1), unicorn_reg(m, 2), unicorn_reg(m, 3),
			      unicorn_reg(m, 12), unicorn_reg(m, 14), return_pc & ~1u,
			      (xpsr & ~(uint32_t)XPSR_ALIGNED) | (pad ? XPSR_ALIGNED : 0) };

	sp -= sizeof frame + fpu + pad;
	bool stacked = true;
	for (int i = 0; i < 8; i++)
		stacked = unicorn_store_word(m, sp + 4 * (uint32_t)i, frame[i]) && stacked;
	if (fpu)
		stacked = unicorn_fpu_stack(m, sp + sizeof frame, thread, &fpu_cycles) && stacked;
	if (!stacked) {
		/* A derived BusFault: whichever is more urgent is taken (B1.5.11). */
		uint32_t derived = io->shcsr & SHCSR_BUSFAULTENA ? BUS_FAULT : HARD_FAULT;
		io->cfsr |= CFSR_STKERR;
		if (unicorn_priority(m, derived) < unicorn_priority(m, exception)) {
			exception = derived;
			io->hfsr |= derived == HARD_FAULT ? HFSR_FORCED : 0;
		}
	}
	unicorn_set_reg(m, 13, sp);

	uint32_t exc_return = thread ? (psp ? 0xfffffffd : 0xfffffff9) : 0xfffffff1;
	go(m, exception, xpsr, fpu ? exc_return & ~(uint32_t)EXC_RETURN_BASIC : exc_return, ENTRY_CYCLES + fpu_cycles);
}

static bool take(struct unicorn_machine *m, uint32_t exception, bool enabled, uint32_t return_pc)
{
	int now = unicorn_running_priority(m);
	if (m->io.nactive == UNICORN_NESTING_MAX)
		return false;
	if (!enabled || !unicorn_preempts(m, exception, now)) {
		if (now <= -1)
			return false;
		m->io.hfsr |= HFSR_FORCED;
		exception = HARD_FAULT;
	}
	enter(m, exception, return_pc);
	return true;
}

bool unicorn_take_fault(struct unicorn_machine *m, struct unicorn_fault f)
{
	struct unicorn_io *io = &m->io;
	uint32_t enable = f.exception == MEM_MANAGE ? SHCSR_MEMFAULTENA :
			  f.exception == BUS_FAULT  ? SHCSR_BUSFAULTENA : SHCSR_USGFAULTENA;

	io->cfsr |= f.cfsr;
	if (f.cfsr & CFSR_BFARVALID)
		io->bfar = f.addr;
	if (f.cfsr & CFSR_MMARVALID)
		io->mmfar = f.addr;
	uint32_t active = io->nactive ? io->active[io->nactive - 1] : 0;
	if (active < HARD_FAULT || active > USAGE_FAULT)
		m->fault = f;
	m->faults++;
	return take(m, f.exception, io->shcsr & enable, f.pc);
}

/* PC is past the svc. */
bool unicorn_take_svc(struct unicorn_machine *m)
{
	return take(m, SVCALL, true, unicorn_reg(m, 15));
}

/* Before the instruction at PC. */
void unicorn_take_interrupt(struct unicorn_machine *m, uint32_t exception)
{
	unicorn_acknowledge(m, exception);
	enter(m, exception, unicorn_reg(m, 15));
}

/* A load of PC with EXC_RETURN (B1.5.8). */
bool unicorn_exception_return(struct unicorn_machine *m, uint32_t exc_return)
{
	struct unicorn_io *io = &m->io;
	bool fpu = !(exc_return & EXC_RETURN_BASIC) && m->core == 4;
	uint32_t how = fpu ? exc_return | EXC_RETURN_BASIC : exc_return, fpu_cycles;
	bool thread = how == 0xfffffff9 || how == 0xfffffffd;
	uint32_t left = io->nactive ? io->nactive - 1 : 0, zero = 0;

	if (!io->nactive || (thread ? left != 0 : how != 0xfffffff1 || left == 0)) {
		struct unicorn_fault f = { .exception = USAGE_FAULT, .cfsr = CFSR_INVPC, .pc = exc_return & ~1u };
		return unicorn_take_fault(m, f);
	}
	uint32_t returned = handler_of(m, io->active[io->nactive - 1]) & ~1u;
	io->nactive = left;
	uc_reg_write(m->uc, UC_ARM_REG_FAULTMASK, &zero);
	uint32_t next = unicorn_interrupt(m);
	if (next) { /* its frame is the one that is there */
		unicorn_acknowledge(m, next);
		go(m, next, unicorn_reg(m, 16), exc_return, TAIL_CHAIN_CYCLES);
		return true;
	}
	m->deadline = 0;
	io->event = true;
	/* Thread mode first, then its stack: the order in which the core accepts it. */
	uint32_t number = left ? io->active[left - 1] : 0;
	unicorn_set_reg(m, 16, XPSR_T | number);
	if (thread) {
		uint32_t control = special(m, UC_ARM_REG_CONTROL) & ~(uint32_t)CONTROL_SPSEL;
		control |= how == 0xfffffffd ? CONTROL_SPSEL : 0;
		uc_reg_write(m->uc, UC_ARM_REG_CONTROL, &control);
	}
	uint32_t sp = unicorn_reg(m, 13), frame[8];
	if (unicorn_read(m, sp, frame, sizeof frame) || !unicorn_fpu_unstack(m, fpu, sp + sizeof frame, &fpu_cycles)) {
		struct unicorn_fault f = { .exception = BUS_FAULT, .cfsr = 1u << 11 /* UNSTKERR */,
					   .pc = exc_return & ~1u };
		return unicorn_take_fault(m, f);
	}
	for (int i = 0; i < 4; i++)
		unicorn_set_reg(m, i, frame[i]);
	unicorn_set_reg(m, 12, frame[4]);
	unicorn_set_reg(m, 14, frame[5]);
	unicorn_set_reg(m, 13, sp + sizeof frame + (fpu ? (uint32_t)UNICORN_FPU_FRAME : 0) + (frame[7] & XPSR_ALIGNED ? 4 : 0));
	unicorn_set_reg(m, 15, frame[6] | 1);
	unicorn_set_reg(m, 16, (frame[7] & ~0x3ffu) | number);
	if (m->model && m->model->exception)
		m->model->exception(m->model->state, returned, RETURN_CYCLES + fpu_cycles);
	return true;
}

/* The IT bits of xPSR before the instruction at pc of the running block, which began with `xpsr`. */
uint32_t unicorn_it_at(struct unicorn_machine *m, uint32_t xpsr, uint32_t pc)
{
	const struct unicorn_block *b = m->block;
	uint32_t it = ((xpsr >> 25) & 3) | ((xpsr >> 8) & 0xfc);
	for (uint32_t at = 0; b->addr + at < pc && at + 1 < b->size;) {
		const uint8_t *c = b->code + at;
		if (c[1] == 0xbf && c[0] & 0x0f) /* it: sets the state for what follows */
			it = c[0];
		else /* ITAdvance (A7.3.3) */
			it = it & 7 ? (it & 0xe0) | ((it << 1) & 0x1f) : 0;
		at += c[1] >= 0xe8 ? 4 : 2;
	}
	return (it & 3) << 25 | (it & 0xfc) << 8;
}
