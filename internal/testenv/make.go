// SPDX-License-Identifier: GPL-2.0-or-later

package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// Root is the repository's folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "../..")
}

// Make builds what a test needs. Tests of several packages, which are processes of their own, need the same files: one builds at a
// time, and the others find them built.
func Make(t testing.TB, target string) {
	t.Helper()
	build := filepath.Join(Root(), "build")
	if err := os.MkdirAll(build, 0o777); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(filepath.Join(build, ".lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close() // which gives the lock back
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	make := exec.Command("make", "-s", fmt.Sprintf("-j%d", runtime.NumCPU()), target)
	make.Dir = Root()
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", target, err, out)
	}
}
