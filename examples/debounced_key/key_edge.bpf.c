/* SPDX-License-Identifier: BSD-2-Clause */
/* The level of the pin changed. */
#include "key.h"

BPF_CTX_MIN(sizeof(struct bpf_gpio_ctx));

SEC("gpio/PA0/both") int key_edge(struct bpf_gpio_ctx *ctx)
{
	struct key *k = the_key();

	if (!k)
		return -1;
	if (k->level != k->settled)
		k->bounces++; /* it had changed before, and not for long */
	k->changed_ms = ctx->hook.now_ms;
	k->level = ctx->level;
	return 0;
}
