/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device with the server of device/coap and resources to try it on. */
#ifndef COAPTEST_DEVICE_H
#define COAPTEST_DEVICE_H

#include "device/coap/server.h"

enum { COAPTEST_STORE_BYTES = 70000, COAPTEST_BIG_BYTES = 10007, COAPTEST_SENT = 16 };

struct coaptest {
	struct coap_server server;
	uint32_t counter, posted, ticket;
	uint32_t store_len, incoming_len;
	uint8_t store[COAPTEST_STORE_BYTES], incoming[COAPTEST_STORE_BYTES];
	/* What was sent since it was last emptied. */
	uint32_t nsent, sent_len[COAPTEST_SENT];
	struct coap_endpoint sent_to[COAPTEST_SENT];
	uint8_t sent[COAPTEST_SENT][COAP_DATAGRAM_BYTES];
};

struct coaptest *coaptest_new(uint32_t block);
void coaptest_count(struct coaptest *d);
void coaptest_finish(struct coaptest *d, uint64_t now);

#endif
