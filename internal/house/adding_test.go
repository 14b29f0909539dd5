// SPDX-License-Identifier: GPL-2.0-or-later

package house

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// scratch is a copy of the repository, with what is built of others' sources.
func scratch(t *testing.T) string {
	t.Helper()
	if os.Getenv("UBENCH_ADDING") == "" {
		t.Skip("builds a copy of everything: set UBENCH_ADDING=1")
	}
	dir := t.TempDir()
	for _, name := range tracked(t) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted in the work tree
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	others, _ := filepath.Glob(filepath.Join(root, "build/*-[0-9]*"))
	if err := os.Mkdir(filepath.Join(dir, "build"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, o := range others {
		o, err := filepath.Abs(o)
		if err == nil {
			err = os.Symlink(o, filepath.Join(dir, "build", filepath.Base(o)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// edit puts text behind the first place that has `after`; at the end of the file if that is "".
func edit(t *testing.T, file, after, text string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && after != "" {
		t.Fatal(err)
	}
	at := strings.Index(string(b), after) + len(after)
	if after == "" {
		at = len(b)
	} else if at < len(after) {
		t.Fatalf("%s has no %q", file, after)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(string(b[:at])+text+string(b[at:])), 0o600); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestAddingHelper adds a helper as CONTRIBUTING.md says: a row and a function. A program calls it.
func TestAddingHelper(t *testing.T) {
	dir := scratch(t)
	edit(t, filepath.Join(dir, "abi/helpers.h"), "X(wait, 0x93, 1)                       \\\n", "\tX(triple, 0x94, 1)                     \\\n")
	edit(t, filepath.Join(dir, "firmware/helpers/programs.c"), "", "\nHELPER(triple)\n{\n\treturn 3 * (uint64_t)r1;\n}\n")
	program := filepath.Join(dir, "program.hex")
	edit(t, program, "", "b70100000e000000 8500000094000000 9500000000000000\n")
	for _, engine := range []string{"vm", "vm-portable"} {
		if got := do(t, dir, "go", "run", "./cmd/ubench", "exec", program, "--target", "host", "--engine", engine, "--helpers", "triple"); !strings.HasPrefix(got, "0x2a\n") {
			t.Errorf("%s: %s", engine, got)
		}
	}
	if got := do(t, dir, "go", "run", "./cmd/ubench", "list", "--json"); !strings.Contains(got, "triple") {
		t.Errorf("ubench list does not know it:\n%s", got)
	}
}

// TestAddingBoard adds a board as CONTRIBUTING.md says: a row and a file with its memory. It starts under QEMU and answers over UDP.
func TestAddingBoard(t *testing.T) {
	dir := scratch(t)
	edit(t, filepath.Join(dir, "firmware/boards.txt"), "", "mps2-an511 cortex-m3 mps2 25000000 0 ETHERNET 47 no\n")
	edit(t, filepath.Join(dir, "device/boards/mps2-an511.ld"), "", `/* AN511, Cortex-M3. */
MEMORY
{
	flash (rx) : ORIGIN = 0x00000000, LENGTH = 256K
	ram (rw) : ORIGIN = 0x20000000, LENGTH = 128K
}

board_memory_start = ORIGIN(ram);
board_memory_log2 = 17;
board_memory_without = 0;

INCLUDE board.ld
`)
	edit(t, filepath.Join(dir, "cmd/adding/main.go"), "", `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ubench-dev/ubench/emu/field"
)

func main() {
	d, err := field.Start(context.Background(), field.Options{Target: "qemu:mps2-an511", Folder: "build/device", State: os.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("it answers at", d.Address)
	d.Close()
}
`)
	do(t, dir, "make", "-s", "build/device/mps2-an511.elf")
	if got := do(t, dir, "go", "run", "./cmd/adding"); !strings.Contains(got, "it answers at") {
		t.Error(got)
	}
}
