/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program is to be: whether its configuration is possible, and what follows from its hooks. */
#include "device/supervisor/internal.h"

uint32_t supervisor_hook_ms(uint32_t event)
{
	switch (event) {
#define HOOK_MS(name, number, section, where, ms) \
	case UB_EVENT_##name: return ms;
		UB_HOOKS(HOOK_MS)
#undef HOOK_MS
	}
	return 0;
}

uint32_t supervisor_hook_bytes(uint32_t event)
{
	switch (event) {
	case UB_EVENT_GPIO: return sizeof(struct bpf_gpio_ctx);
	case UB_EVENT_SENSOR: return sizeof(struct bpf_sensor_ctx);
	case UB_EVENT_COAP: return 0; /* the server's */
	case UB_EVENT_BOOT: return sizeof(struct bpf_boot_ctx);
	case UB_EVENT_FAULT: return sizeof(struct bpf_fault_ctx);
	case UB_EVENT_PACKET_IN:
	case UB_EVENT_PACKET_OUT: return sizeof(struct bpf_packet_ctx);
	case UB_EVENT_FRAME_IN:
	case UB_EVENT_FRAME_OUT: return sizeof(struct bpf_frame_ctx);
	case UB_EVENT_SCHED_SWITCH:
	case UB_EVENT_IRQ_ENTER:
	case UB_EVENT_IRQ_EXIT:
	case UB_EVENT_HELPER: return sizeof(union supervisor_seen);
	}
	return sizeof(struct bpf_hook);
}

uint32_t supervisor_hook_context(uint32_t events)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < UB_HOOK_COUNT; i++) {
		uint32_t bytes = events >> i & 1 ? supervisor_hook_bytes(1u << i) : 0;
		most = bytes > most ? bytes : most;
	}
	return most;
}

/* Whether programs in interrupts may call a helper, by index. */
static int interrupt_helper(uint32_t number)
{
	switch (number) {
	case UB_HELPER_memcpy:
	case UB_HELPER_now_ms:
	case UB_HELPER_ztimer_now:
	case UB_HELPER_ktime_get_ns:
	case UB_HELPER_get_prandom_u32:
	case UB_HELPER_get_smp_processor_id:
	case UB_HELPER_map_lookup_elem:
	case UB_HELPER_map_update_elem:
	case UB_HELPER_map_delete_elem:
	case UB_HELPER_map_push_elem:
	case UB_HELPER_map_pop_elem:
	case UB_HELPER_map_peek_elem:
	case UB_HELPER_ringbuf_output:
	case UB_HELPER_ringbuf_reserve:
	case UB_HELPER_ringbuf_submit:
	case UB_HELPER_ringbuf_discard:
	case UB_HELPER_ringbuf_query:
		return 1;
	}
	return 0;
}

static int32_t check_hooks(const struct supervisor_board *board, const struct supervisor_config *c)
{
	uint32_t own = c->events & ~(uint32_t)UB_EVENTS_MANY, argument = c->hook_argument;
	uint32_t path = (uint32_t)strnlen(c->hook_path, UB_HOOK_PATH);

	if (c->events & ~(uint32_t)UB_EVENTS || own & (own - 1) || (c->long_running && c->events & ~(uint32_t)(UB_EVENT_INPUT | UB_EVENT_MESSAGE)))
		return UB_E_ARGUMENT;
	if (c->events & (UB_EVENT_TIMER | UB_EVENT_SENSOR) && !c->period_ms)
		return UB_E_ARGUMENT;
	if (path == UB_HOOK_PATH || (own == UB_EVENT_COAP) != (path > 0))
		return UB_E_ARGUMENT;
	if (own == UB_EVENT_GPIO ? argument >> 24 || !(argument & 3) || argument & 0xfc
				 : own == UB_EVENT_SENSOR || own == UB_EVENT_HELPER ? argument > 255 : argument != 0)
		return UB_E_ARGUMENT;
	if (own & UB_EVENTS_FRAME && !board->filter_frames)
		return UB_E_HOOK;
	if (!(own & UB_EVENTS_INTERRUPT))
		return 0;
	if (own != UB_EVENT_HELPER && !OS_OBSERVABLE)
		return UB_E_HOOK;
	if (c->engine != SUPERVISOR_VM)
		return UB_E_HOOK_ENGINE;
	if (c->events != own) /* nor anything else: an interrupt may come at any time */
		return UB_E_ARGUMENT;
	for (uint32_t i = 0; i < UB_HELPER_ENTRIES; i++) {
		if (ub_helper_in(c->helpers, i) && !interrupt_helper(i))
			return UB_E_HOOK_HELPER;
	}
	return 0;
}

static int valid_name(const char name[SUPERVISOR_NAME])
{
	uint32_t n = 0;

	for (; n < SUPERVISOR_NAME && name[n]; n++) {
		char c = name[n];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return 0;
	}
	return n > 0 && n < SUPERVISOR_NAME;
}

int32_t supervisor_check_config(const struct supervisor *s, const struct supervisor_config *c)
{
	const uint32_t largest = 1u << 20;
	static const uint32_t known[UB_HELPER_WORDS] = UB_HELPERS_ALL;

	if (!valid_name(c->name))
		return UB_E_NAME;
	if (c->engine >= SUPERVISOR_ENGINE_COUNT)
		return UB_E_ENGINE;
	for (uint32_t i = 0; i < UB_HELPER_WORDS; i++) {
		if (c->helpers[i] & ~known[i])
			return UB_E_GRANT;
	}
	if (c->devices >> 16)
		return UB_E_GRANT;
	if (c->restart > SUPERVISOR_ALWAYS || c->priority < 1 || c->priority >= OS_PRIORITY_IDLE ||
	    c->long_running > 1 || c->context > largest || c->mailbox > largest)
		return UB_E_ARGUMENT;
	for (uint32_t i = 0; i < SUPERVISOR_KEYS; i++) {
		if (c->keys[i].first > c->keys[i].last || c->keys[i].rights & ~(uint32_t)(UB_READ | UB_WRITE))
			return UB_E_GRANT;
	}
	return check_hooks(s->board, c);
}

int32_t supervisor_check_interrupt(const struct ub_program *program, struct ub_fault *where)
{
	if (program->slots > UB_HOOK_SLOTS)
		return where->status = UB_E_HOOK_SIZE;
	for (uint32_t i = 0; i < program->slots; i++) {
		const struct ub_insn *insn = &program->text[i];
		uint32_t class = UB_CLASS(insn->opcode), op = UB_OP(insn->opcode);
		int jumps = class == UB_JMP || class == UB_JMP32, back = jumps && insn->offset < 0;
		if (jumps && op == UB_CALL) /* helpers are those of interrupt_helper */
			back = insn->regs >> 4 != UB_CALL_HELPER || insn->opcode & UB_X;
		else if (jumps && op == UB_EXIT)
			back = 0;
		else if (class == UB_JMP32 && op == UB_JA)
			back = insn->imm < 0;
		if (back) {
			where->pc = i;
			return where->status = UB_E_HOOK_LOOP;
		}
		i += insn->opcode == UB_LDDW;
	}
	return 0;
}
