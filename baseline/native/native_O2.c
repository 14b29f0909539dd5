/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled with -O2 in the firmware. */
#define NATIVE_PREFIX native_O2_
#define NATIVE_NAME "native-O2"
#include "baseline/native/level.h"
