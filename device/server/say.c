/* SPDX-License-Identifier: BSD-2-Clause */
/* How answers are written: keys and values of maps, refusals in words and as a status. */
#include "device/server/internal.h"

void server_key(const struct cbor_writer *w, enum server_key key)
{
	cbor_head(w, CBOR_UINT, key);
}

void server_uint(const struct cbor_writer *w, enum server_key key, uint32_t value)
{
	server_uint64(w, key, value);
}

void server_uint64(const struct cbor_writer *w, enum server_key key, uint64_t value)
{
	server_key(w, key);
	cbor_head(w, CBOR_UINT, value);
}

void server_int(const struct cbor_writer *w, enum server_key key, int64_t value)
{
	server_key(w, key);
	cbor_int(w, value);
}

void server_text(const struct cbor_writer *w, enum server_key key, const char *text)
{
	server_key(w, key);
	cbor_text(w, text);
}

void server_bytes(const struct cbor_writer *w, enum server_key key, const uint8_t *bytes, uint32_t len)
{
	server_key(w, key);
	cbor_bytes(w, bytes, len);
}

void server_say(struct coap_reply *reply, uint8_t code, const char *text)
{
	reply->code = code;
	coap_body_text(reply, text);
}

void server_say_absent(struct coap_reply *reply)
{
	server_say(reply, COAP_NOT_FOUND, "no such program");
}

void server_refuse(const struct server *s, struct coap_reply *reply, const struct ub_fault *fault)
{
	const struct supervisor_shortage *shortage = supervisor_shortage(&s->supervisor, fault->status);
	struct cbor_writer w = server_writer(reply);

	switch (fault->status) {
	case UB_E_PROGRAM:
		return server_say_absent(reply);
	case UB_E_RUNNING:
		return server_say(reply, COAP_CONFLICT, "the program is running");
	case UB_E_STOPPED:
		return server_say(reply, COAP_CONFLICT, "the program is stopped: start it first");
	}
	reply->code = COAP_UNPROCESSABLE;
	reply->format = COAP_FORMAT_CBOR;
	cbor_head(&w, CBOR_MAP, shortage ? 7 : 3);
	if (shortage) {
		server_uint(&w, SERVER_KEY_MEMORY_FREE, shortage->free);
		server_uint(&w, SERVER_KEY_MEMORY_LARGEST, shortage->largest);
	}
	server_int(&w, SERVER_KEY_STATUS, fault->status);
	server_uint(&w, SERVER_KEY_SLOT, fault->pc);
	server_uint(&w, SERVER_KEY_ADDRESS, fault->addr);
	if (shortage) {
		server_text(&w, SERVER_KEY_WHAT, shortage->what);
		server_uint(&w, SERVER_KEY_NEEDED, shortage->bytes);
	}
}

void server_say_store(struct coap_reply *reply, int32_t error)
{
	switch (error) {
#define STORE_TEXT(name, number, text) \
	case number:                   \
		return server_say(reply, number == STORE_E_FULL ? COAP_TOO_LARGE : number == STORE_E_OLD ? COAP_CONFLICT : COAP_INTERNAL_ERROR, text);
		STORE_ERRORS(STORE_TEXT)
#undef STORE_TEXT
	}
	server_say(reply, COAP_INTERNAL_ERROR, "the store failed");
}

void server_say_busy(struct coap_reply *reply)
{
	server_say(reply, COAP_UNAVAILABLE, "another transfer is going on");
}
