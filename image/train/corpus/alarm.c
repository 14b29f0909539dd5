// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { THRESHOLD = 1, STATE = 2, SIREN_PORT = 1, SIREN_PIN = 7 };

int alarm(void *ctx)
{
	uint32_t threshold = 0, state = 0;
	bpf_phydat_t data;
	bpf_saul_t sensor = bpf_saul_reg_find_type(BPF_SAUL_ANALOG);

	if (!sensor) {
		bpf_printf("alarm: no sensor found\n");
		return -1;
	}
	if (bpf_saul_reg_read(sensor, &data) < 0) {
		bpf_printf("alarm: sensor %u failed\n", sensor);
		return -2;
	}
	bpf_fetch_global(THRESHOLD, &threshold);
	bpf_fetch_local(STATE, &state);
	if (data.val[0] > (int)threshold && !state) {
		bpf_printf("alarm: level %d is above %u, turning the siren on\n", data.val[0], threshold);
		bpf_gpio_write(SIREN_PORT, SIREN_PIN, 1);
		bpf_store_local(STATE, 1);
	} else if (data.val[0] < (int)threshold && state) {
		bpf_printf("alarm: back to normal\n");
		bpf_gpio_write(SIREN_PORT, SIREN_PIN, 0);
		bpf_store_local(STATE, 0);
	}
	return data.val[0];
}
