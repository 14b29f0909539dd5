/* SPDX-License-Identifier: BSD-2-Clause */
/* Helper functions programs may call: X(NAME, id, arguments). Ids are those of uBPF and
 * Femto-Containers, and from 0x90 on ours. Those from 0xc0 on have names and arguments of Linux, whose own ids end at 211,
 * so that a program with maps that calls none of 0xd4 and above was made for Linux's ids. printf reads one argument behind the format for each % in it at most, which
 * compilers make use of.
 */
#ifndef UB_ABI_HELPERS_H
#define UB_ABI_HELPERS_H

#define UB_PLAIN_HELPERS(X)                    \
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
	X(keypad_get_input, 0x84, 1)           \
	X(program_find, 0x90, 1)               \
	X(message_send, 0x91, 3)               \
	X(message_receive, 0x92, 2)            \
	X(wait, 0x93, 1)                       \
	X(ktime_get_ns, 0xc0, 0)               \
	X(get_prandom_u32, 0xc1, 0)            \
	X(trace_printk, 0xc2, 5)               \
	X(get_smp_processor_id, 0xc3, 0)

/* Those that work on maps (maps/helpers.c). */
#define UB_MAP_HELPERS(X)                      \
	X(ringbuf_discard, 0xc4, 2)            \
	X(ringbuf_query, 0xd0, 2)              \
	X(spin_lock, 0xd1, 1)                  \
	X(spin_unlock, 0xd2, 1)                \
	X(tail_entry, 0xd3, 0)                 \
	X(tail_call, 0xd4, 3)                  \
	X(map_lookup_elem, 0xe0, 2)            \
	X(map_update_elem, 0xe1, 4)            \
	X(map_delete_elem, 0xe2, 2)            \
	X(map_push_elem, 0xe3, 3)              \
	X(map_pop_elem, 0xe4, 2)               \
	X(map_peek_elem, 0xf0, 2)              \
	X(map_iterate, 0xf1, 3)                \
	X(ringbuf_output, 0xf2, 4)             \
	X(ringbuf_reserve, 0xf3, 3)            \
	X(ringbuf_submit, 0xf4, 2)

#define UB_HELPERS(X) UB_PLAIN_HELPERS(X) UB_MAP_HELPERS(X)

/* Ids are a group, 0 to 15, and a number below five in it: a table by (group, number) is small, and has gaps. */
#define UB_HELPER_AT(id) (((id) >> 4) * 5 + ((id) & 15))

#ifndef __ASSEMBLER__ /* which takes the lists alone (device/kernel/ways.S) */

#include <stdint.h>

enum { UB_HELPER_INDEXES = 16 * 5, UB_HELPER_ARGUMENTS = 5 /* at most */ };

enum ub_helper_index {
#define UB_HELPER_INDEX(name, id, arguments) UB_HELPER_##name = UB_HELPER_AT(id),
	UB_HELPERS(UB_HELPER_INDEX)
#undef UB_HELPER_INDEX
	UB_HELPER_ENTRIES, /* of a table by index */
#define UB_HELPER_ONE(name, id, arguments) + 1
	UB_HELPER_COUNT = 0 UB_HELPERS(UB_HELPER_ONE),
#undef UB_HELPER_ONE
	UB_PLAIN_HELPER_ENTRIES = UB_HELPER_get_smp_processor_id + 1, /* the last of those without maps */
};

/* Sets of helpers: bits by index, in words. UB_HELPERS_ALL is the set of all there are. */
enum { UB_HELPER_WORDS = 3 };
#define UB_HELPER_IN_0(name, id, arguments) | (uint32_t)(UB_HELPER_AT(id) / 32 == 0) << UB_HELPER_AT(id) % 32
#define UB_HELPER_IN_1(name, id, arguments) | (uint32_t)(UB_HELPER_AT(id) / 32 == 1) << UB_HELPER_AT(id) % 32
#define UB_HELPER_IN_2(name, id, arguments) | (uint32_t)(UB_HELPER_AT(id) / 32 == 2) << UB_HELPER_AT(id) % 32
#define UB_HELPERS_ALL {0u UB_HELPERS(UB_HELPER_IN_0), 0u UB_HELPERS(UB_HELPER_IN_1), 0u UB_HELPERS(UB_HELPER_IN_2)}

static inline int ub_helper_in(const uint32_t set[UB_HELPER_WORDS], uint32_t index)
{
	return (int)(set[index / 32] >> index % 32 & 1);
}

/* Index of a helper id in ub_run.helpers, or -1. Whether there is a helper with this id is for who makes the
 * allow-list of a program to know. */
static inline int ub_helper_index(int32_t id)
{
	return ((uint32_t)id & 15) < 5 && (uint32_t)id < 256 ? (int)UB_HELPER_AT((uint32_t)id) : -1;
}

#endif

#endif
