/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs written for Linux use of <linux/bpf.h> without calling the kernel: types and numbers. bpf_helpers.h has
 * the helpers. */
#ifndef PLAIN_LINUX_BPF_H
#define PLAIN_LINUX_BPF_H

#include <linux/types.h>

#include "../../bpf_map_types.h"

/* An instruction. */
struct bpf_insn {
	__u8 code;
	__u8 dst_reg : 4;
	__u8 src_reg : 4;
	__s16 off;
	__s32 imm;
};

enum {
	BPF_REG_0, BPF_REG_1, BPF_REG_2, BPF_REG_3, BPF_REG_4, BPF_REG_5, BPF_REG_6, BPF_REG_7, BPF_REG_8, BPF_REG_9,
	BPF_REG_10, MAX_BPF_REG
};

/* What XDP programs are given, and answer. */
struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

#endif
