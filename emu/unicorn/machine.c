// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening, hooks and the run loop.
 *
 * Three facts about libunicorn shape the loop (2.0.1; each is covered by a test):
 *  - uc_emu_stop inside a block hook ends the run before that block, PC and IT apart; inside an MMIO
 *    callback it abandons the block half-way. So everything stops in the block hook.
 *  - After an access fault PC is the start of the block, and after a refused store the rest of the
 *    block was executed. So the run is repeated from a checkpoint with a code hook on that one block,
 *    which makes it end at the instruction.
 *  - Exceptions are not taken. They are entered here, between two calls of uc_emu_start.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/unicorn/machine.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { XPSR_T = 1u << 24 };
enum { CYCLES_MAX = 8192 }; /* that a block takes, at most */
enum { CYCLES_OF_INSN = 18 }; /* that an instruction takes, at most */
enum { BLOCK_LONG = 16 }; /* instructions: an interrupt may come up to so many late, at the end of a block */

/* Ends the run before the block at addr. What libunicorn leaves in PC and IT is that of the last instruction
 * of the block if there is a code hook, so both are put right by unicorn_start. */
static void stop_before(struct unicorn_machine *m, uint32_t addr)
{
	m->stopped = m->slow = true;
	m->stopped_pc = addr;
	m->stopped_xpsr = unicorn_reg(m, 16);
	uc_emu_stop(m->uc);
}

/* What keeps a block from being executed; 0 for nothing. */
static inline int obstacle(struct unicorn_machine *m, const struct unicorn_block *b)
{
	if (UNLIKELY(m->attention))
		return m->attention;
	if (UNLIKELY(b->instructions > m->limit - m->count))
		return UNICORN_LIMIT;
	if (UNLIKELY(__atomic_load_n(&m->cancelled, __ATOMIC_RELAXED)))
		return UNICORN_CANCELLED;
	if (UNLIKELY(b->stop) && (b->stop == UNICORN_SPIN ? !unicorn_can_interrupt(m) : !m->fresh))
		return b->stop;
	return 0;
}

/* Whether an interrupt is to be taken before the block at addr. */
static bool interrupted(struct unicorn_machine *m, uint32_t addr)
{
	if (m->model && m->model->settle)
		m->model->settle(m->model->state, addr);
	if (m->clock && *m->clock < m->deadline)
		return false;
	m->take = unicorn_interrupt(m);
	return m->take;
}

/* Whether the time at which to look for interrupts can come before the end of the block that begins. */
static bool may_interrupt(struct unicorn_machine *m, const struct unicorn_block *b)
{
	uint64_t now = m->clock ? *m->clock : unicorn_count_before_block(m) + m->io.asleep;
	if (!m->strict || !m->deadline || m->deadline > now + (uint64_t)CYCLES_OF_INSN * b->instructions)
		return false;
	m->block_xpsr = unicorn_reg(m, 16);
	return true;
}

static void on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	(void)uc;
	struct unicorn_machine *m = user;
	if (UNLIKELY(m->event)) {
		stop_before(m, (uint32_t)addr);
		return;
	}
	if (UNLIKELY(m->remap)) {
		stop_before(m, (uint32_t)addr);
		return;
	}
	if (UNLIKELY(m->sp_written))
		unicorn_align_sp(m);
	if (UNLIKELY(m->rewinding) && addr == m->rewind_block && m->count == m->rewind_count) {
		stop_before(m, (uint32_t)addr);
		return;
	}
	uint64_t now = m->clock ? *m->clock + (m->block ? CYCLES_MAX : 0) : m->count + m->io.asleep;
	if (UNLIKELY(now >= m->deadline) && interrupted(m, (uint32_t)addr)) {
		stop_before(m, (uint32_t)addr);
		return;
	}
	struct unicorn_block *b = unicorn_block_at(m, (uint32_t)addr, size);
	if (UNLIKELY(!b)) {
		m->error = "a block of code is not in memory";
		stop_before(m, (uint32_t)addr);
		return;
	}
	int stop = obstacle(m, b);
	if (UNLIKELY(stop)) {
		m->attention = stop;
		stop_before(m, (uint32_t)addr);
		return;
	}
	m->count += b->instructions;
	m->block = b;
	m->fresh = false;
	if (m->model)
		m->model->block(m->model->state, b);
	m->asked = false;
	m->watch = b->instructions > BLOCK_LONG && UNLIKELY(may_interrupt(m, b));
	m->slow = b->special | b->insn | m->watch;
}

/* Notes what ends a run. libunicorn goes on to the end of the block, and even to the next one, after a
 * store it refused; what happens there does not matter: the first event counts. */
static void note_event(struct unicorn_machine *m, enum unicorn_event event, uint32_t number, uint32_t addr)
{
	if (m->event != EVENT_NONE)
		return;
	m->event = event;
	m->slow = true;
	m->event_number = number;
	m->event_addr = addr;
}

static bool on_invalid_memory(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
			      void *user)
{
	(void)uc;
	if (type == UC_MEM_WRITE_PROT && unicorn_store(user, (uint32_t)addr, (uint32_t)size, (uint64_t)value))
		return true;
	note_event(user, EVENT_MEMORY, type, (uint32_t)addr);
	return false;
}

static bool on_undefined(uc_engine *uc, void *user)
{
	(void)uc;
	note_event(user, EVENT_UNDEFINED, 0, 0);
	return false;
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user)
{
	note_event(user, EVENT_INTERRUPT, number, 0);
	uc_emu_stop(uc);
}

/* The instruction at addr faults or is interrupted: the run ends before it. */
static void stop_at_insn(struct unicorn_machine *m, uint32_t addr, enum unicorn_event event, uint32_t cfsr)
{
	note_event(m, event, cfsr, 0);
	m->event_insn = addr;
	uc_emu_stop(m->uc);
}

/* Whether an interrupt comes before the instruction at addr, inside a block: because it is time, or because the block asked for
 * it. Inside an IT block it waits. */
static bool interrupts_insn(struct unicorn_machine *m, uint32_t addr)
{
	const struct unicorn_block *b = m->block;
	if (!m->strict || !b || addr == b->addr || unicorn_it_at(m, m->watch ? m->block_xpsr : 0, addr))
		return false;
	if (!m->asked) {
		uint64_t now = m->clock ? unicorn_now(m) : unicorn_now(m) + unicorn_thumb_count(b->code, addr - b->addr);
		if (now < m->deadline)
			return false;
	}
	m->asked = m->watch = false;
	return unicorn_interrupt(m);
}

static void look_at_insn(struct unicorn_machine *m, uint32_t addr)
{
	if (UNLIKELY(m->stopped || m->event))
		return;
	m->insn = addr;
	if (UNLIKELY(m->sp_written))
		unicorn_align_sp(m);
	if (UNLIKELY(m->block->special)) {
		uint32_t cfsr = unicorn_special_fault(m, m->insn);
		if (cfsr) {
			stop_at_insn(m, m->insn, EVENT_BEFORE, cfsr);
			return;
		}
	}
	if (m->block->insn)
		m->model->insn(m->model->state, m, m->insn);
	if (UNLIKELY(m->watch || m->asked) && interrupts_insn(m, m->insn))
		stop_at_insn(m, m->insn, EVENT_TIME, 0);
}

static void on_insn(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	(void)uc, (void)size;
	struct unicorn_machine *m = user;
	if (m->slow)
		look_at_insn(m, (uint32_t)addr);
	else
		m->insn = (uint32_t)addr;
}

static void on_memory(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value, void *user)
{
	(void)value;
	struct unicorn_machine *m = user;
	if (UNLIKELY(m->event))
		return;
	if (UNLIKELY(addr & ((uint32_t)size - 1) & 3) && m->insn_hook && m->block && unicorn_aligns(m)) {
		note_event(m, EVENT_UNALIGNED, CFSR_UNALIGNED, (uint32_t)addr);
		m->event_insn = m->insn;
		uc_emu_stop(uc);
		return;
	}
	if (UNLIKELY(m->spinning) && addr - 0x40000000u < 0x20000000u)
		m->spin_reads = (uint32_t)addr;
	m->spin_loads += type == UC_MEM_READ && (addr >= 0x20000000 || addr < m->sram_at_zero) && !m->io.nactive; /* not constants in flash */
	if (m->model && m->model->memory)
		m->model->memory(m->model->state, m->insn, (uint32_t)addr, (uint32_t)size, type == UC_MEM_WRITE);
}

static uc_err add_hook(struct unicorn_machine *m, uc_hook *h, int type, void *callback, uint64_t from, uint64_t to)
{
	return uc_hook_add(m->uc, h, type, callback, m, from, to);
}

static void io_reset(struct unicorn_machine *m)
{
	struct unicorn_io *io = &m->io;
	memset(io, 0, offsetof(struct unicorn_io, rx_pos));
	memset(&io->vtor, 0, offsetof(struct unicorn_io, ndevices) - offsetof(struct unicorn_io, vtor));
	io->tim_arr = 0xffffffff;
	io->ccr = 1u << 9; /* STKALIGN */
	unicorn_fpu_reset(m);
	unicorn_flash_reset(&io->flash);
	unicorn_devices_reset(m);
}

UNICORN_CTL struct unicorn_machine *unicorn_new(uint32_t core, const char **error)
{
	struct unicorn_machine *m = calloc(1, sizeof *m);
	if (!m) {
		*error = "out of memory";
		return NULL;
	}
	m->core = core;
	m->pause = 1;
	/* UC_MODE_MCLASS would silently give a Cortex-M33 whatever model is asked for. */
	uc_err err = uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &m->uc);
	int want = core == 3 ? UC_CPU_ARM_CORTEX_M3 : UC_CPU_ARM_CORTEX_M4, got = -1;
	uc_hook h;
	if (!err && !(err = uc_ctl_set_cpu_model(m->uc, want)) && !(err = uc_ctl_get_cpu_model(m->uc, &got)) &&
	    got == want && !(err = add_hook(m, &h, UC_HOOK_BLOCK, on_block, 1, 0)) &&
	    !(err = add_hook(m, &h, UC_HOOK_MEM_INVALID, on_invalid_memory, 1, 0)) &&
	    !(err = add_hook(m, &h, UC_HOOK_INSN_INVALID, on_undefined, 1, 0)) &&
	    !(err = add_hook(m, &h, UC_HOOK_INTR, on_interrupt, 1, 0)) &&
	    !(err = uc_context_alloc(m->uc, &m->checkpoint.context)) && !(err = unicorn_map_core(m))) {
		io_reset(m);
		return m;
	}
	*error = err ? uc_strerror(err) : "libunicorn gave another core than the one asked for";
	unicorn_free(m);
	return NULL;
}

void unicorn_free(struct unicorn_machine *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->nregions; i++)
		unicorn_blocks_free(m, &m->regions[i]);
	if (m->checkpoint.context)
		uc_context_free(m->checkpoint.context);
	if (m->uc)
		uc_close(m->uc);
	for (uint32_t i = 0; i < m->nregions; i++) {
		if (m->regions[i].owned)
			free(m->regions[i].mem);
		free(m->regions[i].copy);
		free(m->regions[i].dirty);
	}
	free(m->rx);
	free(m->tx);
	free(m);
}

/* Attaches a model, or none. What blocks hold for the one before is released. */
void unicorn_set_model(struct unicorn_machine *m, struct unicorn_model *model)
{
	for (uint32_t i = 0; i < m->nregions; i++)
		unicorn_blocks_free(m, &m->regions[i]);
	if (m->memory_hook)
		uc_hook_del(m->uc, m->memory_hook);
	if (m->insn_hook)
		uc_hook_del(m->uc, m->insn_hook);
	m->memory_hook = m->insn_hook = 0;
	m->model = model;
	m->clock = model ? model->clock : NULL;
	if (model && model->remap)
		model->remap(model->state, m->sram_at_zero);
	m->deadline = 0;
	if (m->strict || (model && model->insn))
		add_hook(m, &m->insn_hook, UC_HOOK_CODE, on_insn, 1, 0);
	if (m->strict || (model && model->memory))
		add_hook(m, &m->memory_hook, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, on_memory, 1, 0);
}

/* Checks of alignment and of what special.c knows, without a model as well. */
void unicorn_be_strict(struct unicorn_machine *m)
{
	m->strict = true;
	unicorn_set_model(m, m->model);
}

/* Reset as the core does it: SP and PC from the vector table, everything else as after power-on.
 * Memory keeps its contents. */
void unicorn_reset(struct unicorn_machine *m, uint32_t vectors_at)
{
	io_reset(m);
	unicorn_remap(m); /* flash is seen at 0 again */
	m->io.vtor = vectors_at;
	for (int i = 0; i < 13; i++)
		unicorn_set_reg(m, i, 0);
	uint32_t zero = 0, vectors[2] = { 0, 0 };
	uc_reg_write(m->uc, UC_ARM_REG_CONTROL, &zero);
	uc_reg_write(m->uc, UC_ARM_REG_PRIMASK, &zero);
	uc_reg_write(m->uc, UC_ARM_REG_BASEPRI, &zero);
	uc_reg_write(m->uc, UC_ARM_REG_FAULTMASK, &zero);
	unicorn_set_reg(m, 16, XPSR_T);
	unicorn_read(m, m->io.vtor, vectors, sizeof vectors);
	unicorn_set_reg(m, 13, vectors[0] & ~3u);
	unicorn_set_reg(m, 14, 0xffffffff);
	unicorn_set_reg(m, 15, vectors[1]);
	m->attention = 0;
	m->deadline = 0;
	m->source = UINT64_MAX;
	m->take = 0;
}

/* Whether wfi in this state was all the program did for a while, interrupts apart. */
static bool dozes(struct unicorn_machine *m)
{
	enum { NAPS = 1000 };
	bool same = m->nap.loads == m->spin_loads;
	for (int i = 0; i < 16; i++) {
		uint32_t r = unicorn_reg(m, i);
		same = same && r == m->nap.regs[i];
		m->nap.regs[i] = r;
	}
	m->nap.loads = m->spin_loads;
	m->nap.times = same ? m->nap.times + 1 : 0;
	return m->nap.times >= NAPS;
}

/* One stretch between two events. 0: go on. */
static int run_once(struct unicorn_machine *m)
{
	uint32_t pc = unicorn_reg(m, 15);
	if (!(unicorn_reg(m, 16) & XPSR_T)) {
		struct unicorn_fault f = { .exception = 6, .cfsr = CFSR_INVSTATE, .pc = pc };
		return unicorn_take_fault(m, f) ? 0 : UNICORN_LOCKUP;
	}
	uc_err err = unicorn_remap(m);
	if (err) {
		m->error = uc_strerror(err);
		return UNICORN_FAILED;
	}
	unicorn_checkpoint(m);
	err = unicorn_start(m);
	pc = unicorn_reg(m, 15);
	if (m->error)
		return UNICORN_FAILED;
	switch (m->event) {
	case EVENT_MEMORY:
		return unicorn_event_memory_fault(m);
	case EVENT_UNDEFINED:
		if (!(unicorn_reg(m, 16) & XPSR_T)) {
			/* A branch to an even address: libunicorn went on decoding A32. */
			m->count -= m->block ? m->block->instructions : 0;
			return 0;
		}
		return unicorn_event_passed_hint(m) ? 0 : unicorn_event_undefined(m);
	case EVENT_INTERRUPT:
		return unicorn_event_interrupt(m);
	case EVENT_BEFORE:
	case EVENT_UNALIGNED:
		return unicorn_event_fault_of_insn(m);
	case EVENT_TIME:
		return unicorn_event_time(m);
	case EVENT_NONE:
		break;
	}
	if (m->take) {
		uint32_t e = m->take;
		m->take = 0;
		unicorn_take_interrupt(m, e);
		return 0;
	}
	if (err) {
		m->error = uc_strerror(err);
		return UNICORN_FAILED;
	}
	if (m->attention || m->remap)
		return 0;
	if (pc == m->until)
		return UNICORN_UNTIL;
	/* wfi. An interrupt ends it, whether it is masked or not. */
	if (m->model && m->model->settle)
		m->model->settle(m->model->state, pc);
	/* It may sleep for ever, woken by its clock: what it has said is to be heard first. */
	if (m->io.usart_cr1 & UNICORN_USART_RXNEIE && m->io.tx_len && m->io.rx_pos == m->rx_len)
		return UNICORN_IDLE;
	if (unicorn_sleep(m))
		return dozes(m) ? UNICORN_DOZE : 0;
	if (m->io.usart_cr1 & UNICORN_USART_RXNEIE)
		return m->io.rx_pos < m->rx_len ? 0 : UNICORN_IDLE;
	return UNICORN_WFI;
}

/* Runs until something is to be told, at most `instructions`, never more. The address `until` ends
 * the run before the instruction there; 0xfffffffe is a good value for the LR of a function called.
 * Returns enum unicorn_stop. */
int unicorn_run(struct unicorn_machine *m, uint32_t until, uint64_t instructions)
{
	until &= ~1u;
	m->limit = instructions > UINT64_MAX - m->count ? UINT64_MAX : m->count + instructions;
	m->attention = 0;
	m->error = NULL;
	if (until != m->until && unicorn_region_at(m, until))
		unicorn_forget_translation(m, until, 2);
	m->until = until;
	m->fresh = true;
	for (;;) {
		int stop = run_once(m);
		if (stop)
			return stop;
		if (m->attention)
			return m->attention;
	}
}

/* From now on a run ends before the block at addr, unless it starts with it; an odd addr takes that back. */
void unicorn_pause(struct unicorn_machine *m, uint32_t addr)
{
	m->pause = addr;
	unicorn_blocks_mark(m);
}

/* Whether the program is in a loop that nothing can end: it comes back to where it is with registers and
 * memory unchanged, and no register was read that changes by itself. Runs on a little. m->spin_reads is
 * then a peripheral register it reads, or 0. */
bool unicorn_spins(struct unicorn_machine *m)
{
	enum { ROUND = 10000 }; /* instructions; of a wait loop much less */
	uint32_t pause = m->pause, before[17];
	uint64_t reads = m->io.time_reads;
	for (int i = 0; i < 17; i++)
		before[i] = unicorn_reg(m, i);
	unicorn_checkpoint(m);
	unicorn_pause(m, before[15]);
	m->limit = m->count + ROUND;
	m->attention = 0;
	m->spinning = true;
	m->fresh = true;
	m->spin_reads = 0;
	uint64_t loads = m->spin_loads;
	unicorn_start(m);
	loads = m->spin_loads - loads;
	m->spinning = false;
	unicorn_pause(m, pause);
	bool same = m->attention == UNICORN_PAUSE && !m->take && reads == m->io.time_reads;
	for (int i = 0; same && i < 17; i++)
		same = before[i] == unicorn_reg(m, i);
	for (uint32_t i = 0; same && i < m->nregions; i++)
		same = unicorn_unchanged(&m->regions[i]);
	if (!same)
		unicorn_restore(m);
	m->attention = 0;
	m->take = 0;
	m->deadline = 0;
	m->spin_reads_memory = loads > 0;
	return same;
}

/* Stops a run, or the next one, at the next block; 0 takes that back. Safe from any thread. */
void unicorn_cancel(struct unicorn_machine *m, int cancelled)
{
	__atomic_store_n(&m->cancelled, cancelled, __ATOMIC_RELAXED);
}
