/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void hello(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	(void)owner, (void)request;
	reply->code = COAP_CONTENT;
	coap_body_text(reply, "hello");
}

static void big(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	(void)owner, (void)request;
	reply->code = COAP_CONTENT;
	/* In odd pieces, so that windows begin and end within them. */
	for (uint32_t at = 0; at < COAPTEST_BIG_BYTES;) {
		uint8_t piece[13];
		uint32_t n = 0;
		for (; n < sizeof piece && at < COAPTEST_BIG_BYTES; n++, at++)
			piece[n] = (uint8_t)(at * 7 + (at >> 8));
		coap_body(reply, piece, n);
	}
}

static void store(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	struct coaptest *d = owner;

	if (request->message->code == COAP_GET) {
		reply->code = COAP_CONTENT;
		coap_body(reply, d->store, d->store_len);
		return;
	}
	if (request->total > COAPTEST_STORE_BYTES || request->offset + request->len > COAPTEST_STORE_BYTES) {
		reply->code = COAP_TOO_LARGE;
		return;
	}
	if (request->len)
		memcpy(d->incoming + request->offset, request->payload, request->len);
	d->incoming_len = request->offset + request->len;
	reply->code = COAP_CHANGED;
	if (!request->more) {
		memcpy(d->store, d->incoming, d->incoming_len);
		d->store_len = d->incoming_len;
	}
}

static void counter(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	struct coaptest *d = owner;
	char text[16];

	if (request->message->code == COAP_POST) {
		d->posted++;
		coaptest_count(d);
		reply->code = COAP_CHANGED;
		return;
	}
	reply->code = COAP_CONTENT;
	snprintf(text, sizeof text, "%u", d->counter);
	coap_body_text(reply, text);
}

static void name(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	(void)owner;
	reply->code = COAP_CONTENT;
	coap_body(reply, request->path[1].text, request->path[1].len);
}

static void refuse(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	(void)owner, (void)request;
	reply->code = COAP_UNPROCESSABLE;
	coap_body_text(reply, "no");
}

static void made(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	(void)owner, (void)request;
	reply->code = COAP_CREATED;
	reply->location = "names/seven";
}

static void broken(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	(void)owner, (void)request, (void)reply;
}

static const struct coap_resource resources[] = {
	{"hello", COAP_ALLOW_GET, 0, COAP_FORMAT_TEXT, COAP_FORMAT_NONE, "rt=\"test\"", hello},
	{"big", COAP_ALLOW_GET, 0, COAP_FORMAT_BYTES, COAP_FORMAT_NONE, 0, big},
	{"store", COAP_ALLOW_GET | COAP_ALLOW_PUT, 0, COAP_FORMAT_BYTES, COAP_FORMAT_BYTES, 0, store},
	{"counter", COAP_ALLOW_GET | COAP_ALLOW_POST, 1, COAP_FORMAT_TEXT, COAP_FORMAT_NONE, 0, counter},
	{"names/*", COAP_ALLOW_GET, 0, COAP_FORMAT_TEXT, COAP_FORMAT_NONE, 0, name},
	{"refuse", COAP_ALLOW_GET | COAP_ALLOW_PUT, 0, COAP_FORMAT_NONE, COAP_FORMAT_NONE, 0, refuse},
	{"made", COAP_ALLOW_POST, 0, COAP_FORMAT_NONE, COAP_FORMAT_NONE, 0, made},
	{"broken", COAP_ALLOW_GET, 0, COAP_FORMAT_NONE, COAP_FORMAT_NONE, 0, broken},
};

void coaptest_count(struct coaptest *d)
{
	d->counter++;
	coap_changed(&d->server, &resources[3]);
}

static void collect(void *link, const struct coap_endpoint *to, const uint8_t *bytes, uint32_t len)
{
	struct coaptest *d = link;

	if (d->nsent == COAPTEST_SENT)
		abort();
	d->sent_to[d->nsent] = *to;
	memcpy(d->sent[d->nsent], bytes, len);
	d->sent_len[d->nsent++] = len;
}

struct coaptest *coaptest_new(uint32_t block)
{
	struct coaptest *d = calloc(1, sizeof *d);

	d->server.resources = resources;
	d->server.nresources = sizeof resources / sizeof resources[0];
	d->server.owner = d->server.link = d;
	d->server.send = collect;
	d->server.block = block;
	d->server.id = 0x4000;
	coap_init(&d->server);
	return d;
}
