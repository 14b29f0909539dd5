/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Cortex-M machine around libunicorn: memory, exact instruction counts, the few peripherals the
 * firmware needs, exceptions. machine.go is its Go face; nothing else includes this header.
 */
#ifndef UB_EMU_UNICORN_MACHINE_H
#define UB_EMU_UNICORN_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

#include "emu/unicorn/hooks.h"

/* For functions that use uc_ctl_…: these macros of libunicorn shift 2 by 30 places in an int, which
 * UndefinedBehaviorSanitizer would report. */
#define UNICORN_CTL __attribute__((no_sanitize("shift-base")))

/* Why unicorn_run returned. */
enum unicorn_stop {
	UNICORN_UNTIL = 1, /* the `until` address was reached */
	UNICORN_IDLE,      /* the firmware waits for input that is not there */
	UNICORN_OUTPUT,    /* much output is waiting to be taken */
	UNICORN_LIMIT,     /* the instruction limit would have been exceeded */
	UNICORN_CANCELLED, /* unicorn_cancel was called */
	UNICORN_WFI,       /* wfi or wfe, and no interrupt can come */
	UNICORN_BREAKPOINT, /* bkpt at pc */
	UNICORN_LOCKUP,    /* a fault the vector table has no (working) handler for */
	UNICORN_RESET,     /* the program asked for a reset through AIRCR */
	UNICORN_SPIN,      /* a branch to itself, at pc: nothing else can happen */
	UNICORN_PAUSE,     /* the address of unicorn_pause was come to */
	UNICORN_DOZE,      /* the program does nothing any more but wait for interrupts with wfi */
	UNICORN_FAILED,    /* libunicorn failed: see error */
};

/* A fault as the core reports it: exception number, status bits, places. */
struct unicorn_fault {
	uint32_t exception; /* 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault; 0: none */
	uint32_t cfsr;      /* the bits this fault set */
	uint32_t pc;        /* of the instruction at fault */
	uint32_t addr;      /* of the access; valid if cfsr has MMARVALID or BFARVALID */
};

enum { UNICORN_REGIONS_MAX = 48, UNICORN_PERIPHERALS_MAX = 16, UNICORN_DEVICES_MAX = 16, UNICORN_NESTING_MAX = 16 };
enum { UNICORN_PAGE = 1024 };
enum { UNICORN_PENDSV = 14, UNICORN_SYSTICK_EXCEPTION = 15, UNICORN_IRQ_0 = 16, UNICORN_IRQS = 96 };
enum { UNICORN_USART_RXNEIE = 1 << 5 }; /* in usart_cr1 */

struct unicorn_region {
	uint32_t addr, size;
	uint32_t prot;
	uint8_t *mem;
	bool owned;    /* mem is freed with the machine (an alias does not own) */
	struct unicorn_region *of, *alias; /* of an alias: the memory it shows; of that memory: its alias, if it can be written */
	uint8_t *copy;  /* contents at the last checkpoint, writable regions only */
	uint8_t *dirty; /* for each page: it was written since */
	struct unicorn_block **blocks; /* by (addr - region addr) / 2; NULL until code runs there */
	uint32_t *code;      /* a bit for each halfword of a block; writable regions only, with blocks */
	uint32_t generation; /* of the code: changes when some of it is overwritten */
};

/* A peripheral of the chips in chip.c. */
enum unicorn_device_kind { UNICORN_TIMER, UNICORN_USART, UNICORN_RCC_F1, UNICORN_RCC_F4, UNICORN_FLAGS, UNICORN_SYSCFG, UNICORN_FLASH_F4 };

struct unicorn_device {
	struct unicorn_machine *machine;
	uint32_t addr, kind;
	uint32_t irq; /* number of its interrupt; 0: it has none */
	uint32_t regs[256];
	uint64_t base, stopped; /* timers: clock at which the counter was 0; ticks while it stands still */
	uint64_t seen;          /* timers: wraps whose flag was cleared */
};

/* Registers of the flash of STM32F2 and F4: see flash.c. */
struct unicorn_flash {
	uint32_t acr, sr, cr;
	uint32_t keys; /* how many were written, 3 after a wrong one */
};

/* What peripherals hold; copied whole at a checkpoint. */
struct unicorn_io {
	uint32_t tim_cr1, tim_psc, tim_arr;
	uint64_t tim_base; /* instruction count at which CNT was 0 */
	uint32_t tim_stopped; /* CNT while not counting */
	uint32_t usart_brr, usart_cr1, usart_cr2, usart_cr3;
	uint32_t idle_polls; /* SR reads in a row that found nothing to do */
	size_t rx_pos, tx_len;
	/* System control space, debug, DWT */
	uint32_t vtor, aircr, scr, ccr, shpr[3], shcsr, cfsr, hfsr, mmfar, bfar, cpacr, systick[3];
	uint32_t fpccr, fpcar; /* FPU: see fpu.c */
	uint32_t fpu_cycles;   /* of writing its registers to a frame, not charged yet */
	uint32_t memrmp; /* SYSCFG_MEMRMP of STM32F2 and F4: what is seen at address 0 */
	struct unicorn_flash flash;
	uint32_t demcr, dwt_ctrl;
	uint64_t dwt_base;    /* cycle count at which CYCCNT was 0 */
	uint32_t dwt_stopped; /* CYCCNT while not counting */
	uint32_t active[UNICORN_NESTING_MAX], nactive; /* exceptions being handled, innermost last */
	uint64_t systick_base; /* cycle count at which SysTick began to count down */
	uint32_t systick_first; /* from this value; from the reload value after that */
	uint64_t systick_seen; /* wraps that were told by COUNTFLAG */
	uint64_t systick_fired; /* wraps that made its exception pending */
	bool systick_pending, pendsv_pending;
	bool event; /* the event register, of SEV and WFE */
	uint32_t irq_enabled[UNICORN_IRQS / 32], irq_pending[UNICORN_IRQS / 32], irq_forced[UNICORN_IRQS / 32];
	uint8_t irq_priority[UNICORN_IRQS];
	uint64_t interrupts; /* taken */
	uint64_t asleep;     /* without a model: what sleeping added to the instructions as time */
	uint64_t time_reads;   /* of registers that change by themselves */
	uint32_t regs[UNICORN_PERIPHERALS_MAX][256]; /* plain storage: RCC, GPIO, ... */
	uint32_t ndevices;
	struct unicorn_device devices[UNICORN_DEVICES_MAX];
};

struct unicorn_storage {
	struct unicorn_machine *machine;
	uint32_t which; /* index into unicorn_io.regs */
};

struct unicorn_checkpoint {
	uc_context *context;
	struct unicorn_io io;
	uint64_t count;
};

struct unicorn_machine {
	uc_engine *uc;
	uint32_t core; /* 3 or 4 */
	uint32_t nregions;
	struct unicorn_region regions[UNICORN_REGIONS_MAX];
	struct unicorn_region *last; /* region of the last block */
	struct unicorn_region *stored; /* region of the last store */
	struct unicorn_block *block; /* the one that runs */
	uint64_t count;              /* instructions, the running block's included */
	uint64_t limit;
	int cancelled; /* atomic: set from any thread */
	uint64_t deadline; /* when to look for interrupts, in cycles or instructions; 0: at the next block */
	uint64_t source;   /* when the next one comes by itself; UINT64_MAX: none does */
	uint32_t take;     /* the interrupt to take before the block at stopped_pc */
	int attention; /* enum unicorn_stop asked for by a peripheral; honoured before the next block */
	uint32_t until;
	uint32_t pause; /* see unicorn_pause; odd if there is none */
	bool fresh;     /* no block was executed yet since the run began */
	bool spinning;  /* in unicorn_spins */
	uint32_t spin_reads;
	bool spin_reads_memory;
	uint64_t spin_loads; /* of memory that can change, by thread mode */
	struct {
		uint32_t regs[16];
		uint64_t loads;
		uint32_t times; /* it slept in this state in a row */
	} nap;
	uint32_t sram_at_zero; /* bytes of SRAM that are seen at address 0 */
	bool remap; /* what is seen at address 0, or what was made of code in flash, is to change before the next block */
	bool flash_changed; /* code in flash was written */
	bool stopped; /* by the block hook, before the block that would be executed in this state: */
	uint32_t stopped_pc, stopped_xpsr;
	/* What ended the last uc_emu_start, noted by hooks. */
	enum unicorn_event { EVENT_NONE, EVENT_MEMORY, EVENT_UNDEFINED, EVENT_INTERRUPT, EVENT_BEFORE, EVENT_UNALIGNED, EVENT_TIME } event;
	uint32_t event_number; /* uc_mem_type, interrupt, or what CFSR is to say */
	uint32_t event_addr;
	uint32_t insn; /* address of the running instruction, with hooks on instructions */
	bool strict;   /* such hooks are there without a model as well */
	bool slow;       /* instructions are looked at before they execute */
	bool watch;      /* an interrupt can come within the running block, which is long */
	bool asked;      /* a register of interrupts was written by the running block */
	uint32_t block_xpsr; /* when it began, if it is watched */
	bool sp_written; /* by an instruction that may have set its bits 1:0 */
	bool rewinding;  /* to the block at rewind_block before which rewind_count instructions were executed */
	uint32_t rewind_block;
	uint64_t rewind_count;
	uint32_t event_insn; /* the instruction at fault */
	/* Exact fault address: a second run with a code hook on the block at fault. */
	bool tracing;
	uint32_t trace_pc;
	struct unicorn_checkpoint checkpoint;
	struct unicorn_io io;
	struct unicorn_storage storage[UNICORN_PERIPHERALS_MAX];
	uint8_t *rx, *tx;
	size_t rx_len, rx_cap, tx_cap;
	struct unicorn_model *model;
	const uint64_t *clock; /* of the model */
	uc_hook memory_hook, insn_hook;
	struct unicorn_fault fault; /* the last one, faults inside fault handlers apart */
	uint64_t faults;            /* how many there were */
	const char *error;          /* for UNICORN_FAILED */
};

/* machine.c */
struct unicorn_machine *unicorn_new(uint32_t core, const char **error);
void unicorn_free(struct unicorn_machine *m);
void unicorn_set_model(struct unicorn_machine *m, struct unicorn_model *model);
void unicorn_be_strict(struct unicorn_machine *m);
void unicorn_reset(struct unicorn_machine *m, uint32_t vectors_at);
int unicorn_run(struct unicorn_machine *m, uint32_t until, uint64_t instructions);
void unicorn_cancel(struct unicorn_machine *m, int cancelled);
void unicorn_pause(struct unicorn_machine *m, uint32_t addr);
bool unicorn_spins(struct unicorn_machine *m);

/* events.c: 0, to go on, or enum unicorn_stop */
int unicorn_event_memory_fault(struct unicorn_machine *m);
int unicorn_event_fault_of_insn(struct unicorn_machine *m);
int unicorn_event_time(struct unicorn_machine *m);
bool unicorn_event_passed_hint(struct unicorn_machine *m);
int unicorn_event_undefined(struct unicorn_machine *m);
int unicorn_event_interrupt(struct unicorn_machine *m);

/* memory.c */
uc_err unicorn_map(struct unicorn_machine *m, uint32_t addr, uint32_t size, uint32_t prot);
uc_err unicorn_map_alias(struct unicorn_machine *m, uint32_t addr, uint32_t of);
void unicorn_remap_to(struct unicorn_machine *m, uint32_t memrmp);
bool unicorn_remap_due(struct unicorn_machine *m);
uc_err unicorn_remap(struct unicorn_machine *m);
uc_err unicorn_read(struct unicorn_machine *m, uint32_t addr, void *bytes, size_t n);
uc_err unicorn_write(struct unicorn_machine *m, uint32_t addr, const void *bytes, size_t n);
bool unicorn_store(struct unicorn_machine *m, uint32_t addr, uint32_t size, uint64_t value);
bool unicorn_store_word(struct unicorn_machine *m, uint32_t addr, uint32_t value);
void unicorn_poke(struct unicorn_machine *m, struct unicorn_region *r, uint32_t offset, const void *bytes, size_t n);

/* flash.c */
void unicorn_flash_reset(struct unicorn_flash *f);
/* A store to memory that programs cannot write otherwise. False: it is none to flash, or not allowed. */
bool unicorn_flash_store(struct unicorn_machine *m, struct unicorn_region *r, uint32_t addr, uint32_t size, uint64_t value);
void unicorn_flash_forget(struct unicorn_machine *m);
uint32_t unicorn_flash_read(const struct unicorn_machine *m, uint32_t at);
void unicorn_flash_write(struct unicorn_machine *m, uint32_t at, uint32_t value);

/* blocks.c */
struct unicorn_block *unicorn_block_at(struct unicorn_machine *m, uint32_t addr, uint32_t size);
void unicorn_blocks_free(struct unicorn_machine *m, struct unicorn_region *r);
void unicorn_blocks_mark(struct unicorn_machine *m);
void unicorn_code_written(struct unicorn_machine *m, struct unicorn_region *r, uint32_t offset, uint32_t size);
uint32_t unicorn_thumb_count(const uint8_t *code, uint32_t size);

/* scs.c */
uc_err unicorn_map_core(struct unicorn_machine *m);
void unicorn_start_cycles(struct unicorn_machine *m);

/* nvic.c */
int unicorn_priority(const struct unicorn_machine *m, uint32_t exception);
int unicorn_running_priority(struct unicorn_machine *m);
bool unicorn_preempts(const struct unicorn_machine *m, uint32_t exception, int running);
uint64_t unicorn_systick_ticks(struct unicorn_machine *m);
/* How often it was reloaded in so many ticks, and when it is for the n-th time. */
uint64_t unicorn_systick_wraps(const struct unicorn_io *io, uint64_t ticks);
uint64_t unicorn_systick_wrap(const struct unicorn_io *io, uint64_t n);
uint32_t unicorn_interrupt(struct unicorn_machine *m);
void unicorn_acknowledge(struct unicorn_machine *m, uint32_t exception);
bool unicorn_sleep(struct unicorn_machine *m);
bool unicorn_can_interrupt(struct unicorn_machine *m);
uint32_t unicorn_nvic_read(struct unicorn_machine *m, uint32_t offset);
void unicorn_nvic_write(struct unicorn_machine *m, uint32_t offset, uint32_t bits, uint32_t value);
uint32_t unicorn_icsr_read(struct unicorn_machine *m);
void unicorn_icsr_write(struct unicorn_machine *m, uint32_t bits);
bool unicorn_undelivered(const struct unicorn_machine *m, uint32_t irq);

/* mmio.c */
uc_err unicorn_map_peripherals(struct unicorn_machine *m);
void unicorn_transmit(struct unicorn_machine *m, uint8_t byte);
uc_err unicorn_map_lenient(struct unicorn_machine *m, uint32_t addr, uint32_t size);
int unicorn_send(struct unicorn_machine *m, const void *bytes, size_t n);
size_t unicorn_receive(struct unicorn_machine *m, void *bytes, size_t n);

/* chip.c */
uc_err unicorn_map_chip(struct unicorn_machine *m, int family);
void unicorn_devices_reset(struct unicorn_machine *m);
/* Whether the device asks for its interrupt; if not, `next` is when it will if left alone. */
bool unicorn_device_line(struct unicorn_device *d, uint64_t *next);

/* special.c */
enum unicorn_special { UNICORN_ORDINARY, UNICORN_ALIGNED, UNICORN_DIVIDES, UNICORN_FPU, UNICORN_COPROCESSOR, UNICORN_WRITES_SP, UNICORN_HINT };
enum unicorn_special unicorn_special_of(const uint8_t *code);
bool unicorn_has_special(const uint8_t *code, uint32_t size);
uint32_t unicorn_special_fault(struct unicorn_machine *m, uint32_t addr);
bool unicorn_aligns(struct unicorn_machine *m);
bool unicorn_is_hint(const uint8_t *code, uint32_t size);
void unicorn_align_sp(struct unicorn_machine *m);

/* fpu.c */
enum { UNICORN_FPU_FRAME = 72 }; /* S0 to S15, FPSCR, a word that is not used */
void unicorn_fpu_reset(struct unicorn_machine *m);
uint32_t unicorn_fpu_frame(struct unicorn_machine *m);
bool unicorn_fpu_stack(struct unicorn_machine *m, uint32_t at, bool thread, uint32_t *cycles);
void unicorn_fpu_enter(struct unicorn_machine *m);
void unicorn_fpu_used(struct unicorn_machine *m);
bool unicorn_fpu_unstack(struct unicorn_machine *m, bool stacked, uint32_t at, uint32_t *cycles);

/* exceptions.c */
/* Takes the exception, escalating as the architecture says; false means lockup. */
bool unicorn_take_fault(struct unicorn_machine *m, struct unicorn_fault fault);
bool unicorn_take_svc(struct unicorn_machine *m);
void unicorn_take_interrupt(struct unicorn_machine *m, uint32_t exception);
bool unicorn_exception_return(struct unicorn_machine *m, uint32_t exc_return);
uint32_t unicorn_it_at(struct unicorn_machine *m, uint32_t it, uint32_t pc);

/* probe.c: of three loads, how many are told to hooks */
int unicorn_loads_told(void);

/* start.c */
void unicorn_checkpoint(struct unicorn_machine *m);
void unicorn_restore(struct unicorn_machine *m);
bool unicorn_unchanged(const struct unicorn_region *r);
uc_err unicorn_start(struct unicorn_machine *m);

/* state.c; unicorn_reg is in hooks.h */
void unicorn_set_reg(struct unicorn_machine *m, int number, uint32_t value);
uint64_t unicorn_count_before_block(const struct unicorn_machine *m);
bool unicorn_has_cycles(const struct unicorn_machine *m);
uint64_t unicorn_now(struct unicorn_machine *m);
uint64_t unicorn_part(uint32_t word, uint64_t offset, unsigned size);
uint32_t unicorn_merge(uint32_t word, uint64_t offset, unsigned size, uint64_t value);
struct unicorn_region *unicorn_region_at(struct unicorn_machine *m, uint32_t addr);
void unicorn_forget_translation(struct unicorn_machine *m, uint32_t addr, uint32_t size);

/* Configurable fault status bits (Armv7-M ARM B3.2.15). */
enum {
	CFSR_IACCVIOL = 1u << 0, CFSR_DACCVIOL = 1u << 1, CFSR_MMARVALID = 1u << 7,
	CFSR_IBUSERR = 1u << 8, CFSR_PRECISERR = 1u << 9, CFSR_STKERR = 1u << 12, CFSR_BFARVALID = 1u << 15,
	CFSR_UNDEFINSTR = 1u << 16, CFSR_INVSTATE = 1u << 17, CFSR_INVPC = 1u << 18,
	CFSR_NOCP = 1u << 19, CFSR_UNALIGNED = 1u << 24, CFSR_DIVBYZERO = 1u << 25,
};

#endif
