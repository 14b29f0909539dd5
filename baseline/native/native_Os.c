/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled with -Os in the firmware. */
#define NATIVE_PREFIX native_Os_
#define NATIVE_NAME "native-Os"
#include "baseline/native/level.h"
