// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

int crc(const uint8_t *data, unsigned long len)
{
	uint32_t crc = 0xffffffff;

	while (len--) {
		crc ^= *data++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}
