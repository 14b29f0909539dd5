/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sources share. A program gets its context and the length of it, and returns a number. */
#ifndef TYPES_H
#define TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long s64;

#define NOINLINE __attribute__((noinline))

#endif
