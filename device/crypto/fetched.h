/* SPDX-License-Identifier: BSD-2-Clause */
/* BearSSL 0.6 (MIT licence) is fetched, never copied in here: scripts/setup.sh, which compares a digest. */
#ifndef DEVICE_CRYPTO_FETCHED_H
#define DEVICE_CRYPTO_FETCHED_H

#if !__has_include("inner.h")
#error "BearSSL is not in build/bearssl-0.6: run scripts/setup.sh sources"
#endif
#include "inner.h"

#endif
