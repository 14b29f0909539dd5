/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for each hook. Each counts what happened, and tells of some of it in a ring buffer that all of them share. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

struct record {
	uint32_t hook;
	uint32_t number; /* of the records of this hook, from 0 */
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024);
} events SEC(".maps");

struct counts {
	uint32_t happened; /* as hook.count says */
	uint32_t runs;
	uint32_t put, dropped; /* records */
	uint32_t calls;        /* of bpf_program_find, which the program at helpers is told of */
	uint32_t other;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct counts);
} counts SEC(".maps");

static __attribute__((always_inline)) inline struct counts *note(const struct bpf_hook *hook, uint32_t number, uint32_t each)
{
	uint32_t zero = 0;
	struct counts *c = bpf_map_lookup_elem(&counts, &zero);

	if (!c)
		return 0;
	c->happened += hook->count;
	if (++c->runs % each == 0) {
		struct record r = {number, c->put + c->dropped};
		if (bpf_ringbuf_output(&events, &r, sizeof r, 0))
			c->dropped++;
		else
			c->put++;
	}
	return c;
}

enum { TIMER, GPIO = 3, SENSOR, COAP, BOOT, FAULT, PACKET_IN, PACKET_OUT, SWITCH, IRQ_ENTER, IRQ_EXIT, HELPER, FRAME_IN, FRAME_OUT };

/* Timer, message and input: it sends itself a message each time. */
SEC("timer/20ms") int timer(struct bpf_event_ctx *ctx)
{
	struct counts *c = note(&ctx->hook, TIMER, 7);
	uint32_t message;

	if (!c)
		return 1;
	if (ctx->hook.events & BPF_HOOK_TIMER) {
		c->calls++;
		message = c->calls;
		bpf_message_send(bpf_program_find("timer"), &message, sizeof message);
	}
	if (ctx->hook.events & BPF_HOOK_MESSAGE && bpf_message_receive(&message, sizeof message) == sizeof message)
		c->other++;
	return 0;
}

SEC("gpio/PA0/both") int gpio(struct bpf_gpio_ctx *ctx)
{
	struct counts *c = note(&ctx->hook, GPIO, 1);

	if (!c)
		return 1;
	c->calls++;
	bpf_program_find("gpio");
	return 0;
}

/* Faults now and then, and is started again. */
SEC("sensor/temp/250ms") int sensor(struct bpf_sensor_ctx *ctx)
{
	struct counts *c = note(&ctx->hook, SENSOR, 1);

	if (c && c->runs % 300 == 5) {
		c->other++;
		return *(volatile int *)(long)16;
	}
	return ctx->value[0];
}

SEC("coap/every/hook") int request(bpf_coap_ctx_t *ctx)
{
	const struct bpf_hook one = {.count = 1};

	note(&one, COAP, 1);
	bpf_gcoap_resp_init(ctx, BPF_COAP_CONTENT);
	return bpf_coap_opt_finish(ctx, BPF_COAP_FINISH_NONE);
}

SEC("boot") int started(struct bpf_boot_ctx *ctx)
{
	note(&ctx->hook, BOOT, 1);
	return 0;
}

SEC("fault") int faulted(struct bpf_fault_ctx *ctx)
{
	note(&ctx->hook, FAULT, 1);
	return 0;
}

#define PASSES(name, section, context, number)       \
	SEC(section) int name(struct context *ctx)   \
	{                                            \
		note(&ctx->hook, number, 16);        \
		return BPF_PACKET_PASS;              \
	}
PASSES(packet_in, "packet/in", bpf_packet_ctx, PACKET_IN)
PASSES(packet_out, "packet/out", bpf_packet_ctx, PACKET_OUT)
PASSES(frame_in, "frame/in", bpf_frame_ctx, FRAME_IN)
PASSES(frame_out, "frame/out", bpf_frame_ctx, FRAME_OUT)
PASSES(switches, "tracepoint/sched_switch", bpf_sched_switch_ctx, SWITCH)
PASSES(irq_enter, "tracepoint/irq_enter", bpf_irq_ctx, IRQ_ENTER)
PASSES(irq_exit, "tracepoint/irq_exit", bpf_irq_ctx, IRQ_EXIT)

SEC("helper/bpf_program_find") int helper(struct bpf_helper_ctx *ctx)
{
	note(&ctx->hook, HELPER, 5);
	return 0;
}
