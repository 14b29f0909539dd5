/* SPDX-License-Identifier: BSD-2-Clause */
/* The server of a device in the field: what the network may ask of it. It joins the parts: datagrams (device/os.h) are
 * opened by OSCORE and answered by CoAP; programs come signed, are kept in the store and run under the supervisor.
 *
 *     datagram → oscore → coap → a resource below → trust, store, supervisor
 *
 *   resources.h what it answers, and where the functions are that do
 *   server.c    the loop, who is asking
 *   transfer.c  a program arrives
 *   install.c   it takes its place; trials, and the way back; what there is after a reset
 *   run.c       running a program for a request, and programs that answer requests themselves
 *   revoke.c    keys that are believed no more
 *   say.c       how answers are written
 *   show.c      what is to be seen, as CBOR (keys.h)
 *   hooks.c     what programs are attached to
 *   maps.c      maps of programs
 *   stores.c    the stores of programs, logs, what simulated devices read
 *   keep.c      what outlives a reset, beside programs
 *
 * One thread calls everything here. The caller owns all memory. Whoever has no key of OSCORE gets what keys are derived with,
 * and answers of programs whose manifest says that they answer anybody.
 */
#ifndef DEVICE_SERVER_H
#define DEVICE_SERVER_H

#include "device/coap/server.h"
#include "device/oscore/oscore.h"
#include "device/store/store.h"
#include "device/supervisor/supervisor.h"
#include "device/trust/trust.h"

enum { SERVER_TRACE_BYTES = 256 };

/* What it runs on. Outlives it. */
struct server_setup {
	const struct supervisor_board *board;
	const char *firmware; /* its version */
	const struct store_flash *flash;
	uint8_t flash_is_ram; /* what is stored is gone when the power is */
	/* Whose manifests are taken, and for what device they have to be; newest and arg are the server's. */
	struct trust_device trust;
	/* Who may ask. They are derived anew at each start, with an id context that never was before. */
	struct oscore_context *contexts;
	uint32_t ncontexts;
	const uint8_t *id_context; /* OSCORE_CONTEXT_BYTES, which clients derive theirs with */
	uint32_t block;  /* the largest block, bytes */
	uint32_t random; /* other numbers at each start, for ids of messages */
};

/* What the server knows of a program, beside the supervisor. */
struct server_program {
	uint32_t sequence, image_bytes, trial_s;
	uint64_t trial_since; /* when its time without a fault began */
	uint32_t faults;      /* it had when its trial began */
	uint8_t trial;        /* it is on trial */
	uint8_t part;         /* of an application */
	uint8_t start, answers;
	uint8_t wanted;       /* it is to be running */
	uint8_t digest[8];    /* how that of its image begins */
	uint32_t counted;     /* instructions of the last run for a request */
	/* Of the last fault: how the digest of the image began that did it, which may have gone since. */
	uint8_t faulted[8];
	uint32_t faults_seen;
};

/* A run that answers a request. */
struct server_call {
	uint8_t active, number;
	uint8_t packet; /* the program writes the answer itself */
	uint32_t counted;
};

/* What it cost to take the last program in, in instructions, on boards that count them. */
enum server_cost {
	SERVER_COST_RECEIVE,  /* datagrams: OSCORE, CoAP, and the digest of the image */
	SERVER_COST_MANIFEST, /* the piece that made the manifest whole: its signature */
	SERVER_COST_STORE,
	SERVER_COST_LOAD,  /* read and verified */
	SERVER_COST_START, /* placed, compiled and started */
	SERVER_COSTS,
};

/* What outlives a reset. */
struct server_kept {
	struct trust_history history;
	uint32_t revoked;
};

struct server {
	const struct server_setup *setup;
	struct supervisor supervisor;
	struct store store;
	struct coap_server coap;
	struct coap_guard guard;
	struct trust_device trust;
	struct trust_keys keys;
	struct server_kept kept;
	struct server_program programs[SUPERVISOR_PROGRAMS];
	struct server_call calls[COAP_LATERS]; /* by ticket */
	/* The program that is arriving. */
	struct {
		uint8_t active, begun; /* receiving; a record in the store has been begun */
		uint8_t more;          /* the block that came last is not the last one */
		char name[SUPERVISOR_NAME];
		uint32_t have;
		uint32_t ticket;        /* of the block that waits for the signature to be verified; 0: none does */
		struct pool_piece room; /* for that */
		uint32_t from;          /* it goes on there, with what was in flash; 0: it does not */
		struct trust_intake in;
	} transfer;
	uint32_t costs[SERVER_COSTS];
	struct pool_piece trace; /* what simulated devices read */
	uint8_t datagram[OS_DATAGRAM_BYTES] __attribute__((aligned(8)));
};

/* Finds what there is in flash, and starts what is to be started. Returns 0 or an error of the store. */
int32_t server_init(struct server *s, const struct server_setup *setup);
/* Takes what has come, does what is due. `woken`: flags that went up. Returns when to be called again at the latest. */
uint64_t server_step(struct server *s, uint32_t woken);
/* What a thread does for ever. */
void server_serve(struct server *s, const struct server_setup *setup) __attribute__((noreturn));
enum { SERVER_FLAG_DATAGRAM = 1 << SUPERVISOR_PROGRAMS, SERVER_FLAGS = SERVER_FLAG_DATAGRAM | SUPERVISOR_FLAGS };

#endif
