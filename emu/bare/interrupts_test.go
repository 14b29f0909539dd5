// SPDX-License-Identifier: GPL-2.0-or-later

package bare

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterrupts has programs of testdata/interrupts.c. Each output is what an STM32F4 sends by ARMv7-M's rules.
func TestInterrupts(t *testing.T) {
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		number int
		name   string
		output string
		end    string
		fails  string
	}{
		{1, "ticks", ":", "stops at bkpt", ""},
		{2, "sleep", "TTTTT", "stops at bkpt", ""},
		{3, "preemption", "abAc", "stops at bkpt", ""},
		{4, "tail-chaining", "aAbP", "stops at bkpt", ""},
		{5, "masks", "1abc2b3a4", "stops at bkpt", ""},
		{6, "timer", "ttt", "stops at bkpt", ""},
		{7, "serial port", "hello", "stops at bkpt", ""},
		{8, "process stack", "VPTTy", "stops at bkpt", ""},
		{9, "done by an interrupt", "", "stops at bkpt", ""},
		{10, "idle loop", "x", "loops for ever", ""},
		{11, "idle sleep", "x", "loops for ever", ""},
		{12, "never raised", "", "", "interrupt 6 is enabled, which is not raised here"},
		{13, "never raised, asleep", "", "", "interrupt 6 is enabled, which is not raised here"},
		{14, "subpriorities", "cbac", "stops at bkpt", ""},
		{15, "a handler without floating point", "b-- el-y.e--y.", "stops at bkpt", ""},
		{16, "a handler with floating point", "b--- el--y.e---y.", "stops at bkpt", ""},
		{17, "floating point in nested handlers", "b---a- el--a-y.e---a-y.", "stops at bkpt", ""},
		{18, "in straight code", "y", "stops at bkpt", ""},
		{19, "asked for by the program", "Py", "stops at bkpt", ""},
		{20, "at an IT block", "y", "stops at bkpt", ""},
		{21, "not emulated", "", "", "the program sets FPDSCR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "program.elf")
			args := []string{"-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=softfp", "-O1", "-ffreestanding", "-nostdlib", "-Wl,--no-warn-rwx-segments", "-T", "testdata/stm32f100.ld",
				fmt.Sprintf("-DCASE=%d", c.number), "testdata/interrupts.c", "-o", out}
			if text, err := exec.Command("arm-none-eabi-gcc", args...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Run(context.Background(), data, Options{Limit: 100_000_000})
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%v; want %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Output) != c.output || !strings.HasPrefix(r.End, c.end) {
				t.Errorf("printed %q, %s; want %q, %s", r.Output, r.End, c.output, c.end)
			}
			var instructions, cycles, sampled uint64
			for _, s := range r.Spent {
				instructions += s.Executions
				cycles += s.Cycles
			}
			for _, h := range r.Handlers {
				cycles += h.Cycles
			}
			for _, s := range r.ByPath {
				sampled += s.Cycles
			}
			if cycles += r.Asleep; instructions != r.Instructions || cycles != r.Cycles || sampled != r.Cycles {
				t.Errorf("%d instructions and %d cycles, the parts have %d, %d and %d", r.Instructions, r.Cycles, instructions, cycles, sampled)
			}
			if c.number == 2 && r.Cycles < 500_000 {
				t.Errorf("%d cycles for five periods of 100,000", r.Cycles)
			}
		})
	}
}
