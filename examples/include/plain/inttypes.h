/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of fixed width in formats: the device prints 32 bits of each. */
#ifndef PLAIN_INTTYPES_H
#define PLAIN_INTTYPES_H

#include <stdint.h>

#define PRId8 "d"
#define PRId16 "d"
#define PRId32 "d"
#define PRIi8 "i"
#define PRIi16 "i"
#define PRIi32 "i"
#define PRIu8 "u"
#define PRIu16 "u"
#define PRIu32 "u"
#define PRIx8 "x"
#define PRIx16 "x"
#define PRIx32 "x"
#define PRIX8 "X"
#define PRIX16 "X"
#define PRIX32 "X"

#endif
