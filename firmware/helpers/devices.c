/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated devices: reading a trace, the clock, sensors and actuators, pins, keypad and LCD,
 * and writing their state out.
 */
#include "firmware/helpers/internal.h"

/* Fixed parts of payloads before their readings, in bytes. */
enum {
	SENSOR_HEAD = HELPER_HEAD, /* u8 type, u8 unit, i8 scale, u8 dimensions */
	PIN_HEAD = 2,    /* u8 port, u8 pin */
	PHYDAT = 8,      /* i16 values[3], u8 unit, i8 scale: as programs see a reading */
};

/* Stores may be given by several records; of a key given twice the last value counts. */
static int take_entries(struct helper_entry *table, uint8_t *used, uint32_t size, const uint8_t *p, uint32_t len)
{
	if (len % 8)
		return 0;
	for (; len; len -= 8, p += 8) {
		if (helper_store(table, used, size, helper_u32(p), helper_u32(p + 4)))
			return 0;
	}
	return 1;
}

/* Takes one record in. Returns 0 if it is malformed. */
static int take_record(struct helper_env *env, uint8_t kind, uint32_t at, uint32_t len)
{
	const uint8_t *p = env->trace + at;

	switch (kind) {
	case UB_DEVICE_CLOCK:
		if (len != 8)
			return 0;
		env->now_us = helper_u32(p);
		env->step_us = helper_u32(p + 4);
		return 1;
	case UB_DEVICE_GLOBAL:
		return take_entries(env->global, &env->nglobal, UB_DEVICE_GLOBALS, p, len);
	case UB_DEVICE_LOCAL:
		return take_entries(env->local, &env->nlocal, UB_DEVICE_LOCALS, p, len);
	case UB_DEVICE_SENSOR:
		if (len < SENSOR_HEAD || p[3] < 1 || p[3] > 3 || (len - SENSOR_HEAD) % (2u * p[3]))
			return 0;
		break;
	case UB_DEVICE_ACTUATOR:
		if (len != SENSOR_HEAD || p[3] < 1 || p[3] > 3)
			return 0;
		break;
	case UB_DEVICE_GPIO_IN:
		if (len < PIN_HEAD)
			return 0;
		break;
	case UB_DEVICE_KEYPAD:
		break;
	default:
		return 0;
	}
	if (env->ninputs == UB_DEVICE_INPUTS)
		return 0;
	struct helper_input *in = &env->inputs[env->ninputs++];
	*in = (struct helper_input){.at = at, .len = (uint16_t)len, .kind = kind};
	memcpy(in->head, p, len < HELPER_HEAD ? len : HELPER_HEAD);
	return 1;
}

static int take_trace(struct helper_env *env)
{
	uint32_t at = 0;

	while (at < env->trace_len) {
		uint32_t left = env->trace_len - at;
		const uint8_t *h = env->trace + at;
		if (left < UB_DEVICE_HEADER || h[1] || helper_u16(h + 2) > left - UB_DEVICE_HEADER)
			return 0;
		if (!take_record(env, h[0], at + UB_DEVICE_HEADER, helper_u16(h + 2)))
			return 0;
		at += UB_DEVICE_HEADER + helper_u16(h + 2);
	}
	return 1;
}

int32_t helper_env_reset(struct helper_env *env, const uint8_t *trace, uint32_t trace_len)
{
	memset(env, 0, offsetof(struct helper_env, output)); /* of which output_len bytes count */
	env->step_us = 1000;
	env->random = HELPER_SEED;
	env->trace = trace;
	env->trace_len = trace_len;
	memset(env->lcd, ' ', sizeof env->lcd);
	if (take_trace(env))
		return UB_OK;
	helper_env_reset(env, NULL, 0);
	return UB_E_ARGUMENT;
}

/* Where the next reading of an input lies, `size` bytes each, or NULL when there are no more. */
static const uint8_t *next_reading(struct helper_env *env, struct helper_input *in, uint32_t head, uint32_t size)
{
	uint32_t at = head + in->next * size;

	if (at + size > in->len)
		return NULL;
	in->next++;
	return env->trace + in->at + at;
}

/* The clock. Every look moves it on, so that programs that wait for it get somewhere. */
static uint32_t look_at_clock(struct helper_env *env)
{
	uint32_t now = env->now_us;

	env->used_clock = 1;
	env->now_us += env->step_us;
	return now;
}

HELPER(now_ms)
{
	return look_at_clock(ENV) / 1000;
}

HELPER(ztimer_now)
{
	return look_at_clock(ENV);
}

HELPER(ktime_get_ns)
{
	return (uint64_t)look_at_clock(ENV) * 1000;
}

HELPER(ztimer_periodic_wakeup)
{
	uint8_t *last = helper_memory(run, r1, 4, UB_READ | UB_WRITE);

	if (!last)
		return 0;
	uint32_t due = helper_u32(last) + r2;
	memcpy(last, &due, sizeof due);
	ENV->used_clock = 1;
	if ((int32_t)(due - ENV->now_us) > 0)
		ENV->now_us = due;
	return 0;
}

/* Sensors and actuators are numbered in the order of the trace; a handle is the number plus 1. */
static struct helper_input *saul(struct helper_env *env, uint32_t handle)
{
	for (uint32_t i = 0; i < env->ninputs; i++) {
		struct helper_input *in = &env->inputs[i];
		if ((in->kind == UB_DEVICE_SENSOR || in->kind == UB_DEVICE_ACTUATOR) && --handle == 0)
			return in;
	}
	return NULL;
}

HELPER(saul_reg_find_nth)
{
	return r1 < UB_DEVICE_INPUTS && saul(ENV, r1 + 1) ? r1 + 1 : 0;
}

static uint32_t find_type(struct helper_env *env, uint32_t type)
{
	const struct helper_input *in;

	for (uint32_t handle = 1; (in = saul(env, handle)); handle++) {
		if (in->head[0] == type)
			return handle;
	}
	return 0;
}

HELPER(saul_reg_find_type)
{
	return find_type(ENV, r1);
}

/* The next reading as programs see it: dimensions, or a negative number. */
static int32_t read_sensor(struct helper_env *env, uint32_t handle, uint8_t out[PHYDAT])
{
	struct helper_input *in = saul(env, handle);

	if (!in || in->kind != UB_DEVICE_SENSOR)
		return HELPER_NO_DEVICE;
	const uint8_t *head = in->head;
	uint32_t dimensions = head[3];
	const uint8_t *reading = next_reading(env, in, SENSOR_HEAD, 2 * dimensions);
	if (!reading)
		return HELPER_NO_DATA;
	memset(out, 0, PHYDAT);
	memcpy(out, reading, 2 * dimensions);
	out[6] = head[1];
	out[7] = head[2];
	return (int32_t)dimensions;
}

int32_t helper_sensor(struct helper_env *env, uint32_t type, int16_t value[3], uint8_t *unit, int8_t *scale)
{
	uint8_t reading[PHYDAT];
	int32_t dimensions = read_sensor(env, find_type(env, type), reading);

	if (dimensions < 0)
		return dimensions;
	memcpy(value, reading, 6);
	*unit = reading[6];
	*scale = (int8_t)reading[7];
	return dimensions;
}

HELPER(saul_reg_read)
{
	uint8_t *out = helper_memory(run, r2, PHYDAT, UB_WRITE);

	return out ? STATUS(read_sensor(ENV, r1, out)) : 0;
}

HELPER(saul_reg_write)
{
	const uint8_t *data = helper_memory(run, r2, PHYDAT, UB_READ);
	struct helper_input *in = saul(ENV, r1);

	if (!data)
		return 0;
	if (!in || in->kind != UB_DEVICE_ACTUATOR)
		return STATUS(HELPER_NO_DEVICE);
	memcpy(in->last, data, sizeof in->last);
	in->writes = (uint8_t)(in->writes + (in->writes < 255));
	return in->head[3];
}

HELPER(saul_read_temp)
{
	void *out = helper_memory(run, r2, 4, UB_WRITE);
	struct helper_input *in = saul(ENV, r1);

	if (!out)
		return 0;
	if (!in || in->kind != UB_DEVICE_SENSOR)
		return STATUS(HELPER_NO_DEVICE);
	const uint8_t *head = in->head;
	const uint8_t *reading = next_reading(ENV, in, SENSOR_HEAD, 2u * head[3]);
	if (!reading)
		return STATUS(HELPER_NO_DATA);
	int32_t tenths = (int16_t)helper_u16(reading);
	int32_t scale = (int8_t)head[2] + 1;
	for (; scale > 0 && tenths && tenths < 100000000 && tenths > -100000000; scale--)
		tenths *= 10;
	for (; scale < 0 && tenths; scale++)
		tenths /= 10;
	memcpy(out, &tenths, sizeof tenths);
	return 0;
}

/* Pins. */
static const uint8_t *read_pin(struct helper_env *env, uint32_t port, uint32_t pin, int32_t *status)
{
	*status = HELPER_NO_DEVICE;
	for (uint32_t i = 0; i < env->ninputs; i++) {
		struct helper_input *in = &env->inputs[i];
		if (in->kind == UB_DEVICE_GPIO_IN && in->head[0] == port && in->head[1] == pin) {
			*status = HELPER_NO_DATA;
			return next_reading(env, in, PIN_HEAD, 1);
		}
	}
	return NULL;
}

int32_t helper_pin(struct helper_env *env, uint32_t port, uint32_t pin)
{
	int32_t status;
	const uint8_t *level = read_pin(env, port, pin, &status);

	return level ? *level != 0 : status;
}

HELPER(gpio_read_input)
{
	return STATUS(helper_pin(ENV, r1, r2));
}

HELPER(gpio_read_raw)
{
	int32_t status;
	const uint8_t *level = read_pin(ENV, r1, r2, &status);

	return level ? *level : 0;
}

HELPER(gpio_write)
{
	struct helper_env *env = ENV;
	uint32_t i;

	if (r1 > 255 || r2 > 255)
		return STATUS(HELPER_NO_DEVICE);
	for (i = 0; i < env->npins; i++) {
		if (env->pins[i].port == r1 && env->pins[i].pin == r2)
			break;
	}
	if (i == env->npins) {
		if (i == UB_DEVICE_OUTPUTS)
			return STATUS(HELPER_NO_MEMORY);
		env->pins[env->npins++] = (struct helper_pin){.port = (uint8_t)r1, .pin = (uint8_t)r2};
	}
	env->pins[i].value = r3 != 0;
	env->pins[i].writes = (uint8_t)(env->pins[i].writes + (env->pins[i].writes < 255));
	return 0;
}

HELPER(keypad_get_input)
{
	for (uint32_t i = 0; i < ENV->ninputs; i++) {
		struct helper_input *in = &ENV->inputs[i];
		if (in->kind == UB_DEVICE_KEYPAD) {
			const uint8_t *key = next_reading(ENV, in, 0, 1);
			return key ? *key : 0;
		}
	}
	return 0;
}

/* The LCD: two rows of sixteen characters; what does not fit is not shown. */
enum { LCD_HANDLE = 1 };

HELPER(hd44780_init)
{
	ENV->lcd_used = 1;
	return LCD_HANDLE;
}

HELPER(hd44780_clear)
{
	if (r1 != LCD_HANDLE || !ENV->lcd_used)
		return STATUS(HELPER_NO_DEVICE);
	memset(ENV->lcd, ' ', sizeof ENV->lcd);
	ENV->lcd_row = ENV->lcd_column = 0;
	return 0;
}

HELPER(hd44780_set_cursor)
{
	if (r1 != LCD_HANDLE || !ENV->lcd_used)
		return STATUS(HELPER_NO_DEVICE);
	if (r2 >= UB_LCD_ROWS || r3 >= UB_LCD_COLUMNS)
		return STATUS(HELPER_INVALID);
	ENV->lcd_row = (uint8_t)r2;
	ENV->lcd_column = (uint8_t)r3;
	return 0;
}

HELPER(hd44780_print)
{
	uint32_t len;
	const char *s = helper_string(run, r2, &len);

	if (!s)
		return 0;
	if (r1 != LCD_HANDLE || !ENV->lcd_used)
		return STATUS(HELPER_NO_DEVICE);
	for (; len && ENV->lcd_column < UB_LCD_COLUMNS; len--)
		ENV->lcd[ENV->lcd_row][ENV->lcd_column++] = (uint8_t)*s++;
	return 0;
}

/* Writing the state out. Records are small and few: HELPER_DEVICES_BYTES holds all there can be. */
static void put_byte(struct helper_env *env, uint32_t value)
{
	env->output[env->output_len++] = (uint8_t)value;
}

static void put_bytes(struct helper_env *env, const void *bytes, uint32_t len)
{
	memcpy(env->output + env->output_len, bytes, len);
	env->output_len += len;
}

static void put_header(struct helper_env *env, uint8_t kind, uint32_t len)
{
	put_byte(env, kind);
	put_byte(env, 0);
	put_byte(env, len);
	put_byte(env, len >> 8);
}

_Static_assert(sizeof(struct helper_entry) == 8 && sizeof(struct helper_pin) == 4, "written as they are");
_Static_assert(1 + (4 + 8) + (4 + UB_DEVICE_GLOBALS * 8) + (4 + UB_DEVICE_LOCALS * 8) + (4 + UB_DEVICE_OUTPUTS * 4) +
			       UB_DEVICE_INPUTS * (4 + 8) + (4 + UB_LCD_ROWS * UB_LCD_COLUMNS) <=
		       HELPER_DEVICES_BYTES,
	       "room for all records");

void helper_env_finish(struct helper_env *env)
{
	uint32_t text_len = env->output_len;

	put_byte(env, 0);
	if (env->used_clock) {
		put_header(env, UB_DEVICE_CLOCK, 8);
		put_bytes(env, &env->now_us, 4);
		put_bytes(env, &env->step_us, 4);
	}
	if (env->nglobal) {
		put_header(env, UB_DEVICE_GLOBAL, env->nglobal * 8u);
		put_bytes(env, env->global, env->nglobal * 8u);
	}
	if (env->nlocal) {
		put_header(env, UB_DEVICE_LOCAL, env->nlocal * 8u);
		put_bytes(env, env->local, env->nlocal * 8u);
	}
	if (env->npins) {
		put_header(env, UB_DEVICE_GPIO_OUT, env->npins * 4u);
		put_bytes(env, env->pins, env->npins * 4u);
	}
	for (uint32_t i = 0; i < env->ninputs; i++) {
		const struct helper_input *in = &env->inputs[i];
		if (in->kind == UB_DEVICE_ACTUATOR && in->writes) {
			put_header(env, UB_DEVICE_ACTUATOR, 8);
			put_byte(env, in->head[0]);
			put_byte(env, in->writes);
			put_bytes(env, in->last, 6);
		}
	}
	if (env->lcd_used) {
		put_header(env, UB_DEVICE_LCD, sizeof env->lcd);
		put_bytes(env, env->lcd, sizeof env->lcd);
	}
	if (env->output_len == text_len + 1)
		env->output_len = text_len;
}
