/* SPDX-License-Identifier: BSD-2-Clause */
/* CoAP responses (RFC 7252), built in a buffer that lies in the program's own context.
 *
 * The context starts with this header; all offsets count from its first byte:
 *
 *   0         2         4         6         8            10
 *   u16 pdu   u16 size  u16 len   u16 request  u16 request_len  u16 last_option
 *
 * pdu, size: where the response goes. request, request_len: the message it answers, or 0. The
 * helpers keep len, the length of the response so far, and last_option.
 */
#include "firmware/helpers/internal.h"

enum { PDU = 0, SIZE = 2, LEN = 4, REQUEST = 6, REQUEST_LEN = 8, LAST_OPTION = 10, CTX_BYTES = 12 };
enum { COAP_HEADER = 4, COAP_TOKEN_MAX = 8, COAP_CONTENT_FORMAT = 12, COAP_PAYLOAD_MARKER = 0xff };
enum { COAP_CON = 0, COAP_NON = 1, COAP_ACK = 2 };
enum { OPT_FINISH_PAYLOAD = 1 };

/* The context and its buffers, checked. */
static uint8_t *coap_ctx(struct ub_run *run, uint32_t addr)
{
	uint8_t *c = helper_memory(run, addr, CTX_BYTES, UB_READ | UB_WRITE);

	if (!c)
		return NULL;
	uint32_t end = helper_u16(c + PDU) + helper_u16(c + SIZE);
	uint32_t request_end = helper_u16(c + REQUEST) + helper_u16(c + REQUEST_LEN);
	return helper_memory(run, addr, end > request_end ? end : request_end, UB_READ | UB_WRITE);
}

static void set_u16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

/* Appends bytes to the response; negative status when they do not fit. */
static uint64_t append(uint8_t *c, const uint8_t *bytes, uint32_t n)
{
	uint32_t len = helper_u16(c + LEN);

	if (len + n > helper_u16(c + SIZE))
		return STATUS(HELPER_NO_MEMORY);
	memmove(c + helper_u16(c + PDU) + len, bytes, n);
	set_u16(c + LEN, len + n);
	return len + n;
}

HELPER(gcoap_resp_init)
{
	uint8_t head[COAP_HEADER + COAP_TOKEN_MAX] = {0x40 | COAP_NON << 4, (uint8_t)r2};
	uint8_t *c = coap_ctx(run, r1);
	uint32_t token = 0;

	if (!c)
		return 0;
	const uint8_t *request = c + helper_u16(c + REQUEST);
	if (helper_u16(c + REQUEST_LEN) >= COAP_HEADER) {
		token = request[0] & 15u;
		if (token > COAP_TOKEN_MAX || COAP_HEADER + token > helper_u16(c + REQUEST_LEN))
			return STATUS(HELPER_INVALID);
		uint32_t type = (request[0] >> 4 & 3u) == COAP_CON ? COAP_ACK : COAP_NON;
		head[0] = (uint8_t)(0x40u | type << 4 | token);
		memcpy(head + 2, request + 2, 2 + token); /* message id and token */
	}
	set_u16(c + LEN, 0);
	set_u16(c + LAST_OPTION, 0);
	return append(c, head, COAP_HEADER + token);
}

HELPER(coap_add_format)
{
	uint8_t *c = coap_ctx(run, r1);

	if (!c)
		return 0;
	if (r2 > 0xffff || helper_u16(c + LAST_OPTION) >= COAP_CONTENT_FORMAT)
		return STATUS(HELPER_INVALID);
	uint32_t len = r2 > 0xff ? 2 : r2 > 0;
	uint8_t option[3] = {(uint8_t)(COAP_CONTENT_FORMAT << 4 | len), (uint8_t)r2, 0};
	if (len == 2) {
		option[1] = (uint8_t)(r2 >> 8);
		option[2] = (uint8_t)r2;
	}
	set_u16(c + LAST_OPTION, COAP_CONTENT_FORMAT);
	return append(c, option, 1 + len);
}

HELPER(coap_opt_finish)
{
	uint8_t *c = coap_ctx(run, r1);

	if (!c)
		return 0;
	if (r2 == OPT_FINISH_PAYLOAD)
		return append(c, (const uint8_t[]){COAP_PAYLOAD_MARKER}, 1);
	return helper_u16(c + LEN);
}

HELPER(coap_get_pdu)
{
	uint8_t *c = coap_ctx(run, r1);

	return c ? r1 + helper_u16(c + PDU) : 0;
}
