// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ubench-dev/ubench/emu/unicorn"
)

//go:embed testdata/behaviour.txt
var behaviour string

// behaviourRows are the lines of behaviour.txt.
func behaviourRows(t *testing.T) (rows [][3]string) {
	t.Helper()
	for line := range strings.Lines(behaviour) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, " | ", 3)
		if len(parts) != 3 {
			t.Fatalf("not a row: %q", line)
		}
		rows = append(rows, [3]string(parts))
	}
	return rows
}

// buildRows compiles the program that runs them.
func buildRows(t *testing.T, rows [][3]string) (file string) {
	t.Helper()
	folder := t.TempDir()
	var header strings.Builder
	for i, r := range rows {
		fmt.Fprintf(&header, "ROW(%d, %s, %s, %q)\n", i, r[0], r[1], strings.NewReplacer("; ", "\n\t", "nowhere", "0x60000000").Replace(r[2]))
	}
	if err := os.WriteFile(filepath.Join(folder, "rows.h"), []byte(header.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(folder, "rows.elf")
	args := []string{"-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=softfp", "-O1", "-mno-unaligned-access", "-ffreestanding", "-nostdlib", "-I", folder,
		"-Wl,--no-warn-rwx-segments", "-Wa,-mimplicit-it=never", "-T", "testdata/stm32f100.ld", "testdata/behaviour.c", "-o", file}
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip(err)
	}
	if text, err := exec.Command("arm-none-eabi-gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return file
}

// TestBehaviour holds the emulation against QEMU on all that faults, traps, or is a hint.
func TestBehaviour(t *testing.T) {
	const qemu = "qemu-system-arm"
	rows := behaviourRows(t)
	if _, err := exec.LookPath(qemu); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		machine string
		core    unicorn.Core
	}{{"netduinoplus2", unicorn.CortexM4}, {"netduino2", unicorn.CortexM3}} {
		t.Run(string(c.core), func(t *testing.T) {
			rows := rows
			if c.core == unicorn.CortexM3 { // this machine of QEMU has memory everywhere
				rows = slices.DeleteFunc(slices.Clone(rows), func(r [3]string) bool { return strings.Contains(r[2], "nowhere") })
			}
			file := buildRows(t, rows)
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // it takes a tenth of a second
			defer cancel()
			want, err := exec.CommandContext(ctx, qemu, "-M", c.machine, "-nographic", "-monitor", "none", "-serial", "stdio", "-semihosting-config",
				"enable=on,target=native", "-kernel", file).Output()
			if err != nil {
				t.Fatalf("%s: %v", qemu, err)
			}
			compareRows(t, rows, file, c.core, string(want))
		})
	}
}

func compareRows(t *testing.T, rows [][3]string, file string, core unicorn.Core, want string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), data, Options{Core: core, Family: unicorn.STM32F4, CatchFaults: true})
	if err != nil {
		t.Fatal(err)
	}
	wants, gots := strings.Split(want, "\n"), strings.Split(string(r.Output), "\n")
	if len(wants) != len(rows)+1 {
		t.Fatalf("QEMU ran %d of %d rows", len(wants)-1, len(rows))
	}
	for i, row := range rows {
		if i >= len(gots)-1 {
			t.Fatalf("%d of %d rows: %s", len(gots)-1, len(rows), r.End)
		}
		if gots[i] != wants[i] {
			t.Errorf("%s | %s | %s\nQEMU %s\ngot  %s", row[0], row[1], row[2], wants[i], gots[i])
		}
	}
}
