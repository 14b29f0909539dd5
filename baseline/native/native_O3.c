/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled with -O3 in the firmware. */
#define NATIVE_PREFIX native_O3_
#define NATIVE_NAME "native-O3"
#include "baseline/native/level.h"
