/* SPDX-License-Identifier: BSD-2-Clause */
/* Believes a level that has been there for QUIET_MS. */
#include "key.h"

enum { QUIET_MS = 30 };

BPF_CTX_MIN(sizeof(struct bpf_event_ctx));

SEC("timer/10ms") int key_timer(struct bpf_event_ctx *ctx)
{
	struct key *k = the_key();

	if (!k)
		return -1;
	if (k->level != k->settled && ctx->hook.now_ms - k->changed_ms >= QUIET_MS) {
		k->settled = k->level;
		k->presses += k->level;
	}
	return k->presses;
}
