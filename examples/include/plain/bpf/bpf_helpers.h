/* SPDX-License-Identifier: BSD-2-Clause */
/* Where programs written for Linux look for it. */
#include "../../bpf_helpers.h"
