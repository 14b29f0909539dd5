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

/* Its answer comes when coaptest_finish says so. */
static void slow(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	struct coaptest *d = owner;

	if (request->finished) {
		reply->code = COAP_CHANGED;
		coap_body_text(reply, "at last");
	} else if (!request->ticket) {
		reply->code = COAP_UNAVAILABLE;
	} else {
		d->posted++;
		d->ticket = request->ticket;
		reply->code = COAP_LATER;
	}
}

/* A long answer to what is done once. */
static void lengthy(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	struct coaptest *d = owner;

	if (!request->continued)
		d->posted++;
	reply->code = COAP_CHANGED;
	for (uint32_t i = 0; i < 150; i++)
		coap_body(reply, (const uint8_t *)"0123456789", 10);
}

static void secret(void *owner, const struct coap_request *request, struct coap_reply *reply)
{
	char text[] = "for 0";

	(void)owner;
	text[4] = (char)('0' + request->who);
	reply->code = COAP_CONTENT;
	coap_body_text(reply, text);
}

static uint32_t counted(void *owner)
{
	return ((struct coaptest *)owner)->counter;
}

static const struct coap_resource resources[] = {
	{"hello", COAP_ALLOW_GET, COAP_OPEN, COAP_FORMAT_TEXT, COAP_FORMAT_NONE, "rt=\"test\"", hello, 0},
	{"big", COAP_ALLOW_GET, COAP_OPEN, COAP_FORMAT_BYTES, COAP_FORMAT_NONE, 0, big, 0},
	{"store", COAP_ALLOW_GET | COAP_ALLOW_PUT, COAP_OPEN, COAP_FORMAT_BYTES, COAP_FORMAT_BYTES, 0, store, 0},
	{"counter", COAP_ALLOW_GET | COAP_ALLOW_POST, COAP_OPEN, COAP_FORMAT_TEXT, COAP_FORMAT_NONE, 0, counter, counted},
	{"names/*", COAP_ALLOW_GET, COAP_OPEN, COAP_FORMAT_TEXT, COAP_FORMAT_NONE, 0, name, 0},
	{"refuse", COAP_ALLOW_GET | COAP_ALLOW_PUT, COAP_OPEN, COAP_FORMAT_NONE, COAP_FORMAT_NONE, 0, refuse, 0},
	{"made", COAP_ALLOW_POST, COAP_OPEN, COAP_FORMAT_NONE, COAP_FORMAT_NONE, 0, made, 0},
	{"slow", COAP_ALLOW_POST, COAP_OPEN, COAP_FORMAT_NONE, COAP_FORMAT_NONE, "rt=\"tests.slow other\";if=sensor", slow, 0},
	{"long", COAP_ALLOW_POST, COAP_OPEN | COAP_CONTINUES, COAP_FORMAT_NONE, COAP_FORMAT_NONE, 0, lengthy, 0},
	{"secret", COAP_ALLOW_GET, 0, COAP_FORMAT_TEXT, COAP_FORMAT_NONE, 0, secret, 0},
	{"broken", COAP_ALLOW_GET, COAP_OPEN, COAP_FORMAT_NONE, COAP_FORMAT_NONE, 0, broken, 0},
};

void coaptest_count(struct coaptest *d)
{
	d->counter++;
}

void coaptest_finish(struct coaptest *d, uint64_t now)
{
	coap_finish(&d->server, d->ticket, now);
}

/* In place of cryptography: the payload begins with who it is from, then what is protected, each byte changed by one. */
static int32_t open_shifted(void *arg, uint8_t *bytes, uint32_t len, struct coap_bound *bound, int32_t *who)
{
	struct coap_message m;

	(void)arg;
	coap_parse(&m, bytes, len);
	memcpy(bound->bytes + 1, bytes, 4 + m.token_len);
	if (m.payload_len < 2 || m.payload[0] < 1 || m.payload[0] > 3)
		return -1;
	bound->bytes[0] = m.payload[0];
	*who = m.payload[0];
	uint32_t head = 4 + m.token_len, n = m.payload_len - 1;
	memmove(bytes + head, m.payload + 1, n);
	for (uint32_t i = head; i < head + n; i++)
		bytes[i]--;
	bytes[1] = bytes[head];
	memmove(bytes + head, bytes + head + 1, n - 1);
	return (int32_t)(head + n - 1);
}

static uint32_t refuse_shifted(void *arg, int32_t error, struct coap_bound *bound, uint8_t *to, uint32_t size)
{
	uint32_t len = 4 + (bound->bytes[1] & 15u);

	(void)arg, (void)error, (void)size;
	memcpy(to, bound->bytes + 1, len);
	to[0] |= COAP_ACK << 4;
	to[1] = COAP_UNAUTHORIZED;
	return len;
}

/* The answer's options and payload become its payload. */
static int32_t seal_shifted(void *arg, struct coap_bound *bound, uint8_t *bytes, uint32_t len, uint32_t size)
{
	uint32_t head = 4 + (bytes[0] & 15u);

	(void)arg;
	if (len + 2 > size)
		return -1;
	for (uint32_t i = len; i-- > head;)
		bytes[i + 2] = bytes[i] + 1;
	bytes[head] = 0xff;
	bytes[head + 1] = bound->bytes[0];
	return (int32_t)(len + 2);
}

static const struct coap_guard shifted = {open_shifted, refuse_shifted, seal_shifted, NULL};

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
	d->server.guard = &shifted;
	coap_init(&d->server);
	return d;
}
