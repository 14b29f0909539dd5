/* SPDX-License-Identifier: BSD-2-Clause */
/* The packed format: one bit stream, most significant bit first, decoded in one pass straight into
 * the form engines run. SPEC.md specifies it, image/train makes its tables.
 *
 * Functions return 0, NULL or less than was asked for when the image is malformed. What the arena gives
 * is the program's; all else is 192 bytes of stack on ARMv7-M (-fstack-usage).
 */
#include "image/packed_tables.h"
#include "image/reader.h"

/* Small code before fast code: most of it runs once per program. */
#ifndef __clang__
#pragma GCC optimize("Os")
#endif
#define NOINLINE __attribute__((noinline))

enum {
	VERSION = 1,
	RODATA = 1, DATA = 2, EXTRA = 4, TRAILER = 8, /* flags */
	CRC_BYTES = 2,
	LEAST_BYTES = 5, /* of an image */
	KIND_MEMORY = 5, /* of lddw, in the place of the source register: an address in the program's memory */
	SLACK = 24, /* bytes that a step takes at most, and may look at */
	REST = SLACK + 8,
};

/* Ways to give a register: 0 to 10 is that one, the destination of the instruction before, or bits:
 * any, r1 to r4, r6 to r9, r0 to r7. */
enum { REG_PREV = 11, REG_CODED };

/* Ways to give offsets and immediates: so many bits, and what is done to them. Those of offsets are
 * followed by those of immediates that differ. */
enum { WIDTH = 0x1f, SIGNED = 0x20, MINUS = 0x40, SCALED = 0x80 };
enum { CONST = 1, S16 = 10, IMM_S32, IMM_S64, IMM_INDEX, IMM_NEXT, IMM_U12, IMM_OTHERS = 5 };

static const uint8_t ways[] = {
	0, 0, 2, 3, 4, 5, 6, 8, 6 | MINUS, 8 | SIGNED, 16 | SIGNED,
	3 | MINUS | SCALED, 4 | MINUS | SCALED, 3 | SCALED, 4 | SCALED, 5 | SCALED,
	16, 16, 0, 0, 12, /* of S32 and S64 the first half */
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
	RAW = sizeof symbols / sizeof symbols[0],           /* this code: a byte follows */
};

/* A prefix code, by the next eight bits of the stream: the codes of one length after the other. The
 * codes are complete: whatever the bits, they are one. */
struct tier {
	uint8_t last; /* of the eight bits */
	uint8_t len;
	uint8_t base; /* + the bits of its length is the code, modulo 256 */
};
#define ROW(len, count, last, base) {last, len, base},
static const struct tier template_tiers[] = {IMAGE_PACKED_TEMPLATE_TIERS(ROW)};
static const struct tier symbol_tiers[] = {IMAGE_PACKED_SYMBOL_TIERS(ROW)};
#undef ROW

/* The bits of an image and how many of them were taken. Whoever loops asks more() or past(), and no step between takes
 * more than SLACK bytes. The last bytes of an image are read from a copy with zeros behind it, so that bytes behind the
 * image, which may be the last ones there are, are not looked at. */
struct stream {
	const uint8_t *bytes;
	uint32_t at;
	uint32_t end;   /* of the bits, or, until the copy is made, where that is due */
	uint32_t moved; /* bits that lie before bytes[0] */
	uint32_t len;   /* bytes of the image, 0 when the copy is made */
	uint8_t rest[2 * REST];
};

static NOINLINE void turn_to_rest(struct stream *s)
{
	uint32_t from = s->at >> 3;

	if (s->len == 0)
		return;
	memset(s->rest, 0, sizeof s->rest);
	memcpy(s->rest, s->bytes + from, s->len - from);
	s->bytes = s->rest;
	s->end = (s->len - from - CRC_BYTES) * 8;
	s->moved = from * 8;
	s->at -= s->moved;
	s->len = 0;
}

/* Whether there are bits left. */
static inline __attribute__((always_inline)) int more(struct stream *s)
{
	if (s->at >= s->end)
		turn_to_rest(s);
	return s->at < s->end;
}

/* Whether more was taken than there is. */
static int past(struct stream *s)
{
	return !more(s) && s->at > s->end;
}

/* The next bits, at least 25, at the top of the word. */
static inline __attribute__((always_inline)) uint32_t peek(const struct stream *s)
{
	uint32_t word;

	memcpy(&word, s->bytes + (s->at >> 3), sizeof word);
	return __builtin_bswap32(word) << (s->at & 7);
}

/* Up to 25 bits. */
static NOINLINE uint32_t get(struct stream *s, uint32_t n)
{
	uint32_t at = s->at, word;

	s->at = at + n;
	memcpy(&word, s->bytes + (at >> 3), sizeof word);
	return __builtin_bswap32(word) << (at & 7) >> 1 >> (31 - n);
}

/* At most five groups of four bits, the highest first and not 0, each behind a bit that says whether
 * more follow. */
static NOINLINE uint32_t number(struct stream *s)
{
	uint32_t v = 0, group;

	do {
		group = peek(s) >> 27;
		s->at += 5;
		v = v << 4 | (group & 15);
	} while (group & 16 && v - 1 < 0xffff);
	return v;
}

/* How many bits hold 0..max, below 2^25. */
static inline uint32_t width(uint32_t max)
{
	return 31 - (uint32_t)__builtin_clz(max << 1 | 1);
}

/* The program's memory: .rodata, .data, .bss. */
static uint8_t *memory_of(const struct image_reader *r)
{
	return r->arena->mem + (r->program->rodata_addr - r->arena->addr);
}

static uint32_t memory_len(const struct ub_program *p)
{
	return p->rodata_len + p->data_len;
}

/* Fills the program's memory as far as it is stored: bytes, and symbols taken apart into characters. */
static NOINLINE int get_memory(struct stream *s, uint8_t *out, const uint8_t *end)
{
	uint32_t coded = get(s, 1), waiting = 0; /* second parts + 1, a byte each */

	while (out < end && more(s)) {
		uint32_t c = RAW, part;
		if (waiting) {
			c = (waiting & 0xff) - 1 - 0x80;
			waiting >>= 8;
		} else if (coded) {
			const struct tier *t = symbol_tiers;
			uint32_t word = peek(s);
			while (word >> 24 > t->last)
				t++;
			c = (uint8_t)((word >> (32 - t->len)) + t->base);
			s->at += t->len;
		}
		part = c == RAW ? get(s, 8) : 0x80 + c;
		while (c != RAW && part >= 0x80) {
			const uint8_t *symbol = symbols[part - 0x80];
			part = symbol[0];
			if (symbol[1] != 0xff)
				waiting = waiting << 8 | (symbol[1] + 1u);
		}
		*out++ = (uint8_t)part;
	}
	return out == end && !waiting;
}
UB_STATIC_ASSERT(IMAGE_PACKED_DEPTH <= 4, bytes_of_a_word);

/* Registers that the template does not give come off the top of the word. */
static inline __attribute__((always_inline)) uint32_t get_reg(uint32_t way, uint32_t prev, uint32_t *word,
							      uint32_t *used)
{
	if (way < REG_PREV)
		return way;
	if (way == REG_PREV)
		return prev;
	way = (way - REG_CODED) * 4; /* nibbles: widths 4 2 2 3, first registers 0 1 6 0 */
	uint32_t n = 0x3224u >> way & 15u, v = *word >> (32 - n);
	*word <<= n;
	*used += n;
	return v + (0x0610u >> way & 15u);
}

/* What bits stand for: as the way says, in units of an opcode's access size. */
static NOINLINE int32_t shape(uint32_t bits, uint32_t way, uint32_t opcode)
{
	uint32_t n = 32 - (way & WIDTH);
	int32_t v = (int32_t)bits;

	if (way & SIGNED)
		v = (int32_t)(bits << n) >> n;
	if (way & MINUS)
		v = ~v;
	if (way & SCALED) /* 4 2 1 8 */
		v *= 1 << (0x3012u >> (opcode >> 1 & 12u) & 15u);
	return v;
}

/* Returns where it stopped: behind the last instruction if all is well. */
static NOINLINE struct ub_insn *get_text(struct ub_program *p, struct stream *s, const uint8_t *memory)
{
	struct ub_insn *out = (struct ub_insn *)p->text, *const end = out + p->slots;
	const uint8_t *next = memory; /* where the next string starts */
	uint32_t prev = 0; /* destination of the instruction before */

	for (; out < end && more(s); out++) {
		const struct tier *tier = template_tiers;
		struct template t;
		uint32_t word = peek(s), used;

		while (word >> 24 > tier->last)
			tier++;
		used = tier->len;
		uint32_t c = (uint8_t)((word >> (32 - used)) + tier->base);
		word <<= used;
		if (c < TEMPLATES) {
			t = templates[c];
		} else {
			s->at += used;
			word = get(s, 24);
			t = (struct template){(uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word, 0};
			used = 0;
			word = peek(s);
		}
		uint32_t dst = get_reg(t.regs & 15u, prev, &word, &used);
		uint32_t src = get_reg(t.regs >> 4, prev, &word, &used);
		s->at += used;
		prev = dst;
		int32_t offset = 0, imm = 0;
		uint32_t mode = t.modes & 15u;
		if (mode)
			offset = mode == CONST ? t.c : shape(get(s, ways[mode] & WIDTH), ways[mode], t.opcode);
		mode = t.modes >> 4;
		if (mode == CONST) {
			imm = t.c;
		} else if (mode == IMM_NEXT) {
			const uint8_t *last = memory + memory_len(p);
			imm = (int32_t)(next - memory);
			while (next < last && *next++)
				;
		} else if (mode) {
			uint32_t way = ways[mode > S16 ? mode + IMM_OTHERS : mode];
			if (mode == IMM_INDEX) /* into the allow-list or the memory */
				way = width(t.opcode == UB_LDDW ? memory_len(p) : p->nhelpers - 1);
			imm = (int32_t)get(s, way & WIDTH);
			if (way > WIDTH)
				imm = shape((uint32_t)imm, way, 0);
			if (mode == IMM_S32 || mode == IMM_S64)
				imm = (int32_t)((uint32_t)imm << 16 | get(s, 16));
		}
		out->opcode = t.opcode;
		out->regs = (uint8_t)(src << 4 | dst);
		out->offset = (int16_t)offset;
		out->imm = imm;
		if (t.opcode == (UB_JMP | UB_CALL) && src == UB_CALL_HELPER) {
			if ((uint32_t)imm >= p->nhelpers)
				break;
			out->imm = p->helpers[imm];
		} else if (t.opcode == UB_LDDW) {
			int32_t high = imm >> 31;
			if (out + 1 == end)
				break;
			if (mode == IMM_S64) {
				high = imm;
				out->imm = (int32_t)(get(s, 16) << 16);
				out->imm |= (int32_t)get(s, 16);
			}
			if (src == KIND_MEMORY) {
				out->imm = (int32_t)((uint32_t)imm + p->rodata_addr);
				out->regs = (uint8_t)dst;
			} else if (src == UB_LDDW_MAP) { /* whether there is one with this index says the trailer */
				if ((uint32_t)imm >= UB_MAPS_MAX)
					break;
				if ((uint32_t)imm >= p->nmaps)
					p->nmaps = (uint32_t)imm + 1;
				out->imm = (int32_t)UB_MAP_HANDLE(imm);
				out->regs = (uint8_t)dst;
			}
			*++out = (struct ub_insn){.imm = high};
		}
	}
	return out;
}

/* Ascending 16-bit numbers, written as the gaps between them. NULL if they are malformed or there is
 * no memory. */
static NOINLINE const uint16_t *get_list(const struct image_reader *r, struct stream *s, uint32_t *count)
{
	uint32_t value = UINT32_MAX;
	uint16_t *list;

	past(s);
	*count = number(s);
	list = ub_arena_take(r->arena, *count * 2);
	for (uint32_t i = 0; list && i < *count; i++) {
		value += number(s) + 1;
		if (value > UB_SLOTS_MAX || past(s))
			return NULL;
		list[i] = (uint16_t)value;
	}
	return list;
}

/* Sizes, and memory for what follows. *end is how far the image has the program's memory; the rest is
 * zeros. */
static NOINLINE int get_sizes(const struct image_reader *r, struct stream *s, uint8_t **end)
{
	struct ub_program *p = r->program;
	uint32_t bss = 0;

	uint32_t slots = number(s); /* above them, the alignment of memory: 8 << that */
	p->slots = (uint16_t)slots;
	if (r->bytes[0] & RODATA)
		p->rodata_len = number(s);
	if (r->bytes[0] & DATA) {
		p->data_len = number(s);
		bss = number(s);
	}
	uint32_t stored = memory_len(p);
	p->data_len += bss;
	uint32_t room = (stored + bss + 7) & ~7u;
	uint8_t *memory = image_take(r, room + p->slots * UB_SLOT_BYTES, 8u << (slots >> 16));
	if (!memory)
		return 0;
	p->text = (const void *)(memory + room);
	*end = memory + stored;
	memset(*end, 0, bss);
	p->rodata_addr = ub_arena_addr(r->arena, memory);
	p->rodata = memory;
	p->data_addr = p->rodata_addr + p->rodata_len;
	return 1;
}

/* What few programs have: a least context, and pointers in data. A pointer is the gap since the one
 * before and where it points: 2 × offset in memory, or 2 × slot + 1. */
static NOINLINE int get_extra(struct ub_program *p, struct stream *s, uint8_t *out)
{
	const uint8_t *end = out + memory_len(p);

	past(s);
	p->ctx_min = number(s);
	for (uint32_t n = number(s); n; n--) {
		out += number(s);
		uint32_t to = number(s);
		uint32_t addr = to & 1 ? UB_CODE_ADDR(to / 2) : p->rodata_addr + to / 2;
		if (end - out < 8 || past(s))
			return 0;
		for (uint32_t i = 0; i < 8; i++, addr = i < 4 ? addr >> 8 : 0)
			*out++ = (uint8_t)addr;
	}
	return 1;
}

/* CRC-16/CCITT-FALSE, a byte at a time. */
static uint32_t crc16(const uint8_t *p, uint32_t len)
{
	uint32_t crc = 0xffff;

	while (len--) {
		uint32_t x = (crc >> 8) ^ *p++;
		x ^= x >> 4;
		crc = (uint16_t)(crc << 8 ^ x << 12 ^ x << 5 ^ x);
	}
	return crc;
}

int32_t image_load_packed(const struct image_reader *r)
{
	struct stream s;
	uint8_t *memory, *end;
	int32_t status = UB_E_IMAGE_TRUNCATED;
	uint32_t pc = 0; /* of the instruction that is malformed */

	s.at = s.moved = 0;
	if (r->len < LEAST_BYTES)
		goto refuse;
	status = UB_E_IMAGE_VERSION;
	if (r->bytes[0] >> 4 != VERSION)
		goto refuse;
	status = UB_E_IMAGE_CHECKSUM;
	if (crc16(r->bytes, r->len)) /* over itself, it is 0 */
		goto refuse;
	s.bytes = r->bytes;
	s.at = 8;
	s.end = r->len > REST ? (r->len - REST) * 8 : 0;
	s.len = r->len;
	past(&s);
	status = UB_E_MEMORY;
	if (!get_sizes(r, &s, &end))
		goto refuse;
	memory = memory_of(r);
	status = UB_E_IMAGE_SECTION;
	if (!(r->program->helpers = get_list(r, &s, &r->program->nhelpers)))
		goto refuse;
	if (r->bytes[0] & (RODATA | DATA) && !get_memory(&s, memory, end))
		goto refuse;
	status = UB_E_IMAGE_CODE;
	pc = (uint32_t)(get_text(r->program, &s, memory) - r->program->text);
	if (pc != r->program->slots)
		goto refuse;
	pc = 0;
	status = UB_E_IMAGE_SECTION;
	if (r->bytes[0] & EXTRA && (!(r->program->funcs = get_list(r, &s, &r->program->nfuncs)) ||
				    !get_extra(r->program, &s, memory)))
		goto refuse;
	if (!(status = image_trailer(r, r->bytes[0] & TRAILER, (s.at + s.moved + 7) >> 3, r->len - CRC_BYTES)))
		return UB_OK;
refuse:
	return image_refuse(r, status, pc, (s.at + s.moved) >> 3);
}
