// SPDX-License-Identifier: BSD-2-Clause

#include "weather.h"

enum { DARK = 50, LAMP_PORT = 0, LAMP_PIN = 5 };

/* Measures the light, shares it, and switches a lamp on when it is dark. */
int update_light(void *ctx)
{
	int light;

	if (weather_read(BPF_SAUL_LIGHT, &light)) {
		bpf_printf("[light] no sensor\n");
		return -1;
	}
	bpf_printf("[light] %d lx\n", light);
	bpf_store_global(WEATHER_LIGHT, light);
	bpf_gpio_write(LAMP_PORT, LAMP_PIN, light < DARK);
	return light;
}
