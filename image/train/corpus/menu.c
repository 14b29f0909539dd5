// SPDX-License-Identifier: BSD-2-Clause

#include "bpf_helpers.h"

enum { KEY_RIGHT = 1, KEY_UP = 2, KEY_DOWN = 3, KEY_LEFT = 4, KEY_SELECT = 5, ITEM = 9 };

static const char names[4][12] = {"Temperature", "Humidity", "Brightness", "About"};

int menu(void *ctx)
{
	uint32_t item = 0;
	bpf_lcd_t lcd = bpf_hd44780_init();

	bpf_fetch_local(ITEM, &item);
	for (int i = 0; i < 8; i++) {
		uint32_t key = bpf_keypad_get_input(0);

		if (key == KEY_UP && item < 3)
			item++;
		if (key == KEY_DOWN && item > 0)
			item--;
		if (key == KEY_SELECT)
			break;
		bpf_hd44780_clear(lcd);
		bpf_hd44780_print(lcd, "Select: ");
		bpf_hd44780_set_cursor(lcd, 1, 0);
		bpf_hd44780_print(lcd, names[item & 3]);
	}
	bpf_store_local(ITEM, item);
	return item;
}
