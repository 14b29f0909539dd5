/* SPDX-License-Identifier: BSD-2-Clause */
/* CBOR (RFC 8949) as the device writes and reads it: only the deterministic encoding of section 4.2.1, so that equal
 * values are equal bytes and a signature over them means something. Everything else is refused, not repaired: lengths that
 * are not the shortest, indefinite lengths, keys of a map out of order or twice, text that is not UTF-8, floats.
 *
 * Nothing here allocates. What is read stays where it is; strings are pointers into it.
 */
#ifndef DEVICE_CBOR_H
#define DEVICE_CBOR_H

#include <stdint.h>

/* X(NAME, number, "text") */
#define CBOR_ERRORS(X)                                            \
	X(E_SHORT, -1, "the item goes on behind the last byte")   \
	X(E_FORM, -2, "not in the deterministic encoding")        \
	X(E_TYPE, -3, "an item of another type was expected")     \
	X(E_DEPTH, -4, "items nest too deep")                     \
	X(E_ORDER, -5, "keys of a map are out of order or twice") \
	X(E_TEXT, -6, "text is not UTF-8")                        \
	X(E_REST, -7, "bytes follow the last item")

enum cbor_error {
#define CBOR_ERROR(name, number, text) CBOR_##name = (number),
	CBOR_ERRORS(CBOR_ERROR)
#undef CBOR_ERROR
};

enum cbor_type {
	CBOR_UINT = 0,
	CBOR_NINT = 1, /* its value is -1 - number */
	CBOR_BYTES = 2,
	CBOR_TEXT = 3,
	CBOR_ARRAY = 4,
	CBOR_MAP = 5,
	CBOR_TAG = 6,
	CBOR_SIMPLE = 7,
};
enum { CBOR_FALSE = 20, CBOR_TRUE = 21, CBOR_NULL = 22, CBOR_UNDEFINED = 23 };
enum { CBOR_DEPTH = 8 /* arrays, maps and tags within each other that cbor_check admits */ };

/* A head, and the string behind it. */
struct cbor_item {
	enum cbor_type type;
	uint64_t number;      /* value, length, elements, pairs, tag or simple value, by type */
	const uint8_t *bytes; /* of CBOR_BYTES and CBOR_TEXT, `number` of them */
};

struct cbor_reader {
	const uint8_t *at, *end;
};

/* Takes the next head with its string; elements follow as items of their own. Returns 0 or an error, and then the reader
 * stays where it is. */
int32_t cbor_next(struct cbor_reader *r, struct cbor_item *item);
/* The head alone: of a string that is not there yet, or not all of it. */
int32_t cbor_read_head(struct cbor_reader *r, struct cbor_item *item);
/* The next item, of one type only. */
int32_t cbor_expect(struct cbor_reader *r, enum cbor_type type, struct cbor_item *item);
/* An integer of either sign that fits. */
int32_t cbor_read_int(struct cbor_reader *r, int64_t *value);
/* Whether the bytes are one item, whole, to the last byte and at every depth. To be asked once about what came from
 * outside; what reads it afterwards still checks every head. */
int32_t cbor_check(const uint8_t *bytes, uint32_t len);
/* Passes over one item with all that is in it. */
int32_t cbor_skip(struct cbor_reader *r);

/* Writing goes to wherever `put` takes it: a buffer (below), a hash, the window of a block of a CoAP body. Keys of maps are
 * written in the order that the caller chooses, which has to be that of their bytes. */
struct cbor_writer {
	void (*put)(void *arg, const uint8_t *bytes, uint32_t len);
	void *arg;
};

void cbor_head(const struct cbor_writer *w, enum cbor_type type, uint64_t number);
void cbor_int(const struct cbor_writer *w, int64_t value);
void cbor_bytes(const struct cbor_writer *w, const uint8_t *bytes, uint32_t len);
void cbor_text(const struct cbor_writer *w, const char *text);

/* A buffer to write to. What does not fit is counted and dropped: len > size says so. */
struct cbor_buffer {
	uint8_t *bytes;
	uint32_t size, len;
};
void cbor_buffer_put(void *buffer, const uint8_t *bytes, uint32_t len);

#endif
