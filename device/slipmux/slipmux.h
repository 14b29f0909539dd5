/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames on a serial line (draft-bormann-t2trg-slipmux): CoAP messages, text for a person and IP packets share it. A frame
 * stands between two bytes 0xc0; what kind it is its first byte says. 0xc0 and 0xdb within it are sent as two bytes, as in
 * SLIP (RFC 1055). A CoAP message is followed by a checksum, the FCS-16 of RFC 1662 over the first byte and the message.
 */
#ifndef DEVICE_SLIPMUX_H
#define DEVICE_SLIPMUX_H

#include <stdint.h>

enum { SLIPMUX_END = 0xc0, SLIPMUX_ESC = 0xdb, SLIPMUX_ESC_END = 0xdc, SLIPMUX_ESC_ESC = 0xdd };
enum slipmux_kind {
	SLIPMUX_NONE, /* nothing whole so far, or something that was damaged: it is dropped */
	SLIPMUX_TEXT, /* first byte 0x0a */
	SLIPMUX_COAP, /* first byte 0xa9 */
	SLIPMUX_IP,   /* first byte 0x45 to 0x4f or 0x60 to 0x6f, which belongs to the packet */
};
enum { SLIPMUX_MORE_BYTES = 3 /* of a CoAP frame: its first byte and checksum */ };

/* A frame that is being received. The caller brings the memory, SLIPMUX_MORE_BYTES more than the longest message; the rest
 * is zero at first. */
struct slipmux {
	uint8_t *bytes;
	uint32_t size, len;
	uint8_t escaped, spoiled;
};

/* Takes the next byte of the line. When that made a frame whole, returns its kind; *payload and *len are what it carries,
 * until the next call. */
enum slipmux_kind slipmux_take(struct slipmux *s, uint8_t byte, const uint8_t **payload, uint32_t *len);

/* Sends a frame, byte by byte. */
void slipmux_send(void (*put)(void *arg, uint8_t byte), void *arg, enum slipmux_kind kind, const uint8_t *payload, uint32_t len);

#endif
