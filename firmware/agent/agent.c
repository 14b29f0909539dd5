/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/agent/agent.h"

#include <string.h>

#include "baseline/native/native.h"

/* The answer being made. */
struct reply {
	uint8_t *payload;
	uint32_t len;
};

void agent_init(struct agent *a, const struct agent_board *board)
{
	memset(a, 0, sizeof *a);
	a->board = board;
	a->arena.mem = board->arena;
	a->arena.addr = board->arena_addr;
	a->arena.size = board->arena_bytes;
}

static void put_fault(uint8_t *p, const struct ub_fault *fault)
{
	agent_put32(p + UB_WIRE_FAULT_STATUS, (uint32_t)fault->status);
	agent_put32(p + UB_WIRE_FAULT_PC, fault->pc);
	agent_put32(p + UB_WIRE_FAULT_ADDR, fault->addr);
}

static void answer_status(struct reply *r, int32_t status)
{
	struct ub_fault fault = {.status = status};
	put_fault(r->payload, &fault);
	r->len = UB_WIRE_FAULT_BYTES;
}

/* Sends a UB_WIRE_ERROR. Leaves the last answer as it is. */
static void send_error(struct agent *a, uint8_t seq, const struct ub_fault *fault)
{
	uint8_t frame[UB_WIRE_HEADER_BYTES + UB_WIRE_FAULT_BYTES + UB_WIRE_CRC_BYTES];
	put_fault(frame + UB_WIRE_HEADER_BYTES, fault);
	uint32_t len = agent_frame_seal(frame, UB_WIRE_ERROR, seq, UB_WIRE_FAULT_BYTES);
	agent_port_send(a->board->port, frame, len);
}

void agent_report_restart(struct agent *a, uint8_t seq, const struct ub_fault *fault)
{
	send_error(a, seq, fault);
}

/* Appends a string and its zero. Returns 0, or -1 when the payload is full. */
static int32_t put_string(struct reply *r, const char *s)
{
	uint32_t n = (uint32_t)strlen(s) + 1;
	if (n > UB_WIRE_PAYLOAD_BYTES - r->len)
		return -1;
	memcpy(r->payload + r->len, s, n);
	r->len += n;
	return 0;
}

static int32_t put_names(struct agent *a, struct reply *r)
{
	int32_t err = put_string(r, a->board->name);
	if (!err)
		err = put_string(r, a->board->core);
	for (uint32_t i = 0; !err && i < native_kernel_count; i++)
		err = put_string(r, native_kernels[i]);
	for (uint32_t i = 0; !err && i < agent_engine_count; i++) {
		if (r->len == UB_WIRE_PAYLOAD_BYTES)
			return -1;
		r->payload[r->len++] = (uint8_t)agent_engines[i]->caps;
		err = put_string(r, agent_engines[i]->name);
	}
	return err;
}

static void answer_info(struct agent *a, struct reply *r)
{
	uint8_t *p = r->payload;
	agent_calibrate(a);
	answer_status(r, 0);
	agent_put16(p + UB_WIRE_INFO_VERSION, UB_WIRE_VERSION);
	p[UB_WIRE_INFO_ENGINES] = (uint8_t)agent_engine_count;
	p[UB_WIRE_INFO_KERNELS] = (uint8_t)native_kernel_count;
	agent_put32(p + UB_WIRE_INFO_CPU, a->board->cpu);
	agent_put32(p + UB_WIRE_INFO_COUNTERS, agent_port_counters(a->board->port) | (a->board->alias_bytes ? UB_WIRE_HAS_ALIAS : 0));
	agent_put32(p + UB_WIRE_INFO_ARENA_ADDR, a->arena.addr);
	agent_put32(p + UB_WIRE_INFO_ARENA_BYTES, a->board->arena_bytes);
	agent_put32(p + UB_WIRE_INFO_INSTRUCTIONS, a->overhead.instructions);
	agent_put32(p + UB_WIRE_INFO_CYCLES, a->overhead.cycles);
	r->len = UB_WIRE_INFO_BYTES;
	if (put_names(a, r))
		answer_status(r, UB_E_INTERNAL);
}

static void answer_report(struct agent *a, struct reply *r)
{
	const struct agent_job *j = &a->job;
	uint8_t *p = r->payload;
	memset(p, 0, UB_WIRE_REPORT_BYTES);
	put_fault(p, &j->fault);
	p[UB_WIRE_REPORT_PHASES] = (uint8_t)j->phases;
	p[UB_WIRE_REPORT_ALIASED] = (uint8_t)j->aliased;
	agent_put32(p + UB_WIRE_REPORT_RESULT, (uint32_t)j->ubpf.run.r0);
	agent_put32(p + UB_WIRE_REPORT_RESULT + 4, (uint32_t)(j->ubpf.run.r0 >> 32));
	for (uint32_t i = 0; i < UB_WIRE_PHASES; i++) {
		agent_put32(p + UB_WIRE_REPORT_COUNTS + 8 * i, j->counts[i].instructions);
		agent_put32(p + UB_WIRE_REPORT_COUNTS + 8 * i + 4, j->counts[i].cycles);
	}
	agent_put32(p + UB_WIRE_REPORT_CODE_ADDR, j->ubpf.prepared.code_addr);
	agent_put32(p + UB_WIRE_REPORT_CODE_BYTES, j->ubpf.prepared.code_bytes);
	if (j->ubpf.loaded && !(j->engine->caps & UB_ENGINE_NATIVE))
		agent_put32(p + UB_WIRE_REPORT_RAM_BYTES, j->ubpf.arena.used - j->image.at);
	agent_put32(p + UB_WIRE_REPORT_STACK_BYTES, j->stack_bytes);
	agent_put32(p + UB_WIRE_REPORT_CONTEXT_ADDR, a->arena.addr + j->context.at);
	agent_put32(p + UB_WIRE_REPORT_OUTPUT_BYTES, a->env.output_len);
	r->len = UB_WIRE_REPORT_BYTES;
}

/* The bytes of an area that the host may read, and how many. NULL if there is no such area. */
static uint8_t *area_bytes(struct agent *a, uint32_t which, uint32_t index, uint32_t *len)
{
	struct agent_job *j = &a->job;
	const struct agent_area *area;
	if (!j->engine)
		return NULL;
	switch (which) {
	case UB_WIRE_AREA_CONTEXT:
		area = &j->context;
		break;
	case UB_WIRE_AREA_GRANTED:
		if (index >= j->ngranted)
			return NULL;
		area = &j->granted[index];
		break;
	case UB_WIRE_AREA_TRACE:
		area = &j->trace;
		break;
	case UB_WIRE_AREA_IMAGE:
		area = &j->image;
		break;
	default:
		return NULL;
	}
	*len = area->len;
	return a->arena.mem + area->at;
}

static const uint8_t *readable_bytes(struct agent *a, uint32_t which, uint32_t index, uint32_t *len)
{
	const struct ub_prepared *made = &a->job.ubpf.prepared;
	if (which == UB_WIRE_AREA_OUTPUT) {
		*len = a->env.output_len;
		return a->env.output;
	}
	if (which != UB_WIRE_AREA_CODE)
		return area_bytes(a, which, index, len);
	/* Code in flash is known from the ELF. */
	uint32_t at = made->code_addr - a->arena.addr;
	if (!a->job.ubpf.loaded || !made->code_bytes || at > a->arena.size ||
	    made->code_bytes > a->arena.size - at)
		return NULL;
	*len = made->code_bytes;
	return a->arena.mem + at;
}

/* The map that a request is about, NULL if there is none. */
static struct maps_map *map_at(const struct agent *a, uint32_t index)
{
	struct maps *maps = a->job.ubpf.loaded ? a->job.ubpf.run.maps : NULL;
	return maps && index < maps->n ? maps->row[index].map : NULL;
}

static int32_t write_map(struct agent *a, const uint8_t *p, uint32_t len)
{
	struct maps_map *m = map_at(a, p[UB_WIRE_INDEX]);
	if (!m)
		return a->job.ubpf.loaded ? UB_E_ARGUMENT : UB_E_STATE;
	if (agent_get32(p + UB_WIRE_OFFSET) || !maps_put(m, p + UB_WIRE_ACCESS_BYTES, len))
		return UB_E_ARGUMENT;
	return 0;
}

static int32_t do_write(struct agent *a, const uint8_t *p, uint32_t len)
{
	if (len < UB_WIRE_ACCESS_BYTES)
		return UB_E_FRAME_SHORT;
	if (p[UB_WIRE_AREA] == UB_WIRE_AREA_MAP)
		return write_map(a, p, len - UB_WIRE_ACCESS_BYTES);
	uint32_t size, offset = agent_get32(p + UB_WIRE_OFFSET);
	uint8_t *to = area_bytes(a, p[UB_WIRE_AREA], p[UB_WIRE_INDEX], &size);
	len -= UB_WIRE_ACCESS_BYTES;
	if (!to)
		return a->job.engine ? UB_E_ARGUMENT : UB_E_STATE;
	if (offset > size || len > size - offset)
		return UB_E_ARGUMENT;
	if (p[UB_WIRE_AREA] == UB_WIRE_AREA_IMAGE)
		agent_unload(a); /* what runs is what was verified */
	memcpy(to + offset, p + UB_WIRE_ACCESS_BYTES, len);
	return 0;
}

static void answer_read(struct agent *a, const uint8_t *p, uint32_t len, struct reply *r)
{
	if (len < UB_WIRE_ACCESS_BYTES)
		return answer_status(r, UB_E_FRAME_SHORT);
	uint32_t size, count = agent_get16(p + UB_WIRE_COUNT), offset = agent_get32(p + UB_WIRE_OFFSET);
	const struct maps_map *map = p[UB_WIRE_AREA] == UB_WIRE_AREA_MAP ? map_at(a, p[UB_WIRE_INDEX]) : NULL;
	const uint8_t *from = map ? NULL : readable_bytes(a, p[UB_WIRE_AREA], p[UB_WIRE_INDEX], &size);
	if (map)
		size = maps_dump_bytes(map);
	else if (!from)
		return answer_status(r, a->job.engine ? UB_E_ARGUMENT : UB_E_STATE);
	if (offset > size || count > size - offset || count > UB_WIRE_PAYLOAD_BYTES - UB_WIRE_FAULT_BYTES)
		return answer_status(r, UB_E_ARGUMENT);
	answer_status(r, 0);
	if (map)
		maps_dump(map, offset, r->payload + r->len, count);
	else
		memcpy(r->payload + r->len, from + offset, count);
	r->len += count;
}

/* Copies `area` from *p on, and moves *p behind it. */
static void fill(struct agent *a, const struct agent_area *area, const uint8_t **p)
{
	memcpy(a->arena.mem + area->at, *p, area->len);
	*p += area->len;
}

static int32_t exec(struct agent *a, const uint8_t *p, uint32_t len)
{
	struct agent_job *j = &a->job;
	int32_t n = agent_open(a, p, len);
	if (n < 0)
		return n;
	/* Lengths were laid out in the arena, so their sum is small. */
	uint32_t inside = j->context.len + j->trace.len + j->image.len;
	for (uint32_t i = 0; i < j->ngranted; i++)
		inside += j->granted[i].len;
	if (inside != len - (uint32_t)n) {
		j->engine = NULL;
		j->fault.status = UB_E_FRAME_SHORT;
		return UB_E_FRAME_SHORT;
	}
	uint32_t load_only = p[UB_WIRE_JOB_FLAGS] & UB_WIRE_FLAG_LOAD_ONLY;
	p += n;
	fill(a, &j->context, &p);
	for (uint32_t i = 0; i < j->ngranted; i++)
		fill(a, &j->granted[i], &p);
	fill(a, &j->trace, &p);
	fill(a, &j->image, &p);
	int32_t err = agent_load(a);
	return err || load_only ? err : agent_run(a);
}

static int32_t step_trap(void *arg)
{
	struct agent *a = arg;
	agent_port_trap(a->board->port, a->request.bytes[UB_WIRE_HEADER_BYTES]);
	return UB_E_UNSUPPORTED;
}

static void answer_trap(struct agent *a, const uint8_t *p, uint32_t len, struct reply *r)
{
	struct ub_fault fault = {0};
	if (!len)
		return answer_status(r, UB_E_FRAME_SHORT);
	if (p[0] == UB_WIRE_TRAP_RESTART)
		fault.status = step_trap(a);
	else
		fault.status = agent_port_protect(a->board->port, step_trap, a, &fault);
	answer_status(r, 0);
	put_fault(r->payload, &fault);
}

static void answer_open(struct agent *a, const uint8_t *p, uint32_t len, struct reply *r)
{
	int32_t n = agent_open(a, p, len);
	if (n >= 0 && (uint32_t)n != len) {
		a->job.engine = NULL;
		n = UB_E_ARGUMENT;
	}
	answer_status(r, n < 0 ? n : 0);
}

static void answer(struct agent *a, uint8_t kind, const uint8_t *p, uint32_t len, struct reply *r)
{
	switch (kind) {
	case UB_WIRE_INFO:
		answer_info(a, r);
		break;
	case UB_WIRE_OPEN:
		answer_open(a, p, len, r);
		break;
	case UB_WIRE_WRITE:
		answer_status(r, do_write(a, p, len));
		break;
	case UB_WIRE_LOAD:
		agent_load(a);
		answer_report(a, r);
		break;
	case UB_WIRE_RUN:
		agent_run(a);
		answer_report(a, r);
		break;
	case UB_WIRE_READ:
		answer_read(a, p, len, r);
		break;
	case UB_WIRE_EXEC:
		exec(a, p, len);
		answer_report(a, r);
		break;
	case UB_WIRE_TRAP:
		answer_trap(a, p, len, r);
		break;
	default:
		answer_status(r, UB_E_COMMAND);
	}
}

/* Answers the complete request. */
static void handle(struct agent *a)
{
	const uint8_t *f = a->request.bytes;
	uint8_t kind = f[UB_WIRE_KIND], seq = f[UB_WIRE_SEQ];
	uint32_t len = agent_get16(f + UB_WIRE_LENGTH);
	uint32_t bytes = UB_WIRE_HEADER_BYTES + len + UB_WIRE_CRC_BYTES;
	if (!a->reply_len || memcmp(f, a->last, bytes)) {
		struct reply r = {.payload = a->reply + UB_WIRE_HEADER_BYTES};
		answer(a, kind, f + UB_WIRE_HEADER_BYTES, len, &r);
		memcpy(a->last, f, bytes);
		a->reply_len = agent_frame_seal(a->reply, kind | UB_WIRE_REPLY, seq, r.len);
	}
	agent_port_send(a->board->port, a->reply, a->reply_len);
	/* INFO begins a session, whose numbering may repeat the last one's. */
	if (kind == UB_WIRE_INFO)
		a->reply_len = 0;
}

void agent_receive(struct agent *a, uint8_t byte)
{
	int32_t status;
	uint8_t seq;
	if (!agent_frame_push(&a->request, byte))
		return;
	while ((status = agent_frame_poll(&a->request, &seq)) != 0) {
		if (status > 0) {
			handle(a);
			agent_frame_drop(&a->request);
		} else {
			struct ub_fault fault = {.status = status};
			send_error(a, seq, &fault);
		}
	}
}
