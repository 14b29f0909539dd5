// SPDX-License-Identifier: GPL-2.0-or-later

package qemu

import (
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// QEMU runs on one CPU, and what started it still on all that it may use.
func TestOneCPU(t *testing.T) {
	var before, its unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	target := openTarget(t, Options{Machine: "netduinoplus2"})
	if err := unix.SchedGetaffinity(target.process.cmd.Process.Pid, &its); err != nil {
		t.Fatal(err)
	}
	if its.Count() != 1 {
		t.Errorf("QEMU may use %d CPUs", its.Count())
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil || len(threads) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		var its unix.CPUSet
		if err := unix.SchedGetaffinity(id, &its); err == nil && its != before { // it may have ended meanwhile
			t.Errorf("thread %d of this process may use %d CPUs, %d before", id, its.Count(), before.Count())
		}
	}
}
