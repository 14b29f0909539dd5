/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats that are a header followed by sections, run in place: femto-containers (the header
 * and instructions of RIOT's rBPF and Femto-Containers) and extended-header (that of uBPF's own
 * layout: also local calls to relocate and an allow-list of helpers).
 */
#include "abi/engine.h"
#include "image/reader.h"

/* Where the sections lie; offsets into the image. */
struct sections {
	uint32_t data, data_len;
	uint32_t rodata, rodata_len;
	uint32_t text, text_len;
	uint32_t functions, nfunctions;
	uint32_t end; /* first byte behind the function table */
};

/* Lays the sections out one after the other and checks that they fit. The lengths are in s. */
static int32_t place(const struct image_reader *r, struct sections *s, uint32_t header)
{
	uint32_t left = r->len - header;

	s->data = header;
	if (s->data_len > left)
		return image_refuse(r, UB_E_IMAGE_SECTION, 0, s->data);
	left -= s->data_len;
	s->rodata = s->data + s->data_len;
	if (s->rodata_len > left)
		return image_refuse(r, UB_E_IMAGE_SECTION, 0, s->rodata);
	left -= s->rodata_len;
	s->text = s->rodata + s->rodata_len;
	if (s->text_len > left || s->text_len % UB_SLOT_BYTES || s->text % 4)
		return image_refuse(r, UB_E_IMAGE_SECTION, 0, s->text);
	if (s->text_len / UB_SLOT_BYTES > UB_SLOTS_MAX)
		return image_refuse(r, UB_E_IMAGE_SIZE, 0, s->text);
	left -= s->text_len;
	s->functions = s->text + s->text_len;
	if (s->nfunctions > left / IMAGE_FUNCTION)
		return image_refuse(r, UB_E_IMAGE_SECTION, 0, s->functions);
	s->end = s->functions + s->nfunctions * IMAGE_FUNCTION;
	return UB_OK;
}

/* A row of the function table: u16 offset of the name in .rodata, u16 flags, u16 offset in .text. */
static int32_t find_entry(const struct image_reader *r, const struct sections *s)
{
	if (s->nfunctions == 0 && r->entry == 0)
		return UB_OK; /* execution starts at the first instruction */
	if (r->entry >= s->nfunctions)
		return image_refuse(r, UB_E_IMAGE_ENTRY, 0, s->functions);
	uint32_t row = s->functions + r->entry * IMAGE_FUNCTION;
	uint32_t at = image_u16(r->bytes + row + 4);
	if (at % UB_SLOT_BYTES || at >= s->text_len)
		return image_refuse(r, UB_E_IMAGE_ENTRY, 0, row);
	r->program->entry = at / UB_SLOT_BYTES;
	return UB_OK;
}

/* lddwd and lddwr give an address relative to .data and .rodata. Engines but Femto-Containers' own
 * are given the plain lddw they stand for. Offsets are checked for all. */
static int32_t resolve(const struct image_reader *r, const struct sections *s)
{
	struct ub_program *p = r->program;
	struct ub_insn *text = (void *)(r->bytes + s->text);
	int keep = (r->engine_caps & UB_ENGINE_FEMTO) != 0;

	for (uint32_t pc = 0; pc < p->slots; pc++) {
		uint32_t opcode = text[pc].opcode;
		if (opcode != UB_LDDWD && opcode != UB_LDDWR) {
			pc += opcode == UB_LDDW;
			continue;
		}
		uint32_t at = s->text + pc * UB_SLOT_BYTES;
		uint32_t section_len = opcode == UB_LDDWD ? p->data_len : p->rodata_len;
		if (pc + 1 >= p->slots || UB_SRC(&text[pc]) || text[pc + 1].imm ||
		    (uint32_t)text[pc].imm > section_len)
			return image_refuse(r, UB_E_IMAGE_RELOCATION, pc, at);
		if (keep) {
			p->flags |= UB_PROGRAM_FEMTO;
		} else {
			text[pc].opcode = UB_LDDW;
			uint32_t base = opcode == UB_LDDWD ? p->data_addr : p->rodata_addr;
			text[pc].imm = (int32_t)(base + (uint32_t)text[pc].imm);
		}
		pc++;
	}
	return UB_OK;
}

static void set_sections(const struct image_reader *r, const struct sections *s)
{
	struct ub_program *p = r->program;

	p->text = (const void *)(r->bytes + s->text);
	p->slots = s->text_len / UB_SLOT_BYTES;
	p->rodata_addr = image_addr(r, s->rodata);
	p->rodata_len = s->rodata_len;
	p->rodata = r->bytes + s->rodata;
	p->data_addr = image_addr(r, s->data);
	p->data_len = s->data_len;
}

/* Header: u32 magic, version, flags, data_len, rodata_len, text_len, functions. */
int32_t image_load_femto(const struct image_reader *r)
{
	const uint8_t *h = r->bytes;
	int32_t err;

	if (r->len < IMAGE_FEMTO_HEADER)
		return image_refuse(r, UB_E_IMAGE_TRUNCATED, 0, r->len);
	if (image_u32(h) != IMAGE_FEMTO_MAGIC && image_u32(h) != IMAGE_FEMTO_MAGIC_LE)
		return image_refuse(r, UB_E_IMAGE_HEADER, 0, 0);
	if (image_u32(h + 4) != 0)
		return image_refuse(r, UB_E_IMAGE_VERSION, 0, 4);
	if (image_u32(h + 8) != 0)
		return image_refuse(r, UB_E_IMAGE_HEADER, 0, 8);
	struct sections s = {
		.data_len = image_u32(h + 12),
		.rodata_len = image_u32(h + 16),
		.text_len = image_u32(h + 20),
		.nfunctions = image_u32(h + 24),
	};
	if ((err = place(r, &s, IMAGE_FEMTO_HEADER)))
		return err;
	if (s.end != r->len)
		return image_refuse(r, UB_E_IMAGE_SECTION, 0, s.end);
	set_sections(r, &s);
	if ((err = find_entry(r, &s)))
		return err;
	return resolve(r, &s);
}

/* The text has `call -1` where a function is called; a table says which. */
static int32_t relocate_calls(const struct image_reader *r, const struct sections *s, uint32_t table, uint32_t n)
{
	struct ub_insn *text = (void *)(r->bytes + s->text);

	for (; n; n--, table += IMAGE_CALL) {
		uint32_t at = image_u32(r->bytes + table), to = image_u32(r->bytes + table + 4);
		uint32_t pc = at / UB_SLOT_BYTES;
		if (at >= s->text_len || to >= s->text_len || at % UB_SLOT_BYTES || to % UB_SLOT_BYTES ||
		    text[pc].opcode != (UB_JMP | UB_CALL) || UB_SRC(&text[pc]) != UB_CALL_LOCAL)
			return image_refuse(r, UB_E_IMAGE_RELOCATION, pc, table);
		text[pc].imm = (int32_t)(to / UB_SLOT_BYTES) - (int32_t)pc - 1;
	}
	return UB_OK;
}

/* .bss lies behind .data, and data may need a greater alignment than images have: .data, and .rodata for
 * that, move to where there is room. */
static int32_t move_data(const struct image_reader *r, const struct sections *s, uint32_t bss, uint32_t align)
{
	struct ub_program *p = r->program;
	uint8_t *data = NULL, *rodata;

	if (bss <= UINT32_MAX - s->data_len)
		data = image_take(r, s->data_len + bss, align);
	if (!data)
		return image_refuse(r, UB_E_MEMORY, 0, 0);
	memcpy(data, r->bytes + s->data, s->data_len);
	memset(data + s->data_len, 0, bss);
	p->data_addr = ub_arena_addr(r->arena, data);
	p->data_len += bss;
	if (align <= UB_SLOT_BYTES)
		return UB_OK;
	if (!(rodata = image_take(r, s->rodata_len, align)))
		return image_refuse(r, UB_E_MEMORY, 0, 0);
	memcpy(rodata, p->rodata, s->rodata_len);
	p->rodata = rodata;
	p->rodata_addr = ub_arena_addr(r->arena, rodata);
	return UB_OK;
}

/* The allow-list: ids of one byte, ascending. */
static int32_t read_helpers(const struct image_reader *r, uint32_t table, uint32_t n)
{
	uint16_t *ids = ub_arena_take(r->arena, n * 2);

	if (!ids)
		return image_refuse(r, UB_E_MEMORY, 0, table);
	for (uint32_t i = 0; i < n; i++) {
		ids[i] = r->bytes[table + i];
		if (i && ids[i] <= ids[i - 1])
			return image_refuse(r, UB_E_IMAGE_HEADER, 0, table + i);
	}
	r->program->helpers = ids;
	r->program->nhelpers = n;
	return UB_OK;
}

/* Header: u32 magic, u16 version, u16 least context, u32 data_len, bss_len, rodata_len, text_len,
 * u16 functions, calls, helpers, alignment (of .data and .rodata, as a power of two; 0: that of images). */
int32_t image_load_extended(const struct image_reader *r)
{
	const uint8_t *h = r->bytes;
	int32_t err;

	if (r->len < IMAGE_EXTENDED_HEADER)
		return image_refuse(r, UB_E_IMAGE_TRUNCATED, 0, r->len);
	if (image_u32(h) != IMAGE_EXTENDED_MAGIC)
		return image_refuse(r, UB_E_IMAGE_HEADER, 0, 0);
	if (image_u16(h + 4) != IMAGE_EXTENDED_VERSION)
		return image_refuse(r, UB_E_IMAGE_VERSION, 0, 4);
	uint32_t power = image_u16(h + 30);
	if (power > IMAGE_ALIGN_MAX)
		return image_refuse(r, UB_E_IMAGE_HEADER, 0, 30);
	struct sections s = {
		.data_len = image_u32(h + 8),
		.rodata_len = image_u32(h + 16),
		.text_len = image_u32(h + 20),
		.nfunctions = image_u16(h + 24),
	};
	uint32_t bss = image_u32(h + 12), calls = image_u16(h + 26), helpers = image_u16(h + 28);
	r->program->ctx_min = image_u16(h + 6);
	if ((err = place(r, &s, IMAGE_EXTENDED_HEADER)))
		return err;
	if ((r->len - s.end) / IMAGE_CALL < calls || r->len - s.end - calls * IMAGE_CALL != helpers)
		return image_refuse(r, UB_E_IMAGE_SECTION, 0, s.end);
	set_sections(r, &s);
	if ((bss || power) && (err = move_data(r, &s, bss, power ? 1u << power : 1)))
		return err;
	if ((err = find_entry(r, &s)))
		return err;
	if ((err = resolve(r, &s)))
		return err;
	if ((err = relocate_calls(r, &s, s.end, calls)))
		return err;
	return read_helpers(r, s.end + calls * IMAGE_CALL, helpers);
}
