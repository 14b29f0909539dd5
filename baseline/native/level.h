/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine of one optimisation level. native_Os.c, native_O2.c and native_O3.c define
 * NATIVE_PREFIX and NATIVE_NAME and include this; what tells them apart is the -O flag each is
 * compiled with (firmware/firmware.mk), so the text below must not choose one.
 */
#include "baseline/native/kernels.h"
#include "baseline/native/native.h"

static const struct native_entry level_kernels[] = {
#define LEVEL_PLAIN(name) {.plain = UB_KERNEL(name)},
#define LEVEL_HELPERS(name) {.with_helpers = UB_KERNEL(name)},
	NATIVE_KERNELS(LEVEL_PLAIN, LEVEL_HELPERS)
};

static int32_t level_run(const struct ub_prepared *prepared, struct ub_run *run)
{
	return native_run(level_kernels, prepared, run);
}

const struct ub_engine UB_KERNEL(engine) = {
	.name = NATIVE_NAME,
	.caps = UB_ENGINE_NATIVE,
	.prepare = native_prepare,
	.run = level_run,
};
