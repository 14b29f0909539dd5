/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of CoAP (RFC 7252, section 3): read where they lie, written into the caller's memory. */
#ifndef DEVICE_COAP_MESSAGE_H
#define DEVICE_COAP_MESSAGE_H

#include <stdint.h>

enum coap_type { COAP_CON, COAP_NON, COAP_ACK, COAP_RST };

/* Codes: class * 32 + detail. X(NAME, class, detail) */
#define COAP_CODES(X)                     \
	X(EMPTY, 0, 0)                    \
	X(GET, 0, 1)                      \
	X(POST, 0, 2)                     \
	X(PUT, 0, 3)                      \
	X(DELETE, 0, 4)                   \
	X(CREATED, 2, 1)                  \
	X(DELETED, 2, 2)                  \
	X(VALID, 2, 3)                    \
	X(CHANGED, 2, 4)                  \
	X(CONTENT, 2, 5)                  \
	X(CONTINUE, 2, 31)                \
	X(BAD_REQUEST, 4, 0)              \
	X(UNAUTHORIZED, 4, 1)             \
	X(BAD_OPTION, 4, 2)               \
	X(FORBIDDEN, 4, 3)                \
	X(NOT_FOUND, 4, 4)                \
	X(METHOD_NOT_ALLOWED, 4, 5)       \
	X(NOT_ACCEPTABLE, 4, 6)           \
	X(INCOMPLETE, 4, 8)               \
	X(CONFLICT, 4, 9)                 \
	X(PRECONDITION_FAILED, 4, 12)     \
	X(TOO_LARGE, 4, 13)               \
	X(UNSUPPORTED_FORMAT, 4, 15)      \
	X(UNPROCESSABLE, 4, 22)           \
	X(INTERNAL_ERROR, 5, 0)           \
	X(UNAVAILABLE, 5, 3)              \
	X(NO_PROXY, 5, 5)

enum coap_code {
#define COAP_CODE(name, class, detail) COAP_##name = (class) * 32 + (detail),
	COAP_CODES(COAP_CODE)
#undef COAP_CODE
};

/* Options: X(NAME, number, least bytes, most bytes). Odd numbers are critical. */
#define COAP_OPTIONS(X)                 \
	X(IF_MATCH, 1, 0, 8)            \
	X(URI_HOST, 3, 1, 255)          \
	X(ETAG, 4, 1, 8)                \
	X(IF_NONE_MATCH, 5, 0, 0)       \
	X(OBSERVE, 6, 0, 3)             \
	X(URI_PORT, 7, 0, 2)            \
	X(LOCATION_PATH, 8, 0, 255)     \
	X(OSCORE, 9, 0, 255)            \
	X(URI_PATH, 11, 0, 255)         \
	X(CONTENT_FORMAT, 12, 0, 2)     \
	X(MAX_AGE, 14, 0, 4)            \
	X(URI_QUERY, 15, 0, 255)        \
	X(ACCEPT, 17, 0, 2)             \
	X(BLOCK2, 23, 0, 3)             \
	X(BLOCK1, 27, 0, 3)             \
	X(SIZE2, 28, 0, 4)              \
	X(PROXY_URI, 35, 1, 1034)       \
	X(PROXY_SCHEME, 39, 1, 255)     \
	X(SIZE1, 60, 0, 4)              \
	X(ECHO, 252, 1, 40)

enum coap_option_number {
#define COAP_OPTION(name, number, least, most) COAP_OPTION_##name = (number),
	COAP_OPTIONS(COAP_OPTION)
#undef COAP_OPTION
};

enum { COAP_TOKEN_BYTES = 8 };

/* Pointers are into the datagram. */
struct coap_message {
	uint8_t type, code, token_len;
	uint16_t id;
	const uint8_t *token, *options, *payload;
	uint32_t options_len, payload_len;
};

enum coap_parsed {
	COAP_PARSED = 0,
	COAP_E_IGNORE = -1, /* not even a head of this version: to be ignored */
	COAP_E_FORMAT = -2, /* head and id are read, the rest is malformed: to be rejected */
};
int32_t coap_parse(struct coap_message *m, const uint8_t *bytes, uint32_t len);

/* Options, one by one. The message must have been parsed. */
struct coap_option {
	uint32_t number, len;
	const uint8_t *value;
};
struct coap_options {
	const uint8_t *at, *end;
	uint32_t number;
};
struct coap_options coap_options(const struct coap_message *m);
/* Whether there was another one. */
int coap_next(struct coap_options *o, struct coap_option *option);
/* The value as a number: so many bytes, big endian; of more than 4 the last ones. */
uint32_t coap_uint(const struct coap_option *option);

/* Writing: head, options in the order of their numbers, payload. `full` is up once something did not fit. */
struct coap_writer {
	uint8_t *bytes;
	uint32_t size, len, number;
	uint8_t full;
};
void coap_begin(struct coap_writer *w, uint8_t *bytes, uint32_t size, const struct coap_message *head);
void coap_put(struct coap_writer *w, uint32_t number, const void *value, uint32_t len);
void coap_put_uint(struct coap_writer *w, uint32_t number, uint32_t value);
/* Options as they lie in a message, and no others. */
void coap_put_raw(struct coap_writer *w, const uint8_t *options, uint32_t len);
void coap_put_payload(struct coap_writer *w, const uint8_t *payload, uint32_t len);

#endif
