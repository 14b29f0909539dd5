/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels, once: PLAIN(name), or HELPERS(name) for one that calls helpers. Where NATIVE_PREFIX
 * is defined this file brings their definitions too, so a new kernel is two lines here.
 */
#ifndef NATIVE_KERNELS_H
#define NATIVE_KERNELS_H

#define NATIVE_KERNELS(PLAIN, HELPERS)           \
	PLAIN(fletcher16)                        \
	PLAIN(fletcher32)                        \
	PLAIN(crc32)                             \
	PLAIN(crc32table)                        \
	PLAIN(siphash24)                         \
	PLAIN(sha256)                            \
	PLAIN(matmul)                            \
	PLAIN(isort)                             \
	PLAIN(coap)                              \
	PLAIN(movavg)                            \
	PLAIN(fib)                               \
	PLAIN(base64)                            \
	PLAIN(strmem)                            \
	HELPERS(sensor)

#ifdef NATIVE_PREFIX
#include "benchmarks/fletcher16/fletcher16.c"
#include "benchmarks/fletcher32/fletcher32.c"
#include "benchmarks/crc32/crc32.c"
#include "benchmarks/crc32table/crc32table.c"
#include "benchmarks/siphash24/siphash24.c"
#include "benchmarks/sha256/sha256.c"
#include "benchmarks/matmul/matmul.c"
#include "benchmarks/isort/isort.c"
#include "benchmarks/coap/coap.c"
#include "benchmarks/movavg/movavg.c"
#include "benchmarks/fib/fib.c"
#include "benchmarks/base64/base64.c"
#include "benchmarks/strmem/strmem.c"
#include "benchmarks/sensor/sensor.c"
#endif

#endif
