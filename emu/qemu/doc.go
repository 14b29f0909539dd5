// SPDX-License-Identifier: GPL-2.0-or-later

// Package qemu runs the firmware under qemu-system-arm, as a process of its own, and talks to the
// agent over a socket. With -icount shift=0 the device's TIM2 ticks once per instruction, which is
// how the firmware counts there (QEMU 7.2 and later; emulated time has nothing to do with it).
package qemu
