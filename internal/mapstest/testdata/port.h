/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Masking interrupts, where threads stand for them: a lock. */
#include <pthread.h>

extern pthread_mutex_t test_lock;

static inline uint32_t ub_irq_save(void)
{
	pthread_mutex_lock(&test_lock);
	return 0;
}

static inline void ub_irq_restore(uint32_t saved)
{
	(void)saved;
	pthread_mutex_unlock(&test_lock);
}
