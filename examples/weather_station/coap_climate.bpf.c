// SPDX-License-Identifier: BSD-2-Clause

#include "weather.h"

BPF_CTX_MIN(sizeof(bpf_coap_ctx_t));

/* Answers a CoAP request with temperature and humidity, "21.5 C 48.0 %". Returns the length of the
 * response. */
int coap_climate(bpf_coap_ctx_t *ctx)
{
	uint32_t temperature = 0, humidity = 0;

	bpf_fetch_global(WEATHER_TEMPERATURE, &temperature);
	bpf_fetch_global(WEATHER_HUMIDITY, &humidity);

	bpf_gcoap_resp_init(ctx, BPF_COAP_CONTENT);
	bpf_coap_add_format(ctx, 0);
	uint32_t len = bpf_coap_opt_finish(ctx, BPF_COAP_FINISH_PAYLOAD);
	char *pdu = (char *)bpf_coap_get_pdu(ctx);

	len += bpf_fmt_s16_dfp(pdu + len, temperature, -1);
	bpf_memcpy(pdu + len, " C ", 3);
	len += 3;
	len += bpf_fmt_s16_dfp(pdu + len, humidity, -1);
	bpf_memcpy(pdu + len, " %", 2);
	return len + 2;
}
