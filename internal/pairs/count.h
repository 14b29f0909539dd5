/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PAIRS_COUNT_H
#define PAIRS_COUNT_H

#include "abi/engine.h"

extern const struct ub_engine pairs_engine;
/* How often the last run executed a slot. */
uint32_t pairs_count(uint32_t slot);
const char *pairs_name(uint32_t opcode);

#endif
