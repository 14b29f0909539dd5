/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of a header of RIOT: what the module calls, with the signatures that RIOT documents. */
#ifndef FMT_H
#define FMT_H

#include <stdint.h>
#include <stddef.h>

size_t fmt_u32_dec(char *out, uint32_t val);
size_t fmt_s16_dfp(char *out, int16_t val, int fp_digits);

#endif
