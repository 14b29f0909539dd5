// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

static const uint8_t key[] = {0x3a, 0x91, 0x5c, 0xe7, 0x08, 0xb2, 0x6d, 0xf4};

int xor_cipher(uint8_t *data, unsigned long len)
{
	uint64_t state = 0x123456789abcdef;

	for (unsigned long i = 0; i < len; i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		data[i] ^= key[i & 7] ^ (uint8_t)(state >> 56);
	}
	return state >> 32;
}
