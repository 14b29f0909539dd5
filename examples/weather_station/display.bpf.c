// SPDX-License-Identifier: BSD-2-Clause

#include "weather.h"

enum { KEY_NONE = 0, KEY_UP = 2, KEY_DOWN = 3, PAGES = 4 };

/* Shows one reading on the LCD; keys of the keypad turn the pages. Returns the page. */
int display(void *ctx)
{
	static const char *const titles[PAGES] = {"Temperature:", "Humidity:", "Light:", "Sound:"};
	static const char *const units[PAGES] = {" C", " %", " lx", ""};
	uint32_t page = 0, value = 0;
	char text[12] = {};
	bpf_lcd_t lcd = bpf_hd44780_init();

	bpf_fetch_global(WEATHER_PAGE, &page);
	switch (bpf_keypad_get_input(0)) {
	case KEY_UP:
		page = page + 1;
		break;
	case KEY_DOWN:
		page = page + PAGES - 1;
		break;
	}
	page %= PAGES;
	bpf_store_global(WEATHER_PAGE, page);

	bpf_fetch_global(WEATHER_TEMPERATURE + page, &value);
	if (page < 2)
		bpf_fmt_s16_dfp(text, value, -1);
	else
		bpf_fmt_u32_dec(text, value);
	bpf_hd44780_clear(lcd);
	bpf_hd44780_print(lcd, titles[page]);
	bpf_hd44780_set_cursor(lcd, 1, 0);
	bpf_hd44780_print(lcd, text);
	bpf_hd44780_print(lcd, units[page]);
	return page;
}
