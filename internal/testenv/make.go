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

// Link compiles and links firmware of a test's own for a Cortex-M, with what gcc gets beside the usual flags, and returns the ELF. Files are
// named from the repository's folder. The test is skipped where there is no cross compiler.
func Link(t testing.TB, cpu string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip("no arm-none-eabi-gcc: run scripts/setup.sh test")
	}
	elf := filepath.Join(t.TempDir(), "test.elf")
	gcc := exec.Command("arm-none-eabi-gcc", append([]string{"-mcpu=" + cpu, "-mthumb", "-std=gnu99", "-Os", "-ffunction-sections",
		"-Wl,--gc-sections", "-Wall", "-Wextra", "-Werror", "-nostartfiles", "-I.", "-Idevice/kernel", "-o", elf}, args...)...)
	gcc.Dir = Root()
	if out, err := gcc.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(elf)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
