/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server sends, at once or later. */
#include "device/coap/internal.h"

void coap_uploaded(struct coap_server *s, const struct coap_asked *a, uint8_t code)
{
	if (a->block1 && (!a->request.more || code != COAP_CONTINUE))
		s->upload.resource = 0;
}

void coap_empty(struct coap_server *s, const struct coap_endpoint *to, enum coap_type type, uint16_t id)
{
	struct coap_writer w;

	coap_begin(&w, s->out, sizeof s->out, &(struct coap_message){.type = (uint8_t)type, .id = id});
	s->send(s->link, to, s->out, w.len);
}

uint32_t coap_out(struct coap_server *s, const struct coap_endpoint *to, int32_t who, struct coap_bound *bound, uint32_t len)
{
	if (who && len) {
		int32_t n = s->guard->seal(s->guard->arg, bound, s->out, len, sizeof s->out);
		len = n < 0 ? 0 : (uint32_t)n;
	}
	if (len)
		s->send(s->link, to, s->out, len);
	return len;
}
