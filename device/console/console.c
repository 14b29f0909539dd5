/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/console/console.h"

#include <string.h>

#include "firmware/agent/frame.h"

enum { HEAD = 2, BODY = HEAD + UB_WIRE_FAULT_BYTES, ALL_FLAGS = CONSOLE_FLAG_DATAGRAM | SUPERVISOR_FLAGS };

void console_init(struct console *c, const struct supervisor_board *board)
{
	memset(c, 0, sizeof *c);
	c->board = board;
}

enum { RESULT = 24 }; /* what CALL answers before the context */

static void put_head(struct console *c, uint8_t kind, uint8_t seq, const struct ub_fault *fault)
{
	c->out[0] = kind | CONSOLE_ANSWER;
	c->out[1] = seq;
	agent_put32(c->out + HEAD + UB_WIRE_FAULT_STATUS, (uint32_t)fault->status);
	agent_put32(c->out + HEAD + UB_WIRE_FAULT_PC, fault->pc);
	agent_put32(c->out + HEAD + UB_WIRE_FAULT_ADDR, fault->addr);
}

static void answered(void *arg, struct supervisor_program *p)
{
	struct console *c = arg;
	uint32_t cycles = ub_port_cycles() - c->call_cycles, instructions = ub_port_instructions() - c->call_instructions, len;
	const uint8_t *context = supervisor_context(p, &len);
	uint8_t *out = c->out + BODY;

	if (!c->calling || p != c->supervisor.programs[c->call_number])
		return;
	c->calling = 0;
	struct ub_fault fault = p->status ? p->fault.end.fault : (struct ub_fault){0};
	fault.status = p->status;
	put_head(c, c->call_kind, c->call_seq, &fault);
	agent_put32(out, (uint32_t)p->result);
	agent_put32(out + 4, (uint32_t)(p->result >> 32));
	agent_put32(out + 8, p->spent);
	agent_put32(out + 12, p->ticks);
	agent_put32(out + 16, instructions);
	agent_put32(out + 20, cycles);
	if (!context || len > UB_WIRE_PAYLOAD_BYTES - UB_WIRE_FAULT_BYTES - RESULT)
		len = 0;
	if (len)
		memcpy(out + RESULT, context, len);
	c->out_len = BODY + RESULT + len;
	os_send(&c->call_peer, c->out, c->out_len);
	c->last_crc = c->call_crc; /* if it is asked for again */
	c->last_peer = c->call_peer;
}

static void put_info(struct console *c, uint32_t *len)
{
	const struct pool *pool = &c->supervisor.pool;
	const struct ub_fault *panic = c->board->panic;
	const uint32_t alias_kb = c->supervisor.alias_end ? (c->supervisor.alias_end - UB_WIRE_ALIAS) / 1024 : 0;
	const uint32_t words[] = {
		(uint32_t)(os_now() / 1000), pool->addr, pool->bytes, pool_free(pool), pool_largest(pool).len, pool->n,
		c->supervisor.compiled, panic ? (uint32_t)panic->status : 0,
		SUPERVISOR_PROGRAMS | SUPERVISOR_CODES << 8 | alias_kb << 16,
	};
	for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++, *len += 4)
		agent_put32(c->out + *len, words[i]);
	const char *const names[] = {c->board->name, c->board->core};
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t n = (uint32_t)strlen(names[i]) + 1;
		memcpy(c->out + *len, names[i], n);
		*len += n;
	}
}

/* Parts of an image, in any order, into memory of the pool. */
static int32_t stage(struct console *c, const uint8_t *p, uint32_t len)
{
	struct supervisor *s = &c->supervisor;

	if (len < 8)
		return UB_E_FRAME_SHORT;
	uint32_t whole = agent_get32(p), at = agent_get32(p + 4);
	if (at == 0 || whole != c->staged) {
		pool_give(&s->pool, &c->staging);
		c->staged = 0;
		int32_t err = pool_take_private(&s->pool, whole ? whole : 1, &c->staging);
		if (err)
			return err;
		c->staged = whole;
	}
	if (at > whole || len - 8 > whole - at)
		return UB_E_ARGUMENT;
	memcpy(c->board->pool + (c->staging.addr - c->board->pool_addr) + at, p + 8, len - 8);
	return 0;
}

static int32_t load(struct console *c, const uint8_t *p, uint32_t len, int32_t number, struct ub_fault *where)
{
	struct supervisor *s = &c->supervisor;
	struct supervisor_config config;

	if (len != sizeof config)
		return UB_E_FRAME_SHORT;
	if (!c->staging.len)
		return UB_E_STATE;
	memcpy(&config, p, sizeof config);
	const uint8_t *image = c->board->pool + (c->staging.addr - c->board->pool_addr);
	int32_t got = number < 0 ? supervisor_load(s, &config, image, c->staged, where)
				 : supervisor_replace(s, (uint32_t)number, &config, image, c->staged, where);
	pool_give(&s->pool, &c->staging);
	c->staged = 0;
	return got;
}

/* context NULL: as it was filled. */
static int32_t call(struct console *c, uint32_t number, const uint8_t *context, uint32_t len)
{
	if (c->calling)
		return UB_E_RUNNING;
	c->calling = 1;
	c->call_kind = c->in[0];
	c->call_seq = c->in[1];
	c->call_number = (uint8_t)number;
	c->call_peer = c->peer;
	c->call_crc = agent_crc32(c->in, c->in_len);
	if (!context) { /* counts are the same each time: the next tick is as far away as can be, and nobody has woken us */
		os_unlock();
		os_wait(1u << 31, os_now() + 1);
		c->woken |= os_wait(ALL_FLAGS, 0) & ~CONSOLE_FLAG_DATAGRAM; /* console_step looks for more once we are back */
		os_lock();
	}
	c->call_instructions = ub_port_instructions();
	c->call_cycles = ub_port_cycles();
	int32_t err = supervisor_call(&c->supervisor, number, context, len, 0);
	if (err)
		c->calling = 0;
	return err;
}

static int32_t read_context(struct console *c, const uint8_t *p, uint32_t *len)
{
	const struct supervisor_program *program = supervisor_at(&c->supervisor, p[0]);
	uint32_t at = agent_get32(p + 4), count = agent_get32(p + 8), have;
	const uint8_t *context = program ? supervisor_context(program, &have) : NULL;

	if (!context)
		return program ? UB_E_STOPPED : UB_E_PROGRAM;
	if (count > UB_WIRE_PAYLOAD_BYTES - UB_WIRE_FAULT_BYTES || at > have || count > have - at)
		return UB_E_ARGUMENT;
	memcpy(c->out + *len, context + at, count);
	*len += count;
	return 0;
}

static int32_t put_state(struct console *c, uint32_t number, uint32_t *len)
{
	struct supervisor_program *p = supervisor_at(&c->supervisor, number);
	const struct supervisor_code *code = p && p->code >= 0 ? &c->supervisor.codes[p->code] : NULL;

	if (!p)
		return UB_E_PROGRAM;
	struct console_state state = {
		.state = (uint8_t)p->state,
		.engine = p->loaded.config.engine,
		.restart = p->loaded.config.restart,
		.long_running = p->loaded.config.long_running,
		.runs = p->runs,
		.ticks = p->ticks,
		.status = p->status,
		.crashes = p->crashes,
		.faults = p->fault.count,
		.fault_status = p->fault.end.fault.status,
		.fault_pc = p->fault.end.fault.pc,
		.fault_addr = p->fault.end.fault.addr,
		.fault_code_at = p->fault.code_at,
		.fault_when_ms = p->fault.when_ms,
		.block_addr = p->block.addr,
		.block_bytes = p->block.len,
		.code_addr = code ? code->piece.addr : 0,
		.code_bytes = code ? code->bytes : 0,
		.late_us = p->late_us,
		.mailbox_used = p->mailbox.head - p->mailbox.tail,
		.result = p->result,
	};
	memcpy(state.name, p->loaded.config.name, sizeof state.name);
	memcpy(state.registers, p->fault.end.registers, sizeof state.registers);
	memcpy(c->out + *len, &state, sizeof state);
	*len += sizeof state;
	return 0;
}

static int32_t put_log(struct console *c, const uint8_t *p, uint32_t size, uint32_t *len)
{
	const struct supervisor *s = &c->supervisor;

	if (size < 4)
		return UB_E_FRAME_SHORT;
	uint32_t from = agent_get32(p), have = s->log_head - from;
	if (have > SUPERVISOR_LOG) /* overwritten, or of another life */
		from = s->log_head < SUPERVISOR_LOG ? 0 : s->log_head - SUPERVISOR_LOG;
	agent_put32(c->out + *len, from);
	*len += 4;
	for (; from != s->log_head && *len < HEAD + UB_WIRE_PAYLOAD_BYTES; from++)
		c->out[(*len)++] = s->log[from % SUPERVISOR_LOG];
	return 0;
}

static int32_t take_trace(struct console *c, int some)
{
	if (some && !c->staging.len)
		return UB_E_STATE;
	pool_give(&c->supervisor.pool, &c->trace);
	if (some) {
		c->trace = c->staging;
		c->staging.len = 0;
	}
	return helper_env_reset(&c->supervisor.env, c->trace.len ? c->board->pool + (c->trace.addr - c->board->pool_addr) : NULL,
				some ? c->staged : 0);
}

/* Does a request. Returns its status; what it appends to the answer moves *len on. */
static int32_t act(struct console *c, uint8_t kind, const uint8_t *p, uint32_t size, uint32_t *len, struct ub_fault *where)
{
	struct supervisor *s = &c->supervisor;
	int32_t got;

	switch (kind) {
	case CONSOLE_INFO:
		put_info(c, len);
		return 0;
	case CONSOLE_IMAGE:
		return stage(c, p, size);
	case CONSOLE_LOAD:
		got = load(c, p, size, -1, where);
		if (got < 0)
			return got;
		c->out[(*len)++] = (uint8_t)got;
		return 0;
	case CONSOLE_INPUT:
		if (size < 4)
			return UB_E_FRAME_SHORT;
		supervisor_input(s, agent_get32(p));
		return 0;
	case CONSOLE_LOG:
		return put_log(c, p, size, len);
	case CONSOLE_TRACE:
		return size < 1 ? UB_E_FRAME_SHORT : take_trace(c, p[0]);
	case CONSOLE_TEST:
		return console_test(c, p, size, len);
	}
	if (size < 1)
		return UB_E_FRAME_SHORT;
	switch (kind) {
	case CONSOLE_REPLACE:
		return size < 4 ? UB_E_FRAME_SHORT : load(c, p + 4, size - 4, p[0], where);
	case CONSOLE_START:
		return supervisor_start(s, p[0], where);
	case CONSOLE_STOP:
		return supervisor_stop(s, p[0]);
	case CONSOLE_KILL:
		return supervisor_kill(s, p[0]);
	case CONSOLE_UNLOAD:
		return supervisor_unload(s, p[0]);
	case CONSOLE_CALL:
		return size < 4 ? UB_E_FRAME_SHORT : call(c, p[0], p + 4, size - 4);
	case CONSOLE_FILL:
		return size < 8 ? UB_E_FRAME_SHORT : supervisor_fill(s, p[0], agent_get32(p + 4), p + 8, size - 8);
	case CONSOLE_RUN:
		return size < 8 ? UB_E_FRAME_SHORT : call(c, p[0], NULL, agent_get32(p + 4));
	case CONSOLE_READ:
		return size < 12 ? UB_E_FRAME_SHORT : read_context(c, p, len);
	case CONSOLE_STATE:
		return put_state(c, p[0], len);
	}
	return UB_E_COMMAND;
}

static int same_peer(const struct os_peer *a, const struct os_peer *b)
{
	return !memcmp(a, b, sizeof *a);
}

static void handle(struct console *c, uint32_t size)
{
	uint32_t crc = agent_crc32(c->in, size), len = BODY;
	struct ub_fault where = {0};

	if (size < HEAD)
		return;
	if (c->calling && crc == c->call_crc && same_peer(&c->peer, &c->call_peer))
		return; /* its answer will come */
	if (crc == c->last_crc && same_peer(&c->peer, &c->last_peer) && c->out_len) {
		os_send(&c->peer, c->out, c->out_len);
		return;
	}
	c->in_len = size;
	uint8_t kind = c->in[0];
	int32_t status = act(c, kind, c->in + HEAD, size - HEAD, &len, &where);
	if ((kind == CONSOLE_CALL || kind == CONSOLE_RUN) && !status)
		return;
	c->last_crc = crc;
	c->last_peer = c->peer;
	where.status = status < 0 ? status : 0;
	put_head(c, kind, c->in[1], &where);
	c->out_len = len;
	os_send(&c->peer, c->out, c->out_len);
	if (kind == CONSOLE_INFO) /* begins a session, whose numbering may repeat the last one's */
		c->out_len = 0;
}

uint64_t console_step(struct console *c)
{
	uint32_t size;

	supervisor_step(&c->supervisor, c->woken);
	c->woken = 0;
	for (uint32_t n = 0; (size = os_receive(&c->peer, c->in, sizeof c->in)) != 0; n++) {
		if (n)
			supervisor_step(&c->supervisor, 0);
		handle(c, size);
	}
	return c->woken ? 0 : supervisor_next(&c->supervisor);
}

void console_serve(struct console *c)
{
	supervisor_init(&c->supervisor, c->board);
	c->supervisor.answered = answered;
	c->supervisor.answered_arg = c;
	os_listen(CONSOLE_FLAG_DATAGRAM);
	for (;;) {
		os_lock();
		uint64_t next = console_step(c);
		os_unlock();
		c->woken |= os_wait(ALL_FLAGS, next);
	}
}
