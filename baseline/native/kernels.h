/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels, once: PLAIN(name), or HELPERS(name) for one that calls helpers. Where NATIVE_PREFIX
 * is defined this file brings their definitions too, so a new kernel is two lines here.
 */
#ifndef NATIVE_KERNELS_H
#define NATIVE_KERNELS_H

#define NATIVE_KERNELS(PLAIN, HELPERS)           \
	PLAIN(fletcher16)                       \
	PLAIN(fletcher32)                       \
	PLAIN(crc32)                            \
	PLAIN(crc32table)                       \
	PLAIN(siphash24)                        \
	PLAIN(sha256)                           \
	PLAIN(matmul)                           \
	PLAIN(isort)                            \
	PLAIN(coap)                             \
	PLAIN(movavg)                           \
	PLAIN(fib)                              \
	PLAIN(base64)                           \
	PLAIN(strmem)                           \
	HELPERS(sensor)                         \
	PLAIN(pid)                              \
	PLAIN(median)                           \
	PLAIN(kalman)                           \
	PLAIN(classify)                         \
	PLAIN(lpm)                              \
	PLAIN(slip)                             \
	PLAIN(ring)                             \
	PLAIN(cbor)                             \
	PLAIN(json)                             \
	PLAIN(nmea)                             \
	PLAIN(strsearch)                        \
	PLAIN(editdist)                         \
	PLAIN(lz4)                              \
	PLAIN(huffman)                          \
	PLAIN(aes128)                           \
	PLAIN(fft)                              \
	PLAIN(heapsort)                         \
	PLAIN(bignum)                           \
	PLAIN(life)

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
#include "benchmarks/pid/pid.c"
#include "benchmarks/median/median.c"
#include "benchmarks/kalman/kalman.c"
#include "benchmarks/classify/classify.c"
#include "benchmarks/lpm/lpm.c"
#include "benchmarks/slip/slip.c"
#include "benchmarks/ring/ring.c"
#include "benchmarks/cbor/cbor.c"
#include "benchmarks/json/json.c"
#include "benchmarks/nmea/nmea.c"
#include "benchmarks/strsearch/strsearch.c"
#include "benchmarks/editdist/editdist.c"
#include "benchmarks/lz4/lz4.c"
#include "benchmarks/huffman/huffman.c"
#include "benchmarks/aes128/aes128.c"
#include "benchmarks/fft/fft.c"
#include "benchmarks/heapsort/heapsort.c"
#include "benchmarks/bignum/bignum.c"
#include "benchmarks/life/life.c"
#endif

#endif
