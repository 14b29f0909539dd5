/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of a header of RIOT: what the module calls, with the signatures that RIOT documents. */
#ifndef PHYDAT_H
#define PHYDAT_H

#include <stdint.h>
/* The layout that RIOT documents: three values, a unit, and a scale, a power of ten. */
typedef struct { int16_t val[3]; uint8_t unit; int8_t scale; } phydat_t;

#endif
