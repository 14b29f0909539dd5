// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/emu/field"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// inDesk is a command with a configuration and a cache of its own.
func inDesk(t *testing.T) func(args ...string) (int, string, string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("UBENCH_PROFILE", "")
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	return func(args ...string) (int, string, string) {
		var stdout, stderr strings.Builder
		return run(args, strings.NewReader(""), &stdout, &stderr), stdout.String(), stderr.String()
	}
}

func TestDeviceMistakes(t *testing.T) {
	call := inDesk(t)
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"too":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"device"}, exitUsage, "say what to do: emulate, bridge"},
		{[]string{"device", "pss"}, exitUsage, `unknown verb "pss"`},
		{[]string{"device", "ps"}, exitUsage, "say which device: --to coap://HOST:PORT"},
		{[]string{"device", "rm"}, exitUsage, "write it as: ubench device rm NAME…"},
		{[]string{"device", "info", "now"}, exitUsage, "write it as: ubench device info"},
		{[]string{"device", "ps", "--to", "http://x"}, exitFailure, "an address of a device begins with coap://"},
		{[]string{"device", "ps", "--to", "coap://x/path"}, exitFailure, "an address of a device has no path"},
		{[]string{"device", "use", "mailto:x@y"}, exitUsage, "address"},
		{[]string{"device", "ps", "--profile", broken}, exitFailure, `unknown field "too"`},
		{[]string{"device", "ps", "--profile", "/nowhere"}, exitFailure, "no such file"},
		{[]string{"device", "ps", "--to", "coap://127.0.0.1:1", "--operator", "/nowhere"}, exitFailure, "no such file"},
		{[]string{"device", "emulate", "--target", "moon"}, exitFailure, `"moon" is no device to start`},
		{[]string{"device", "emulate", "--listen", "here"}, exitFailure, "here is no address to listen at"},
		{[]string{"device", "emulate", "--firmware", "/nowhere"}, exitFailure, "build it with make device"},
		{[]string{"deploy"}, exitUsage, "name one C file"},
		{[]string{"deploy", "x.py", "--to", "coap://127.0.0.1:1"}, exitFailure, "x.py"},
		{[]string{"deploy", broken, "--to", "coap://127.0.0.1:1"}, exitUsage, "deploy a C file (.c), an object (.o), or a folder"},
		{[]string{"deploy", t.TempDir(), "--to", "coap://127.0.0.1:1"}, exitFailure, "is no application"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--to", "@/nowhere"}, exitFailure, "no such file"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--block", "100"}, exitUsage, "choose a power of two"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--sequence", "4294967297"}, exitUsage, "--sequence 4294967297: a number of 32 bits"},
		{[]string{"deploy", "../../image/testdata/objects/several.o"}, exitFailure, "name one of them: first, second: one with --entry NAME; all at once from a folder with application.json"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook", "gpio/PA0/up"}, exitFailure, "choose rising, falling or both"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook", "timer/0s"}, exitFailure, "write whole milliseconds"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook", "coap/" + strings.Repeat("x", 40)}, exitFailure, "35 characters at most"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook", "frame/up"}, exitFailure, "there is no such hook"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook", "irq_enter", "--engine", "jit"}, exitFailure, "which vm alone does"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook", "irq_enter", "--period", "1s"}, exitFailure, "by nothing else"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook", "boot", "--hook-priority", "256"}, exitUsage, "choose 0 (first) to 255"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--hook-priority", "1"}, exitFailure, "is no hook"},
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--engine", "jot"}, exitFailure, `engine "jot": choose`},
	} {
		code, out, errs := call(c.args...)
		if code != c.code || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("ubench %s: %d, %q, %q; want %d, %q", strings.Join(c.args, " "), code, out, errs, c.code, c.want)
		}
	}
}

// hostDevice is the device of the host, which runs until the end of the test.
func hostDevice(t *testing.T) *field.Device {
	t.Helper()
	testenv.Make(t, "build/device/host")
	box, err := field.Start(t.Context(), field.Options{Target: "host", Folder: "../../build/device", State: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

// From a C file to a result, a fault with its line of C, and back; on the device of the host.
func TestDeployAndWatch(t *testing.T) {
	if _, err := exec.LookPath("clang-19"); err != nil {
		t.Skip("no clang-19: run scripts/setup.sh test")
	}
	box := hostDevice(t)
	call := inDesk(t)
	source := filepath.Join(t.TempDir(), "answer.c")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(source, []byte("#include \"bpf_helpers.h\"\nint answer(unsigned *ctx, unsigned len)\n{\n"+text+"\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(code int, want string, args ...string) {
		t.Helper()
		got, out, errs := call(args...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Errorf("ubench %s: %d, %q, %q; want %d, %q", strings.Join(args, " "), got, out, errs, code, want)
		}
	}
	check(0, "is the device of", "device", "use", "coap://"+box.Address)
	write("\tbpf_printf(\"hello %u\\n\", len);\n\treturn 42;")
	check(0, "answer  ready", "deploy", source)
	check(0, "r0 = 42", "device", "run", "answer", "--context", "00000000")
	check(0, "answer: hello 4", "device", "logs")
	check(exitUsage, "is neither hex bytes", "device", "run", "answer", "--context", "zz")
	write("\tif (len > 3)\n\t\treturn *(volatile unsigned *)0x1234;\n\treturn 7;")
	check(0, "on trial for 1h0m0s", "deploy", source, "--trial", "1h")
	check(exitFailure, "answer.c:5", "device", "run", "answer", "--context", "00000000")
	check(0, "answer.c:5", "device", "faults", "answer")
	check(0, "r0 = 42", "device", "run", "answer") // the one before is back
	check(exitFailure, "it is not on trial", "device", "confirm", "answer")
	check(0, "global 3: written", "device", "put", "global", "3", "-5")
	check(0, "3 -5\n", "device", "get", "global")
	check(exitUsage, "a number of 32 bits", "device", "get", "global", "x")
	check(exitUsage, "a number of 32 bits", "device", "put", "global", "3", "4294967296")
	check(exitFailure, "4.04", "device", "ask", "x/answer")
	code, out, errs := call("device", "ps", "--json")
	var programs []map[string]any
	if err := json.Unmarshal([]byte(out), &programs); code != 0 || err != nil || len(programs) != 1 || programs[0]["state"] != "ready" {
		t.Errorf("%d, %q, %q, %v", code, out, errs, err)
	}
	check(0, "answer: stopped", "device", "stop", "answer")
	check(exitFailure, "the program is stopped: start it first", "device", "run", "answer")
	check(0, "answer: removed", "device", "rm", "answer")
	check(exitFailure, "no such program", "device", "rm", "answer")
}

// Maps of a program are listed, shown with the types of C, and changed; records of a ring buffer are printed once.
func TestDeviceMaps(t *testing.T) {
	box := hostDevice(t) // first: go has no cache of its own then
	call := inDesk(t)
	check := func(code int, want string, args ...string) {
		t.Helper()
		got, out, errs := call(append(args, "--to", "coap://"+box.Address)...)
		if got != code || !strings.Contains(out+errs, want) || want == "" && out+errs != "" {
			t.Errorf("ubench %s: %d, %q, %q; want %d, %q", strings.Join(args, " "), got, out, errs, code, want)
		}
	}
	const programs = "../../internal/mapstest/testdata/programs/"
	check(0, "counter  ready", "deploy", programs+"counter.bpf.o")
	check(0, "events  ready", "deploy", programs+"events.bpf.o")
	check(0, "fifo  ready", "deploy", programs+"fifo.bpf.o")
	check(0, "r0 = 0", "device", "run", "counter", "--context", "0a00000064000000")
	check(0, "counter  totals  hash         4    16     1 of 8", "device", "maps")
	check(0, `"name":"work","program":"fifo","key_bytes":0,"value_bytes":4,"entries_most":4`, "device", "maps", "fifo", "--json")
	check(0, "10 → {packets = 1, bytes = 100}\n", "device", "map", "dump", "counter", "totals")
	check(0, `{"key":"0a000000","value":"01000000000000006400000000000000","key_is":10,"value_is":{"packets":1,"bytes":100}}`, "device", "map", "dump", "counter", "totals", "--json")
	check(0, "counter totals 11 hex:01000000000000000200000000000000: written", "device", "map", "set", "counter", "totals", "11", "hex:01000000000000000200000000000000")
	check(0, "{packets = 1, bytes = 2}\n", "device", "map", "get", "counter", "totals", "0xb")
	check(0, "r0 = 2", "device", "run", "counter", "--context", "0b00000001000000")
	check(0, "removed", "device", "map", "rm", "counter", "totals", "hex:0b000000")
	check(exitFailure, "no such entry", "device", "map", "get", "counter", "totals", "11")
	check(0, "written", "device", "map", "push", "fifo", "work", "-1")
	check(0, "4294967295\n", "device", "map", "dump", "fifo", "work")
	check(0, "r0 = 1", "device", "run", "events", "--context", "1400000005000000")
	check(0, "140000000f0000000100000000000000\n", "device", "ringbuf", "events", "events")
	check(0, "", "device", "ringbuf", "events", "events")
	check(exitFailure, "the program has no such type", "device", "ringbuf", "events", "events", "--type", "struct nothing")
	check(exitFailure, "is no ring buffer: ubench device map dump", "device", "ringbuf", "counter", "totals")
	check(exitFailure, "program counter has no map nothing", "device", "map", "dump", "counter", "nothing")
	check(exitFailure, "no such program", "device", "maps", "nothing")
	check(exitUsage, `unknown verb of map "drop"`, "device", "map", "drop", "counter", "totals")
	check(exitUsage, "write it as: ubench device map set PROGRAM MAP KEY VALUE", "device", "map", "set", "counter", "totals", "1")
	check(exitUsage, "it has 16 bytes: write them in hex", "device", "map", "set", "counter", "totals", "1", "2")
	check(exitUsage, "a number of 32 bits is needed", "device", "map", "get", "counter", "totals", "4294967296")
}
