// SPDX-License-Identifier: GPL-2.0-or-later

package field_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

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
		for end := time.Now().Add(10 * time.Minute); ; {
			r, err := s.Read(t.Context())
			if err != nil {
				t.Fatal(tracer.Name, err)
			}
			text.Reset()
			if err := r.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			// A program that calls no helper is no reason to wait.
			if strings.Count(text.String(), "\n") > 2 || tracer.Name == "helpers" || time.Now().After(end) {
				break
			}
		}
		if tracer.Name != "helpers" && strings.Count(text.String(), "\n") < 2 {
			t.Errorf("%s saw nothing: %s", tracer.Name, text.String())
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
