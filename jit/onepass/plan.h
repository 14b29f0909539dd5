/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the plan: what is malformed, or behind its end, makes it refused, and reads as 0. */
#ifndef UB_ONEPASS_PLAN_H
#define UB_ONEPASS_PLAN_H

#include "jit/onepass/state.h"

uint32_t op_read(struct op *c, uint32_t n); /* n <= 16 bits */
uint32_t op_read_number(struct op *c);
int32_t op_read_signed(struct op *c);
uint32_t op_read_count(struct op *c, uint32_t most);
uint32_t op_read_place(struct op *c);
uint32_t op_read_variable(struct op *c);
uint32_t op_read_fact_variable(struct op *c);

#endif
