/* SPDX-License-Identifier: BSD-2-Clause */
/* A compartment: one piece of memory, which holds everything the program may touch but its compiled code:
 *
 *   C stack | its run | context | save area, stack | values of maps | data … text
 *   \____________________ it may write this ___________________/ \_ read _/
 *
 * The C stack is lowest: running out of it leaves the compartment. What a program only reads begins with the first
 * stripe of the MPU that holds no data of it.
 */
#include "device/supervisor/internal.h"

/* Bytes of C stack: the interpreter's state is 376 (vm/layout.h); compiled code of eight frames saves as much, beside up to
 * 88 that are spilled; then routines and the hardware's frame. Who needs more faults. */
enum { C_STACK = 896 };

static uint32_t up(uint32_t bytes, uint32_t to)
{
	return (bytes + to - 1) / to * to;
}

/* The part of the arena that is only read begins here, or at the arena's end. */
static uint32_t first_read_only(const struct ub_arena *arena, const struct ub_program *program)
{
	return program->data_len ? program->data_addr + program->data_len : arena->addr;
}

static void wall(struct supervisor_program *p, uint32_t start, uint32_t end, uint32_t rights)
{
	if (end > start)
		p->walls[p->nwalls++] = (struct os_wall){start, end - start, rights};
}

/* Returns 0 or UB_E_MAP_COUNT. */
static int32_t grant(struct supervisor_program *p, const struct ub_program *program, uint32_t context, uint32_t stack_top)
{
	struct ub_run *r = &p->run;

	memset(r, 0, sizeof *r);
	r->ctx_addr = context;
	r->stack_top = stack_top;
	r->regions[UB_REGION_STACK] =
		(struct ub_region){stack_top - program->stack_use, program->stack_use, UB_READ | UB_WRITE};
	r->regions[UB_REGION_CTX] = (struct ub_region){context, 0, UB_READ | UB_WRITE};
	r->regions[UB_REGION_RODATA] = (struct ub_region){program->rodata_addr, program->rodata_len, UB_READ};
	r->regions[UB_REGION_DATA] = (struct ub_region){program->data_addr, program->data_len, UB_READ | UB_WRITE};
	r->nregions = UB_REGION_GRANTED;
	r->helpers = os_ways;
	r->env = &p->supervisor->env;
	r->base = (uintptr_t)p->supervisor->board->base;
	return p->loaded.maps.maps ? maps_grant(p->loaded.maps.maps, r) : 0;
}

static int32_t compile(struct supervisor_program *p, const struct ub_program *program, struct ub_fault *where)
{
	struct supervisor *s = p->supervisor;

	p->code = -1;
	if (p->loaded.config.engine == SUPERVISOR_VM)
		return 0;
	struct ub_program with = *program;
	struct ub_map_place places[UB_MAPS_MAX];
	if (p->loaded.maps.maps) {
		maps_places(p->loaded.maps.maps, places);
		with.map_places = places;
	}
	int32_t code = supervisor_code_of(s, &with, p->loaded.config.engine, where);
	if (code < 0)
		return code;
	const struct supervisor_code *c = &s->codes[code];
	uint32_t runs_at = c->piece.addr - supervisor_code_shift(s, c);
	p->code = code;
	p->prepared->state = supervisor_memory(s, c->piece.addr);
	p->prepared->code_addr = runs_at;
	p->prepared->code_bytes = c->bytes;
	wall(p, runs_at, runs_at + c->piece.len, UB_READ | OS_EXECUTE);
	return 0;
}

/* The run and what engines read, as the program has them. */
struct user {
	struct ub_run run;
	struct ub_prepared prepared;
	struct ub_program program;
};

static uint32_t context_at(void)
{
	return C_STACK + up(sizeof(struct user), 8);
}

uint32_t supervisor_values_at(const struct supervisor_image *image)
{
	return context_at() + up(image->config.context, 8) + up(image->stack, 8);
}

uint32_t supervisor_arena_at(const struct supervisor_image *image)
{
	return supervisor_values_at(image) + image->maps.value_bytes;
}

/* Clean memory: values of maps are as they were. */
static int32_t take_block(struct supervisor_program *p)
{
	struct supervisor *s = p->supervisor;
	const struct supervisor_image *image = &p->loaded;
	uint32_t values = supervisor_values_at(image), arena = supervisor_arena_at(image);
	int32_t err = 0;

	if (image->maps.block.len)
		p->block = image->maps.block;
	else
		err = supervisor_take(s, arena + image->memory, 0, SUPERVISOR_COMPARTMENT, &p->block);
	if (!err) {
		uint8_t *mem = supervisor_memory(s, p->block.addr);
		memset(mem, 0, values);
		memset(mem + arena, 0, p->block.len - arena);
	}
	return err;
}

int32_t supervisor_place(struct supervisor_program *p, struct ub_fault *where)
{
	struct supervisor *s = p->supervisor;
	const struct supervisor_image *image = &p->loaded;
	uint32_t arena_at = supervisor_arena_at(image), stripe;

	*where = (struct ub_fault){0};
	int32_t err = take_block(p);
	if (!err && image->config.mailbox)
		err = supervisor_take(s, image->config.mailbox, 1, "its mailbox", &p->mailbox.ring);
	if (err) {
		where->status = err;
		supervisor_displace(p);
		return err;
	}
	uint32_t at = p->block.addr, end = at + p->block.len;
	uint8_t *mem = supervisor_memory(s, at);
	p->mailbox.head = p->mailbox.tail = 0;
	struct user *user = (void *)(mem + C_STACK);
	p->c_stack = mem;
	p->c_stack_bytes = C_STACK;
	p->user = &user->run;
	p->prepared = &user->prepared;
	user->prepared.program = &user->program;
	p->code = -1;
	struct ub_arena arena = {.mem = mem + arena_at, .addr = at + arena_at, .size = p->block.len - arena_at};
	err = supervisor_build(s, image, &arena, &user->program, &user->prepared, where);
	if (!err)
		err = grant(p, &user->program, at + context_at(), at + supervisor_values_at(image));
	if (!err) {
		user->run = p->run;
		user->run.env = NULL; /* the firmware's */
		user->run.maps = NULL;
		supervisor_open_helpers(p);
		pool_wall(p->block.len, &stripe);
		uint32_t split = up(first_read_only(&arena, &user->program), stripe);
		split = split < end ? split : end;
		p->nwalls = 0;
		wall(p, at, split, UB_READ | UB_WRITE);
		wall(p, split, end, UB_READ);
		p->nwalls += supervisor_share_walls(s, image, p->walls + p->nwalls);
		err = compile(p, &user->program, where);
	}
	if (err) {
		where->status = err;
		supervisor_displace(p);
	}
	return err;
}

void supervisor_displace(struct supervisor_program *p)
{
	struct supervisor *s = p->supervisor;

	if (p->code >= 0)
		supervisor_code_leave(s, p->code);
	p->code = -1;
	if (p->loaded.maps.block.len) /* which stays */
		p->block.len = 0;
	pool_give(&s->pool, &p->block);
	pool_give(&s->pool, &p->mailbox.ring);
	p->user = NULL;
	p->prepared = NULL;
	p->nwalls = 0;
}
