/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps, and the helpers that work on them: names and arguments are libbpf's, so that programs written for Linux compile
 * as they are. Part of bpf_helpers.h. What differs: arguments of helpers have 32 bits.
 *
 *	struct {
 *		__uint(type, BPF_MAP_TYPE_HASH);
 *		__uint(max_entries, 100);
 *		__type(key, uint32_t);
 *		__type(value, uint64_t);
 *	} counts SEC(".maps");
 *
 * A pointer that bpf_map_lookup_elem returns must be compared with NULL: there may be no such entry.
 */
#ifndef BPF_MAPS_H
#define BPF_MAPS_H

#include "bpf_map_types.h"

/* How a map is declared: by the types of members of a struct, in the section ".maps". */
#define __uint(name, val) int (*name)[val]
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name[]

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef NULL
#define NULL ((void *)0)
#endif

/* Entries. Results below 0 are Linux's errno: -2 there is none, -7 no room or no such index, -17 there is one already, -22
 * invalid, -1 not allowed. */
BPF_HELPER(void *, bpf_map_lookup_elem, 0xe0, void *map, const void *key);
BPF_HELPER(long, bpf_map_update_elem, 0xe1, void *map, const void *key, const void *value, __u64 flags);
BPF_HELPER(long, bpf_map_delete_elem, 0xe2, void *map, const void *key);
/* Calls back for each entry, long callback(map, key, value, ctx), until that returns 1; returns for how many. `ubench`
 * makes a function of it, a loop of bpf_map_iterate. */
BPF_HELPER(long, bpf_for_each_map_elem, 0xa4, void *map, void *callback, void *ctx, __u64 flags);
BPF_HELPER(void *, bpf_map_iterate, 0xf1, void *map, uint32_t *cursor, void *key);
/* The same for 0 to n - 1: long callback(i, ctx). */
BPF_HELPER(long, bpf_loop, 181, __u32 n, void *callback, void *ctx, __u64 flags);

/* Queues and stacks. */
BPF_HELPER(long, bpf_map_push_elem, 0xe3, void *map, const void *value, __u64 flags);
BPF_HELPER(long, bpf_map_pop_elem, 0xe4, void *map, void *value);
BPF_HELPER(long, bpf_map_peek_elem, 0xf0, void *map, void *value);

/* Ring buffers. */
BPF_HELPER(long, bpf_ringbuf_output, 0xf2, void *ringbuf, void *data, __u64 size, __u64 flags);
BPF_HELPER(void *, bpf_ringbuf_reserve, 0xf3, void *ringbuf, __u64 size, __u64 flags);
BPF_HELPER(void, bpf_ringbuf_submit, 0xf4, void *data, __u64 flags);
BPF_HELPER(void, bpf_ringbuf_discard, 0xc4, void *data, __u64 flags);
BPF_HELPER(__u64, bpf_ringbuf_query, 0xd0, void *ringbuf, __u64 flags);

/* Ends this program and runs the one that a program array has at an index; returns if there is none, or after 33. */
BPF_HELPER(long, bpf_tail_call, 0xd4, void *ctx, void *prog_array_map, __u32 index);
BPF_HELPER(void *, bpf_tail_entry, 0xd3, void); /* for what `ubench` puts in front of programs with tail calls */

/* Nobody else runs meanwhile: these do nothing. */
BPF_HELPER(long, bpf_spin_lock, 0xd1, struct bpf_spin_lock *lock);
BPF_HELPER(long, bpf_spin_unlock, 0xd2, struct bpf_spin_lock *lock);

BPF_HELPER(__u64, bpf_ktime_get_ns, 0xc0, void);
BPF_HELPER(__u32, bpf_get_prandom_u32, 0xc1, void);
BPF_HELPER(__u32, bpf_get_smp_processor_id, 0xc3, void);
/* Prints; formats as bpf_printf, up to three arguments. bpf_printk saves writing the size. */
BPF_HELPER(long, bpf_trace_printk, 0xc2, const char *fmt, __u32 fmt_size, ...);
#define bpf_printk(fmt, args...)                                            \
	({                                                                  \
		static const char bpf_printk_fmt[] = fmt;                   \
		bpf_trace_printk(bpf_printk_fmt, sizeof bpf_printk_fmt, ##args); \
	})

#endif
