/* SPDX-License-Identifier: BSD-2-Clause */
/* Helper functions programs may call: X(NAME, id, arguments). Ids are those of uBPF and
 * Femto-Containers; the order of rows is the index into a helper table (ub_run.helpers).
 */
#ifndef UB_ABI_HELPERS_H
#define UB_ABI_HELPERS_H

#include <stdint.h>

#define UB_HELPERS(X)                          \
	X(printf, 0x01, 5)                     \
	X(memcpy, 0x02, 3)                     \
	X(debug_print, 0x03, 1)                \
	X(store_local, 0x10, 2)                \
	X(store_global, 0x11, 2)               \
	X(fetch_local, 0x12, 2)                \
	X(fetch_global, 0x13, 2)               \
	X(now_ms, 0x20, 0)                     \
	X(saul_reg_find_nth, 0x30, 1)          \
	X(saul_reg_find_type, 0x31, 1)         \
	X(saul_reg_read, 0x32, 2)              \
	X(saul_reg_write, 0x33, 2)             \
	X(saul_read_temp, 0x34, 2)             \
	X(gcoap_resp_init, 0x40, 2)            \
	X(coap_opt_finish, 0x41, 2)            \
	X(coap_add_format, 0x42, 2)            \
	X(coap_get_pdu, 0x43, 1)               \
	X(fmt_s16_dfp, 0x50, 3)                \
	X(fmt_u32_dec, 0x51, 2)                \
	X(strlen, 0x52, 1)                     \
	X(ztimer_now, 0x60, 0)                 \
	X(ztimer_periodic_wakeup, 0x61, 2)     \
	X(gpio_read_input, 0x70, 2)            \
	X(gpio_read_raw, 0x71, 2)              \
	X(gpio_write, 0x72, 3)                 \
	X(hd44780_init, 0x80, 0)               \
	X(hd44780_clear, 0x81, 1)              \
	X(hd44780_print, 0x82, 2)              \
	X(hd44780_set_cursor, 0x83, 3)         \
	X(keypad_get_input, 0x84, 1)

enum ub_helper_index {
#define UB_HELPER_INDEX(name, id, arguments) UB_HELPER_##name,
	UB_HELPERS(UB_HELPER_INDEX)
#undef UB_HELPER_INDEX
	UB_HELPER_COUNT,
};

/* Index of a helper id in ub_run.helpers, or -1. A switch, so no table needs initialising. */
static inline int ub_helper_index(int32_t id)
{
	switch (id) {
#define UB_HELPER_CASE(name, id, arguments) case id: return UB_HELPER_##name;
		UB_HELPERS(UB_HELPER_CASE)
#undef UB_HELPER_CASE
	}
	return -1;
}

#endif
