// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

struct request {
	uint8_t command;
	uint8_t unit;
	int16_t value;
};

enum { SET = 1, GET = 2, OFF = 3, WANTED = 30, HEATING = 31 };

int thermostat(struct request *request, unsigned long len)
{
	uint32_t wanted = 0, heating = 0;
	char text[10] = "         ";

	if (len < sizeof *request) {
		bpf_printf("The request is too short: %u bytes\n", (uint32_t)len);
		return -1;
	}
	bpf_fetch_global(WANTED, &wanted);
	switch (request->command) {
	case SET:
		if (request->value < 50 || request->value > 300) {
			bpf_printf("Value %d is out of range\n", request->value);
			return -2;
		}
		wanted = request->value;
		bpf_store_global(WANTED, wanted);
		bpf_fmt_s16_dfp(text, wanted, -1);
		bpf_printf("Set to %s degrees\n", text);
		break;
	case GET:
		bpf_fmt_s16_dfp(text, wanted, -1);
		bpf_printf("Wanted: %s degrees\n", text);
		break;
	case OFF:
		bpf_store_global(WANTED, 0);
		bpf_store_global(HEATING, heating);
		bpf_printf("Heating is off\n");
		break;
	default:
		bpf_printf("Unknown command %x\n", request->command);
		return -3;
	}
	return wanted;
}
