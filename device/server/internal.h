/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the server. */
#ifndef DEVICE_SERVER_INTERNAL_H
#define DEVICE_SERVER_INTERNAL_H

#include <string.h>

#include "device/cbor/cbor.h"
#include "device/server/keys.h"
#include "device/server/resources.h"
#include "device/server/server.h"

/* Functions of the table of resources. `owner` is the server. */
typedef void server_handler(void *owner, const struct coap_request *request, struct coap_reply *reply);
typedef uint32_t server_state(void *owner);
server_state server_programs_state, server_log_state;
#define SERVER_RESOURCE(path, methods, traits, format, takes, attributes, handler, state) server_handler handler;
SERVER_RESOURCES(SERVER_RESOURCE)
#undef SERVER_RESOURCE

/* transfer.c */
/* Verifies a bit of a signature, if there is one to be verified. Returns when to go on. */
uint64_t server_check(struct server *s);

/* install.c */
/* All of it has come, and is what was signed. */
void server_install(struct server *s, struct coap_reply *reply);
/* Whether a program is being written to flash, so that nothing else can be. One that stopped arriving gives way. */
int server_busy(struct server *s);
void server_end_transfer(struct server *s);
/* A program goes, for good. */
void server_erase(struct server *s, uint32_t number, struct coap_reply *reply);
/* What flash has becomes programs; those that were on trial have failed it. */
void server_restore(struct server *s);
/* Ends trials that are over. Returns when to look again. */
uint64_t server_judge(struct server *s, uint64_t now);

/* run.c */
server_handler server_packet;
void server_answered(void *arg, struct supervisor_program *p);

/* hooks.c */
server_handler server_hooks, server_attach, server_detach;
/* The first program that answers the path that is asked for, or negative. */
int32_t server_of_path(struct server *s, const struct coap_request *q);

/* A program that has no answer to a request for a path leaves it to the next that is attached there. Returns whether there is one that
 * took it. */
int server_passed_on(struct server *s, struct server_call *c, struct supervisor_program *p);

/* revoke.c */
/* Bytes from twice as many hexadecimal digits. Returns whether they are. */
int server_hex(uint8_t *to, const uint8_t *digits, uint32_t bytes);

/* stores.c. The value of the query from=, where a list is to begin; 0: none is there. */
uint32_t server_from(const struct coap_message *m);

/* show.c. What a list shows: all, or from one on, which are counted from 1, as many as are one block at most: so that what changes
 * all the time can be collected in pieces. */
enum { SERVER_PAGE = 2 };
struct server_page {
	uint32_t first; /* 0: all */
	uint32_t at, shown;
};
/* Whether the next one is among them. */
int server_shows(struct server_page *page);
void server_show(struct server *s, const struct cbor_writer *w, uint32_t number);

/* say.c */
/* A refusal of the supervisor: status, slot, address. */
void server_refuse(const struct server *s, struct coap_reply *reply, const struct ub_fault *fault);
/* A refusal in words. */
void server_say(struct coap_reply *reply, uint8_t code, const char *text);
void server_say_store(struct coap_reply *reply, int32_t error);
void server_say_busy(struct coap_reply *reply);
void server_say_absent(struct coap_reply *reply);
/* A map's key, and pairs. */
void server_key(const struct cbor_writer *w, enum server_key key);
void server_uint(const struct cbor_writer *w, enum server_key key, uint32_t value);
void server_uint64(const struct cbor_writer *w, enum server_key key, uint64_t value);
void server_int(const struct cbor_writer *w, enum server_key key, int64_t value);
void server_text(const struct cbor_writer *w, enum server_key key, const char *text);
void server_bytes(const struct cbor_writer *w, enum server_key key, const uint8_t *bytes, uint32_t len);

/* keep.c: records of the store whose names no program can have. */
void server_keep_read(struct server *s);
/* Writes what has changed. Returns 0 or an error of the store: then it is as it was. */
int32_t server_keep(struct server *s);
/* The application whose programs are about to be confirmed; NULL: they have been. */
int32_t server_keep_confirmed(struct server *s, const char *application);
/* The one that was when the power failed, or "". */
void server_kept_confirmed(const struct server *s, char application[SUPERVISOR_NAME]);

/* A context with a packet (firmware/helpers/coap.c): where the answer goes, and the request. */
enum { PACKET_HEAD = 12, PACKET_ANSWER = 64 /* bytes of room for an answer at least */ };

static inline void server_put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

/* What was done since `before` is not receiving. */
static inline void server_cost(struct server *s, enum server_cost cost, uint32_t before)
{
	uint32_t spent = ub_port_instructions() - before;

	s->costs[cost] += spent;
	s->costs[SERVER_COST_RECEIVE] -= spent;
}

/* The program that a path names in its second segment, or negative. */
static inline int32_t server_named(struct server *s, const struct coap_request *q)
{
	return q->segments < 2 ? UB_E_PROGRAM : supervisor_find(&s->supervisor, (const char *)q->path[1].text, q->path[1].len);
}

/* Its writer. */
static inline struct cbor_writer server_writer(struct coap_reply *reply)
{
	return (struct cbor_writer){coap_body, reply};
}

#endif
