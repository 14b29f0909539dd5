/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "image.h"
#include "ubpf_riot.h"

int main(void)
{
	static uint8_t memory[1024] __attribute__((aligned(8)));
	static struct ubpf_helpers helpers;
	static struct ubpf program;
	uint64_t result = 0;

	ubpf_helpers_init(&helpers, ubpf_riot_helpers, UBPF_RIOT_HELPERS);
	const struct ubpf_options options = {
		.engine = &vm_engine, .format = UB_FORMAT_PACKED, .budget = 1000, .helpers = &helpers
	};
	int32_t status = ubpf_load(&program, &options, thermometer_image, sizeof thermometer_image, memory, sizeof memory);
	if (!status)
		status = ubpf_run(&program, NULL, 0, &result);
	printf("%s %ld\n", ubpf_status_text(status), (long)result);
	return 0;
}
