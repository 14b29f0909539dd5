/* SPDX-License-Identifier: BSD-2-Clause */
/* Sequence numbers of programs that were removed. */
#include "device/trust/trust.h"

#include <string.h>

void trust_removed(struct trust_history *h, const char *name, uint32_t sequence)
{
	uint32_t place = 0;

	if (sequence <= trust_newest(h, name, 0))
		return;
	/* Where it was before, or one that is free, or the one with the lowest number, which the floor then stands for. */
	for (uint32_t i = 0; i < TRUST_NAMES; i++) {
		if (!strncmp(h->removed[i].name, name, SUPERVISOR_NAME)) {
			h->removed[i].sequence = sequence;
			return;
		}
		if (h->removed[i].sequence < h->removed[place].sequence)
			place = i;
	}
	if (h->floor < h->removed[place].sequence)
		h->floor = h->removed[place].sequence;
	memset(h->removed[place].name, 0, SUPERVISOR_NAME);
	strncpy(h->removed[place].name, name, SUPERVISOR_NAME - 1);
	h->removed[place].sequence = sequence;
}

uint32_t trust_newest(const struct trust_history *h, const char *name, uint32_t present)
{
	/* What is there was above the floor when it came. */
	uint32_t newest = present ? present : h->floor;

	for (uint32_t i = 0; i < TRUST_NAMES; i++) {
		if (!strncmp(h->removed[i].name, name, SUPERVISOR_NAME) && newest < h->removed[i].sequence)
			newest = h->removed[i].sequence;
	}
	return newest;
}
