// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
)

const (
	answer    = "b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00" // r0 = 42
	minusOne  = "b7 00 00 00 ff ff ff ff 95 00 00 00 00 00 00 00" // r0 = -1
	second    = "71 10 01 00 00 00 00 00 95 00 00 00 00 00 00 00" // r0 = *(u8 *)(r1 + 1)
	length    = "bf 20 00 00 00 00 00 00 95 00 00 00 00 00 00 00" // r0 = r2
	endless   = "05 00 ff ff 00 00 00 00 95 00 00 00 00 00 00 00" // goto 0
	nothing   = "ff 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00" // no instruction
	localCall = "85 10 00 00 01 00 00 00 95 00 00 00 00 00 00 00" +
		" b7 00 00 00 07 00 00 00 95 00 00 00 00 00 00 00"
)

// The engines on targets that people name most; the first ones can do local calls and load objects.
var places = []struct{ engine, target string }{
	{"vm", "host"}, {"vm", "unicorn"}, {"jit", "unicorn"}, {"jit", "unicorn:cortex-m3"}, {"femto", "host"}, {"rbpf", "host"},
	{"vm", "qemu:netduinoplus2"}, {"jit", "qemu:netduino2"},
}

func TestPrograms(t *testing.T) {
	for _, p := range places {
		if _, err := exec.LookPath("qemu-system-arm"); err != nil && strings.HasPrefix(p.target, "qemu") {
			continue
		}
		for _, c := range []struct{ memory, program, r0, message string }{
			{"", answer, "2a", ""},
			{"", minusOne, "ffffffffffffffff", ""},
			{"01 02 ff", second, "2", ""},
			{"01 02 ff", length, "3", ""},
			{"", length, "0", ""},
			{"01", second, "", "program: read outside the program's memory: address 0x2001c001, at slot 0"},
			{"", nothing, "", "slot 0"},
		} {
			args := []string{"--engine", p.engine, "--target", p.target}
			if c.memory != "" { // the suite leaves out an empty memory
				args = append([]string{c.memory}, args...)
			}
			check(t, args, c.program+"\n", c.r0, c.message, exitFailure)
		}
	}
	for _, p := range places[:4] {
		check(t, []string{"--engine", p.engine, "--target", p.target}, localCall, "7", "", 0)
	}
	check(t, []string{"--target", "host"}, endless, "", "budget", exitFailure)
}

func TestObjects(t *testing.T) {
	b, ok := benchmarks.Lookup("fletcher16")
	if !ok {
		t.Fatal("no fletcher16")
	}
	input := b.Input(80)
	want, _ := b.Oracle(bytes.Clone(input))
	for _, p := range places[:4] {
		check(t, []string{hexBytes(input), "--engine", p.engine, "--target", p.target, "--elf"}, hexBytes(b.Object), strconv.FormatUint(want, 16), "", 0)
	}
	check(t, []string{"--elf"}, answer, "", "standard input: not an ELF object", exitFailure)
	check(t, []string{"--elf"}, hexBytes(b.Object[:100]), "", "standard input: ", exitFailure)
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		args    []string
		stdin   string
		message string
		status  int
	}{
		{nil, "", "standard input: no instructions", exitFailure},
		{nil, "95 00 00", "standard input: 3 bytes are not a whole number", exitFailure},
		{nil, "this is a text", `standard input: "this" is not a string of hex bytes`, exitFailure},
		{nil, "9", `standard input: "9" is not a string of hex bytes`, exitFailure},
		{nil, "\x7fELF\x00\xff\x1b[2J", "is not a string of hex bytes", exitFailure},
		{nil, strings.Repeat("00", 8*65536), "65536 slots, at most 65535", exitFailure},
		{nil, strings.Repeat(" ", maxInput+1), "standard input: more than 16777216 bytes", exitFailure},
		{[]string{strings.Repeat("00", 1<<17)}, answer, "memory", exitFailure},
		{[]string{"01 0g"}, answer, `memory: "0g" is not a string of hex bytes`, exitUsage},
		{[]string{"01", "02"}, answer, `unexpected argument "02"`, exitUsage},
		{[]string{"--target", "moon"}, answer, `no such target: "moon"`, exitUsage},
		{[]string{"--engine", "vmm"}, answer, `no engine "vmm"`, exitFailure},
		{[]string{"--engine", "native-O2"}, answer, "engine native-O2 runs no programs", exitUsage},
		{[]string{"--engine"}, answer, "needs an argument", exitUsage},
		{[]string{"--jit"}, answer, "-jit", exitUsage},
		{[]string{"--engine", "jit", "--target", "host"}, answer, "target host cannot run what engine jit compiles", exitFailure},
	} {
		check(t, c.args, c.stdin, "", c.message, c.status)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"00 01", "-h"}} {
		var stdout, stderr bytes.Buffer
		if status := run(args, nil, &stdout, &stderr); status != 0 || stderr.Len() > 0 || !strings.Contains(stdout.String(), "Examples:\n") {
			t.Errorf("%v: status %d, stderr %q, or no examples", args, status, stderr.String())
		}
	}
}

// TestProcess starts the program as the suite does, through pipes.
func TestProcess(t *testing.T) {
	plugin := filepath.Join(t.TempDir(), "bpf-plugin")
	if out, err := exec.Command("go", "build", "-o", plugin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		memory, program, stdout string
		status                  int
	}{
		{"01 02 ff", second, "2\n", exitOK},
		{"01", second, "", exitFailure},
		{"", "", "", exitFailure},
	} {
		cmd := exec.Command(plugin, c.memory, "--engine", "jit", "--target", "unicorn")
		cmd.Stdin = strings.NewReader(c.program)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if status := cmd.ProcessState.ExitCode(); status != c.status || stdout.String() != c.stdout || (stderr.Len() > 0) != (status != 0) {
			t.Errorf("%q: status %d, stdout %q, stderr %q", c.memory, status, stdout.String(), stderr.String())
		}
	}
}

// check runs a command line, which prints r0, or else one line with a message and ends with a status.
func check(t *testing.T, args []string, stdin, r0, message string, status int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	got := run(args, strings.NewReader(stdin), &stdout, &stderr)
	if r0 != "" && (got != exitOK || stdout.String() != r0+"\n" || stderr.Len() > 0) {
		t.Errorf("%.80q: status %d, stdout %q, stderr %q; want %s", args, got, stdout.String(), stderr.String(), r0)
	}
	if r0 == "" && (got != status || stdout.Len() > 0 || !strings.Contains(stderr.String(), message) || strings.Count(stderr.String(), "\n") != 1) {
		t.Errorf("%.80q: status %d, stdout %q, stderr %q; want status %d and %q", args, got, stdout.String(), stderr.String(), status, message)
	}
}

// hexBytes writes bytes as the suite does.
func hexBytes(data []byte) string { return fmt.Sprintf("% x", data) }
