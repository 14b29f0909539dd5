/* SPDX-License-Identifier: BSD-2-Clause */
/* Says that there is no reading: the last on the path of reading.bpf.c. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("coap/sensors/temp") int no_reading(bpf_coap_ctx_t *ctx)
{
	bpf_gcoap_resp_init(ctx, BPF_COAP_NOT_FOUND);
	return bpf_coap_opt_finish(ctx, BPF_COAP_FINISH_NONE);
}
