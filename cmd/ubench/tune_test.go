// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// --tune keeps the fastest object, which gives the same answers, and says the same twice.
func TestTune(t *testing.T) {
	cc, err := findClang(t.Context())
	if err != nil {
		t.Skip(err)
	}
	cc.close()
	folder := t.TempDir()
	source := filepath.Join(folder, "dot.c")
	const text = "#include <stdint.h>\nuint64_t dot(uint8_t *p, uint64_t n) { uint32_t sum = 0;\n" +
		"for (int i = 0; i < 16; i++) for (int k = 0; k < 3; k++) sum += p[i] * p[k]; return sum; }\n"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(folder, "dot.o")
	tune := func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"build", source, "-o", out, "--tune"}, args...), nil, &stdout, &stderr)
		return status, stdout.String(), stderr.String()
	}
	mem := strings.Repeat("0102", 8)
	status, first, stderr := tune("--mem", mem, "--mem", strings.Repeat("ff", 16))
	if status != 0 || strings.Count(first, "\n* ") != 1 || strings.Count(first, "  -O")+strings.Count(first, "* ") < len(tunings) {
		t.Fatalf("status %d, %s%s", status, first, stderr)
	}
	if _, again, _ := tune("--mem", mem, "--mem", strings.Repeat("ff", 16)); again != first {
		t.Errorf("at first\n%sand then\n%s", first, again)
	}
	var stdout bytes.Buffer
	if run([]string{"exec", out, "--mem", mem}, nil, &stdout, &bytes.Buffer{}) != 0 || stdout.String() != "0x60\n" {
		t.Errorf("the object gives %q", stdout.String())
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--mem", "01"}, 1, "it stops: read outside"},
		{[]string{"--mem", "x"}, 2, "x"},
		{[]string{"--engine", "nothing"}, 1, `unknown engine "nothing"`},
		{[]string{"--optimize", "3"}, 2, "--optimize"},
	} {
		if status, _, stderr := tune(c.args...); status == 0 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: %d, %s; want %q", c.args, status, stderr, c.want)
		}
	}
}
