/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of maps and their flags, as <linux/bpf.h> has them. */
#ifndef BPF_MAP_TYPES_H
#define BPF_MAP_TYPES_H

#include "plain/linux/types.h"

/* As it was before: a variable of this type in the section "maps". */
struct bpf_map_def {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

/* Types. Per-CPU forms are plain ones: there is one CPU. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
	BPF_MAP_TYPE_QUEUE = 22,
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };
enum { BPF_F_NO_PREALLOC = 1 << 0, BPF_F_NO_COMMON_LRU = 1 << 1, BPF_F_RDONLY_PROG = 1 << 7, BPF_F_WRONLY_PROG = 1 << 8 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
enum { BPF_RB_AVAIL_DATA = 0, BPF_RB_RING_SIZE = 1, BPF_RB_CONS_POS = 2, BPF_RB_PROD_POS = 3 };

/* In a value: see bpf_spin_lock. */
struct bpf_spin_lock {
	__u32 val;
};

#endif
