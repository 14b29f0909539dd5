/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs get that run when something happens on a device: the context of each hook (docs/hooks.md).
 *
 * SEC names the hook, and the context is the struct below it:
 *
 *	#include "bpf_helpers.h"
 *	#include "bpf_hooks.h"
 *
 *	SEC("gpio/PA0/rising") int pressed(struct bpf_gpio_ctx *ctx)
 *	{
 *		bpf_printf("pressed, %u times since the last run\n", ctx->hook.count);
 *		return 0;
 *	}
 *
 * This header is stable: a field stays where it is, and means what it means. New ones come at the end of their struct, and
 * then BPF_HOOKS_VERSION goes up, which each context says too. A program that needs a newer field says so with
 * BPF_CTX_MIN(sizeof(struct ...)): devices that do not have it refuse the program.
 */
#ifndef BPF_HOOKS_H
#define BPF_HOOKS_H

#ifndef BPF_HELPERS_H
#include <stdint.h>
#endif

#define BPF_HOOKS_VERSION 1

/* How each context begins, but that of coap. */
struct bpf_hook {
	uint32_t events;  /* what happened, bits BPF_HOOK_*; one bit, but for timer, input and message, which may come together */
	uint32_t now_ms;  /* when the program was run */
	uint32_t input;   /* input: the last value */
	uint16_t count;   /* how often it happened since the program was run last; 65535: at least so often */
	uint16_t version; /* BPF_HOOKS_VERSION of the device */
};

enum {
	BPF_HOOK_TIMER = 1 << 0,
	BPF_HOOK_INPUT = 1 << 1,
	BPF_HOOK_MESSAGE = 1 << 2,
	BPF_HOOK_GPIO = 1 << 3,
	BPF_HOOK_SENSOR = 1 << 4,
	BPF_HOOK_COAP = 1 << 5,
	BPF_HOOK_BOOT = 1 << 6,
	BPF_HOOK_FAULT = 1 << 7,
	BPF_HOOK_PACKET_IN = 1 << 8,
	BPF_HOOK_PACKET_OUT = 1 << 9,
	BPF_HOOK_SCHED_SWITCH = 1 << 10,
	BPF_HOOK_IRQ_ENTER = 1 << 11,
	BPF_HOOK_IRQ_EXIT = 1 << 12,
	BPF_HOOK_HELPER = 1 << 13,
	BPF_HOOK_FRAME_IN = 1 << 14,
	BPF_HOOK_FRAME_OUT = 1 << 15,
};

/* Who a thread is, where a context names one: the number of a program, or one of these. */
enum { BPF_THREAD_SERVER = 254, BPF_THREAD_IDLE = 255 };

/* SEC("timer/100ms"): each time the period is over. SEC("input"), SEC("message"): something came in from outside; there is
 * something in the program's mailbox. */
struct bpf_event_ctx {
	struct bpf_hook hook;
};

/* SEC("gpio/PA0/rising"), falling, both: the level of a pin changed. */
struct bpf_gpio_ctx {
	struct bpf_hook hook;
	uint32_t port;  /* 0: A */
	uint32_t pin;
	uint32_t level; /* 0, 1: that after the last change */
};

/* SEC("sensor/temp"): there is a reading. The device takes one each second, or as the section says: "sensor/temp/100ms". */
struct bpf_sensor_ctx {
	struct bpf_hook hook;
	uint32_t type;      /* BPF_SAUL_* */
	int16_t value[3];   /* times 10^scale */
	uint8_t unit;
	int8_t scale;
	uint32_t dimensions; /* values there are */
};

/* SEC("coap/sensors/temp"): a request for that path. The context is bpf_coap_ctx_t of bpf_helpers.h; the result is the length
 * of the answer that was written, or 0: the next program is asked. */

/* SEC("boot"): the device has started, and its programs with it. */
struct bpf_boot_ctx {
	struct bpf_hook hook;
	int32_t panic; /* the firmware's last fault, a status, 0 if it had none */
};

/* SEC("fault"): another program was stopped by a fault. Faults of programs of this hook are not told. */
struct bpf_fault_ctx {
	struct bpf_hook hook;
	uint32_t program; /* its number */
	int32_t status;   /* why */
	uint32_t slot;    /* where: of its instruction, or the address of the CPU's */
	uint32_t address; /* that it was about */
	uint32_t count;   /* faults of that program since it was loaded */
	char name[16];
};

/* SEC("packet/in"), SEC("packet/out"): a datagram of CoAP came, before anybody reads it; or is to be sent. The result says what
 * becomes of it. */
enum { BPF_PACKET_PASS = 0, BPF_PACKET_DROP = 1 };
struct bpf_packet_ctx {
	struct bpf_hook hook;
	uint32_t length;   /* of the datagram */
	uint32_t captured; /* bytes of it below: as many as the context has room for */
	uint8_t peer[20];  /* who is at the other end: equal bytes, the same one */
	uint8_t bytes[];
};

/* SEC("frame/in"), SEC("frame/out"): a frame came from the network, before anybody looks at it, whoever it is for; or is to be sent. On
 * boards with Ethernet: what is below begins with its header, and behind that is ARP, or IPv4 with UDP of any port, ICMP, TCP. The
 * result says what becomes of it, as of a datagram. */
struct bpf_frame_ctx {
	struct bpf_hook hook;
	uint32_t length;   /* of the frame, without its checksum */
	uint32_t captured; /* bytes of it below: as many as the context has room for */
	uint8_t bytes[];
};

/* SEC("tracepoint/sched_switch"): another thread goes on. Runs in an interrupt. */
struct bpf_sched_switch_ctx {
	struct bpf_hook hook;
	uint64_t now_ns;
	uint32_t prev, next; /* who */
	uint32_t ready;      /* 1: prev would have gone on, 0: it waits or has ended */
	uint32_t waited_ns;  /* since next could have gone on */
};

/* SEC("tracepoint/irq_enter"), SEC("tracepoint/irq_exit"): the handler of an interrupt begins, ends. Runs in an interrupt. */
struct bpf_irq_ctx {
	struct bpf_hook hook;
	uint64_t now_ns;
	int32_t irq;       /* number of the interrupt; -1 is the tick */
	uint32_t took_ns;  /* irq_exit: since its irq_enter */
	uint32_t thread;   /* who was interrupted */
	uint32_t reserved;
};

/* SEC("tracepoint/helper"), or of one, SEC("helper/bpf_now_ms"): a program calls a helper. Runs in an interrupt. */
struct bpf_helper_ctx {
	struct bpf_hook hook;
	uint64_t now_ns;
	uint32_t program;      /* its number */
	uint32_t helper;       /* the id */
	uint32_t arguments[5]; /* low 32 bits of r1 to r5 */
	uint32_t reserved;
};

#endif
