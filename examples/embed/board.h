/* SPDX-License-Identifier: BSD-2-Clause */
/* What the example needs of a board: a way to show something. board.c has it for QEMU, by semihosting. */
#ifndef EMBED_BOARD_H
#define EMBED_BOARD_H

#include <stdint.h>

/* Prints a line: the text, a space, the number in decimal. */
void board_print(const char *text, uint32_t number);

#endif
