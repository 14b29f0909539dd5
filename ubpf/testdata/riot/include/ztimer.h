/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of a header of RIOT: what the module calls, with the signatures that RIOT documents. */
#ifndef ZTIMER_H
#define ZTIMER_H

#include <stdint.h>
typedef struct ztimer_clock ztimer_clock_t;
typedef uint32_t ztimer_now_t;

extern ztimer_clock_t *const ZTIMER_USEC;
ztimer_now_t ztimer_now(ztimer_clock_t *clock);
void ztimer_periodic_wakeup(ztimer_clock_t *clock, uint32_t *last_wakeup, uint32_t period);

#endif
