/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seam for a timing model: what the machine tells it, in C because it happens at every block.
 *
 * A block is a run of instructions libunicorn translates at once: it is entered at its first
 * instruction only, and left at its last or by a fault. The machine decodes each block once and
 * keeps it until its bytes change, so a model can keep what it worked out in block->model.
 */
#ifndef UB_EMU_UNICORN_HOOKS_H
#define UB_EMU_UNICORN_HOOKS_H

#include <stdint.h>

struct unicorn_machine;

struct unicorn_block {
	uint32_t addr;
	uint32_t size;         /* bytes */
	uint32_t instructions; /* condition-failed ones included */
	const uint8_t *code;   /* the bytes the block was decoded from; `size` of them */
	void *model;           /* the model's own; NULL when the block is new */
	uint8_t insn;          /* the model's own: wants to be told of its instructions */
	uint8_t stop;          /* the machine's own: enum unicorn_stop before it is executed */
	uint8_t special;       /* the machine's own: has instructions it looks at before they execute */
	uint32_t generation;   /* the machine's own: of its region when the bytes were last compared */
};

enum unicorn_counter { UNICORN_CYCCNT, UNICORN_SYSTICK };

/* All callbacks but `block` may be NULL. They run inside unicorn_run and may call no function of the
 * machine but those declared below. */
struct unicorn_model {
	void *state;
	/* Before the first execution of a new or changed block. */
	void (*decode)(void *state, struct unicorn_machine *m, struct unicorn_block *block);
	/* Before every execution of a block. */
	void (*block)(void *state, struct unicorn_block *block);
	/* Before every instruction of a block with `insn` set when it began; not called when it is inside an IT block and
	 * its condition fails. NULL costs nothing. */
	void (*insn)(void *state, struct unicorn_machine *m, uint32_t addr);
	/* Before each data access (not fetches) of the running block, by the instruction at insn. NULL costs nothing. */
	void (*memory)(void *state, uint32_t insn, uint32_t addr, uint32_t bytes, int write);
	/* The block that ran goes on to next: charge it now. May be called more than once. */
	void (*settle)(void *state, uint32_t next);
	/* Entry to the exception handler at an address, or return from it: what it takes, after the block that caused it. */
	void (*exception)(void *state, uint32_t handler, uint32_t cycles);
	/* The first bytes of SRAM, at 0x20000000, are seen at address 0 as well from the next block on; 0: they no longer are. */
	void (*remap)(void *state, uint32_t bytes);
	/* The core slept. */
	void (*idle)(void *state, uint64_t cycles);
	/* The cycles of all blocks that were charged; NULL if there is no counter. */
	const uint64_t *clock;
	/* The cycles so far, asked for by an access to DWT CYCCNT of the instruction at insn. NULL: there is no counter. */
	uint64_t (*cycles)(void *state, uint32_t insn);
	/* The program was given this value for a counter of cycles. */
	void (*reading)(void *state, enum unicorn_counter counter, uint32_t value);
	/* The block's bytes changed or the machine closes: release block->model. */
	void (*forget)(void *state, struct unicorn_block *block);
	/* Keep, and go back to, what accumulates over a run: to find the exact place of a fault the
	 * machine runs again from where it last was started. */
	void (*save)(void *state);
	void (*restore)(void *state);
};

/* A core register, 0..15, or 16 for xPSR. For use inside model->insn. */
uint32_t unicorn_reg(struct unicorn_machine *m, int number);

#endif
