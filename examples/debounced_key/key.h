/* SPDX-License-Identifier: BSD-2-Clause */
/* A key that bounces: key_edge notes each change of its pin, key_timer looks whether it has been quiet for long enough. They
 * share the map. */
#ifndef KEY_H
#define KEY_H

#include "bpf_helpers.h"
#include "bpf_hooks.h"
#include "bpf_maps.h"

struct key {
	uint32_t changed_ms; /* when the pin changed last */
	uint32_t level;      /* what it has been since */
	uint32_t settled;    /* the level that was believed last */
	uint32_t presses;    /* how often that went from 0 to 1 */
	uint32_t bounces;    /* changes that came to nothing */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct key);
} key SEC(".maps");

static inline struct key *the_key(void)
{
	uint32_t only = 0;

	return bpf_map_lookup_elem(&key, &only);
}

#endif
