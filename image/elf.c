/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads an ELF object on the device: what a linker does, for objects as clang emits them (System V
 * ABI, chapters 4 and 5; relocations as in LLVM's BPF backend). All code is concatenated, and so is
 * read-only and writable data; debug information is skipped. The image itself is not changed.
 */
#include "image/reader.h"

enum {
	EHDR_BYTES = 64, SHDR_BYTES = 64, SYM_BYTES = 24, REL_BYTES = 16,
	ET_REL = 1, EM_BPF = 247,
	SHT_PROGBITS = 1, SHT_SYMTAB = 2, SHT_NOBITS = 8, SHT_REL = 9,
	SHF_WRITE = 1, SHF_ALLOC = 2, SHF_EXECINSTR = 4,
	STT_FUNC = 2,
	R_BPF_64_64 = 1, R_BPF_64_ABS64 = 2, R_BPF_64_32 = 10,
	FUNCTIONS_MAX = 64, /* that data points at */
	MAP_BYTES = 20,     /* struct bpf_map_def: type, key size, value size, entries, flags, 32 bits each */
	MAP_IGNORED = 3, MAP_READ_ONLY = 0x80, MAP_WRITE_ONLY = 0x100, /* Linux's flags */
};

/* What sections become. */
enum kind { NONE, TEXT, RODATA, DATA, BSS, MAPS, KINDS };

struct shdr {
	uint32_t type, flags, at, size, link, info, align;
};

struct loader {
	const struct image_reader *r;
	uint32_t shoff, shnum;
	uint32_t maps; /* section that declares maps, 0: none */
	struct shdr symtab;
	uint32_t *where;        /* by section: where it starts in what it became a part of */
	uint32_t size[KINDS];
	uint32_t mask[KINDS];   /* alignment - 1 */
	uint8_t *mem[KINDS];    /* BSS is unused: it follows DATA */
	uint32_t addr[KINDS];
	uint16_t *funcs;
};

static int read_shdr(const struct loader *l, uint32_t n, struct shdr *s)
{
	const uint8_t *h = l->r->bytes + l->shoff + n * SHDR_BYTES;

	s->type = image_u32(h + 4);
	s->flags = image_u32(h + 8);
	s->at = image_u32(h + 24);
	s->size = image_u32(h + 32);
	s->link = image_u32(h + 40);
	s->info = image_u32(h + 44);
	s->align = image_u32(h + 48);
	if (image_u32(h + 28) || image_u32(h + 36)) /* above 4 GiB */
		return 0;
	return s->type == SHT_NOBITS || (s->at <= l->r->len && s->size <= l->r->len - s->at);
}

static enum kind kind_of(const struct loader *l, uint32_t n, const struct shdr *s)
{
	if (n && n == l->maps)
		return MAPS;
	if (!(s->flags & SHF_ALLOC) || (s->type != SHT_PROGBITS && s->type != SHT_NOBITS))
		return NONE;
	if (s->flags & SHF_EXECINSTR)
		return s->type == SHT_PROGBITS ? TEXT : NONE;
	if (s->type == SHT_NOBITS)
		return BSS;
	return s->flags & SHF_WRITE ? DATA : RODATA;
}

/* Whether a section has this name, of so many bytes with the zero. */
static int is_named(const struct loader *l, uint32_t n, const char *name, uint32_t bytes)
{
	const uint8_t *ehdr = l->r->bytes;
	struct shdr names;
	uint32_t strings = image_u16(ehdr + 62);
	uint32_t at = image_u32(ehdr + l->shoff + n * SHDR_BYTES);

	return strings < l->shnum && read_shdr(l, strings, &names) && names.type != SHT_NOBITS &&
	       at <= names.size && names.size - at >= bytes && !memcmp(ehdr + names.at + at, name, bytes);
}

static int32_t read_ehdr(struct loader *l)
{
	static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2 /* 64 bits */, 1 /* little endian */, 1};
	const uint8_t *h = l->r->bytes;

	if (l->r->len < EHDR_BYTES)
		return image_refuse(l->r, UB_E_IMAGE_TRUNCATED, 0, l->r->len);
	if (memcmp(h, ident, sizeof ident) || image_u16(h + 16) != ET_REL || image_u16(h + 18) != EM_BPF ||
	    image_u16(h + 58) != SHDR_BYTES)
		return image_refuse(l->r, UB_E_IMAGE_HEADER, 0, 0);
	l->shoff = image_u32(h + 40);
	l->shnum = image_u16(h + 60);
	if (image_u32(h + 44) || l->shoff > l->r->len || l->shnum > (l->r->len - l->shoff) / SHDR_BYTES)
		return image_refuse(l->r, UB_E_IMAGE_SECTION, 0, l->shoff);
	return UB_OK;
}

/* Sizes and places: every section is appended to what it becomes a part of. */
static int32_t lay_out(struct loader *l)
{
	const struct image_reader *r = l->r;
	struct shdr s;

	if (!(l->where = ub_arena_take(r->arena, l->shnum * sizeof l->where[0])))
		return image_refuse(r, UB_E_MEMORY, 0, l->shoff);
	for (uint32_t n = 0; n < l->shnum; n++) {
		uint32_t header = l->shoff + n * SHDR_BYTES;
		if (!read_shdr(l, n, &s))
			return image_refuse(r, UB_E_IMAGE_SECTION, 0, header);
		if (s.type == SHT_SYMTAB)
			l->symtab = s;
		enum kind k = kind_of(l, n, &s);
		if (k == DATA && !l->maps && is_named(l, n, "maps", sizeof "maps")) {
			l->maps = n;
			k = MAPS;
		}
		if (k == NONE)
			continue;
		uint32_t mask = s.align && k != TEXT ? s.align - 1 : 0;
		uint32_t at = (l->size[k] + mask) & ~mask;
		if ((s.align & (s.align - 1)) || mask >> IMAGE_ALIGN_MAX)
			return image_refuse(r, UB_E_IMAGE_SECTION, 0, header);
		if (mask > l->mask[k])
			l->mask[k] = mask;
		if (s.size > r->arena->size || at > r->arena->size || (k == TEXT && s.size % UB_SLOT_BYTES))
			return image_refuse(r, UB_E_IMAGE_SIZE, 0, header);
		l->where[n] = at;
		l->size[k] = at + s.size;
		if (s.size == 4 && k != BSS && is_named(l, n, "ctx_min", sizeof "ctx_min")) /* the shortest context the program accepts */
			r->program->ctx_min = image_u32(r->bytes + s.at);
	}
	/* .bss follows .data */
	l->mask[DATA] |= l->mask[BSS];
	l->size[DATA] = (l->size[DATA] + l->mask[BSS]) & ~l->mask[BSS];
	if (l->size[TEXT] / UB_SLOT_BYTES > UB_SLOTS_MAX)
		return image_refuse(r, UB_E_IMAGE_SIZE, 0, l->shoff);
	return UB_OK;
}

/* Takes memory and copies the sections there. */
static int32_t copy_sections(struct loader *l)
{
	const struct image_reader *r = l->r;
	const uint32_t bytes[KINDS] = {
		[TEXT] = l->size[TEXT], [RODATA] = l->size[RODATA], [DATA] = l->size[DATA] + l->size[BSS],
	};
	struct shdr s;

	for (uint32_t k = TEXT; k < BSS; k++) {
		if (!(l->mem[k] = image_take(r, bytes[k], l->mask[k] + 1)))
			return image_refuse(r, UB_E_MEMORY, 0, 0);
		l->addr[k] = ub_arena_addr(r->arena, l->mem[k]);
		memset(l->mem[k], 0, bytes[k]);
	}
	l->addr[BSS] = l->addr[DATA] + l->size[DATA];
	for (uint32_t n = 0; n < l->shnum; n++) {
		read_shdr(l, n, &s);
		enum kind k = kind_of(l, n, &s);
		if (k != NONE && k < BSS)
			memcpy(l->mem[k] + l->where[n], r->bytes + s.at, s.size);
	}
	r->program->text = (const void *)l->mem[TEXT];
	r->program->slots = l->size[TEXT] / UB_SLOT_BYTES;
	r->program->rodata_addr = l->addr[RODATA];
	r->program->rodata_len = bytes[RODATA];
	r->program->rodata = l->mem[RODATA];
	r->program->data_addr = l->addr[DATA];
	r->program->data_len = bytes[DATA];
	return UB_OK;
}

/* Where a symbol plus an addend lies: what kind of section, and the offset in all of that kind. NONE
 * if the symbol is undefined, absolute or out of range. */
static enum kind find(const struct loader *l, uint32_t symbol, uint32_t addend, uint32_t *offset)
{
	struct shdr s;

	if (symbol >= l->symtab.size / SYM_BYTES)
		return NONE;
	const uint8_t *p = l->r->bytes + l->symtab.at + symbol * SYM_BYTES;
	uint32_t section = image_u16(p + 6), value = image_u32(p + 8) + addend;
	if (section == 0 || section >= l->shnum)
		return NONE;
	read_shdr(l, section, &s);
	enum kind k = kind_of(l, section, &s);
	if (value > s.size || (k == TEXT && (value % UB_SLOT_BYTES || value == s.size)))
		return NONE;
	*offset = l->where[section] + value;
	return k;
}

/* Keeps the list of functions data points at ascending. */
static int add_function(struct loader *l, uint16_t slot)
{
	struct ub_program *p = l->r->program;
	uint32_t i = p->nfuncs;

	for (; i && l->funcs[i - 1] >= slot; i--) {
		if (l->funcs[i - 1] == slot)
			return 1;
	}
	if (p->nfuncs == FUNCTIONS_MAX)
		return 0;
	memmove(l->funcs + i + 1, l->funcs + i, (p->nfuncs++ - i) * sizeof l->funcs[0]);
	l->funcs[i] = slot;
	return 1;
}

static int relocate_text(struct loader *l, uint32_t at, uint32_t type, uint32_t symbol)
{
	struct ub_insn *i = (void *)(l->mem[TEXT] + at);
	int32_t pc = (int32_t)(at / UB_SLOT_BYTES);
	uint32_t offset;

	if (type == R_BPF_64_32 && i->opcode == (UB_JMP | UB_CALL) && UB_SRC(i) == UB_CALL_LOCAL) {
		if (find(l, symbol, ((uint32_t)i->imm + 1) * UB_SLOT_BYTES, &offset) != TEXT)
			return 0;
		i->imm = (int32_t)(offset / UB_SLOT_BYTES) - pc - 1;
		return 1;
	}
	if (type != R_BPF_64_64 || i->opcode != UB_LDDW || at + UB_SLOT_BYTES >= l->size[TEXT])
		return 0;
	enum kind k = find(l, symbol, (uint32_t)i->imm, &offset);
	if (k == NONE || (i[1].imm && i[1].imm != i->imm >> 31)) /* an addend below 0 may have its sign there */
		return 0;
	i[1].imm = 0;
	if (k == TEXT) {
		i->regs = (uint8_t)(UB_DST(i) | UB_LDDW_FUNC << 4);
		i->imm = (int32_t)(offset / UB_SLOT_BYTES) - pc - 1;
	} else if (k == MAPS) {
		if (offset % MAP_BYTES || offset / MAP_BYTES >= l->r->program->nmaps)
			return 0;
		i->imm = (int32_t)UB_MAP_HANDLE(offset / MAP_BYTES);
	} else {
		i->imm = (int32_t)(l->addr[k] + offset);
	}
	return 1;
}

static int relocate_data(struct loader *l, uint8_t *p, uint32_t type, uint32_t symbol)
{
	uint32_t offset;
	enum kind k = find(l, symbol, image_u32(p), &offset);

	if (type != R_BPF_64_ABS64 || k == NONE || k == MAPS)
		return 0;
	if (k == TEXT && !add_function(l, (uint16_t)(offset / UB_SLOT_BYTES)))
		return 0;
	uint32_t addr = k == TEXT ? UB_CODE_ADDR(offset / UB_SLOT_BYTES) : l->addr[k] + offset;
	memcpy(p, &addr, 4);
	memset(p + 4, 0, 4);
	return 1;
}

/* A map's name is that of the symbol at its place. */
static int name_map(const struct loader *l, struct ub_map_def *maps, uint32_t symbol)
{
	const uint8_t *p = l->r->bytes + l->symtab.at + symbol * SYM_BYTES;
	uint32_t name = image_u32(p), value = image_u32(p + 8), bytes;
	struct shdr names;

	if (image_u16(p + 6) != l->maps || !name || value % MAP_BYTES || value / MAP_BYTES >= l->r->program->nmaps)
		return 1;
	if (l->symtab.link >= l->shnum || !read_shdr(l, l->symtab.link, &names) || names.type == SHT_NOBITS || name >= names.size)
		return 0;
	char *to = maps[value / MAP_BYTES].name;
	for (bytes = 0; bytes < UB_MAP_NAME_BYTES - 1 && bytes < names.size - name; bytes++) {
		to[bytes] = (char)l->r->bytes[names.at + name + bytes];
		if (!to[bytes])
			break;
	}
	return 1;
}

/* Maps, declared one behind the other. */
static int32_t read_maps(struct loader *l)
{
	const struct image_reader *r = l->r;
	struct ub_map_def *maps;
	struct shdr s;

	if (!l->maps)
		return UB_OK;
	read_shdr(l, l->maps, &s);
	uint32_t n = s.size / MAP_BYTES;
	if (s.size % MAP_BYTES || n > UB_MAPS_MAX)
		return image_refuse(r, UB_E_IMAGE_SECTION, 0, s.at);
	if (!(maps = ub_arena_take(r->arena, n * (uint32_t)sizeof *maps)))
		return image_refuse(r, UB_E_MEMORY, 0, s.at);
	memset(maps, 0, n * sizeof *maps);
	r->program->maps = maps;
	r->program->nmaps = n;
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *p = r->bytes + s.at + i * MAP_BYTES;
		uint32_t type = image_u32(p), key = image_u32(p + 4), flags = image_u32(p + 16) & ~(uint32_t)MAP_IGNORED;
		if (type > 0xff || key > 0xffff || flags & ~(uint32_t)(MAP_READ_ONLY | MAP_WRITE_ONLY))
			return image_refuse(r, UB_E_IMAGE_SECTION, 0, s.at + i * MAP_BYTES);
		maps[i] = (struct ub_map_def){
			.type = (uint8_t)type, .flags = (uint8_t)(flags >> 7), .key_size = (uint16_t)key,
			.value_size = image_u32(p + 8), .max_entries = image_u32(p + 12),
		};
	}
	for (uint32_t i = 1; i < l->symtab.size / SYM_BYTES; i++)
		if (!name_map(l, maps, i))
			return image_refuse(r, UB_E_IMAGE_SECTION, 0, l->symtab.at + i * SYM_BYTES);
	return UB_OK;
}

static int32_t relocate(struct loader *l)
{
	const struct image_reader *r = l->r;
	struct shdr s, target;

	for (uint32_t n = 0; n < l->shnum; n++) {
		read_shdr(l, n, &s);
		if (s.type != SHT_REL || s.info >= l->shnum)
			continue;
		read_shdr(l, s.info, &target);
		enum kind k = kind_of(l, s.info, &target);
		if (k == NONE || k >= BSS)
			continue;
		for (uint32_t e = s.at; s.at + s.size - e >= REL_BYTES; e += REL_BYTES) {
			const uint8_t *p = r->bytes + e;
			uint32_t at = image_u32(p), type = image_u32(p + 8), symbol = image_u32(p + 12);
			uint32_t size = k == TEXT ? UB_SLOT_BYTES : 8;
			uint32_t place = l->where[s.info] + at;
			if (image_u32(p + 4) || at > target.size || target.size - at < size ||
			    (k == TEXT ? at % UB_SLOT_BYTES || !relocate_text(l, place, type, symbol) :
					 !relocate_data(l, l->mem[k] + place, type, symbol)))
				return image_refuse(r, UB_E_IMAGE_RELOCATION, k == TEXT ? place / UB_SLOT_BYTES : 0, e);
		}
	}
	return UB_OK;
}

/* Global functions are entry points, counted in the order of the symbol table. */
static int32_t find_entry(struct loader *l)
{
	const struct image_reader *r = l->r;
	uint32_t n = 0, offset;

	for (uint32_t i = 1; i < l->symtab.size / SYM_BYTES; i++) {
		uint32_t info = r->bytes[l->symtab.at + i * SYM_BYTES + 4];
		if ((info & 15) != STT_FUNC || info >> 4 == 0 || find(l, i, 0, &offset) != TEXT)
			continue;
		if (n++ == r->entry) {
			r->program->entry = offset / UB_SLOT_BYTES;
			return UB_OK;
		}
	}
	return image_refuse(r, UB_E_IMAGE_ENTRY, 0, l->symtab.at);
}

int32_t image_load_elf(const struct image_reader *r)
{
	struct loader l = {.r = r};
	int32_t err;

	if ((err = read_ehdr(&l)))
		return err;
	if (!(l.funcs = ub_arena_take(r->arena, FUNCTIONS_MAX * sizeof l.funcs[0])))
		return image_refuse(r, UB_E_MEMORY, 0, 0);
	r->program->funcs = l.funcs;
	if ((err = lay_out(&l)) || (err = copy_sections(&l)) || (err = read_maps(&l)) || (err = relocate(&l)))
		return err;
	return find_entry(&l);
}
