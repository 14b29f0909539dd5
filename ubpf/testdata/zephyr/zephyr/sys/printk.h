/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of Zephyr's. */
#include <stdio.h>
#define printk printf
