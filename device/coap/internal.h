/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the server. */
#ifndef DEVICE_COAP_INTERNAL_H
#define DEVICE_COAP_INTERNAL_H

#include "device/coap/server.h"

/* What the options of a request say. */
struct coap_asked {
	const struct coap_resource *resource;
	struct coap_request request;
	struct coap_bound bound; /* where it was protected */
	uint8_t observes, block1, block2, too_long, conditional;
	uint8_t waits; /* for its answer */
	uint8_t tells; /* the answer is what an observer sees first */
	uint32_t observe, accept, format;
	uint32_t block1_value, block2_value; /* number << 4 | more << 3 | exponent of the size */
	const uint8_t *etag;
	uint32_t key;  /* hash of code and options, but for those that differ between blocks */
	uint32_t hash; /* of the body that answered it */
};
/* The list of resources, /.well-known/core. It belongs to the server, not to the owner of the others. */
extern const struct coap_resource coap_links;

/* Reads the options of a request; *a is zero but for who it is from. Returns 0, or the code to refuse with. */
uint8_t coap_ask(struct coap_asked *a, const struct coap_message *m);
/* Whether If-Match and If-None-Match hold: 0, or the code to refuse with. */
uint8_t coap_condition(struct coap_server *s, const struct coap_asked *a);

/* Asks a resource, and writes the message that answers into s->out. `head` has type, id and token; its code is replaced.
 * `observe`: the option's value, negative for none. Returns the length; 0: the answer comes later. */
uint32_t coap_answer(struct coap_server *s, struct coap_asked *a, struct coap_message *head, int64_t observe);
/* What a block was answered with: after the last one, and after an error, nothing more is to come. */
void coap_uploaded(struct coap_server *s, const struct coap_asked *a, uint8_t code);
/* A message of a code, and what it means where that helps. */
uint32_t coap_refuse(struct coap_server *s, const struct coap_asked *a, struct coap_message *head, uint8_t code);
/* Protects what is in s->out where the request was, and sends it. Returns its length. */
uint32_t coap_out(struct coap_server *s, const struct coap_endpoint *to, int32_t who, struct coap_bound *bound, uint32_t len);
/* An empty message. */
void coap_empty(struct coap_server *s, const struct coap_endpoint *to, enum coap_type type, uint16_t id);
/* How long to wait for an acknowledgement of message `id` when it has been sent `tries` times before. */
uint64_t coap_timeout(uint16_t id, uint32_t tries);

/* observe.c. Returns the number of the notification that the answer is, or -1 where there is no room. */
int64_t coap_observe(struct coap_server *s, const struct coap_asked *a, const struct coap_endpoint *from, uint64_t now);
void coap_forget(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m);
/* The observer was told what has been answered. */
void coap_told(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m, const struct coap_asked *a);
/* An ACK or RST came. */
void coap_confirmed(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m, uint64_t now);
uint64_t coap_step_observers(struct coap_server *s, uint64_t now);

/* later.c: answers that come later. */
uint32_t coap_ticket(const struct coap_server *s);
void coap_wait(struct coap_server *s, const struct coap_asked *a, const struct coap_message *m, uint64_t now);
/* Whether the request is one that waits; its receipt is acknowledged once more. */
int coap_waits(struct coap_server *s, const struct coap_endpoint *from, const struct coap_message *m);
void coap_later_confirmed(struct coap_server *s, const struct coap_endpoint *from, uint16_t id);
uint64_t coap_step_laters(struct coap_server *s, uint64_t now);

/* kept.c: answers, for requests that come again. Whether there was one, and it was sent again. */
int coap_again(struct coap_server *s, const struct coap_endpoint *from, uint16_t id, uint64_t now);
void coap_keep(struct coap_server *s, const struct coap_endpoint *from, uint16_t id, uint32_t len, uint64_t now);

/* A hash as an ETag. */
void coap_tag(uint8_t tag[4], uint32_t hash);

#endif
