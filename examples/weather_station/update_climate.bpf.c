// SPDX-License-Identifier: BSD-2-Clause

#include "weather.h"

/* Measures temperature and humidity and shares them. */
int update_climate(void *ctx)
{
	int temperature, humidity;

	if (weather_read(BPF_SAUL_TEMPERATURE, &temperature) || weather_read(BPF_SAUL_HUMIDITY, &humidity)) {
		bpf_printf("[climate] no sensor\n");
		return -1;
	}
	char text[8] = {};
	bpf_fmt_s16_dfp(text, temperature, -1);
	bpf_printf("[climate] temperature %s C\n", text);
	bpf_printf("[climate] humidity %u.%u %%\n", (uint32_t)humidity / 10, (uint32_t)humidity % 10);
	bpf_store_global(WEATHER_TEMPERATURE, temperature);
	bpf_store_global(WEATHER_HUMIDITY, humidity);
	bpf_store_global(WEATHER_UPDATED, bpf_now_ms());
	return temperature;
}
