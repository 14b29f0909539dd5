/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper functions of abi/helpers.h and the simulated devices behind them (SPEC.md, Helpers).
 *
 * A trace scripts what devices read; what programs do to devices is kept and written out at the
 * end of the run. All state is in struct helper_env, so runs are repeatable.
 */
#ifndef UB_FIRMWARE_HELPERS_H
#define UB_FIRMWARE_HELPERS_H

#include <stdbool.h>

#include "abi/devices.h"
#include "abi/run.h"

/* What helpers return for failures programs can handle, as errno. */
enum {
	HELPER_NO_DEVICE = -19, /* ENODEV: no such device */
	HELPER_NO_MEMORY = -12, /* ENOMEM: store or buffer is full */
	HELPER_NO_DATA = -61,   /* ENODATA: the trace has no more readings */
	HELPER_INVALID = -22,   /* EINVAL */
};

enum {
	HELPER_TEXT_BYTES = 512,    /* of printed text that are kept */
	HELPER_DEVICES_BYTES = 704, /* of device state, at most */
	HELPER_OUTPUT_BYTES = HELPER_TEXT_BYTES + HELPER_DEVICES_BYTES,
};

struct helper_entry {
	uint32_t key, value;
};

struct helper_pin {
	uint8_t port, pin, value, writes;
};

enum { HELPER_SEED = 0x2545f491 }; /* of random numbers, and of hashes: runs are repeatable */

/* Helpers whose work grows with their arguments pay for it, a unit for so many bytes, so that a budget bounds time. */
enum { HELPER_UNIT = 16 };

enum { HELPER_HEAD = 4 };

/* A record of the trace that is read step by step. What was checked is kept here: of what lies in memory that programs
 * are granted, or next to it, nothing is trusted later on. */
struct helper_input {
	uint32_t at;     /* offset of its payload in the trace */
	uint16_t len;    /* of the payload */
	uint16_t next;   /* readings taken so far */
	uint8_t kind;    /* enum ub_device */
	uint8_t writes;  /* actuators: how often it was written, at most 255 */
	int16_t last[3]; /* actuators: values written last */
	uint8_t head[HELPER_HEAD]; /* how its payload begins */
};

struct helper_env {
	const uint8_t *trace; /* lives as long as the run */
	uint32_t trace_len;
	uint32_t now_us, step_us; /* the clock, and how far each look at it moves it */
	uint32_t random;          /* state of get_prandom_u32; a run begins with HELPER_SEED */
	uint8_t ninputs, nglobal, nlocal, npins;
	uint8_t lcd_used, lcd_row, lcd_column, used_clock;
	uint8_t lcd[UB_LCD_ROWS][UB_LCD_COLUMNS];
	uint32_t output_len;
	uint32_t lost; /* bytes of text there was no room for */
	struct helper_input inputs[UB_DEVICE_INPUTS];
	struct helper_entry global[UB_DEVICE_GLOBALS], local[UB_DEVICE_LOCALS];
	struct helper_pin pins[UB_DEVICE_OUTPUTS];
	uint8_t output[HELPER_OUTPUT_BYTES];
};

/* By enum ub_helper_index; struct ub_run.helpers of runs that may call all of them. */
extern const ub_helper helper_table[UB_HELPER_ENTRIES];
extern const uint16_t helper_ids[UB_HELPER_COUNT]; /* ascending */

/* Before a run: empties the environment and reads the trace. Returns UB_E_ARGUMENT for a trace
 * that is malformed; then it counts as empty. */
int32_t helper_env_reset(struct helper_env *env, const uint8_t *trace, uint32_t trace_len);

/* After a run: appends the state of the devices to the text in env->output: a zero byte, then
 * records as in abi/devices.h. Nothing if no device was touched. */
void helper_env_finish(struct helper_env *env);

/* The next reading of the first sensor of a type: how many values there are, or HELPER_NO_DEVICE, HELPER_NO_DATA. */
int32_t helper_sensor(struct helper_env *env, uint32_t type, int16_t value[3], uint8_t *unit, int8_t *scale);
/* The next level of a pin, or the same. */
int32_t helper_pin(struct helper_env *env, uint32_t port, uint32_t pin);

/* For helpers: C pointer to [addr, addr + len) if that lies in one region of the run with these
 * rights (enum UB_READ, UB_WRITE). Else NULL, with UB_E_HELPER_ARG in run->fault. */
void *helper_memory(struct ub_run *run, uint32_t addr, uint32_t len, uint32_t rights);

/* For helpers: pays for work on so many bytes out of run->work. False, with UB_E_BUDGET in run->fault, if that is more than is left. */
bool helper_pay(struct ub_run *run, uint32_t bytes);

/* For helpers: C pointer to a string that ends inside one region of the run, and its length
 * without the zero, which is paid for. Else NULL, with UB_E_HELPER_ARG or UB_E_BUDGET in run->fault. */
const char *helper_string(struct ub_run *run, uint32_t addr, uint32_t *len);

/* For helpers: appends one byte of text to the output. Zero bytes are dropped: one ends the text. */
void helper_put(struct helper_env *env, uint8_t c);

#define HELPER_DECLARE(name, id, arguments) \
	uint64_t helper_##name(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5);
UB_PLAIN_HELPERS(HELPER_DECLARE)
#undef HELPER_DECLARE

#endif
