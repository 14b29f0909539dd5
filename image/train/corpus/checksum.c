// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

int checksum(const uint8_t *data, unsigned long len)
{
	uint32_t sum = 0;

	for (; len > 1; len -= 2, data += 2)
		sum += (uint32_t)data[0] << 8 | data[1];
	if (len)
		sum += (uint32_t)data[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
