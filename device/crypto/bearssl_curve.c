/* SPDX-License-Identifier: BSD-2-Clause */
/* ECDSA on P-256 of BearSSL: the arithmetic in words of 31 bits, which is smaller and faster on Cortex-M3 and M4 than that
 * in 15 (docs/deploy.md). What it verifies is public, so that multiplications whose time depends on their operands tell
 * nobody anything. */
#include "device/crypto/fetched.h"

#include "codec/ccopy.c"
#include "ec/ec_p256_m31.c"

/* ec_secp256r1.c has the same tables once more. */
const br_ec_curve_def br_secp256r1 = {BR_EC_secp256r1, P256_N, sizeof P256_N, P256_G, sizeof P256_G};

#include "ec/ecdsa_i31_bits.c"
/* No other curve gets there, so that their tables are not needed. */
#define br_secp384r1 br_secp256r1
#define br_secp521r1 br_secp256r1
#include "ec/ecdsa_i31_vrfy_raw.c"
#undef br_secp384r1
#undef br_secp521r1
#include "int/i31_add.c"
#include "int/i31_bitlen.c"
#include "int/i31_decmod.c"
#include "int/i31_decode.c"
#include "int/i31_encode.c"
#include "int/i31_fmont.c"
#include "int/i31_iszero.c"
#include "int/i31_modpow.c"
#include "int/i31_montmul.c"
#include "int/i31_muladd.c"
#include "int/i31_ninv31.c"
#include "int/i31_rshift.c"
#include "int/i31_sub.c"
#include "int/i31_tmont.c"
#include "int/i32_div32.c"
