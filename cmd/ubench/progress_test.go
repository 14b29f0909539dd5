// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The line says how much is done, how much there is, and how long the rest will take.
func TestProgressEstimates(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b}
	p.start = time.Now().Add(-time.Hour)
	p.step(0, 100, "first")
	p.last = time.Time{}
	p.work = time.Now().Add(-30 * time.Second)
	p.step(25, 100, "next")
	if want := "25/100 next, about 1m30s left"; !strings.Contains(b.String(), want) {
		t.Errorf("%q lacks %q", b.String(), want)
	}
	for _, c := range []struct {
		done, total int
		spent       time.Duration
		want        string
	}{
		{0, 10, time.Minute, ""}, {1, 10, time.Millisecond, ""}, {5, 10, time.Minute, ", about 1m0s left"},
		{9, 10, 2 * time.Second, ", about 1s left"},
	} {
		if got := left(c.done, c.total, c.spent); got != c.want {
			t.Errorf("%d of %d after %v: %q, want %q", c.done, c.total, c.spent, got, c.want)
		}
	}
}

// A quiet one prints nothing, whatever goes on.
func TestProgressIsQuiet(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b)
	p.start = time.Now().Add(-time.Hour)
	stop := p.watch("running")
	p.step(1, 2, "x")
	stop()
	if b.Len() > 0 {
		t.Errorf("%q", b.String())
	}
}
