// SPDX-License-Identifier: GPL-2.0-or-later

package unicorn

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const askLibrary = "UBENCH_TEST_ASK_LIBRARY"

// TestOldLibrary runs this test again with a libunicorn of another version in front of the real one.
func TestOldLibrary(t *testing.T) {
	if os.Getenv(askLibrary) != "" {
		_, err := New(CortexM4)
		t.Fatalf("New: %v", err)
	}
	folder := t.TempDir()
	const old = "unsigned uc_version(unsigned *major, unsigned *minor) { *major = 1; *minor = 0; return 0x100; }\n"
	source := filepath.Join(folder, "old.c")
	if err := os.WriteFile(source, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(folder, "libunicorn.so.2")
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-Wl,-soname,libunicorn.so.2", "-o", library, source).CombinedOutput(); err != nil {
		t.Skipf("cc: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestOldLibrary$")
	cmd.Env = append(os.Environ(), askLibrary+"=1", "LD_LIBRARY_PATH="+folder)
	out, _ := cmd.CombinedOutput()
	if want := "libunicorn 1.0 is installed, but ubench was built for 2.x: install libunicorn-dev and build again"; !strings.Contains(string(out), want) {
		t.Errorf("want %q, got\n%s", want, out)
	}
}

// Where it does not pass, cycles are refused: with libunicorn 2.0.1 on 64-bit Arm.
func TestLoadsAreTold(t *testing.T) {
	if err := CanModel(); err != nil {
		if runtime.GOARCH != "arm64" {
			t.Error(err)
		}
		t.Skip(err)
	}
}
