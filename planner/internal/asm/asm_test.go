// SPDX-License-Identifier: GPL-2.0-or-later

package asm

import (
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/image"
)

// What the disassembler writes is read back to the same instructions.
func TestRoundTrip(t *testing.T) {
	for _, b := range benchmarks.All() {
		p, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Addresses) > 0 || len(p.Helpers) > 0 {
			continue
		}
		var source strings.Builder
		for slot := 0; slot < p.Slots(); {
			line, n := image.Disassemble(p.Text, slot, nil)
			source.WriteString(strings.Replace(line, "function at ", "", 1) + "\n")
			slot += n
		}
		again, err := Program(source.String())
		if err != nil {
			t.Fatalf("%s: %v", b.Name, err)
		}
		for slot := range p.Slots() {
			want, _ := image.Disassemble(p.Text, slot, nil)
			if got, _ := image.Disassemble(again.Text, slot, nil); got != want {
				t.Errorf("%s: instruction %d: %s, want %s", b.Name, slot, got, want)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, source := range []string{"r1", "if r1 ~ 2 goto 0", "r1 ?= 3"} {
		if _, err := Program(source); err == nil {
			t.Errorf("%q was taken", source)
		}
	}
}
