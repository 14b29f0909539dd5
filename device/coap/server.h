/* SPDX-License-Identifier: BSD-2-Clause */
/* A CoAP server (RFC 7252) with transfers in blocks (RFC 7959), observers (RFC 7641) and a list of its resources (RFC
 * 6690), for any link that carries datagrams. It has no threads, clock or memory of its own: the caller provides all three.
 *
 *   coap_init        once, after the fields of struct coap_server that the caller sets
 *   coap_datagram    for each datagram that arrived
 *   coap_finish      when an answer is ready that a handler has put off
 *   coap_step        at the time that the last coap_step returned, and after anything that may change answers of resources:
 *                    their observers are told
 *
 * Datagrams are sent by the caller's function `send`, one at a time, from one buffer: `send` copies or transmits before it
 * returns. Times are microseconds since any start and never go back; lengths are bytes. One thread, no interrupt, calls a server;
 * handlers run within that call and must not call the server, but for coap_body and coap_body_text.
 */
#ifndef DEVICE_COAP_SERVER_H
#define DEVICE_COAP_SERVER_H

#include "device/coap/message.h"

enum {
	COAP_BLOCK_BYTES = 1024,    /* the largest block */
	COAP_DATAGRAM_BYTES = 1152, /* a block, what stands before it, and what protecting it adds */
	COAP_KEPT_BYTES = 1200,     /* answers kept for requests that come again: one of the longest, or several */
	COAP_OBSERVERS = 4,
	COAP_LATERS = 4,         /* requests that wait for their answers */
	COAP_SEGMENTS = 6,       /* of a path; a longer one is not found */
	COAP_ENDPOINT_BYTES = 8,
	COAP_OBSERVED_BYTES = 48, /* options of a request that can be observed */
	COAP_BOUND_BYTES = 16 + 2 * sizeof(void *), /* a request's head, number and context */
};
enum { COAP_FORMAT_LINKS = 40, COAP_FORMAT_BYTES = 42, COAP_FORMAT_CBOR = 60, COAP_FORMAT_TEXT = 0, COAP_FORMAT_NONE = 0xffff };
enum { COAP_LATER = 0xff /* in place of a code: the answer follows, through coap_finish */ };

/* Times, in microseconds (RFC 7252, 4.8). */
#define COAP_ACK_TIMEOUT_US 2000000u
#define COAP_EXCHANGE_US 247000000u /* EXCHANGE_LIFETIME: as long a request may come again */
#define COAP_UPLOAD_US 10000000u    /* without a block for so long, an upload gives way to another one, or goes on from elsewhere */
#define COAP_PROBE_US 60000000u     /* a notification asks for confirmation so long after the last that was confirmed, */
#define COAP_PACE_US 3000000u       /* and when it comes so soon after the one before (RFC 7641, 4.5.1) */
#define COAP_PATIENCE_US 1000000u   /* so long after a request its receipt is acknowledged, if there is no answer yet */
enum { COAP_MAX_RETRANSMIT = 4 };

/* Who is asking. The link writes it and compares it byte by byte. */
struct coap_endpoint {
	uint8_t bytes[COAP_ENDPOINT_BYTES];
};

/* What protects messages (OSCORE). `bound` is what answers need of their request, and the guard's alone. */
struct coap_bound {
	uint8_t bytes[COAP_BOUND_BYTES] __attribute__((aligned(8)));
};
struct coap_guard {
	/* Opens a request that has an OSCORE option, where it lies. Returns its new length, and who it is from, a number above
	 * 0; or an error, which `refuse` makes an answer of. */
	int32_t (*open)(void *arg, uint8_t *bytes, uint32_t len, struct coap_bound *bound, int32_t *who);
	/* Returns the length of the answer, 0: none. */
	uint32_t (*refuse)(void *arg, int32_t error, struct coap_bound *bound, uint8_t *to, uint32_t size);
	/* Protects an answer where it lies, the first one to a request or another one. Returns its length, at most `size`, or
	 * an error: then there is none. */
	int32_t (*seal)(void *arg, struct coap_bound *bound, uint8_t *bytes, uint32_t len, uint32_t size);
	void *arg;
};

struct coap_segment {
	const uint8_t *text;
	uint32_t len;
};

/* A request, or one block of it. */
struct coap_request {
	const struct coap_message *message; /* for other options, such as queries */
	const struct coap_endpoint *from;
	int32_t who; /* the number that the guard gave the client; 0: the request was not protected */
	struct coap_segment path[COAP_SEGMENTS];
	uint32_t segments;
	/* Its body, or a block of it: `len` bytes that belong at `offset`. Blocks come in order, each once, except with
	 * COAP_RESUMES; offset 0 begins a body anew. `more`: other blocks follow; the answer is not sent unless it is an
	 * error, which ends the upload. */
	const uint8_t *payload;
	uint32_t len, offset, more;
	uint32_t total; /* what the client says the whole will be (Size1); 0: it does not say */
	/* To put the answer off: set the code COAP_LATER, and call coap_finish with this number later. 0: too many answers
	 * wait already. */
	uint32_t ticket;
	/* Not 0: the request was executed already, and is only to be answered: by coap_finish with this ticket, */
	uint32_t finished;
	/* or because the client fetches further blocks of the answer. Only with COAP_CONTINUES. */
	uint32_t continued;
};

/* The answer. A handler sets the code, and writes the whole body with coap_body each time: of it the server keeps the block
 * that the client asked for, so that a body needs no memory. If it changes between two blocks, so does the ETag. */
struct coap_reply {
	uint8_t code;
	uint32_t max_age;     /* seconds; 0: the default, 60 */
	const char *location; /* of a 2.01, "p/weather"; NULL: none */
	uint16_t format;      /* COAP_FORMAT_NONE, as it begins: the resource's of a success, and text for a person of an error */
	/* For coap_body. */
	uint8_t *block;
	uint32_t from, size; /* what is wanted of the body */
	uint32_t len;        /* written so far, wanted or not */
	uint32_t hash;
};
/* arg: struct coap_reply. Fits cbor_writer. */
void coap_body(void *reply, const uint8_t *bytes, uint32_t len);
void coap_body_text(struct coap_reply *reply, const char *text);

enum coap_allow { COAP_ALLOW_GET = 1, COAP_ALLOW_POST = 2, COAP_ALLOW_PUT = 4, COAP_ALLOW_DELETE = 8 };
enum coap_trait {
	COAP_OPEN = 1,      /* any client is answered; without it, only clients that the guard knows */
	COAP_CONTINUES = 2, /* the answer to POST may be longer than a block */
	COAP_RESUMES = 4,   /* an upload that stopped may continue at any block: the handler knows whether it has all blocks before */
};

/* A resource: "p/ *" without the blank is every name below p. */
struct coap_resource {
	const char *path;
	uint8_t allow;
	uint8_t traits;
	uint16_t format;        /* content format of GET's answer; an Accept of another is refused. COAP_FORMAT_NONE: the handler sets it */
	uint16_t takes;         /* content format of bodies; a body of another is refused. COAP_FORMAT_NONE: any */
	const char *attributes; /* for the list of resources: "rt=\"ubench.program\""; NULL: none */
	void (*handle)(void *owner, const struct coap_request *request, struct coap_reply *reply);
	uint32_t (*state)(void *owner); /* returns another number once GET's answer may have changed: then observers are told; NULL: it
	                                 * cannot be observed */
};

struct coap_observer {
	struct coap_endpoint from;
	const struct coap_resource *resource; /* NULL: free */
	int32_t who;
	struct coap_bound bound;
	uint8_t token[COAP_TOKEN_BYTES];
	uint8_t token_len;
	uint8_t options[COAP_OBSERVED_BYTES];
	uint32_t options_len;
	uint32_t hash;       /* of what it was told last */
	uint32_t state;      /* of the resource, then */
	uint8_t unconfirmed; /* a confirmable notification is on its way: retransmitted `tries` times, again at `due` */
	uint8_t tries;
	uint16_t id; /* of the last notification */
	uint64_t due, confirmed, sent;
};

/* A request that waits for its answer. */
struct coap_later {
	const struct coap_resource *resource; /* NULL: free */
	struct coap_endpoint from;
	int32_t who;
	struct coap_bound bound;
	uint8_t token[COAP_TOKEN_BYTES];
	uint8_t token_len, type, method, block1, block2;
	uint8_t acknowledged; /* so that the answer is a message of its own */
	uint8_t answered;     /* it is on its way, retransmitted `tries` times */
	uint8_t tries;
	uint16_t id, answer_id;
	uint32_t block1_value, block2_value;
	uint64_t due; /* to be acknowledged, or sent again */
};

struct coap_server {
	const struct coap_resource *resources;
	uint32_t nresources;
	void *owner; /* of the resources */
	void (*send)(void *link, const struct coap_endpoint *to, const uint8_t *bytes, uint32_t len);
	void *link;
	const struct coap_guard *guard; /* NULL: only open resources answer */
	/* Resources beside the table, which may come and go: finding one, listing all. Either may be NULL. */
	const struct coap_resource *(*find)(void *owner, const struct coap_request *request);
	void (*list)(void *owner, void (*put)(void *arg, const struct coap_resource *), void *arg);
	uint32_t block; /* bytes of a block at most: a power of two from 16 to COAP_BLOCK_BYTES */
	uint16_t id;    /* of the next message of our own; begin with a random one */
	uint32_t sequence; /* of notifications */
	/* The body that is being sent in blocks: one at a time. */
	struct {
		const struct coap_resource *resource; /* NULL: none */
		struct coap_endpoint from;
		int32_t who;
		uint32_t key, next;
		uint64_t last;
	} upload;
	struct coap_observer observers[COAP_OBSERVERS];
	struct coap_later laters[COAP_LATERS];
	uint32_t kept_len;
	uint8_t kept[COAP_KEPT_BYTES] __attribute__((aligned(8)));
	uint8_t out[COAP_DATAGRAM_BYTES];
};

/* The hash of ETags, for `state` functions too: begin with COAP_HASH_START, and go on with each piece. */
enum { COAP_HASH_START = 0x811c9dc5u };
uint32_t coap_hash(uint32_t hash, const void *bytes, uint32_t len);

/* Call it once, on a struct that is zero except for resources, owner, send, link, guard, find, list, block and id. */
void coap_init(struct coap_server *s);
/* Handles a datagram of `len` bytes, and sends answers. A guard decrypts in place: `bytes` change. */
void coap_datagram(struct coap_server *s, const struct coap_endpoint *from, uint8_t *bytes, uint32_t len, uint64_t now);
/* Retransmits, and tells observers. Returns the time at which to call it again at the latest; UINT64_MAX: only after a change. */
uint64_t coap_step(struct coap_server *s, uint64_t now);
/* Sends an answer that was put off: the handler is called again, with request.finished. */
void coap_finish(struct coap_server *s, uint32_t ticket, uint64_t now);

#endif
