/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as networks write them, on a little-endian machine; names are libbpf's. */
#ifndef PLAIN_BPF_ENDIAN_H
#define PLAIN_BPF_ENDIAN_H

#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_ntohs(x) __builtin_bswap16(x)
#define bpf_htonl(x) __builtin_bswap32(x)
#define bpf_ntohl(x) __builtin_bswap32(x)
#define bpf_cpu_to_be64(x) __builtin_bswap64(x)
#define bpf_be64_to_cpu(x) __builtin_bswap64(x)

#endif
