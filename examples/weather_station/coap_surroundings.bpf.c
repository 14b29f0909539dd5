// SPDX-License-Identifier: BSD-2-Clause

#include "weather.h"

BPF_CTX_MIN(sizeof(bpf_coap_ctx_t));

/* Answers a CoAP request with light and sound as JSON, {"light":320,"sound":17}, or 4.04 while
 * nothing was measured. Returns the length of the response. */
int coap_surroundings(bpf_coap_ctx_t *ctx)
{
	static const char light_key[] = "{\"light\":", sound_key[] = ",\"sound\":";
	enum { JSON = 50 };
	uint32_t light = 0, sound = 0;

	bpf_fetch_global(WEATHER_LIGHT, &light);
	bpf_fetch_global(WEATHER_SOUND, &sound);
	if (!light && !sound) {
		bpf_gcoap_resp_init(ctx, BPF_COAP_NOT_FOUND);
		return bpf_coap_opt_finish(ctx, BPF_COAP_FINISH_NONE);
	}
	bpf_gcoap_resp_init(ctx, BPF_COAP_CONTENT);
	bpf_coap_add_format(ctx, JSON);
	uint32_t len = bpf_coap_opt_finish(ctx, BPF_COAP_FINISH_PAYLOAD);
	char *pdu = (char *)bpf_coap_get_pdu(ctx);

	bpf_memcpy(pdu + len, light_key, sizeof light_key - 1);
	len += sizeof light_key - 1;
	len += bpf_fmt_u32_dec(pdu + len, light);
	bpf_memcpy(pdu + len, sound_key, sizeof sound_key - 1);
	len += sizeof sound_key - 1;
	len += bpf_fmt_u32_dec(pdu + len, sound);
	pdu[len] = '}';
	return len + 1;
}
