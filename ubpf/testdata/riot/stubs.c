/* SPDX-License-Identifier: BSD-2-Clause */
/* Drivers that the example finds: a thermometer, second in the registry, at 21.5 degrees. */
#include <stdio.h>
#include <string.h>

#include "fmt.h"
#include "periph/gpio.h"
#include "random.h"
#include "saul_reg.h"
#include "ztimer.h"

static saul_reg_t thermometer = { NULL, "thermometer" }, button = { &thermometer, "button" };

saul_reg_t *saul_reg_find_nth(int pos)
{
	return pos == 0 ? &button : pos == 1 ? &thermometer : NULL;
}

saul_reg_t *saul_reg_find_type(uint8_t type)
{
	return type == 0x82 ? &thermometer : NULL;
}

int saul_reg_read(saul_reg_t *dev, phydat_t *res)
{
	res->val[0] = dev == &thermometer ? 215 : 0;
	res->scale = -1;
	return 1;
}

int saul_reg_write(saul_reg_t *dev, phydat_t *data)
{
	(void)dev;
	(void)data;
	return -95;
}

ztimer_clock_t *const ZTIMER_USEC = NULL;

ztimer_now_t ztimer_now(ztimer_clock_t *clock)
{
	(void)clock;
	return 0;
}

void ztimer_periodic_wakeup(ztimer_clock_t *clock, uint32_t *last_wakeup, uint32_t period)
{
	(void)clock;
	*last_wakeup += period;
}

bool gpio_read(gpio_t pin)
{
	return pin == GPIO_PIN(1, 2);
}

void gpio_write(gpio_t pin, bool value)
{
	printf("pin %u is %d\n", pin, value);
}

uint32_t random_uint32(void)
{
	return 4;
}

size_t fmt_u32_dec(char *out, uint32_t val)
{
	char text[11];
	size_t n = (size_t)snprintf(text, sizeof text, "%u", (unsigned)val);

	memcpy(out, text, n);
	return n;
}

size_t fmt_s16_dfp(char *out, int16_t val, int fp_digits)
{
	(void)fp_digits;
	return fmt_u32_dec(out, (uint32_t)val);
}
