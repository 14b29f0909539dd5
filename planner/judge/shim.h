/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UB_PLANNER_JUDGE_SHIM_H
#define UB_PLANNER_JUDGE_SHIM_H

#include "jit/onepass/onepass.h"

enum { JUDGE_VALUES = 0x20010000 };

/* Where each of a program's maps lies. */
void judge_place(const struct ub_program *program, struct ub_map_place *places);

/* Verifies and compiles a program, whose maps, if it has any, lie one behind the other from JUDGE_VALUES on. `scratch` has 9 bytes a slot and 64 more; `code` is where the compiler works. */
int32_t judge_compile(struct ub_program *program, const uint8_t *text, const uint8_t *rodata, const uint8_t *plan,
		      uint16_t *helpers, uint16_t *functions, uint8_t *scratch, uint8_t *code, uint32_t bytes, uint8_t *notes,
		      uint32_t *where, struct onepass_doubt *doubts, uint32_t room, struct onepass_report *report);

#endif
