// SPDX-License-Identifier: GPL-2.0-or-later

package examples_test

import (
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// SPEC.md lists the helpers, the formats and the kinds of records there are, and its example is what
// is written.
func TestSpec(t *testing.T) {
	data, err := os.ReadFile("../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	spec := string(data)
	maps, err := examples.Include.ReadFile("include/bpf_maps.h")
	if err != nil {
		t.Fatal(err)
	}
	headers := string(examples.Header) + string(maps)
	rows := regexp.MustCompile(`(?m)^\| 0x([0-9a-f]{2}) \| bpf_(\w+) \|`).FindAllStringSubmatch(spec, -1)
	if len(rows) != len(abi.Helpers()) {
		t.Errorf("SPEC.md lists %d helpers of %d", len(rows), len(abi.Helpers()))
	}
	for i, h := range abi.Helpers() {
		if id, _ := strconv.ParseUint(rows[i][1], 16, 16); uint16(id) != h.ID || rows[i][2] != h.Name {
			t.Errorf("SPEC.md has %s, abi %#x %s", rows[i][0], h.ID, h.Name)
		}
		if !strings.Contains(headers, fmt.Sprintf("bpf_%s, %#02x,", h.Name, h.ID)) {
			t.Errorf("the headers have no bpf_%s, %#02x", h.Name, h.ID)
		}
	}
	for _, f := range abi.Formats() {
		if !strings.Contains(spec, fmt.Sprintf("\n| %d | %s |", f, f)) || !strings.Contains(spec, fmt.Sprintf("\n### %s\n", f)) {
			t.Errorf("SPEC.md does not describe format %d, %s", f, f)
		}
	}
	for d := abi.DeviceClock; d <= abi.DeviceLCD; d++ {
		if !strings.Contains(spec, fmt.Sprintf("\n| %d | %s |", d, d)) {
			t.Errorf("SPEC.md does not describe records of kind %d, %s", d, d)
		}
	}
	e := examples.Paper()[0]
	p, err := image.LoadObject(e.Name, e.Object, "")
	if err != nil {
		t.Fatal(err)
	}
	packed, err := p.Encode(abi.Packed)
	if err != nil {
		t.Fatal(err)
	}
	text := hex.EncodeToString(packed)
	var words []string
	for ; text != ""; text = text[4:] {
		words = append(words, text[:4])
	}
	if example := strings.Join(words, " "); !strings.Contains(spec, example) {
		t.Errorf("the example of a packed image is not %s", example)
	}
}
