/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers that make text of numbers. */
#include "firmware/helpers/internal.h"

enum { DIGITS_MAX = 12 };

void helper_put(struct helper_env *env, uint8_t c)
{
	if (!c)
		return;
	if (env->output_len < HELPER_TEXT_BYTES)
		env->output[env->output_len++] = c;
	else
		env->lost++;
}

/* The digits of a number, at the end of a buffer; returns where they start. */
static uint8_t *digits(uint8_t buffer[DIGITS_MAX], uint32_t n, uint32_t base, uint8_t letters)
{
	uint8_t *p = buffer + DIGITS_MAX;

	do {
		uint8_t d = (uint8_t)(n % base);
		*--p = (uint8_t)(d < 10 ? '0' + d : letters + d - 10);
		n /= base;
	} while (n);
	return p;
}

/* One conversion specification. */
struct conversion {
	uint32_t width;
	uint8_t left, zero, kind;
};

static void put_padded(struct helper_env *env, const struct conversion *c, uint8_t sign, const uint8_t *text,
		       uint32_t len)
{
	uint32_t total = len + (sign != 0);
	uint32_t fill = c->width > total ? c->width - total : 0;

	if (!c->left && !c->zero)
		for (; fill; fill--)
			helper_put(env, ' ');
	if (sign)
		helper_put(env, sign);
	if (!c->left)
		for (; fill; fill--)
			helper_put(env, '0');
	while (len--)
		helper_put(env, *text++);
	for (; fill; fill--)
		helper_put(env, ' ');
}

static void put_number(struct helper_env *env, const struct conversion *c, uint32_t value)
{
	uint8_t buffer[DIGITS_MAX], sign = 0, *p;
	uint32_t base = c->kind == 'x' || c->kind == 'X' || c->kind == 'p' ? 16 : c->kind == 'o' ? 8 : 10;

	if ((c->kind == 'd' || c->kind == 'i') && (int32_t)value < 0) {
		sign = '-';
		value = 0 - value;
	}
	p = digits(buffer, value, base, c->kind == 'X' ? 'A' : 'a');
	put_padded(env, c, sign, p, (uint32_t)(buffer + DIGITS_MAX - p));
}

/* Reads flags, width and length modifiers behind a '%'; returns what follows. */
static const char *parse(const char *s, struct conversion *c)
{
	memset(c, 0, sizeof *c);
	for (;; s++) {
		if (*s == '-')
			c->left = 1;
		else if (*s == '0')
			c->zero = 1;
		else
			break;
	}
	for (; *s >= '0' && *s <= '9'; s++)
		c->width = c->width < HELPER_TEXT_BYTES ? c->width * 10 + (uint32_t)(*s - '0') : c->width;
	while (*s == 'l' || *s == 'h' || *s == 'z')
		s++; /* all arguments have 32 bits */
	c->kind = (uint8_t)*s;
	if (c->left || c->kind == 's' || c->kind == 'c')
		c->zero = 0;
	return s;
}

static int converts(uint8_t kind)
{
	switch (kind) {
	case 'c': case 'd': case 'i': case 'o': case 'p': case 's': case 'u': case 'x': case 'X':
		return 1;
	}
	return 0;
}

/* Prints by a format, with so many arguments. False if the program is to stop. */
static bool print(struct ub_run *run, uint32_t format, const uint32_t *arguments, uint32_t n)
{
	uint32_t len, used = 0;
	const char *s = helper_string(run, format, &len);

	if (!s)
		return false;
	for (; *s; s++) {
		struct conversion c;
		const char *text, *start = s;

		if (*s != '%') {
			helper_put(ENV, (uint8_t)*s);
			continue;
		}
		s = parse(s + 1, &c);
		if (c.kind == '%') {
			helper_put(ENV, '%');
			continue;
		}
		if (!converts(c.kind) || used == n) {
			/* not a conversion, or one without an argument: shown as written */
			while (start < s)
				helper_put(ENV, (uint8_t)*start++);
			if (!*s)
				break;
			helper_put(ENV, (uint8_t)*s);
			continue;
		}
		uint32_t value = arguments[used++];
		if (!helper_pay(run, c.width))
			return false;
		switch (c.kind) {
		case 's':
			if (!(text = helper_string(run, value, &len)))
				return false;
			put_padded(ENV, &c, 0, (const uint8_t *)text, len);
			break;
		case 'c':
			put_padded(ENV, &c, 0, (const uint8_t[]){(uint8_t)value}, 1);
			break;
		default:
			put_number(ENV, &c, value);
		}
	}
	return true;
}

HELPER(printf)
{
	const uint32_t arguments[] = {r2, r3, r4, r5};

	print(run, r1, arguments, 4);
	return 0;
}

/* The size of the format (r2) is not needed: a string ends with a zero. */
HELPER(trace_printk)
{
	const uint32_t arguments[] = {r3, r4, r5};
	uint32_t before = ENV->output_len + ENV->lost;

	return print(run, r1, arguments, 3) ? ENV->output_len + ENV->lost - before : 0;
}

HELPER(debug_print)
{
	const struct conversion decimal = {.kind = 'd'};

	put_number(ENV, &decimal, r1);
	helper_put(ENV, '\n');
	return 0;
}

/* Neither function ends its text with a zero, as RIOT's fmt module does not either. */
HELPER(fmt_u32_dec)
{
	uint8_t buffer[DIGITS_MAX];
	const uint8_t *p = digits(buffer, r2, 10, 0);
	uint32_t len = (uint32_t)(buffer + DIGITS_MAX - p);
	void *out = helper_memory(run, r1, len, UB_WRITE);

	if (!out)
		return 0;
	memcpy(out, p, len);
	return len;
}

/* value * 10^fp_digits with as many decimals as fp_digits is negative. */
HELPER(fmt_s16_dfp)
{
	uint8_t number[DIGITS_MAX], text[24];
	int32_t value = (int16_t)r2, exponent = (int32_t)r3;
	uint32_t n = 0;

	if (exponent < -7 || exponent > 7) {
		run->fault.status = UB_E_HELPER_ARG;
		run->fault.addr = r3;
		return 0;
	}
	if (value < 0)
		text[n++] = '-';
	const uint8_t *p = digits(number, (uint32_t)(value < 0 ? -value : value), 10, 0);
	int32_t whole = (int32_t)(number + DIGITS_MAX - p) + (exponent < 0 ? exponent : 0);
	if (whole <= 0) { /* 0.0… before the first digit */
		text[n++] = '0';
		text[n++] = '.';
		for (; whole < 0; whole++)
			text[n++] = '0';
		whole = -1; /* the point is there */
	}
	while (p < number + DIGITS_MAX) {
		if (whole-- == 0)
			text[n++] = '.';
		text[n++] = *p++;
	}
	for (; value && exponent > 0; exponent--)
		text[n++] = '0';
	void *out = helper_memory(run, r1, n, UB_WRITE);
	if (!out)
		return 0;
	memcpy(out, text, n);
	return n;
}
