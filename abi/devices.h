/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated devices: records of a trace (what a job puts in) and of a device state (what a run
 * leaves), SPEC.md. A record is u8 kind, u8 0, u16 length of the payload, payload; little endian.
 * X(NAME, kind, name in text)
 */
#ifndef UB_ABI_DEVICES_H
#define UB_ABI_DEVICES_H

#define UB_DEVICES(X)               \
	X(CLOCK, 1, "clock")        \
	X(SENSOR, 2, "sensor")      \
	X(ACTUATOR, 3, "actuator")  \
	X(GPIO_IN, 4, "input")      \
	X(GPIO_OUT, 5, "output")    \
	X(KEYPAD, 6, "keypad")      \
	X(GLOBAL, 7, "global")      \
	X(LOCAL, 8, "local")        \
	X(LCD, 9, "lcd")

enum ub_device {
#define UB_DEVICE_ENUM(name, number, text) UB_DEVICE_##name = (number),
	UB_DEVICES(UB_DEVICE_ENUM)
#undef UB_DEVICE_ENUM
};

enum {
	UB_DEVICE_HEADER = 4,   /* bytes before a payload */
	UB_DEVICE_INPUTS = 16,  /* SENSOR, ACTUATOR, GPIO_IN and KEYPAD records of a trace, at most */
	UB_DEVICE_GLOBALS = 32, /* entries of the shared store */
	UB_DEVICE_LOCALS = 16,  /* entries of the program's own store */
	UB_DEVICE_OUTPUTS = 8,  /* pins written */
	UB_LCD_ROWS = 2,
	UB_LCD_COLUMNS = 16,
};

#endif
