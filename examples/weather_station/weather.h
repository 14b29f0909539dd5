/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs of the weather station share: the keys under which readings lie in the shared
 * store. Temperature and humidity are tenths, light is lux, sound is a level of 0 to 1023.
 */
#ifndef WEATHER_H
#define WEATHER_H

#include "bpf_helpers.h"

enum {
	WEATHER_TEMPERATURE = 1,
	WEATHER_HUMIDITY = 2,
	WEATHER_LIGHT = 3,
	WEATHER_SOUND = 4,
	WEATHER_PAGE = 5,   /* what the display shows */
	WEATHER_UPDATED = 6, /* when something was measured last, ms */
};

/* Reads a sensor once. Returns 0 if it worked. */
BPF_INLINE int weather_read(uint32_t type, int *value)
{
	bpf_phydat_t data;
	bpf_saul_t sensor = bpf_saul_reg_find_type(type);

	if (!sensor || bpf_saul_reg_read(sensor, &data) < 0)
		return -1;
	*value = data.val[0];
	return 0;
}

#endif
