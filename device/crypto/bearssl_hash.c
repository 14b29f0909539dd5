/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256, HMAC and HKDF of BearSSL. */
#include "device/crypto/fetched.h"

#include "codec/dec32be.c"
#include "codec/enc32be.c"
#include "hash/sha2small.c"
#include "kdf/hkdf.c"
#include "mac/hmac.c"
