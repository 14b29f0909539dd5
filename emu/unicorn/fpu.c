// SPDX-License-Identifier: GPL-2.0-or-later
/* Floating-point registers around exceptions (Armv7-M ARM B1.5.7): S0 to S15 and FPSCR have places in the frame if the code
 * that was interrupted used the FPU. They are written there only when the handler uses it too, unless FPCCR says otherwise.
 * That a context is in use, CONTROL.FPCA, and new ones begin with FPSCR 0, is libunicorn's own doing.
 */
#include "emu/unicorn/machine.h"

enum { FPCCR_LSPACT = 1, FPCCR_THREAD = 1 << 3, FPCCR_LSPEN = 1 << 30, CONTROL_FPCA = 1 << 2 };
#define FPCCR_ASPEN (1u << 31)
enum { DOUBLES = 8, FPSCR_AT = 64 };
enum { STACKING_CYCLES = 17 }; /* as many words; not validated */

static uint32_t control(struct unicorn_machine *m)
{
	uint32_t v = 0;
	uc_reg_read(m->uc, UC_ARM_REG_CONTROL, &v);
	return v;
}

static void set_in_use(struct unicorn_machine *m, bool in_use)
{
	uint32_t v = control(m), w = in_use ? v | CONTROL_FPCA : v & ~(uint32_t)CONTROL_FPCA;
	if (v != w)
		uc_reg_write(m->uc, UC_ARM_REG_CONTROL, &w);
}

void unicorn_fpu_reset(struct unicorn_machine *m)
{
	m->io.fpccr = m->core == 4 ? FPCCR_ASPEN | FPCCR_LSPEN : 0;
}

/* Bytes of the registers in a frame, 0 if they are not in use. */
uint32_t unicorn_fpu_frame(struct unicorn_machine *m)
{
	return m->io.fpccr & FPCCR_ASPEN && control(m) & CONTROL_FPCA ? UNICORN_FPU_FRAME : 0;
}

static bool save(struct unicorn_machine *m, uint32_t at)
{
	bool stored = true;
	for (uint32_t i = 0; i < DOUBLES; i++) {
		uint64_t d = 0;
		uc_reg_read(m->uc, UC_ARM_REG_D0 + (int)i, &d);
		stored = unicorn_store_word(m, at + 8 * i, (uint32_t)d) && stored;
		stored = unicorn_store_word(m, at + 8 * i + 4, (uint32_t)(d >> 32)) && stored;
	}
	uint32_t fpscr = 0;
	uc_reg_read(m->uc, UC_ARM_REG_FPSCR, &fpscr);
	return unicorn_store_word(m, at + FPSCR_AT, fpscr) && stored;
}

/* The frame has room for the registers at `at`: writes them, or notes that they are to be written. False if there is no memory.
 * `cycles` is what that takes. */
bool unicorn_fpu_stack(struct unicorn_machine *m, uint32_t at, bool thread, uint32_t *cycles)
{
	struct unicorn_io *io = &m->io;
	*cycles = 0;
	if (io->fpccr & FPCCR_LSPEN && m->insn_hook) { /* without the hook unicorn_fpu_used is not called */
		io->fpcar = at;
		io->fpccr = (io->fpccr & ~(uint32_t)FPCCR_THREAD) | FPCCR_LSPACT | (thread ? FPCCR_THREAD : 0);
		return true;
	}
	*cycles = STACKING_CYCLES;
	return save(m, at);
}

/* A handler begins: it has not used the FPU. */
void unicorn_fpu_enter(struct unicorn_machine *m)
{
	set_in_use(m, false);
}

/* Before an instruction that uses the FPU. */
void unicorn_fpu_used(struct unicorn_machine *m)
{
	struct unicorn_io *io = &m->io;
	if (!(io->fpccr & FPCCR_LSPACT))
		return;
	save(m, io->fpcar);
	io->fpccr &= ~(uint32_t)FPCCR_LSPACT;
	io->fpu_cycles += STACKING_CYCLES;
}

/* An exception returns to code that had the registers in its frame, at `at`, or had not. `cycles` is what that takes. */
bool unicorn_fpu_unstack(struct unicorn_machine *m, bool stacked, uint32_t at, uint32_t *cycles)
{
	struct unicorn_io *io = &m->io;
	*cycles = io->fpu_cycles;
	io->fpu_cycles = 0;
	bool kept = io->fpccr & FPCCR_LSPACT;
	if (stacked && kept) { /* no one wrote to them */
		io->fpccr &= ~(uint32_t)FPCCR_LSPACT;
	} else if (stacked) {
		uint32_t words[2 * DOUBLES + 1];
		if (unicorn_read(m, at, words, sizeof words))
			return false;
		set_in_use(m, true);
		for (int i = 0; i < DOUBLES; i++) {
			uint64_t d = words[2 * i] | (uint64_t)words[2 * i + 1] << 32;
			uc_reg_write(m->uc, UC_ARM_REG_D0 + i, &d);
		}
		uc_reg_write(m->uc, UC_ARM_REG_FPSCR, &words[2 * DOUBLES]);
		*cycles += STACKING_CYCLES;
	}
	set_in_use(m, stacked);
	return true;
}
