/* SPDX-License-Identifier: BSD-2-Clause */
/* Where programs of RIOT's rBPF and of Femto-Containers look for the helpers. */
#include "bpf_helpers.h"
