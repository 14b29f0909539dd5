/* SPDX-License-Identifier: BSD-2-Clause */
/* The image reader: turns the bytes of an image into a program, on the device. SPEC.md specifies
 * every format byte by byte. Nothing in an image is trusted: every length and offset is checked
 * before it is used.
 */
#ifndef UB_IMAGE_IMAGE_H
#define UB_IMAGE_IMAGE_H

#include "abi/image.h"
#include "abi/program.h"

/* Reads `len` bytes of an image and fills in *out, all but what the verifier finds out.
 *
 * `format` is an enum ub_format, `entry` the index of the entry function in the image's table
 * (0 in formats without one), `engine_caps` the caps of the engine that will run the program.
 * The image is 8-byte aligned, writable, lies inside the arena's memory and outlives the program:
 * text-only, femto-containers and extended-header run where they lie, with relocations applied in
 * place; packed and elf-object are built in memory taken from the arena.
 *
 * Returns 0 or a negative status; then *where holds the status, the slot of the offending
 * instruction or 0 in pc, and the offset in the image where reading stopped in addr.
 */
int32_t image_load(uint32_t format, const uint8_t *image, uint32_t len, uint32_t entry, uint32_t engine_caps,
		   struct ub_arena *arena, struct ub_program *out, struct ub_fault *where);

/* Formats with a header start with one of these (little endian). */
#define IMAGE_FEMTO_MAGIC 0x46504272u    /* "rBPF" in the file, as RIOT's own tool writes it */
#define IMAGE_FEMTO_MAGIC_LE 0x72425046u /* the number in RIOT's header, little endian: "FPBr"; read as well */
#define IMAGE_EXTENDED_MAGIC 0x78425046u /* "FPBx" */

/* What the header formats are made of, sizes in bytes. */
enum {
	IMAGE_FEMTO_HEADER = 28,
	IMAGE_EXTENDED_HEADER = 32,
	IMAGE_EXTENDED_VERSION = 1,
	IMAGE_ALIGN_MAX = 12, /* data can be aligned to 2 to this power */
	IMAGE_FUNCTION = 6, /* one row of a function table */
	IMAGE_CALL = 8,     /* one relocated local call */
};

#endif
