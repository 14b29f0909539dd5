/* SPDX-License-Identifier: BSD-2-Clause */
/* Which helpers a program may call: those its configuration grants it, if it has the devices they are for. */
#include "device/supervisor/internal.h"

/* Kinds of devices by helper, 0 for those that need none. */
static uint32_t device_of(uint32_t number)
{
	switch (number) {
	case UB_HELPER_saul_reg_find_nth:
	case UB_HELPER_saul_reg_find_type:
	case UB_HELPER_saul_reg_read:
	case UB_HELPER_saul_read_temp:
		return 1u << UB_DEVICE_SENSOR;
	case UB_HELPER_saul_reg_write:
		return 1u << UB_DEVICE_ACTUATOR;
	case UB_HELPER_gpio_read_input:
	case UB_HELPER_gpio_read_raw:
		return 1u << UB_DEVICE_GPIO_IN;
	case UB_HELPER_gpio_write:
		return 1u << UB_DEVICE_GPIO_OUT;
	case UB_HELPER_hd44780_init:
	case UB_HELPER_hd44780_clear:
	case UB_HELPER_hd44780_print:
	case UB_HELPER_hd44780_set_cursor:
		return 1u << UB_DEVICE_LCD;
	case UB_HELPER_keypad_get_input:
		return 1u << UB_DEVICE_KEYPAD;
	}
	return 0;
}

int supervisor_may_call(const struct supervisor_program *p, uint32_t number)
{
	return ub_helper_in(p->loaded.config.helpers, number) && !(device_of(number) & ~p->loaded.config.devices);
}

/* While calls are watched (points.c) none is open: the gate looks twice then, and only then. */
void supervisor_open_helpers(struct supervisor_program *p)
{
	uint32_t watched = p->supervisor->points.n[UB_HOOK_HELPER - UB_HOOK_SCHED_SWITCH];

	memset(p->open, 0, sizeof p->open);
	for (uint32_t number = 0; !watched && number < UB_HELPER_ENTRIES; number++) {
		if (supervisor_may_call(p, number))
			p->open[number / 32] |= 1u << number % 32;
	}
}
