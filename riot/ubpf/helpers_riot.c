/* SPDX-License-Identifier: BSD-2-Clause */
#include "ubpf_riot.h"

#include <stdio.h>
#include <string.h>

#include "abi/helpers.h"
#include "fmt.h"
#include "phydat.h"
#include "random.h"
#include "saul_reg.h"
#include "ztimer.h"

#define HELPER(name) \
	static uint64_t name(struct ub_run *run, uint32_t r1, uint32_t r2, uint32_t r3, uint32_t r4, uint32_t r5)
#define UNUSED (void)run, (void)r1, (void)r2, (void)r3, (void)r4, (void)r5
#define STATUS(number) ((uint64_t)(int64_t)(number))

enum { NO_DEVICE = -19, MICROSECONDS = 1000 };

UB_STATIC_ASSERT(sizeof(phydat_t) == 8, programs_have_phydat_of_8_bytes);

HELPER(print_number)
{
	UNUSED;
	printf("%ld\n", (long)(int32_t)r1);
	return 0;
}

/* Both are checked and paid for; they may overlap. */
HELPER(copy)
{
	UNUSED;
	if (r3 && ubpf_check(run, r1, r3, UB_WRITE))
		memmove(ubpf_pointer(run, r1), ubpf_pointer(run, r2), r3);
	return r1;
}

HELPER(length)
{
	UNUSED;
	return strlen(ubpf_pointer(run, r1));
}

HELPER(now_us)
{
	UNUSED;
	return ztimer_now(ZTIMER_USEC);
}

HELPER(now_ms)
{
	UNUSED;
	return ztimer_now(ZTIMER_USEC) / MICROSECONDS;
}

HELPER(periodic_wakeup)
{
	uint32_t last;

	UNUSED;
	memcpy(&last, ubpf_pointer(run, r1), sizeof last);
	ztimer_periodic_wakeup(ZTIMER_USEC, &last, r2);
	memcpy(ubpf_pointer(run, r1), &last, sizeof last);
	return 0;
}

static saul_reg_t *device(uint32_t handle)
{
	return handle && handle <= INT16_MAX ? saul_reg_find_nth((int)handle - 1) : NULL;
}

HELPER(find_nth)
{
	UNUSED;
	return r1 < INT16_MAX && device(r1 + 1) ? r1 + 1 : 0;
}

HELPER(find_type)
{
	saul_reg_t *found = r1 <= UINT8_MAX ? saul_reg_find_type((uint8_t)r1) : NULL;
	uint32_t handle = 1;

	UNUSED;
	if (!found)
		return 0;
	while (device(handle) != found)
		handle++;
	return handle;
}

HELPER(read_device)
{
	saul_reg_t *dev = device(r1);
	phydat_t data;

	UNUSED;
	if (!dev)
		return STATUS(NO_DEVICE);
	memset(&data, 0, sizeof data);
	int dimensions = saul_reg_read(dev, &data);
	if (dimensions > 0)
		memcpy(ubpf_pointer(run, r2), &data, sizeof data);
	return STATUS(dimensions);
}

HELPER(write_device)
{
	saul_reg_t *dev = device(r1);
	phydat_t data;

	UNUSED;
	if (!dev)
		return STATUS(NO_DEVICE);
	memcpy(&data, ubpf_pointer(run, r2), sizeof data);
	return STATUS(saul_reg_write(dev, &data));
}

/* The pin, if it is on the list; else 0. */
static const gpio_t *pin_of(const struct ub_run *run, uint32_t port, uint32_t pin)
{
	const struct ubpf_riot *riot = run->env;

	for (unsigned i = 0; riot && i < riot->npins; i++) {
		if (riot->pins[i] == (gpio_t)GPIO_PIN(port, pin) && port <= UINT8_MAX && pin <= UINT8_MAX)
			return &riot->pins[i];
	}
	return NULL;
}

HELPER(read_pin)
{
	const gpio_t *pin = pin_of(run, r1, r2);

	UNUSED;
	return pin ? (gpio_read(*pin) ? 1 : 0) : STATUS(NO_DEVICE);
}

HELPER(read_pin_raw)
{
	const gpio_t *pin = pin_of(run, r1, r2);

	UNUSED;
	return pin && gpio_read(*pin) ? 1 : 0;
}

HELPER(write_pin)
{
	const gpio_t *pin = pin_of(run, r1, r2);

	UNUSED;
	if (!pin)
		return STATUS(NO_DEVICE);
	gpio_write(*pin, r3 != 0);
	return 0;
}

/* The text is made where it is sure to fit, and goes to the program if its memory has room. */
static uint64_t give(struct ub_run *run, uint32_t to, const char *text, size_t bytes)
{
	if (!ubpf_check(run, to, (uint32_t)bytes, UB_WRITE))
		return 0;
	memcpy(ubpf_pointer(run, to), text, bytes);
	return bytes;
}

HELPER(format_number)
{
	char text[10];

	UNUSED;
	return give(run, r1, text, fmt_u32_dec(text, r2));
}

HELPER(format_decimal)
{
	char text[24];
	int32_t exponent = (int32_t)r3;

	UNUSED;
	if (exponent < -7 || exponent > 7) {
		run->fault.status = UB_E_HELPER_ARG;
		run->fault.addr = r3;
		return 0;
	}
	return give(run, r1, text, fmt_s16_dfp(text, (int16_t)r2, exponent));
}

HELPER(random_number)
{
	UNUSED;
	return random_uint32();
}

const struct ubpf_helper ubpf_riot_helpers[UBPF_RIOT_HELPERS] = {
	{ 0x02, { UBPF_VALUE, UBPF_IN(0), UBPF_VALUE }, "memcpy", copy },
	{ 0x03, { UBPF_VALUE }, "debug_print", print_number },
	{ 0x20, { UBPF_VALUE }, "now_ms", now_ms },
	{ 0x30, { UBPF_VALUE }, "saul_reg_find_nth", find_nth },
	{ 0x31, { UBPF_VALUE }, "saul_reg_find_type", find_type },
	{ 0x32, { UBPF_VALUE, UBPF_OUT(sizeof(phydat_t)) }, "saul_reg_read", read_device },
	{ 0x33, { UBPF_VALUE, UBPF_IN(sizeof(phydat_t)) }, "saul_reg_write", write_device },
	{ 0x50, { UBPF_VALUE }, "fmt_s16_dfp", format_decimal },
	{ 0x51, { UBPF_VALUE }, "fmt_u32_dec", format_number },
	{ 0x52, { UBPF_STRING }, "strlen", length },
	{ 0x60, { UBPF_VALUE }, "ztimer_now", now_us },
	{ 0x61, { UBPF_INOUT(4), UBPF_VALUE }, "ztimer_periodic_wakeup", periodic_wakeup },
	{ 0x70, { UBPF_VALUE }, "gpio_read_input", read_pin },
	{ 0x71, { UBPF_VALUE }, "gpio_read_raw", read_pin_raw },
	{ 0x72, { UBPF_VALUE }, "gpio_write", write_pin },
	{ UBPF_RIOT_RANDOM, { UBPF_VALUE }, "random", random_number },
};
