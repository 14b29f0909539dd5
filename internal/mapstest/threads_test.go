// SPDX-License-Identifier: GPL-2.0-or-later

package mapstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Producers and a consumer of a ring buffer, and writers of a hash map, at once, under ThreadSanitizer: threads stand for
// interrupts, a lock for masking them.
func TestThreads(t *testing.T) {
	cc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc")
	}
	program := filepath.Join(t.TempDir(), "threads")
	sources, err := filepath.Glob("../../maps/*.c")
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{
		"-std=gnu11", "-O1", "-g", "-fsanitize=thread", "-I../..", `-DUB_PORT_IRQ="internal/mapstest/testdata/port.h"`, "-o", program,
		"testdata/threads.c",
	}, sources...)
	if out, err := exec.Command(cc, append(args, "-lpthread")...).CombinedOutput(); err != nil {
		t.Skipf("no ThreadSanitizer: %v\n%s", err, out)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "TSAN_OPTIONS=halt_on_error=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
