/* SPDX-License-Identifier: BSD-2-Clause */
/* The packed format: one bit stream, most significant bit first, decoded in one pass straight into
 * the form engines run. SPEC.md specifies it, image/train makes its tables. State is a few words
 * on the stack; the arena gives what the program keeps.
 */
#include "image/packed_tables.h"
#include "image/reader.h"

/* Small code before fast code: most of it runs once per program. */
#pragma GCC optimize("Os")

enum {
	VERSION = 1,
	RODATA = 1, DATA = 2, EXTRA = 4, TRAILER = 8, /* flags */
	CRC_BYTES = 2,
	IMAGE_PACKED_LEAST = 5, /* bytes of an image */
	TLV_CRITICAL = 0x80,
	COPY_MIN = 3, COPY_BITS = 3,
	KIND_MEMORY = 5, /* of lddw, in the place of the source register: an address in the program's memory */
};

/* Ways to give a register: 0 to 10 is that one, the destination of the instruction before, or bits:
 * any, r1 to r4, r6 to r9, r0 to r7. */
enum { REG_PREV = 11, REG_CODED };

/* Ways to give offsets and immediates: so many bits, and what is done to them. */
enum { SIGNED = 0x20, MINUS = 0x40, SCALED = 0x80, WIDTH = 0x1f };
enum { CONST = 1, IMM_S32 = 11, IMM_S64, IMM_MEMORY, IMM_NEXT, IMM_U12 };

static const uint8_t ways[] = {
	0, CONST, 2, 3, 4, 5, 6, 8, 6 | MINUS, 8 | SIGNED, 16 | SIGNED,
	3 | MINUS | SCALED, 4 | MINUS | SCALED, 3 | SCALED, 4 | SCALED, 5 | SCALED, /* of offsets */
	[IMM_U12 + 1] = 12, /* of immediates, which have others where offsets have scaled ones */
};

struct template {
	uint8_t opcode;
	uint8_t regs;  /* source << 4 | destination */
	uint8_t modes; /* immediate << 4 | offset */
	int8_t c;
};

static const struct template templates[] = {
#define ROW(op, dst, src, off, imm, c) {op, (src) << 4 | (dst), (imm) << 4 | (off), c},
	IMAGE_PACKED_TEMPLATES(ROW)
#undef ROW
};
static const uint8_t symbols[][2] = {
#define ROW(a, b) {a, b},
	IMAGE_PACKED_SYMBOLS(ROW)
#undef ROW
};
enum {
	TEMPLATES = sizeof templates / sizeof templates[0], /* this code is the escape */
	RAW = sizeof symbols / sizeof symbols[0],           /* a byte follows; the next code is a copy */
};

struct tier {
	uint8_t len, count;
};
#define ROW(len, count) {len, count},
static const struct tier template_tiers[] = {IMAGE_PACKED_TEMPLATE_TIERS(ROW)};
static const struct tier symbol_tiers[] = {IMAGE_PACKED_SYMBOL_TIERS(ROW)};
#undef ROW

struct decoder {
	const uint8_t *bytes; /* the image */
	uint32_t last;        /* offset of its last four bytes */
	uint32_t at;          /* bits taken so far */
	uint8_t *memory;      /* .rodata, .data, .bss */
	uint32_t memory_len;
	uint32_t memory_addr;
	uint32_t next;     /* where the next string starts in memory */
	struct template t; /* of this instruction */
	uint32_t prev;     /* destination of the one before */
};

/* The next bits of the stream, at least 25, at the top of the word; behind the image there are zeros. */
static inline uint32_t peek(const struct decoder *d)
{
	uint32_t byte = d->at >> 3, shift = d->at & 7, word;

	if (byte > d->last) {
		shift += (byte - d->last) * 8;
		byte = d->last;
		if (shift > 31)
			return 0;
	}
	memcpy(&word, d->bytes + byte, sizeof word);
	return __builtin_bswap32(word) << shift;
}

/* Up to 25 bits. */
static __attribute__((noinline)) uint32_t get(struct decoder *d, uint32_t n)
{
	uint32_t v = peek(d) >> 1 >> (31 - n);

	d->at += n;
	return v;
}

static __attribute__((noinline)) uint32_t get32(struct decoder *d)
{
	uint32_t high = get(d, 16);
	return high << 16 | get(d, 16);
}

/* Groups of four bits, the highest first, each behind a bit that says whether more follow. */
static __attribute__((noinline)) uint32_t number(struct decoder *d)
{
	uint32_t v = 0, group;

	do {
		group = get(d, 5);
		v = v << 4 | (group & 15);
	} while (group & 16);
	return v;
}

/* The next code of a prefix code. The codes are complete: whatever the bits, they are one. */
static __attribute__((noinline)) uint32_t code(struct decoder *d, const struct tier *t)
{
	uint32_t base = 0, k, v = peek(d) >> (32 - IMAGE_PACKED_BITS);

	while ((k = v >> (IMAGE_PACKED_BITS - t->len)) >= t->count) {
		v -= (uint32_t)t->count << (IMAGE_PACKED_BITS - t->len);
		base += t++->count;
	}
	d->at += t->len;
	return base + k;
}

/* How many bits hold 0..max. */
static uint32_t width(uint32_t max)
{
	return max ? 32 - (uint32_t)__builtin_clz(max) : 0;
}

/* Fills the program's memory as far as `end`: symbols taken apart into characters, bytes, and copies.
 * Returns 0 if what is there does not end where it should. */
static __attribute__((noinline)) int get_memory(struct decoder *d, const uint8_t *end)
{
	uint8_t *out = d->memory;
	const uint8_t *begin = out;
	uint32_t coded = get(d, 1);

	while (out < end) {
		uint8_t waiting[IMAGE_PACKED_DEPTH + 1]; /* second parts of symbols */
		uint32_t c = coded ? code(d, symbol_tiers) : RAW, n = 0;
		if (c <= RAW) {
			uint32_t part = c == RAW ? get(d, 8) : 0x80 + c;
			for (;;) {
				while (c < RAW && part >= 0x80) {
					const uint8_t *s = symbols[part - 0x80];
					if (s[1] != 0xff)
						waiting[n++] = s[1];
					part = s[0];
				}
				if (out == end)
					return 0;
				*out++ = (uint8_t)part;
				if (!n)
					break;
				part = waiting[--n];
			}
		} else {
			uint32_t at = (uint32_t)(out - begin), distance = get(d, width(at - (at > 0))) + 1;
			n = COPY_MIN + get(d, COPY_BITS);
			if (distance > at || n > (uint32_t)(end - out))
				return 0;
			for (; n; n--, out++)
				*out = out[-(int32_t)distance];
		}
	}
	return out == end;
}

static uint32_t get_reg(struct decoder *d, uint32_t way)
{
	if (way < REG_PREV)
		return way;
	if (way == REG_PREV)
		return d->prev;
	way = (way - REG_CODED) * 4; /* nibbles: widths 4 2 2 3, first registers 0 1 6 0 */
	return get(d, 0x3224u >> way & 15u) + (0x0610u >> way & 15u);
}

static __attribute__((noinline)) int32_t get_operand(struct decoder *d, uint32_t mode)
{
	uint32_t way = ways[mode], n = way & WIDTH;

	if (way == CONST)
		return d->t.c;
	int32_t v = (int32_t)get(d, n);
	if (way & SIGNED)
		v = (int32_t)((uint32_t)v << (32 - n)) >> (32 - n);
	if (way & MINUS)
		v = ~v;
	if (way & SCALED) /* by the access size of the opcode: 4 2 1 8 */
		v *= 1 << (0x3012u >> (d->t.opcode >> 1 & 12u) & 15u);
	return v;
}

/* The immediate; the high half is that of lddw. */
static __attribute__((noinline)) uint64_t get_immediate(struct decoder *d, uint32_t way, const struct ub_program *p)
{
	uint32_t v, high;

	switch (way) {
	case IMM_S32:
		return (uint64_t)(int32_t)get32(d);
	case IMM_S64:
		if (d->t.opcode != UB_LDDW)
			return get(d, width(p->nhelpers - 1));
		high = get32(d);
		return (uint64_t)high << 32 | get32(d);
	case IMM_MEMORY:
		return get(d, width(d->memory_len));
	case IMM_NEXT:
		v = d->next;
		while (d->next < d->memory_len && d->memory[d->next++])
			;
		return v;
	}
	return (uint64_t)get_operand(d, way + (way == IMM_U12));
}

static __attribute__((noinline)) int get_text(struct decoder *d, const struct ub_program *p, uint32_t *pc)
{
	struct ub_insn *out = (struct ub_insn *)p->text, *end = out + p->slots;

	for (; out < end; out++) {
		uint32_t c = code(d, template_tiers);
		if (c < TEMPLATES) {
			d->t = templates[c];
		} else {
			d->t.opcode = (uint8_t)get(d, 8);
			d->t.regs = (uint8_t)get(d, 8);
			d->t.modes = (uint8_t)get(d, 8);
		}
		uint32_t dst = get_reg(d, d->t.regs & 15u), src = get_reg(d, d->t.regs >> 4);
		d->prev = dst;
		int32_t offset = get_operand(d, d->t.modes & 15u);
		uint64_t imm = get_immediate(d, d->t.modes >> 4, p);
		if (d->t.opcode == (UB_JMP | UB_CALL) && src == UB_CALL_HELPER) {
			if (imm >= p->nhelpers)
				break;
			imm = p->helpers[imm];
		}
		if (d->t.opcode == UB_LDDW) {
			if (out + 1 == end)
				break;
			if (src == KIND_MEMORY) {
				if (imm > d->memory_len)
					break;
				imm += d->memory_addr;
				src = 0;
			}
			out[1] = (struct ub_insn){.imm = (int32_t)(imm >> 32)};
		}
		out->opcode = d->t.opcode;
		out->regs = (uint8_t)(src << 4 | dst);
		out->offset = (int16_t)offset;
		out->imm = (int32_t)imm;
		out += d->t.opcode == UB_LDDW;
	}
	*pc = (uint32_t)(out - p->text);
	return out == end;
}

/* Ascending 16-bit numbers, written as the gaps between them. Returns NULL if they are malformed or
 * there is no memory. */
static const uint16_t *get_list(const struct image_reader *r, struct decoder *d, uint32_t *count)
{
	uint32_t n = number(d), next = 0;
	uint16_t *list = n <= UB_SLOTS_MAX ? ub_arena_take(r->arena, n * 2) : NULL;

	*count = n;
	for (uint32_t i = 0; list && i < n; i++) {
		next += number(d);
		if (next > UB_SLOTS_MAX)
			return NULL;
		list[i] = (uint16_t)next++;
	}
	return list;
}

/* What few programs have: a least context, functions that data points at, and pointers in data. A
 * pointer is the gap since the one before and where it points: 2 × offset, or 2 × slot + 1. */
static int get_extra(const struct image_reader *r, struct decoder *d)
{
	struct ub_program *p = r->program;
	uint32_t at = 0;

	p->ctx_min = number(d);
	if (!(p->funcs = get_list(r, d, &p->nfuncs)))
		return 0;
	for (uint32_t n = number(d); n; n--, at += 8) {
		uint32_t gap = number(d), to = number(d), where = d->memory_addr + to / 2;
		uint32_t limit = d->memory_len;
		if (to & 1) {
			where = UB_CODE_ADDR(to / 2);
			limit = p->slots - 1;
		}
		if (gap > d->memory_len || (at += gap) + 8 > d->memory_len || to / 2 > limit)
			return 0;
		memcpy(d->memory + at, &where, 4);
		memset(d->memory + at + 4, 0, 4);
	}
	return 1;
}

/* CRC-16/CCITT-FALSE, a byte at a time. */
static uint32_t crc16(const uint8_t *p, uint32_t len)
{
	uint32_t crc = 0xffff;

	while (len--) {
		uint32_t x = (crc >> 8 & 0xff) ^ *p++;
		x ^= x >> 4;
		crc = crc << 8 ^ x << 12 ^ x << 5 ^ x;
	}
	return crc & 0xffff;
}

/* Behind the text: a trailer of type, length, payload, again and again. Types that are critical are
 * refused, as none is known. */
static int32_t check_trailer(const struct decoder *d, uint32_t end)
{
	uint32_t at = (d->at + 7) >> 3;

	while (at + 2 <= end && d->bytes[0] & TRAILER && !(d->bytes[at] & TLV_CRITICAL))
		at += 2u + d->bytes[at + 1];
	return at == end ? UB_OK : at < end ? UB_E_IMAGE_VERSION : UB_E_IMAGE_TRUNCATED;
}

int32_t image_load_packed(const struct image_reader *r)
{
	struct ub_program *p = r->program;
	struct decoder d = {.bytes = r->bytes, .last = r->len - 4, .at = 8};
	uint32_t flags, bss = 0;
	uint8_t *stored;
	int32_t status = UB_E_IMAGE_TRUNCATED;

	if (r->len < IMAGE_PACKED_LEAST)
		goto refuse;
	flags = d.bytes[0];
	status = UB_E_IMAGE_VERSION;
	if (flags >> 4 != VERSION)
		goto refuse;
	status = UB_E_IMAGE_CHECKSUM;
	if (crc16(d.bytes, r->len)) /* over itself, it is 0 */
		goto refuse;
	status = UB_E_IMAGE_ENTRY;
	if (r->entry != 0)
		goto refuse;

	status = UB_E_IMAGE_SECTION;
	p->slots = number(&d);
	if (p->slots > UB_SLOTS_MAX)
		goto refuse;
	if (!(p->helpers = get_list(r, &d, &p->nhelpers)))
		goto refuse;
	if (flags & RODATA)
		p->rodata_len = number(&d);
	if (flags & DATA) {
		p->data_len = number(&d);
		bss = number(&d);
		p->data_len += bss;
	}
	d.memory_len = p->rodata_len + p->data_len;
	if (p->data_len < bss || d.memory_len < p->data_len)
		goto refuse;
	status = UB_E_MEMORY;
	d.memory = ub_arena_take(r->arena, d.memory_len);
	p->text = ub_arena_take(r->arena, p->slots * UB_SLOT_BYTES);
	if (!d.memory || !p->text)
		goto refuse;
	d.memory_addr = p->rodata_addr = ub_arena_addr(r->arena, d.memory);
	p->data_addr = d.memory_addr + p->rodata_len;
	stored = d.memory + d.memory_len - bss;
	memset(stored, 0, bss);
	status = UB_E_IMAGE_SECTION;
	if (flags & (RODATA | DATA) && !get_memory(&d, stored))
		goto refuse;
	status = UB_E_IMAGE_CODE;
	if (!get_text(&d, p, &r->where->pc))
		goto refuse;
	status = UB_E_IMAGE_SECTION;
	if (flags & EXTRA && !get_extra(r, &d))
		goto refuse;
	status = check_trailer(&d, r->len - CRC_BYTES);
refuse:
	return status ? image_refuse(r, status, r->where->pc, d.at >> 3) : status;
}
