// SPDX-License-Identifier: GPL-2.0-or-later

package suit

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/device"
)

// The envelope that SPEC.md goes through byte by byte is the one that is made: all hexadecimal digits between the marks,
// which are before the | of each line.
func TestSpec(t *testing.T) {
	m := Manifest{
		Config:   device.Config{Name: "weather", Format: abi.TextOnly, Engine: device.JIT, Helpers: []uint16{0x20}},
		Sequence: 7, Start: true,
	}
	want, err := m.Envelope([]byte{0x95, 0, 0, 0, 0, 0, 0, 0}, DevelopmentKey.SigningKey)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "<!-- envelope -->")
	block, _, ended := strings.Cut(after, "<!-- end -->")
	if !ok || !ended {
		t.Fatal("SPEC.md has no envelope")
	}
	var digits strings.Builder
	for line := range strings.Lines(block) {
		before, _, ok := strings.Cut(line, "|")
		if ok {
			digits.WriteString(strings.Join(strings.Fields(before), ""))
		}
	}
	if got := digits.String(); got != hex.EncodeToString(want) {
		t.Errorf("SPEC.md has\n%s, made is\n%x", got, want)
	}
}
