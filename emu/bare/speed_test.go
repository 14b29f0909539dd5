// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// works are the programs of testdata/programs.c, and how often each is to do its work for some ten million instructions.
var works = []struct {
	name   string
	rounds int
}{
	{"crc32", 50}, {"sha256", 40}, {"quicksort", 140}, {"matrices", 180}, {"state machine", 350}, {"recursion", 200},
	{"double", 50}, {"division", 140}, {"tree", 250}, {"bytecode", 250},
}

// buildWork compiles one of them, for Cortex-M4.
func buildWork(t testing.TB, number, rounds int) []byte {
	t.Helper()
	const compiler = "arm-none-eabi-gcc"
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skip(err)
	}
	out := filepath.Join(t.TempDir(), "program.elf")
	args := []string{"-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-O2", "-fno-tree-loop-distribute-patterns", "-ffreestanding", "-nostdlib",
		"-Wl,--no-warn-rwx-segments", "-T", "testdata/stm32f100.ld", fmt.Sprintf("-DWORK=%d", number), fmt.Sprintf("-DROUNDS=%d", rounds),
		"testdata/programs.c", "-o", out, "-lgcc"}
	if text, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// processorTime is what the process has used so far: other processes do not count.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPrograms measures ten programs of different kinds with everything `ubench measure` counts: the speed of each, and
// of all, the mean of their speeds. Time is that of the processor, so that other processes do not count.
func BenchmarkPrograms(b *testing.B) {
	run := func(b *testing.B, file []byte) float64 {
		start := processorTime(b)
		r, err := Run(context.Background(), file, Options{})
		if err != nil {
			b.Fatal(err)
		}
		return float64(r.Instructions) / 1e6 / (processorTime(b) - start).Seconds()
	}
	var files [][]byte
	for i, w := range works {
		files = append(files, buildWork(b, i, w.rounds))
		b.Run(w.name, func(b *testing.B) {
			var speed float64
			for b.Loop() {
				speed += run(b, files[i])
			}
			b.ReportMetric(speed/float64(b.N), "M/s")
		})
	}
	b.Run("mean", func(b *testing.B) {
		var speed float64
		for b.Loop() {
			for _, file := range files {
				speed += run(b, file)
			}
		}
		b.ReportMetric(speed/float64(b.N*len(files)), "M/s")
	})
}
