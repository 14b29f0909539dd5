// SPDX-License-Identifier: GPL-2.0-or-later

//go:build !linux

package qemu

// onOneCPU does nothing where a process cannot be kept on one CPU.
func onOneCPU() (undo func()) { return func() {} }
