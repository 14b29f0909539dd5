/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/reader.h"

#if UB_IMAGE_FORMATS & UB_IMAGE_TEXT_ONLY
/* Bare instructions, run where they lie. */
static int32_t load_text(const struct image_reader *r)
{
	if (r->len % UB_SLOT_BYTES)
		return image_refuse(r, UB_E_IMAGE_TRUNCATED, 0, r->len);
	if (r->len / UB_SLOT_BYTES > UB_SLOTS_MAX)
		return image_refuse(r, UB_E_IMAGE_SIZE, 0, r->len);
	r->program->text = (const void *)r->bytes;
	r->program->slots = r->len / UB_SLOT_BYTES;
	return UB_OK;
}
#endif

int32_t image_load(uint32_t format, const uint8_t *image, uint32_t len, uint32_t entry, uint32_t engine_caps,
		   struct ub_arena *arena, struct ub_program *out, struct ub_fault *where)
{
	/* The caller owns the bytes and grants writing; the reader takes them back from const. */
	const struct image_reader r = {
		.bytes = arena->mem + (image - arena->mem),
		.len = len,
		.entry = entry,
		.engine_caps = engine_caps,
		.arena = arena,
		.program = out,
		.where = where,
	};

	memset(out, 0, sizeof *out);
	memset(where, 0, sizeof *where);
	if (entry != 0 && (format == UB_FORMAT_TEXT_ONLY || format == UB_FORMAT_PACKED))
		return image_refuse(&r, UB_E_IMAGE_ENTRY, 0, 0); /* they have one */
	switch (format) {
#if UB_IMAGE_FORMATS & UB_IMAGE_TEXT_ONLY
	case UB_FORMAT_TEXT_ONLY:
		return load_text(&r);
#endif
#if UB_IMAGE_FORMATS & UB_IMAGE_FEMTO_CONTAINERS
	case UB_FORMAT_FEMTO_CONTAINERS:
		return image_load_femto(&r);
#endif
#if UB_IMAGE_FORMATS & UB_IMAGE_EXTENDED_HEADER
	case UB_FORMAT_EXTENDED_HEADER:
		return image_load_extended(&r);
#endif
#if UB_IMAGE_FORMATS & UB_IMAGE_ELF_OBJECT
	case UB_FORMAT_ELF_OBJECT:
		return image_load_elf(&r);
#endif
#if UB_IMAGE_FORMATS & UB_IMAGE_PACKED
	case UB_FORMAT_PACKED:
		return image_load_packed(&r);
#endif
	}
	return image_refuse(&r, UB_E_IMAGE_FORMAT, 0, 0);
}
