/* SPDX-License-Identifier: BSD-2-Clause */
/* For authors of programs: the helper functions of the device, and what programs are declared with.
 *
 * Compile with `ubench build FILE.c`, or clang --target=bpfel -O2 -mcpu=v3 -c. A program is a global
 * function; ctx points to the memory it was given, len is its length:
 *
 *	int program(void *ctx, unsigned long len)
 *
 * Pointers given to helpers must point into memory of the program, strings must end in it: else the
 * program is stopped. Helpers that can fail return a negative number.
 */
#ifndef BPF_HELPERS_H
#define BPF_HELPERS_H

typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ssize_t;

#define SEC(name) __attribute__((section(name), used))
#define BPF_INLINE static inline __attribute__((always_inline))

/* The shortest context, in bytes, the program accepts: once per object. */
#define BPF_CTX_MIN(bytes) const uint32_t bpf_ctx_min SEC("ctx_min") = (bytes)

/* A helper is called by its id; elsewhere than in eBPF it is a function of the firmware. */
#ifdef __bpf__
#define BPF_HELPER(result, name, id, ...) static result (*const name)(__VA_ARGS__) = (void *)(id)
#else
#define BPF_HELPER(result, name, id, ...) extern result name(__VA_ARGS__)
#endif

/* Text. Formats know %d %i %u %x %X %o %c %s %p %%, flags - and 0, and widths; up to four arguments
 * of 32 bits each. */
BPF_HELPER(void, bpf_printf, 0x01, const char *format, ...);
BPF_HELPER(void *, bpf_memcpy, 0x02, void *dst, const void *src, uint32_t n);
BPF_HELPER(void, bpf_debug_print, 0x03, uint32_t value);

/* Key-value stores: one of the program, one all programs share. What was never written is 0. */
BPF_HELPER(int64_t, bpf_store_local, 0x10, uint32_t key, uint32_t value);
BPF_HELPER(int64_t, bpf_store_global, 0x11, uint32_t key, uint32_t value);
BPF_HELPER(int64_t, bpf_fetch_local, 0x12, uint32_t key, uint32_t *value);
BPF_HELPER(int64_t, bpf_fetch_global, 0x13, uint32_t key, uint32_t *value);

BPF_HELPER(uint32_t, bpf_now_ms, 0x20, void);

/* Sensors and actuators. A handle is 0 if there is no such device. RIOT's programs call it a pointer to
 * bpf_saul_reg_t, and what is read phydat_t. */
typedef struct bpf_saul_reg bpf_saul_reg_t;
#ifdef BPF_SAUL_NUMBERS /* as handles once were: for programs whose bytes are published */
typedef uint32_t bpf_saul_t;
#else
typedef bpf_saul_reg_t *bpf_saul_t;
#endif
typedef struct {
	int16_t val[3];
	uint8_t unit;
	int8_t scale; /* values are val * 10^scale */
} bpf_phydat_t;
typedef bpf_phydat_t phydat_t;
enum {
	BPF_SAUL_ACTUATOR_SWITCH = 68,
	BPF_SAUL_TEMPERATURE = 130,
	BPF_SAUL_HUMIDITY = 131,
	BPF_SAUL_LIGHT = 132,
	BPF_SAUL_ANALOG = 138,
};
BPF_HELPER(bpf_saul_t, bpf_saul_reg_find_nth, 0x30, uint32_t n);
BPF_HELPER(bpf_saul_t, bpf_saul_reg_find_type, 0x31, uint32_t type);
BPF_HELPER(int64_t, bpf_saul_reg_read, 0x32, bpf_saul_t device, bpf_phydat_t *data);
BPF_HELPER(int64_t, bpf_saul_reg_write, 0x33, bpf_saul_t device, const bpf_phydat_t *data);
BPF_HELPER(int64_t, bpf_saul_read_temp, 0x34, bpf_saul_t device, uint32_t *tenths);

/* CoAP responses. Programs that answer requests are given this context, followed by the request and
 * room for the response; offsets count from its start. */
typedef struct {
	uint16_t pdu, size;
	uint16_t len;
	uint16_t request, request_len;
	uint16_t last_option;
} bpf_coap_ctx_t;
enum { BPF_COAP_CONTENT = 2 << 5 | 5, BPF_COAP_NOT_FOUND = 4 << 5 | 4 };
enum { BPF_COAP_FINISH_NONE = 0, BPF_COAP_FINISH_PAYLOAD = 1 };
BPF_HELPER(int64_t, bpf_gcoap_resp_init, 0x40, bpf_coap_ctx_t *ctx, uint32_t code);
BPF_HELPER(int64_t, bpf_coap_opt_finish, 0x41, bpf_coap_ctx_t *ctx, uint32_t finish);
BPF_HELPER(int64_t, bpf_coap_add_format, 0x42, bpf_coap_ctx_t *ctx, uint32_t format);
BPF_HELPER(uint8_t *, bpf_coap_get_pdu, 0x43, bpf_coap_ctx_t *ctx);

/* Numbers as text, without a zero at the end; the result is the length. */
BPF_HELPER(uint32_t, bpf_fmt_s16_dfp, 0x50, char *out, int32_t value, int32_t fp_digits);
BPF_HELPER(uint32_t, bpf_fmt_u32_dec, 0x51, char *out, uint32_t value);
BPF_HELPER(uint32_t, bpf_strlen, 0x52, const char *string);

/* The timer, in microseconds. */
BPF_HELPER(uint32_t, bpf_ztimer_now, 0x60, void);
BPF_HELPER(void, bpf_ztimer_periodic_wakeup, 0x61, uint32_t *last, uint32_t period);

/* Pins. */
BPF_HELPER(int64_t, bpf_gpio_read_input, 0x70, uint32_t port, uint32_t pin);
BPF_HELPER(uint32_t, bpf_gpio_read_raw, 0x71, uint32_t port, uint32_t pin);
BPF_HELPER(int64_t, bpf_gpio_write, 0x72, uint32_t port, uint32_t pin, uint32_t value);

/* LCD of two rows of 16 characters, and its keypad. */
typedef uint32_t bpf_lcd_t;
BPF_HELPER(bpf_lcd_t, bpf_hd44780_init, 0x80, void);
BPF_HELPER(int64_t, bpf_hd44780_clear, 0x81, bpf_lcd_t lcd);
BPF_HELPER(int64_t, bpf_hd44780_print, 0x82, bpf_lcd_t lcd, const char *string);
BPF_HELPER(int64_t, bpf_hd44780_set_cursor, 0x83, bpf_lcd_t lcd, uint32_t row, uint32_t column);
BPF_HELPER(uint32_t, bpf_keypad_get_input, 0x84, uint32_t adc);

/* Other programs of a device, and waiting. Where a program is alone there is nobody to find. */
BPF_HELPER(uint32_t, bpf_program_find, 0x90, const char *name);
BPF_HELPER(int64_t, bpf_message_send, 0x91, uint32_t program, const void *message, uint32_t bytes);
BPF_HELPER(int64_t, bpf_message_receive, 0x92, void *message, uint32_t size);
BPF_HELPER(int64_t, bpf_wait, 0x93, uint32_t ms);

/* Maps and their helpers, under Linux's names. */
#include "bpf_maps.h"

#endif
