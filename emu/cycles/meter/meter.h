/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Charges a program's blocks with modelled cycles as they execute.
 *
 * The model itself is Go (package cycles) and is asked once for every combination of block, state
 * at its entry, what was dynamic about it (the trace) and its successor. The answers are kept here.
 */
#ifndef UB_EMU_CYCLES_METER_H
#define UB_EMU_CYCLES_METER_H

#include <stddef.h>
#include <stdint.h>

#include "emu/cycles/meter/art.h"
#include "emu/unicorn/hooks.h"

/* What a halfword of a block wants noted when the instruction there executes. */
struct meter_watch {
	uint8_t conditional;
	uint8_t operands; /* enum meter_operands */
	uint8_t alike;    /* row of meter.alike */
	uint8_t n, m;     /* registers */
	uint8_t stack;    /* stores through SP */
	uint32_t reserve; /* bytes it subtracts from SP */
};

enum meter_operands { METER_NONE, METER_DIVIDE, METER_DIVIDE_SIGNED, METER_MULTIPLY };

/* Divisions share a row, long multiplies have one for each class. */
enum { METER_ALIKE_ROWS = 5, METER_ALIKE_OPERANDS = 2048 };

enum meter_gate { METER_NO_GATE, METER_GATE_OPENS, METER_GATE_CLOSES };

enum { METER_RECENT = 4 };

struct meter_block {
	uint32_t id; /* of the block in Go */
	uint32_t addr, size;
	uint32_t instructions;
	uint64_t waits;                 /* cycles it waited for flash, which are in no entry */
	uint8_t it_before, it_after;    /* IT state */
	uint8_t gate;                   /* enum meter_gate */
	uint32_t call;                  /* address of the call it ends with; 0 if it does not */
	struct meter_watch *watch;      /* by halfword; NULL if nothing is to be noted */
	struct meter_block *variant;    /* the same bytes entered in another IT state */
	uint8_t leaves;                 /* ends with a branch that can return */
	struct meter_entry *recent[METER_RECENT]; /* found last, by state and successor */
	struct meter_block *all;
};

/* An event of a trace: halfword offset << 6 | type << 4 | detail. */
enum { METER_MEMORY = 0, METER_EXECUTED = 1, METER_OPERANDS = 2 /* their description follows */,
       METER_REMAPPED = 3 /* an access to SRAM that is seen at address 0 as well */ };

/* Executions of an entry by where it was called from. */
struct meter_hits {
	struct meter_hits *next, *chain; /* of the entry, of the table */
	const struct meter_entry *entry;
	uint64_t hits;
	uint32_t path;
};

/* A path of calls: a call made at the end of another path. Path 0 has none. */
struct meter_path {
	uint32_t parent, call; /* address of the call */
	uint32_t child, sibling;
};

struct meter_entry {
	struct meter_entry *chain, *all;
	struct meter_block *block;
	struct meter_hits *by_path, *counted; /* all, the one used last; kept if meter.keep_paths */
	uint64_t hits;
	uint32_t state, next; /* the key, with block and trace */
	uint32_t exit_state, cost;
	uint32_t hash;
	uint32_t events;
	uint16_t trace[];
};
_Static_assert(offsetof(struct meter_entry, trace) == sizeof(struct meter_entry), "meter.go finds the trace behind the struct");

enum { METER_EVENTS_MAX = 2048, METER_READINGS_MAX = 1 << 16, METER_GATES_MAX = 4, METER_HANDLERS_MAX = 64,
       METER_DEPTH_MAX = 64, METER_PATHS_MAX = 1 << 16 };

/* What entry to an exception handler, and return from it, took. */
struct meter_handler {
	uint32_t addr;
	uint64_t times, cycles;
};

struct meter_position {
	struct meter_block *block; /* running, not yet charged */
	uint64_t cycles;
	uint64_t blocks; /* executed */
	uint32_t state;
	uint32_t events;
	uint8_t it;
	uint32_t path, depth;
	struct {
		uint32_t returns, path;
	} frames[METER_DEPTH_MAX]; /* calls not returned from */
	uint8_t closed; /* executions are not counted for the profile */
	struct art art;
};

struct meter {
	struct unicorn_model model;
	uintptr_t go; /* handle */
	struct meter_position at, saved;
	struct {
		uint32_t opens[METER_GATES_MAX], nopens; /* none: everything is counted */
		uint32_t closes, end;
	} gate;
	uint64_t counted; /* no hits are counted before this many blocks: they were, before a repeat */
	struct meter_entry **table;
	uint32_t table_size, entries;
	struct meter_entry *all_entries;
	struct meter_block *all_blocks;
	uint32_t alias; /* bytes of SRAM that are seen at address 0 as well */
	int keep_paths;
	struct meter_path *paths;
	uint32_t npaths, paths_size;
	struct meter_hits **hits; /* by entry and path */
	uint32_t hits_size, nhits;
	uint32_t sp_low; /* lowest address stored to through SP, or reserved */
	struct meter_readings {
		uint32_t n;
		uint32_t values[METER_READINGS_MAX];
	} readings[2]; /* by enum unicorn_counter */
	struct meter_handler handlers[METER_HANDLERS_MAX]; /* by address; those that find no place share the last */
	uint64_t asleep; /* cycles */
	int failed; /* out of memory */
	/* The first description of operands that takes as long: entries are not told apart by more. */
	uint16_t alike[METER_ALIKE_ROWS][METER_ALIKE_OPERANDS];
	uint16_t trace[METER_EVENTS_MAX], saved_trace[METER_EVENTS_MAX];
};

struct meter *meter_new(uintptr_t go);
void meter_free(struct meter *m);
/* From now on tells executions apart by paths of calls. 0, or -1 without memory. */
int meter_keep_paths(struct meter *m);
/* Forgets how often entries were used. */
void meter_clear(struct meter *m);
/* Charges the running block, which went on to next. */
void meter_finish(struct meter *m, uint32_t next);

#endif
