// SPDX-License-Identifier: GPL-2.0-or-later

package ubpf_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ubench-dev/ubench/internal/testenv"
)

var (
	commands = regexp.MustCompile("(?s)```sh\n(.*?)```")
	prints   = regexp.MustCompile("(?s)It prints\n\n```\n(.*?)```")
)

// A stranger's firmware: the release archive in an empty folder, on a computer with nothing but make, a shell, arm-none-eabi-gcc
// and QEMU. What its README says is done, word by word, gives what it says.
func TestStrangersFirmware(t *testing.T) {
	need(t, "arm-none-eabi-gcc", "qemu-system-arm", "make", "gcc", "tar", "gzip")
	release := t.TempDir()
	run(t, "make", "-s", "-C", "..", "release-library", "RELEASE="+release)
	archives, err := filepath.Glob(filepath.Join(release, "ubpf-*.tar.gz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("archives %q, %v", archives, err)
	}
	clean := t.TempDir()
	run(t, "tar", "-xzf", archives[0], "-C", clean)
	folders, err := filepath.Glob(filepath.Join(clean, "ubpf-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("folders %q, %v", folders, err)
	}
	folder := folders[0]
	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, want := commands.FindSubmatch(readme), prints.FindSubmatch(readme)
	if script == nil || want == nil {
		t.Fatal("README.md does not show commands and what they print")
	}
	bin := t.TempDir()
	for _, tool := range []string{"sh", "make", "mkdir", "arm-none-eabi-gcc", "arm-none-eabi-ar", "arm-none-eabi-size", "qemu-system-arm"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("README", func(t *testing.T) {
		cmd := exec.Command("sh", "-e", "-c", string(script[1]))
		cmd.Dir = folder
		cmd.Env = []string{"PATH=" + bin, "HOME=" + clean}
		out, err := cmd.CombinedOutput() // QEMU shows on standard error what a program prints by semihosting
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got := string(out); len(got) < len(want[1]) || got[len(got)-len(want[1]):] != string(want[1]) {
			t.Errorf("it prints\n%s\nand README.md says\n%s", got, want[1])
		}
	})
	// The archive has all that its other ways into a project need.
	t.Run("CMake", func(t *testing.T) {
		need(t, "cmake")
		if !testenv.Whole() {
			t.Skip("TestBuildsBehaveAsTheFirmware uses CMake from the sources; UBENCH_TESTS=all does from the archive, too")
		}
		build := t.TempDir()
		run(t, "cmake", "-S", folder, "-B", build, "-DUBPF_JIT=ON")
		run(t, "cmake", "--build", build)
	})
	t.Run("single file", func(t *testing.T) {
		run(t, "gcc", "-Wall", "-Werror", "-c", filepath.Join(folder, "single-file/ubpf.c"), "-o", os.DevNull)
	})
	for _, file := range []string{"LICENSE", "docs/embedding.md", "library.json", "zephyr/module.yml", "zephyr/Kconfig", "vm/handlers.S"} {
		if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
			t.Errorf("the archive lacks %s", file)
		}
	}
}
