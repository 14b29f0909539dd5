// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// onOneCPU has what the calling thread starts run on one of the CPUs that it may use, any of them, until it is undone. QEMU's two threads
// take turns, at every byte of a serial line: across CPUs each turn costs twice as much. Where that fails, nothing is lost but time.
func onOneCPU() (undo func()) {
	var all, one unix.CPUSet
	if unix.SchedGetaffinity(0, &all) != nil || all.Count() < 2 {
		return func() {}
	}
	left := rand.IntN(all.Count())
	for cpu := 0; ; cpu++ {
		if !all.IsSet(cpu) {
			continue
		}
		if left == 0 {
			one.Set(cpu)
			break
		}
		left--
	}
	if unix.SchedSetaffinity(0, &one) != nil {
		return func() {}
	}
	return func() { _ = unix.SchedSetaffinity(0, &all) }
}
