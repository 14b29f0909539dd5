/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers requests for sensors/temp with what thermometer.bpf.c has stored; while there is nothing, it leaves the request to
 * the next program on that path. */
#include "bpf_helpers.h"
#include "bpf_hooks.h"

SEC("coap/sensors/temp") int reading(bpf_coap_ctx_t *ctx)
{
	uint32_t tenths = 0;

	if (bpf_fetch_global(1, &tenths) < 0 || !tenths)
		return 0;
	bpf_gcoap_resp_init(ctx, BPF_COAP_CONTENT);
	bpf_coap_add_format(ctx, 0);
	int64_t head = bpf_coap_opt_finish(ctx, BPF_COAP_FINISH_PAYLOAD);
	return head + bpf_fmt_s16_dfp((char *)bpf_coap_get_pdu(ctx) + head, tenths, -1);
}
