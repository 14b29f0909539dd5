/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernels, once: PLAIN(name), or HELPERS(name) for one that calls helpers. Where NATIVE_PREFIX
 * is defined this file brings their definitions too, so a new kernel is two lines here.
 */
#ifndef NATIVE_KERNELS_H
#define NATIVE_KERNELS_H

#define NATIVE_KERNELS(PLAIN, HELPERS) \
	PLAIN(fletcher16)

#ifdef NATIVE_PREFIX
#include "benchmarks/fletcher16/fletcher16.c"
#endif

#endif
