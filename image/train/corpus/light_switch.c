// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { LUX = 3, LAMP = 1, ON_BELOW = 40, OFF_ABOVE = 60 };

int light_switch(void *ctx)
{
	uint32_t lux = 0, lamp = 0;

	bpf_fetch_global(LUX, &lux);
	bpf_fetch_local(LAMP, &lamp);
	if (lux < ON_BELOW && !lamp)
		lamp = 1;
	else if (lux > OFF_ABOVE && lamp)
		lamp = 0;
	bpf_printf("Light is %u lux, lamp is %s\n", lux, lamp ? "on" : "off");
	bpf_store_local(LAMP, lamp);
	bpf_phydat_t data = {{lamp, 0, 0}, 0, 0};
	return bpf_saul_reg_write(bpf_saul_reg_find_type(BPF_SAUL_ACTUATOR_SWITCH), &data);
}
