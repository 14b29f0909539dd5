// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// output runs a command that has to work and returns what it prints.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(args, nil, &stdout, &stderr); status != 0 {
		t.Fatalf("%v: status %d, %s", args, status, stderr.String())
	}
	return stdout.String()
}

func readProfile(t *testing.T, file string) *profile.Profile {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	if len(p.Comments) != 1 || !strings.HasPrefix(p.Comments[0], "cycles: modelled") {
		t.Errorf("comments %q say not what the cycles are", p.Comments)
	}
	return p
}

// byFunction sums up cycles of the innermost function (0) or the one it is shown inlined in (1).
func byFunction(p *profile.Profile, frame int) (sums map[string]int64, total int64) {
	sums = map[string]int64{}
	for _, s := range p.Sample {
		lines := s.Location[0].Line
		sums[lines[min(frame, len(lines)-1)].Function.Name] += s.Value[1]
		total += s.Value[1]
	}
	return sums, total
}

func TestProfileEngines(t *testing.T) {
	for _, c := range []struct{ engine, function string }{
		{"native-O2", "native_O2_fletcher16"}, {"vm", "vm_"}, {"femto", "femto_"}, {"rbpf", "rbpf_"}, {"jit", "fletcher16"}, {"jit-plan", "fletcher16"},
		{"jit-plan-unchecked", "fletcher16"},
	} {
		file := filepath.Join(t.TempDir(), "p.pb.gz")
		output(t, "profile", "fletcher16", "--engine", c.engine, "--size", "640", "-o", file)
		sums, total := byFunction(readProfile(t, file), 1)
		most := int64(0)
		for name, cycles := range sums {
			if strings.HasPrefix(name, c.function) {
				most += cycles
			}
		}
		if most < total*8/10 {
			t.Errorf("%s: %d of %d cycles in %s: %v", c.engine, most, total, c.function, sums)
		}
	}
}

// TestProfileAgrees: the profile adds up to what ubench run counts, but for what the agent needs to enter the phase, which is
// the same for all engines.
func TestProfileAgrees(t *testing.T) {
	entered := map[int64][]string{}
	for _, engine := range []string{"native-Os", "vm", "jit"} {
		file := filepath.Join(t.TempDir(), "p.pb.gz")
		output(t, "profile", "fletcher16", "--engine", engine, "--size", "80", "-o", file)
		_, total := byFunction(readProfile(t, file), 0)
		var results struct {
			Samples []struct {
				Phases struct{ Execute struct{ Cycles int64 } }
			}
		}
		text := output(t, "run", "fletcher16", "--sizes", "80", "--engines", engine, "--json")
		if err := json.Unmarshal([]byte(text), &results); err != nil {
			t.Fatal(err)
		}
		want := results.Samples[0].Phases.Execute.Cycles
		entered[total-want] = append(entered[total-want], engine)
	}
	for cycles := range entered {
		if cycles <= 0 || cycles > 60 || len(entered) > 1 {
			t.Errorf("the profile has more cycles than the run, by engine: %v", entered)
		}
	}
}

func TestProfileCompiledCode(t *testing.T) {
	for _, core := range []string{"cortex-m3", "cortex-m4"} {
		file := filepath.Join(t.TempDir(), "p.pb.gz")
		text := output(t, "profile", "fletcher16", "--engine", "jit", "--size", "640", "--core", core, "--listing", "-o", file)
		for _, want := range []string{"; 13: r0 = *(u8 *)(r0 +0)", "fletcher16.c:18", "ldrb", "movcc", "subcs"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the listing lacks %q", core, want)
			}
		}
		p := readProfile(t, file)
		sums, _ := byFunction(p, 0)
		if sums["13: r0 = *(u8 *)(r0 +0)"] < 640 {
			t.Errorf("%s: cycles by eBPF instruction: %v", core, sums)
		}
		lines := 0
		for _, l := range p.Location {
			if strings.HasSuffix(l.Line[0].Function.Filename, "fletcher16.c") && l.Line[0].Line > 0 && l.Address >= 0x20000000 {
				lines++
			}
		}
		if lines < 20 {
			t.Errorf("%s: %d locations in SRAM with a line of C", core, lines)
		}
	}
}

// TestMeasureProfile profiles a program with line information.
func TestMeasureProfile(t *testing.T) {
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	program, file := filepath.Join(folder, "program.elf"), filepath.Join(folder, "p.pb.gz")
	const data = "../../emu/bare/testdata/"
	if out, err := exec.Command("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-Os", "-g", "-ffreestanding", "-nostdlib",
		"-Wl,--no-warn-rwx-segments", "-T", data+"stm32f100.ld", data+"start.c", "-o", program, "-lgcc").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := output(t, "measure", program, "--profile", file, "--listing")
	for _, want := range []string{"on cortex-m3: loops for ever", "(modelled, zero wait states)", "udiv", "DWT CYCCNT", "SysTick", "start.c:", "\ngood\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	p := readProfile(t, file)
	sums, total := byFunction(p, 0)
	if sums["work"] < total/2 {
		t.Errorf("cycles by function: %v", sums)
	}
	for _, s := range p.Sample {
		var stack []string
		for _, l := range s.Location {
			stack = append(stack, l.Line[0].Function.Name)
		}
		if got := strings.Join(stack, " "); stack[0] == "work" && got != "work main reset" {
			t.Errorf("work was called by %s", got)
		}
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	for _, view := range [][]string{{"-top"}, {"-list", "^work$", "-source_path", data}} {
		args := append(append([]string{"tool", "pprof"}, view...), file)
		out, err := exec.Command("go", args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "work") {
			t.Errorf("go %v: %v\n%s", args, err, out)
		}
	}
}

func TestProfileBadInput(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		text   string
	}{
		{nil, 2, "name one benchmark or program"},
		{[]string{"nothing"}, 1, "nothing"},
		{[]string{"fletcher16", "--engine", "nothing"}, 2, "unknown engine"},
		{[]string{"fletcher16", "--core", "cortex-m7"}, 2, "unknown core"},
		{[]string{"fletcher16", "--size", "-1"}, 2, "--size"},
		{[]string{"fletcher16", "--wait-states", "16"}, 2, "choose 0 to 15"},
		{[]string{"fletcher16", "-o", "no/such/folder/p.gz"}, 1, "no/such/folder"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"profile"}, c.args...), nil, &stdout, &stderr)
		if status != c.status || !strings.Contains(stderr.String(), c.text) {
			t.Errorf("profile %v: status %d, %q; want %d and %q", c.args, status, stderr.String(), c.status, c.text)
		}
	}
}
