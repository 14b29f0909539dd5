// SPDX-License-Identifier: GPL-2.0-or-later
/* What ended a call of libunicorn, made into what the core does: faults with their exact places, SVC, exception return,
 * hints. */
#include <string.h>

#include "emu/unicorn/machine.h"

enum { CODE_MAX = 2048 }; /* bytes of a block; libunicorn ends one at each KB */

/* QEMU's exception numbers, as UC_HOOK_INTR reports them. */
enum { EXCP_SWI = 2, EXCP_PREFETCH_ABORT = 3, EXCP_BKPT = 7, EXCP_EXCEPTION_EXIT = 8, EXCP_NOCP = 17,
       EXCP_INVSTATE = 18, EXCP_UNALIGNED = 22 };

static void on_trace(uc_engine *uc, uint64_t addr, uint32_t size, void *user)
{
	(void)uc, (void)size;
	((struct unicorn_machine *)user)->trace_pc = (uint32_t)addr;
}

/* Repeats the run from the checkpoint with a hook on each instruction of the block at fault, and
 * leaves the machine as it was, but with PC at the instruction and the count exact. With the hook
 * in it libunicorn may make two blocks of the one. */
static bool locate(struct unicorn_machine *m)
{
	uint32_t addr = m->block->addr, size = m->block->size, at = m->event_addr;
	uint64_t count = unicorn_count_before_block(m);
	uint8_t code[CODE_MAX];
	uc_hook h;

	if (size > sizeof code)
		return false;
	memcpy(code, m->block->code, size);
	unicorn_restore(m);
	m->trace_pc = addr;
	if (uc_hook_add(m->uc, &h, UC_HOOK_CODE, on_trace, m, addr, addr + size - 1))
		return false;
	unicorn_forget_translation(m, addr, size);
	unicorn_start(m);
	uc_hook_del(m->uc, h);
	unicorn_forget_translation(m, addr, size);
	if (m->event != EVENT_MEMORY || m->event_addr != at || !m->block || m->block->addr - addr >= size ||
	    unicorn_count_before_block(m) != count + unicorn_thumb_count(code, m->block->addr - addr))
		return false;
	m->count = count + unicorn_thumb_count(code, m->trace_pc - addr);
	/* The hook left IT state alone and PC at the block: put both right. */
	uint32_t xpsr = unicorn_reg(m, 16), it = unicorn_it_at(m, xpsr, m->trace_pc);
	unicorn_set_reg(m, 15, m->trace_pc | 1);
	unicorn_set_reg(m, 16, (xpsr & ~0x0600fc00u) | it);
	return true;
}

/* A data access libunicorn refused. */
int unicorn_event_memory_fault(struct unicorn_machine *m)
{
	uint32_t pc = unicorn_reg(m, 15), type = m->event_number;
	struct unicorn_fault f = { .pc = pc, .addr = m->event_addr };
	switch (type) {
	case UC_MEM_FETCH_UNMAPPED:
		f.exception = 5, f.cfsr = CFSR_IBUSERR;
		break;
	case UC_MEM_FETCH_PROT: /* memory that is not on the code bus, or what the core itself does not execute (B3.1) */
		f.exception = pc < 0x40000000 ? 5 : 4;
		f.cfsr = pc < 0x40000000 ? CFSR_IBUSERR : CFSR_IACCVIOL;
		break;
	default:
		if (!m->block || !locate(m)) {
			if (m->attention || m->cancelled)
				return 0; /* stopped while looking */
			m->error = "a fault did not recur when its run was repeated";
			return UNICORN_FAILED;
		}
		f.pc = m->trace_pc;
		f.exception = 5, f.cfsr = CFSR_PRECISERR | CFSR_BFARVALID;
	}
	return unicorn_take_fault(m, f) ? 0 : UNICORN_LOCKUP;
}

/* Goes back to where the block at fault began, and on to the instruction at fault. libunicorn does not stop inside an IT block
 * but where it is told to from the start, so the block is translated anew, to end there. */
static bool rewind_to_insn(struct unicorn_machine *m)
{
	uint32_t insn = m->event_insn, addr = m->block->addr, size = m->block->size, until = m->until;
	m->rewind_block = addr;
	m->rewind_count = unicorn_count_before_block(m);
	unicorn_restore(m);
	m->rewinding = true;
	unicorn_start(m);
	m->rewinding = false;
	if (!m->stopped || m->stopped_pc != addr || m->count != m->rewind_count)
		return false;
	if (insn == addr)
		return true;
	m->until = insn;
	unicorn_forget_translation(m, addr, size);
	unicorn_start(m);
	unicorn_forget_translation(m, addr, size);
	m->until = until;
	return unicorn_reg(m, 15) == insn && !m->event;
}

/* A UsageFault of an instruction that did not execute. */
int unicorn_event_fault_of_insn(struct unicorn_machine *m)
{
	struct unicorn_fault f = { .exception = 6, .cfsr = m->event_number, .pc = m->event_insn };
	if (!rewind_to_insn(m)) {
		if (m->attention || m->cancelled)
			return 0; /* stopped while looking */
		m->error = "a fault did not recur when its run was repeated";
		return UNICORN_FAILED;
	}
	return unicorn_take_fault(m, f) ? 0 : UNICORN_LOCKUP;
}

/* An interrupt that comes inside a block. */
int unicorn_event_time(struct unicorn_machine *m)
{
	if (!rewind_to_insn(m)) {
		if (m->attention || m->cancelled)
			return 0; /* stopped while looking */
		m->error = "an interrupt did not recur when its run was repeated";
		return UNICORN_FAILED;
	}
	if (m->model && m->model->settle)
		m->model->settle(m->model->state, m->event_insn);
	uint32_t e = unicorn_interrupt(m);
	if (e)
		unicorn_take_interrupt(m, e);
	return 0;
}

/* YIELD and WFE end a block, and libunicorn calls them invalid. They are hints: execution goes on. */
bool unicorn_event_passed_hint(struct unicorn_machine *m)
{
	const struct unicorn_block *b = m->block;
	uint32_t last = 0, at = 0;
	for (; b && at + 1 < b->size; at += b->code[at + 1] >= 0xe8 ? 4 : 2)
		last = at;
	if (!b || !unicorn_is_hint(b->code + last, b->size - last))
		return false;
	uint32_t xpsr = unicorn_reg(m, 16), it = unicorn_it_at(m, xpsr, b->addr + b->size);
	unicorn_set_reg(m, 15, (b->addr + b->size) | 1);
	unicorn_set_reg(m, 16, (xpsr & ~0x0600fc00u) | it);
	return true;
}

int unicorn_event_undefined(struct unicorn_machine *m)
{
	uint32_t pc = unicorn_reg(m, 15);
	struct unicorn_fault f = { .exception = 6, .cfsr = CFSR_UNDEFINSTR, .pc = pc };
	/* The block ends with the instruction, which did not execute. */
	if (m->block)
		m->count--;
	return unicorn_take_fault(m, f) ? 0 : UNICORN_LOCKUP;
}

int unicorn_event_interrupt(struct unicorn_machine *m)
{
	uint32_t pc = unicorn_reg(m, 15);
	struct unicorn_fault f = { .exception = 6, .pc = pc };
	switch (m->event_number) {
	case EXCP_SWI:
		return unicorn_take_svc(m) ? 0 : UNICORN_LOCKUP;
	case EXCP_BKPT:
		return UNICORN_BREAKPOINT;
	case EXCP_PREFETCH_ABORT:
	case EXCP_EXCEPTION_EXIT:
		if (pc == m->until)
			return UNICORN_UNTIL;
		/* EXC_RETURN, if a branch led here and not a vector. */
		if (pc >= 0xffffffe0 && m->io.nactive && m->block)
			return unicorn_exception_return(m, pc | 1) ? 0 : UNICORN_LOCKUP;
		f.exception = 4, f.cfsr = CFSR_IACCVIOL; /* execute never */
		break;
	case EXCP_INVSTATE:
		f.cfsr = CFSR_INVSTATE;
		break;
	case EXCP_NOCP:
		f.cfsr = CFSR_NOCP;
		break;
	case EXCP_UNALIGNED:
		f.cfsr = CFSR_UNALIGNED;
		break;
	default:
		m->error = "libunicorn raised an exception of another architecture";
		return UNICORN_FAILED;
	}
	return unicorn_take_fault(m, f) ? 0 : UNICORN_LOCKUP;
}
