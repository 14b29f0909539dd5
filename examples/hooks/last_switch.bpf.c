/* SPDX-License-Identifier: BSD-2-Clause */
/* The least that a hook in an interrupt can do: it counts, and returns how long the next thread waited at most. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("tracepoint/sched_switch") int last_switch(struct bpf_sched_switch_ctx *ctx)
{
	static uint32_t longest;

	if (ctx->next != BPF_THREAD_IDLE && ctx->waited_ns > longest)
		longest = ctx->waited_ns;
	return longest;
}
