/* SPDX-License-Identifier: BSD-2-Clause */
/* ubpf: eBPF programs in your own firmware. This header is all that an embedder includes.
 *
 * A program arrives as an image (`ubench pack`), is checked as a whole, and then runs as often as the firmware
 * likes, on an interpreter or compiled. It reads and writes nothing but its own stack and data, the context of a
 * run and the regions it is granted, calls nothing but the helpers it is allowed, and ends after a bounded
 * number of steps.
 *
 *	static uint8_t memory[4096] __attribute__((aligned(8)));
 *	static struct ubpf program;
 *	const struct ubpf_options options = { .engine = &vm_engine, .format = UB_FORMAT_PACKED, .budget = 10000 };
 *
 *	int32_t status = ubpf_load(&program, &options, image, sizeof image, memory, sizeof memory);
 *	if (status == 0)
 *		status = ubpf_run(&program, context, sizeof context, &result);
 *
 * Memory is the caller's: nothing here allocates, and there are no variables outside the structs below. Functions
 * return 0 or a negative status (abi/status.h, ubpf_status_text). Different programs may be used at the same time
 * from different threads; one program by one thread at a time, but for ubpf_stop. Only ubpf_stop and
 * ubpf_status_text may be called from an interrupt, unless said otherwise; ubpf_run may, too, where the
 * interrupt's stack has room for the engine (docs/embedding.md) and no other run of that program is interrupted.
 */
#ifndef UBPF_UBPF_H
#define UBPF_UBPF_H

#include "abi/engine.h"
#include "abi/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up when something below changes in a way that callers notice. ubpf_version() says what was compiled. */
enum { UBPF_VERSION = 1 };

/* Engines, to be named in ubpf_options.engine; what is not named is not linked.
 *   vm_engine           interpreter: any CPU; rewrites programs in RAM to a faster form on ARMv7-M
 *   vm_portable_engine  the same in C alone
 *   jit_engine          compiler for ARMv7-M and up: needs memory from which the CPU may execute */
extern const struct ub_engine vm_engine, vm_portable_engine, jit_engine;

/* ---- Helpers: what programs may call -------------------------------------------------------------------------- */

/* What an argument is. Pointers are checked before the helper is called: they lie in one region of the run that
 * has the right. UBPF_IN(n): n bytes that are read; UBPF_OUT(n): written; n 1 to 4095, or 0: the next argument is
 * the number of bytes. A string is read, and ends in the region it begins in. */
enum { UBPF_VALUE = 0, UBPF_STRING = 0x1000 };
#define UBPF_IN(n) (0x2000 | (n))
#define UBPF_OUT(n) (0x4000 | (n))
#define UBPF_INOUT(n) (0x6000 | (n))

enum { UBPF_ARGUMENTS = UB_HELPER_ARGUMENTS };

/* One helper. `call` gets the low 32 bits of r1 to r5, and returns r0. It may stop the program by setting
 * run->fault.status to a negative status. ubpf_pointer() makes C pointers of addresses. */
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
};

/* Fills *set in from n rows, in any order; the rows must outlive it. UB_E_ARGUMENT: an id twice, or none that is
 * possible, a row without function, a kind of argument that does not exist. */
int32_t ubpf_helpers_init(struct ubpf_helpers *set, const struct ubpf_helper *rows, uint32_t n);

/* Adds more rows to a table that is ready, before anybody uses it. */
int32_t ubpf_helpers_add(struct ubpf_helpers *set, const struct ubpf_helper *rows, uint32_t n);

/* Adds those that work on maps, under the ids of abi/helpers.h (0xc4, 0xd0 and up): programs with maps call them, and have their
 * maps from loading to unloading. Firmware looks into those with maps/maps.h: program.run.maps. UB_E_ARGUMENT as above. */
int32_t ubpf_helpers_add_maps(struct ubpf_helpers *set);

/* The C pointer to an address that a program gave and that was checked: by its kind of argument, or by
 * ubpf_check. */
void *ubpf_pointer(const struct ub_run *run, uint32_t address);

/* Whether [address, address + bytes) lies in one region of the run with the rights (UB_READ, UB_WRITE); if not, the
 * program is stopped with UB_E_HELPER_ARG when the helper returns, and 0 is returned. For helpers whose
 * arguments no kind describes. */
int ubpf_check(struct ub_run *run, uint32_t address, uint32_t bytes, uint32_t rights);

/* ---- Programs ------------------------------------------------------------------------------------------------- */

struct ubpf_place;

/* How a program is to be run. */
struct ubpf_options {
	const struct ub_engine *engine;
	uint32_t format;                    /* enum ub_format: how the image is written */
	uint32_t entry;                     /* index of the function to run, of formats with several */
	uint32_t budget;                    /* backward jumps and local calls a run may do; once more, 16 bytes of arguments of
	                                     * helpers. Bounds its time */
	const struct ubpf_helpers *helpers; /* what may be called; NULL: nothing */
	const uint16_t *allowed;            /* ids that this program may call, ascending; NULL: all of `helpers`. What the */
	uint32_t nallowed;                  /* image asks for is cut down to these */
	const struct ub_region *regions;    /* memory granted beside the context, at most 16; must outlive the program */
	uint32_t nregions;
	uint32_t seed;                      /* of the hashes of maps: a random number, if keys come from others */
	void *env;                          /* for helpers: run->env */
	const struct ubpf_place *place;     /* NULL, but for who lays out memory by itself: ubpf/place.h */
};

/* A loaded program. Its fields are read by who wants to know; only functions below write them. */
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
	uint32_t memory;  /* bytes with which loading gives the same: exact, but for a compiler, which may do with a little less */
	uint32_t stack;   /* of that, the program's own stack */
	uint32_t context; /* shortest context the program accepts */
	uint32_t flags;   /* UB_PROGRAM_* */
};

/* Says what loading takes, by doing it a few times in `memory`, of which the more there is the faster the code that a
 * compiler makes: it is what loops in two forms need. The budget for a run is for the caller to choose: how often a
 * program jumps back is not known before it runs. Formats that run where they lie (abi/image.h) change the image's bytes as loading does, no further.
 * Returns 0 or why it would be refused; *where, if not NULL, has the slot. */
int32_t ubpf_needs(const struct ubpf_options *options, const void *image, uint32_t bytes, void *memory, uint32_t memory_bytes,
		   struct ubpf_needs *needs, struct ub_fault *where);

/* Loads: reads the image, verifies the program, and makes it ready for the engine. The image is 8-byte aligned. It
 * must outlive the program if its format runs where it lies (text-only, femto-containers, extended-header), in which
 * case it also must be in RAM, and is written; packed images and objects are only read, until loading ends (a plan
 * that comes with a packed image is read where it lies), and may be in flash. `memory` is 8-byte
 * aligned and belongs to the program until ubpf_unload; for jit_engine the CPU must be allowed to execute it.
 * On failure u->fault says why and where, and nothing of `memory` is kept. */
int32_t ubpf_load(struct ubpf *u, const struct ubpf_options *options, const void *image, uint32_t bytes, void *memory,
		  uint32_t memory_bytes);

/* The steps of ubpf_load, for who wants to measure them or come between: open, read, verify, prepare, in this order. The
 * first that fails ends loading. */
int32_t ubpf_open(struct ubpf *u, const struct ubpf_options *options, void *memory, uint32_t memory_bytes);
int32_t ubpf_read(struct ubpf *u, const struct ubpf_options *options, const void *image, uint32_t bytes);
int32_t ubpf_verify(struct ubpf *u, const struct ubpf_options *options);
int32_t ubpf_prepare(struct ubpf *u, const struct ubpf_options *options);

/* The address at which programs that are loaded into `memory` see what p points to: on 32-bit machines p itself. Hosts with
 * wider pointers show programs the 4 GB around `memory`; 0 is returned for what lies elsewhere. For regions of options. */
uint32_t ubpf_address(const void *memory, const void *p);

/* Runs it once: r1 is the address of the context, r2 its length in bytes. *result, if not NULL, is r0. Variables of
 * the program keep their values from run to run; its stack is zero each time. A program that was stopped can
 * be run again. On hosts with 64-bit pointers the context lies near `memory` (ubpf_address), or UB_E_ARGUMENT. */
int32_t ubpf_run(struct ubpf *u, void *context, uint32_t bytes, uint64_t *result);

/* The steps of ubpf_run: what is checked and set before each run, and the run. */
int32_t ubpf_begin(struct ubpf *u, void *context, uint32_t bytes);
int32_t ubpf_execute(struct ubpf *u);

/* Stops a run from another thread or an interrupt: when the program calls its next helper, it ends with
 * UB_E_KILLED. One that calls none ends by its budget. Without a run, it concerns the next one. */
void ubpf_stop(struct ubpf *u);

/* Gives image and memory back to the caller; what the engine changed of an image is as it was. */
void ubpf_unload(struct ubpf *u);

/* A sentence for people, without a full stop; for a number that is no status, "unknown status". */
const char *ubpf_status_text(int32_t status);

uint32_t ubpf_version(void);

#ifdef __cplusplus
}
#endif

#endif
