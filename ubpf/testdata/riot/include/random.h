/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of a header of RIOT: what the module calls, with the signatures that RIOT documents. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>
uint32_t random_uint32(void);

#endif
