// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/deploy/trace"
)

// Each tracer sees what goes on at a board, and is gone afterwards; a device on the host says what it cannot show.
func TestTrace(t *testing.T) {
	board := start(t, "qemu:netduinoplus2", t.TempDir())
	d := dial(t, board)
	for _, tracer := range trace.All() {
		s, err := trace.Start(t.Context(), d, tracer, suit.DevelopmentKey.SigningKey)
		if err != nil {
			t.Fatal(tracer.Name, err)
		}
		var text bytes.Buffer
		const most = 2000 // looks; were the device's clock to stand still, none would show its tick
		for n := 1; ; n++ {
			r, err := s.Read(t.Context())
			if err != nil {
				t.Fatal(tracer.Name, err)
			}
			text.Reset()
			if err := r.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			// A program that calls no helper is no reason to wait.
			if strings.Count(text.String(), "\n") > 2 || tracer.Name == "helpers" {
				break
			}
			if n == most {
				t.Fatalf("%s saw too little in %d looks:\n%s", tracer.Name, n, text.String())
			}
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	ps, err := d.Programs(t.Context())
	if err != nil || len(ps) != 0 {
		t.Errorf("%d programs are left: %v", len(ps), err)
	}
	if _, ok := trace.Named("doom"); ok {
		t.Error("a tracer of nothing")
	}
}
