// SPDX-License-Identifier: GPL-2.0-or-later

package wire

import (
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
)

func section(t *testing.T, title string) string {
	t.Helper()
	spec, err := os.ReadFile("../../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(spec), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("SPEC.md has no section %s", title)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// TestSpecStatuses compares the table of statuses with abi/status.h.
func TestSpecStatuses(t *testing.T) {
	header, err := os.ReadFile("../../abi/status.h")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (-?\d+) \| .([a-z0-9-]+). \| (.*) \| [a-zA-Z ]+ \|$`).FindAllStringSubmatch(section(t, "6. Statuses"), -1)
	if n := len(regexp.MustCompile(`X\(UB_\w+, -?\d+,`).FindAllString(string(header), -1)); len(rows) != n {
		t.Errorf("SPEC.md lists %d statuses, abi/status.h %d", len(rows), n)
	}
	for _, r := range rows {
		number, _ := strconv.Atoi(r[1])
		s := abi.Status(number)
		if s.Name() != r[2] || s.String() != r[3] {
			t.Errorf("SPEC.md says %s %q: %s; it is %q: %s", r[1], r[2], r[3], s.Name(), s)
		}
	}
}

// TestSpecProtocol compares numbers of the protocol with the header the code is made from.
func TestSpecProtocol(t *testing.T) {
	header, err := os.ReadFile("../../abi/wire.h")
	if err != nil {
		t.Fatal(err)
	}
	text := section(t, "4. Protocol")
	for _, m := range regexp.MustCompile(`X\(([A-Z]+), (\d+),`).FindAllStringSubmatch(string(header), -1) {
		if !strings.Contains(text, fmt.Sprintf("| %s | %s |", m[2], m[1])) {
			t.Errorf("no command %s %s", m[2], m[1])
		}
	}
	// Every offset of the header is the beginning of a field of its table.
	for prefix, name := range map[string]string{"INFO": "Description", "JOB": "Declaration", "REPORT": "Report"} {
		_, table, _ := strings.Cut(text, "**"+name+"**")
		table, _, _ = strings.Cut(table, "\n**")
		offsets := map[string]bool{}
		for _, cell := range regexp.MustCompile(`(?m)^\| ([0-9, ]+) \|`).FindAllStringSubmatch(table, -1) {
			for _, o := range strings.Split(cell[1], ", ") {
				offsets[o] = true
			}
		}
		for _, m := range regexp.MustCompile(`UB_WIRE_`+prefix+`_(\w+) = (\d+)`).FindAllStringSubmatch(string(header), -1) {
			if m[1] != "BYTES" && !offsets[m[2]] {
				t.Errorf("%s: no field at offset %s (%s)", name, m[2], m[1])
			}
		}
	}
	example := regexp.MustCompile("INFO with seq 1: `([0-9a-f ]+)`").FindStringSubmatch(text)
	if example == nil {
		t.Fatal("no example of a frame")
	}
	want, err := hex.DecodeString(strings.ReplaceAll(example[1], " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := (frame{kind: byte(info), seq: 1}).append(nil); string(got) != string(want) {
		t.Errorf("INFO is % x, SPEC.md says % x", got, want)
	}
}
