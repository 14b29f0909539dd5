/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes down which program was stopped by what. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("fault") int watch(struct bpf_fault_ctx *ctx)
{
	bpf_printf("%s was stopped: %d at slot %u, its fault %u\n", ctx->name, ctx->status, ctx->slot, ctx->count);
	return ctx->status;
}
