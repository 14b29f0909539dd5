/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of a header of RIOT: what the module calls, with the signatures that RIOT documents. */
#ifndef SAUL_REG_H
#define SAUL_REG_H

#include <stdint.h>
#include "phydat.h"

typedef struct saul_reg { struct saul_reg *next; const char *name; } saul_reg_t;

saul_reg_t *saul_reg_find_nth(int pos);
saul_reg_t *saul_reg_find_type(uint8_t type);
int saul_reg_read(saul_reg_t *dev, phydat_t *res);
int saul_reg_write(saul_reg_t *dev, phydat_t *data);

#endif
