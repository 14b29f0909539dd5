/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of the packed format, version 1. Made by image/train; a change is a new version.
 *
 * Templates: opcode, destination, source, offset, immediate, constant; codes in this order, the
 * escape last. Symbols: two parts, each a character or 0x80 + row; 0xff is no second part; codes in
 * this order, then the codes of a raw byte and of a copy. Tiers: length of codes, how many.
 */
#ifndef UB_IMAGE_PACKED_TABLES_H
#define UB_IMAGE_PACKED_TABLES_H

#define IMAGE_PACKED_TEMPLATES(X) \
	X(0x85, 0, 0, 0, 12, 0) X(0xbf, 13, 15, 0, 0, 0) X(0xb7, 15, 0, 0, 2, 0) X(0xb4, 12, 0, 0, 2, 0) \
	X(0x05, 0, 0, 9, 0, 0) X(0x07, 11, 0, 0, 8, 0) X(0x18, 1, 5, 0, 14, 0) X(0xbc, 13, 15, 0, 0, 0) \
	X(0xbf, 12, 12, 0, 0, 0) X(0x61, 12, 10, 11, 0, 0) X(0xbf, 2, 10, 0, 0, 0) X(0x63, 10, 15, 11, 0, 0) \
	X(0x95, 0, 0, 0, 0, 0) X(0x18, 15, 5, 0, 13, 0) X(0x61, 15, 10, 1, 0, -4) X(0xbc, 12, 12, 0, 0, 0) \
	X(0xb4, 15, 0, 0, 9, 0) X(0xb7, 12, 0, 0, 6, 0) X(0x15, 15, 0, 6, 3, 0) X(0x67, 11, 0, 0, 1, 32) \
	X(0x07, 12, 0, 0, 9, 0) X(0x71, 12, 15, 4, 0, 0) X(0x77, 11, 0, 0, 1, 32) X(0x0f, 11, 15, 0, 0, 0) \
	X(0x07, 15, 0, 0, 1, 1) X(0x67, 12, 0, 0, 6, 0) X(0x04, 12, 0, 0, 9, 0) X(0x69, 15, 12, 9, 0, 0) \
	X(0x18, 15, 0, 0, 12, 0) X(0x16, 15, 0, 9, 3, 0) X(0x55, 12, 0, 9, 7, 0) X(0xbf, 15, 11, 0, 0, 0) \
	X(0xc7, 11, 0, 0, 6, 0) X(0x57, 12, 0, 0, 7, 0) X(0x61, 15, 12, 0, 0, 0) X(0x56, 15, 0, 9, 7, 0) \
	X(0x0c, 12, 12, 0, 0, 0) X(0x77, 12, 0, 0, 6, 0) X(0x0f, 12, 12, 0, 0, 0) X(0x62, 10, 0, 11, 0, 0) \
	X(0x27, 12, 0, 0, 5, 0) X(0x54, 11, 0, 0, 7, 0) X(0x73, 15, 12, 3, 0, 0) X(0x85, 0, 1, 0, 6, 0) \
	X(0x1c, 12, 12, 0, 0, 0) X(0x1f, 12, 12, 0, 0, 0) X(0x2d, 15, 12, 9, 0, 0) X(0x24, 12, 0, 0, 5, 0) \
	X(0x63, 12, 12, 0, 0, 0) X(0x7b, 10, 15, 11, 0, 0) X(0x74, 12, 0, 0, 5, 0) X(0x6b, 10, 1, 11, 0, 0) \
	X(0x65, 11, 0, 9, 1, -1) X(0x64, 11, 0, 0, 5, 0) X(0xc5, 0, 0, 9, 2, 0) X(0x79, 15, 10, 11, 0, 0) \
	X(0xc4, 11, 0, 0, 5, 0)

#define IMAGE_PACKED_TEMPLATE_TIERS(X) \
	X(4, 8) X(6, 23) X(7, 9) X(8, 18)

#define IMAGE_PACKED_SYMBOLS(X) \
	X(0x20, 0xff) X(0x74, 0xff) X(0x6f, 0xff) X(0x61, 0xff) \
	X(0x73, 0xff) X(0x75, 0xff) X(0x65, 0xff) X(0x64, 0xff) \
	X(0x6e, 0xff) X(0x69, 0xff) X(0x6d, 0xff) X(0x6c, 0xff) \
	X(0x68, 0xff) X(0x20, 0x25) X(0x72, 0xff) X(0x77, 0xff) \
	X(0x67, 0xff) X(0x63, 0xff) X(0x0a, 0x00) X(0x66, 0xff) \
	X(0x65, 0x72) X(0x72, 0x65) X(0x00, 0xff) X(0x69, 0x6e) \
	X(0x2c, 0xff) X(0x74, 0x20) X(0xa3, 0xa8) X(0x65, 0x73) \
	X(0x73, 0x20) X(0x65, 0x64) X(0x65, 0x6e) X(0x6f, 0x72) \
	X(0x69, 0x9c) X(0x6f, 0x6e) X(0x2e, 0xff) X(0x20, 0x74) \
	X(0x20, 0x61) X(0x65, 0x20) X(0x61, 0x6c) X(0xa9, 0xa9) \
	X(0x68, 0xa5) X(0x00, 0x00)

#define IMAGE_PACKED_SYMBOL_TIERS(X) \
	X(4, 5) X(5, 10) X(6, 19) X(7, 10)

enum {
	IMAGE_PACKED_BITS = 8,  /* of the longest code */
	IMAGE_PACKED_DEPTH = 2, /* of the deepest symbol */
};

#endif
