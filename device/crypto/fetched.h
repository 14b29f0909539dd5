/* SPDX-License-Identifier: BSD-2-Clause */
/* BearSSL 0.6 (MIT licence) is fetched, never copied in here: scripts/setup.sh, which compares a digest. */
#ifndef DEVICE_CRYPTO_FETCHED_H
#define DEVICE_CRYPTO_FETCHED_H

#if !__has_include("inner.h")
#error "BearSSL is not in build/bearssl-0.6: run scripts/setup.sh sources"
#endif
/* Numbers are read byte by byte: BearSSL would read words through a union where the processor lets it, which compilers need
 * not take for the same memory once they see all of it in one file. */
#define BR_LE_UNALIGNED 0
#define BR_BE_UNALIGNED 0
#include "inner.h"

#endif
