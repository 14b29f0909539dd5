/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers on RIOT's drivers, for programs written for ubench or Femto-Containers: the ids and arguments are those of
 * SPEC.md, Helpers. Module ubpf_helpers.
 *
 *	static struct ubpf_helpers helpers;
 *	static const struct ubpf_riot riot = { .pins = pins, .npins = ARRAY_SIZE(pins) };
 *
 *	ubpf_helpers_init(&helpers, ubpf_riot_helpers, UBPF_RIOT_HELPERS);
 *	const struct ubpf_options options = { …, .helpers = &helpers, .env = (void *)&riot };
 *
 * Which helpers a program may call is ubpf_options.allowed; what is a matter of the board is in struct ubpf_riot.
 */
#ifndef UBPF_RIOT_H
#define UBPF_RIOT_H

#include "periph/gpio.h"
#include "ubpf/ubpf.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What programs may reach of a board; ubpf_options.env of those that use the table below. */
struct ubpf_riot {
	const gpio_t *pins; /* pins that may be read and written: GPIO_PIN(port, pin). Others are -19, no such device */
	unsigned npins;
};

/* debug_print (stdio) · memcpy, strlen · now_ms, ztimer_now, ztimer_periodic_wakeup · saul_reg_find_nth,
 * saul_reg_find_type, saul_reg_read, saul_reg_write (a handle is the position in the registry plus 1) · gpio_read_input,
 * gpio_read_raw, gpio_write · fmt_u32_dec, fmt_s16_dfp · random (UBPF_RIOT_RANDOM: no arguments, a 32-bit number) */
enum { UBPF_RIOT_HELPERS = 16, UBPF_RIOT_RANDOM = 0xe0 };
extern const struct ubpf_helper ubpf_riot_helpers[UBPF_RIOT_HELPERS];

#ifdef __cplusplus
}
#endif

#endif
