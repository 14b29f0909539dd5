/* SPDX-License-Identifier: BSD-2-Clause */
/* What handlers.S addresses by offset. threaded.c asserts that C agrees. */
#ifndef UB_VM_LAYOUT_H
#define UB_VM_LAYOUT_H

/* Whether the threaded form is compiled: its handlers are Thumb-2, of ARMv7-M and ARMv8-M mainline. -DUB_VM_THREADED=0
 * leaves it out where flash is short. */
#ifndef UB_VM_THREADED
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB == 2
#define UB_VM_THREADED 1
#else
#define UB_VM_THREADED 0
#endif
#endif

/* struct vm_threaded; its registers are slots of 8 bytes: r0..r10, struct vm's pointers, then constants. */
#define VM_R10 80
#define VM_RUN 88
#define VM_TEXT 92
#define VM_CONSTANT_FIRST 12 /* slot of the first constant */
#define VM_CONSTANTS_MAX 11
#define VM_SCRATCH 23        /* slot of the constant of an instruction with too large a one, while it executes */
#define VM_LOADS 192         /* windows of loads, by base register */
#define VM_STORES 280        /* of stores */
#define VM_PROGRAM 368
#define VM_STATE_BYTES 376 /* of a run, on the C stack */

/* struct ub_run. */
#define VM_RUN_STATUS 0
#define VM_RUN_PC 4
#define VM_RUN_ADDR 8
#define VM_RUN_BUDGET 12
#define VM_RUN_R0 16
#define VM_RUN_NREGIONS 36
#define VM_RUN_REGIONS 40

/* enum ub_status. */
#define VM_E_READ -80
#define VM_E_WRITE -81
#define VM_E_BUDGET -83

#endif
