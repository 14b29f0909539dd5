/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters: hooks that see each datagram of CoAP, or each frame of the network, and say whether it is dropped. The server waits for
 * them, but not for ever: what a program says too late, or that faults, passes.
 */
#include "device/supervisor/internal.h"

/* What is to pass, or not. */
struct passing {
	uint32_t event;
	const uint8_t *peer; /* OS_PEER_BYTES of a datagram; NULL: a frame */
	const struct os_frame *frame;
};

_Static_assert(offsetof(struct bpf_frame_ctx, captured) == offsetof(struct bpf_packet_ctx, captured), "both begin alike");

/* Returns the bytes of context that there are then. */
static uint32_t write_context(struct supervisor_program *p, const struct passing *x)
{
	uint32_t head_bytes = x->peer ? sizeof(struct bpf_packet_ctx) : sizeof(struct bpf_frame_ctx);
	uint32_t room = p->loaded.config.context - head_bytes, len = x->frame->len;
	struct bpf_packet_ctx head = {
		.hook = {.events = x->event, .now_ms = supervisor_now_ms(), .count = 1, .version = BPF_HOOKS_VERSION},
		.length = len, .captured = len < room ? len : room,
	};
	uint8_t *context = supervisor_clean_context(p);

	if (x->peer)
		memcpy(head.peer, x->peer, OS_PEER_BYTES); /* the rest is zero */
	memcpy(context, &head, head_bytes);
	x->frame->copy(x->frame, context + head_bytes, head.captured);
	return head_bytes + head.captured;
}

/* Runs it to its end, or to that of the hook's budget. Returns whether it says that this is to be dropped. */
static int drops(struct supervisor_program *p, const struct passing *x)
{
	uint32_t number = p->number;
	struct os_end end;

	p->hook_runs++;
	supervisor_run(p, write_context(p, x), x->event);
	uint64_t until = os_now() + UB_HOOK_PATIENCE * 1000 * (uint64_t)supervisor_hook_ms(x->event);
	while (!os_thread_ended(&p->thread) && os_now() < until) {
		os_unlock();
		os_wait(1u << number, until);
		os_lock();
	}
	int late = !os_thread_ended(&p->thread);
	os_thread_kill(&p->thread, UB_E_KILLED);
	end = *os_thread_ended(&p->thread);
	if (late) /* others kept it from running: that is no fault of its own */
		end.fault.status = 0;
	supervisor_ended(p, &end);
	os_wake(p->supervisor->server, 1u << number);
	return !late && !end.fault.status && p->result == BPF_PACKET_DROP;
}

/* By those attached when it came, in their order. */
static int passes(struct supervisor *s, const struct passing *x)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; s->filtered & x->event && i < SUPERVISOR_PROGRAMS; i++)
		waiting |= (uint32_t)(s->programs[i]->state == SUPERVISOR_READY && s->programs[i]->attached & x->event) << i;
	while (waiting) {
		struct supervisor_program *first = NULL;
		for (uint32_t i = 0; i < SUPERVISOR_PROGRAMS; i++) {
			struct supervisor_program *p = s->programs[i];
			if (waiting >> i & 1 && (!first || supervisor_before(p, first)))
				first = p;
		}
		waiting &= ~(1u << first->number);
		if (first->state == SUPERVISOR_READY && first->attached & x->event && drops(first, x))
			return 0;
	}
	return 1;
}

static void copy(const struct os_frame *frame, uint8_t *to, uint32_t len)
{
	memcpy(to, frame->of, len);
}

int supervisor_passes(struct supervisor *s, uint32_t event, const uint8_t peer[OS_PEER_BYTES], const uint8_t *bytes, uint32_t len)
{
	const struct os_frame datagram = {.len = len, .copy = copy, .of = bytes};

	return passes(s, &(struct passing){event, peer, &datagram});
}

int supervisor_frame_passes(void *owner, int out, const struct os_frame *frame)
{
	return passes(owner, &(struct passing){out ? UB_EVENT_FRAME_OUT : UB_EVENT_FRAME_IN, NULL, frame});
}
