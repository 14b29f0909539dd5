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
		{[]string{"deploy", "../../examples/printf/printf.bpf.o", "--engine", "jot"}, exitFailure, `engine "jot": choose`},
	} {
		code, out, errs := call(c.args...)
		if code != c.code || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("ubench %s: %d, %q, %q; want %d, %q", strings.Join(c.args, " "), code, out, errs, c.code, c.want)
		}
	}
}

// From a C file to a result, a fault with its line of C, and back; on the device of the desk.
func TestDeployAndWatch(t *testing.T) {
	if _, err := exec.LookPath("clang-19"); err != nil {
		t.Skip("no clang-19")
	}
	make := exec.Command("make", "-s", "build/device/host")
	make.Dir = "../.."
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("make build/device/host: %v\n%s", err, out)
	}
	box, err := field.Start(t.Context(), field.Options{Target: "host", Folder: "../../build/device", State: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
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
