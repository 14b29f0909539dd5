/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of a header of RIOT: what the module calls, with the signatures that RIOT documents. */
#ifndef GPIO_H
#define GPIO_H

#include <stdint.h>
#include <stdbool.h>

typedef unsigned gpio_t;
#define GPIO_PIN(x, y) (((gpio_t)(x) << 8) | (y))

bool gpio_read(gpio_t pin);
void gpio_write(gpio_t pin, bool value);

#endif
