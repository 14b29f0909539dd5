/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the server. */
#ifndef DEVICE_COAP_INTERNAL_H
#define DEVICE_COAP_INTERNAL_H

#include "device/coap/server.h"

/* What the options of a request say. */
struct coap_asked {
	const struct coap_resource *resource;
	struct coap_request request;
	uint8_t observes, block1, block2, too_long;
	uint32_t observe, accept, format;
	uint32_t block1_value, block2_value; /* number << 4 | more << 3 | exponent of the size */
	const uint8_t *etag;
	uint32_t key; /* hash of code and options, but for those that differ between blocks */
};
/* The list of resources, /.well-known/core. It belongs to the server, not to the owner of the others. */
extern const struct coap_resource coap_links;

/* Reads the options. Returns 0, or the code to refuse with. */
uint8_t coap_ask(struct coap_asked *a, const struct coap_message *m);

/* Asks a resource, and writes the message that answers into s->out. `head` has type, id and token; its code is replaced.
 * `observe`: the option's value, negative for none. Returns the length. */
uint32_t coap_answer(struct coap_server *s, const struct coap_asked *a, struct coap_message *head, int64_t observe);
/* A message of a code alone. */
uint32_t coap_refuse(struct coap_server *s, const struct coap_asked *a, struct coap_message *head, uint8_t code);

/* observe.c. Returns the number of the notification that the answer is, or -1 where there is no room. */
int64_t coap_observe(struct coap_server *s, const struct coap_asked *a, const struct coap_endpoint *from, uint64_t now);
void coap_forget(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m);
/* An ACK or RST came. */
void coap_confirmed(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m, uint64_t now);

/* kept.c: answers, for requests that come again. */
int coap_again(struct coap_server *s, const struct coap_endpoint *from, uint16_t id, uint64_t now);
void coap_keep(struct coap_server *s, const struct coap_endpoint *from, uint16_t id, uint32_t len, uint64_t now);

uint32_t coap_hash(uint32_t hash, const void *bytes, uint32_t len);
enum { COAP_HASH_START = 0x811c9dc5u };

#endif
