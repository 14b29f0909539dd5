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

/* install.c */
/* What flash has becomes programs; those that were on trial have failed it. */
void server_restore(struct server *s);
/* Ends trials that are over. Returns when to look again. */
uint64_t server_judge(struct server *s, uint64_t now);

/* run.c */
server_handler server_packet;
void server_answered(void *arg, struct supervisor_program *p);

/* show.c */
void server_show(struct server *s, const struct cbor_writer *w, uint32_t number);
/* A refusal of the supervisor: status, slot, address. */
void server_refuse(struct coap_reply *reply, const struct ub_fault *fault);
/* A refusal in words. */
void server_say(struct coap_reply *reply, uint8_t code, const char *text);
/* A map's key. */
void server_key(const struct cbor_writer *w, enum server_key key);
void server_uint(const struct cbor_writer *w, enum server_key key, uint64_t value);

/* keep.c: records of the store whose names no program can have. */
void server_keep_read(struct server *s);
/* Writes what has changed. Returns 0 or an error of the store: then it is as it was. */
int32_t server_keep(struct server *s);

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
