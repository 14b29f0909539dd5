/* SPDX-License-Identifier: BSD-2-Clause */
/* ubpf: eBPF programs in your own firmware. This header is all that an embedder includes.
 *
 * A program is eBPF (RFC 9669). It arrives as an image (`ubench pack`), is verified as a whole, and then runs as often
 * as the firmware likes, on an interpreter or compiled. It reads and writes only its own stack and data, the context of
 * a run and the regions it is granted, calls only the helpers it is allowed, and ends after a bounded number of steps.
 * Its addresses have 32 bits.
 *
 *	static uint8_t memory[4096] __attribute__((aligned(8)));
 *	static struct ubpf program;
 *	const struct ubpf_options options = { .engine = &vm_engine, .format = UB_FORMAT_PACKED, .budget = 10000 };
 *
 *	int32_t status = ubpf_load(&program, &options, image, sizeof image, memory, sizeof memory);
 *	if (status == 0)
 *		status = ubpf_run(&program, context, sizeof context, &result);
 *
 * Memory is the caller's: nothing here allocates, and there are no variables outside the structs below. Lengths are
 * in bytes. Functions that return int32_t return 0 or a negative status (abi/status.h, ubpf_status_text).
 *
 * Threads: different programs may be used at the same time from different threads; one program by one thread at a time,
 * except for ubpf_stop. Interrupts: ubpf_stop, ubpf_status_text and ubpf_version may always be called from one; ubpf_run,
 * ubpf_begin and ubpf_execute if the interrupt's stack has room for the engine (docs/embedding.md) and it does not interrupt a
 * run of the same program; ubpf_pointer and ubpf_check from the helper of such a run. The others may not.
 */
#ifndef UBPF_UBPF_H
#define UBPF_UBPF_H

#include "abi/engine.h"
#include "abi/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up when something below changes in a way that callers notice. ubpf_version() returns that of the library that is
 * linked: compare the two if header and library may come from different releases. */
enum { UBPF_VERSION = 1 };

/* Engines, to be named in ubpf_options.engine; an engine that is not named is not linked.
 *   vm_engine           interpreter: any CPU; rewrites programs in RAM to a faster form on ARMv7-M
 *   vm_portable_engine  the same in C alone
 *   jit_engine          compiler for ARMv7-M and up: needs memory from which the CPU may execute
 *   jit_plan_engine     the same, by the plan in the image, if there is one (ubench pack --plan makes it); a plan is not trusted */
extern const struct ub_engine vm_engine, vm_portable_engine, jit_engine, jit_plan_engine;

/* ---- Helpers: what programs may call -------------------------------------------------------------------------- */

/* The kind of an argument. UBPF_VALUE: a number. UBPF_IN(n): a pointer to n bytes that the helper reads; UBPF_OUT(n):
 * that it writes; UBPF_INOUT(n): both. n is 1 to 4095, or 0: the next argument is the number of bytes. UBPF_STRING: a
 * pointer to text that ends with a zero. Pointers are checked before the helper is called: the bytes lie in one region of
 * the run that has the right. */
enum { UBPF_VALUE = 0, UBPF_STRING = 0x1000 };
#define UBPF_IN(n) (0x2000 | (n))
#define UBPF_OUT(n) (0x4000 | (n))
#define UBPF_INOUT(n) (0x6000 | (n))

enum { UBPF_ARGUMENTS = UB_HELPER_ARGUMENTS };

/* One helper. `call` gets the low 32 bits of r1 to r5, and returns r0, 64 bits. It may stop the program by setting
 * run->fault.status to a negative status. ubpf_pointer() turns an address into a C pointer. It runs in the thread, or
 * interrupt, that called ubpf_run. */
struct ubpf_helper {
	uint16_t id;                   /* 16 × group + number: group 0 to 15, number 0 to 4 */
	uint16_t args[UBPF_ARGUMENTS]; /* UBPF_* above; unused ones 0 */
	const char *name;
	ub_helper call;
};

enum { UBPF_HELPERS_MAX = UB_HELPER_INDEXES };

/* A table of helpers, made ready. Caller-owned; used by any number of programs, read-only from then on. */
struct ubpf_helpers {
	ub_helper calls[UBPF_HELPERS_MAX]; /* by index; first, so that a run finds its table. None is NULL */
	const struct ubpf_helper *rows[UBPF_HELPERS_MAX];
	uint16_t ids[UBPF_HELPERS_MAX]; /* ascending */
	uint32_t n;
	uint32_t maps; /* ubpf_helpers_add_maps has added its own */
};

/* Fills *set in from n rows, in any order; the rows must outlive it. UB_E_ARGUMENT: an id twice, or an id that is not
 * possible, a row without function, a kind of argument that does not exist. */
int32_t ubpf_helpers_init(struct ubpf_helpers *set, const struct ubpf_helper *rows, uint32_t n);

/* Adds more rows to a table, before any program is loaded with it. UB_E_ARGUMENT as above. */
int32_t ubpf_helpers_add(struct ubpf_helpers *set, const struct ubpf_helper *rows, uint32_t n);

/* Adds the helpers that work on maps, under the ids of abi/helpers.h (0xc4, 0xd0 and up). A program has its maps from loading
 * to unloading; firmware reads them with maps/maps.h: program.run.maps. UB_E_ARGUMENT as above. */
int32_t ubpf_helpers_add_maps(struct ubpf_helpers *set);

/* For helpers: the C pointer to an address that the program gave and that was checked, by the kind of the argument or by
 * ubpf_check. */
void *ubpf_pointer(const struct ub_run *run, uint32_t address);

/* For helpers whose arguments no kind describes. Returns 1 if [address, address + bytes) lies in one region of the run with
 * the rights (UB_READ | UB_WRITE). Otherwise returns 0, and the program is stopped with UB_E_HELPER_ARG when the helper
 * returns. */
int ubpf_check(struct ub_run *run, uint32_t address, uint32_t bytes, uint32_t rights);

/* ---- Programs ------------------------------------------------------------------------------------------------- */

struct ubpf_place;

/* How a program is to be run. */
struct ubpf_options {
	const struct ub_engine *engine;
	uint32_t format;                    /* enum ub_format: how the image is written */
	uint32_t entry;                     /* index of the function to run, of formats with several */
	uint32_t budget;                    /* backward jumps and local calls that a run may do; beside them as many times 16
	                                     * bytes of arguments of helpers. Bounds the time of a run */
	const struct ubpf_helpers *helpers; /* what may be called; NULL: nothing */
	const uint16_t *allowed;            /* ids that this program may call, ascending; NULL: all of `helpers`. A program that */
	uint32_t nallowed;                  /* calls another one is refused, also if the image's own list has it */
	const struct ub_region *regions;    /* memory granted beside the context, at most 16; must outlive the program */
	uint32_t nregions;
	uint32_t seed;                      /* of the hashes of maps: a random number, if strangers choose the keys */
	void *env;                          /* for helpers: run->env */
	const struct ubpf_place *place;     /* NULL, except for firmware that lays memory out itself: ubpf/place.h */
};

/* A loaded program. Callers may read the fields; only the functions below write them. */
struct ubpf {
	struct ub_program program;
	struct ub_prepared prepared;
	struct ub_run run;
	struct ub_arena arena;          /* the caller's memory, and what of it is used */
	struct ub_fault fault;          /* why it was refused or stopped: status, slot, address */
	const struct ub_engine *engine;
	uint32_t budget;
	uint32_t loaded;
};

/* What loading takes. */
struct ubpf_needs {
	uint32_t memory;  /* bytes with which loading gives the same result: exact; a compiler may manage with a little less */
	uint32_t stack;   /* of that, the program's own stack */
	uint32_t context; /* shortest context the program accepts */
	uint32_t flags;   /* UB_PROGRAM_* */
};

/* Tells what loading takes, by loading a few times into `memory`. With more memory a compiler makes faster code, as it can
 * compile loops in two versions. The budget is the caller's choice: how often a program jumps back is not known before it
 * runs. Images that run where they lie (see ubpf_load) are changed in the same way as by loading.
 * Returns 0, or the status with which ubpf_load would fail; then *where, if not NULL, has status, slot and address. */
int32_t ubpf_needs(const struct ubpf_options *options, const void *image, uint32_t bytes, void *memory, uint32_t memory_bytes,
		   struct ubpf_needs *needs, struct ub_fault *where);

/* Loads a program: reads the image, verifies the program, and prepares it for the engine. The image is 8-byte aligned.
 * Images in the formats text-only, femto-containers and extended-header run where they lie: they must be in RAM, are
 * written, and must outlive the program. Packed images and ELF objects are only read, may be in flash, and are not needed
 * once loading has ended. `memory` is 8-byte aligned and belongs to the program until ubpf_unload; for compilers the CPU
 * must be allowed to execute it. On failure u->fault has status, slot and address, and nothing of `memory` is in use. */
int32_t ubpf_load(struct ubpf *u, const struct ubpf_options *options, const void *image, uint32_t bytes, void *memory,
		  uint32_t memory_bytes);

/* The steps of ubpf_load, for firmware that measures them or does something in between: open, read, verify, prepare, in this
 * order. The first that fails ends loading. */
int32_t ubpf_open(struct ubpf *u, const struct ubpf_options *options, void *memory, uint32_t memory_bytes);
int32_t ubpf_read(struct ubpf *u, const struct ubpf_options *options, const void *image, uint32_t bytes);
int32_t ubpf_verify(struct ubpf *u, const struct ubpf_options *options);
int32_t ubpf_prepare(struct ubpf *u, const struct ubpf_options *options);

/* The address at which programs that are loaded into `memory` see what p points to, for ubpf_options.regions. With 32-bit
 * pointers that is p itself. With wider pointers programs see the 4 GB around `memory`; 0 is returned if p is elsewhere. */
uint32_t ubpf_address(const void *memory, const void *p);

/* Runs the program once, with r1 the address of the context and r2 its length. *result, if not NULL, is r0. Returns 0, or why
 * the program was stopped; then u->fault has slot and address. Variables of the program keep their values from run to
 * run; its stack is zero each time. A program that was stopped can be run again. UB_E_CONTEXT: the context is shorter than
 * the program needs. UB_E_ARGUMENT: with 64-bit pointers, the context is too far from `memory` (ubpf_address). */
int32_t ubpf_run(struct ubpf *u, void *context, uint32_t bytes, uint64_t *result);

/* The steps of ubpf_run: ubpf_begin checks and sets what each run needs, ubpf_execute runs. */
int32_t ubpf_begin(struct ubpf *u, void *context, uint32_t bytes);
int32_t ubpf_execute(struct ubpf *u);

/* Stops a run, from another thread or an interrupt: the program ends with UB_E_KILLED when it calls its next helper. A
 * program that calls none, or lookups that a compiler has computed in line, ends by its budget. If the program is not running, its next run is stopped. */
void ubpf_stop(struct ubpf *u);

/* Gives image and memory back to the caller. Changes that the engine made to the image are undone. */
void ubpf_unload(struct ubpf *u);

/* A sentence for people, without a full stop; for a number that is no status, "unknown status". */
const char *ubpf_status_text(int32_t status);

uint32_t ubpf_version(void);

#ifdef __cplusplus
}
#endif

#endif
