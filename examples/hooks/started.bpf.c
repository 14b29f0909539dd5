/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes down each start of the device, and why it started if its firmware had a fault. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("boot") int started(struct bpf_boot_ctx *ctx)
{
	bpf_printf("started; the firmware's last fault: %d\n", ctx->panic);
	return 1;
}
