/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-CCM of BearSSL, with the AES whose time does not depend on keys or data. */
#include "device/crypto/fetched.h"

#include "aead/ccm.c"
#include "codec/dec32le.c"
#include "codec/enc32le.c"
#include "symcipher/aes_ct.c"
#include "symcipher/aes_ct_ctrcbc.c"
#include "symcipher/aes_ct_enc.c"
