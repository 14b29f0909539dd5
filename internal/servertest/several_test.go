// SPDX-License-Identifier: GPL-2.0-or-later

package servertest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/image"
)

// The programs of one object that hooks run: deployed together, each attached by itself, with one map for all.
func TestSeveralOfOneFile(t *testing.T) {
	d := by(t, on(t, setup()), 0)
	object, err := os.ReadFile("../../emu/field/testdata/every.bpf.o")
	must(t, err)
	all, err := deploy.Several(deploy.Spec{}, "every.bpf.o", object)
	must(t, err)
	of := func(application string, names ...string) *deploy.Job {
		job := &deploy.Job{Application: application, OneFile: true, Key: suit.DevelopmentKey.SigningKey}
		for _, s := range all {
			if slices.Contains(names, s.Name) {
				p, err := image.LoadObject("every.bpf.o", object, s.Entry)
				must(t, err)
				job.Programs = append(job.Programs, deploy.Built{Spec: s, Program: p})
			}
		}
		return job
	}
	out, err := of("every", "started", "request", "packet_in").Do(t.Context(), d)
	must(t, err)
	if len(out.Programs) != 3 || out.Programs[0].Application != "every" || out.Programs[0].TrialLeftMS != nil {
		t.Errorf("%+v", out.Programs)
	}
	count := func() string {
		v, err := d.Entry(t.Context(), deploy.MapName{Program: "request", Map: "counts"}, words(0))
		must(t, err)
		other, err := d.Entry(t.Context(), deploy.MapName{Program: "packet_in", Map: "counts"}, words(0))
		must(t, err)
		if len(v) == 0 || len(v) != len(other) {
			t.Errorf("%x, and %x", v, other)
		}
		return string(v)
	}
	before := count()
	if count() == before {
		t.Error("the program at datagrams counts none")
	}
	must(t, d.Detach(t.Context(), "packet_in", nil))
	before = count()
	if count() != before {
		t.Error("a program that is detached counts datagrams")
	}
	if _, err := d.Ask(t.Context(), "every/hook"); err != nil {
		t.Error("the others are detached with it:", err)
	}
	if count() == before {
		t.Error("what one counts is not in the map of the other")
	}
	// A second object whose map has the same name would get this one.
	if _, err := of("again", "gpio", "sensor").Do(t.Context(), d); err == nil || !strings.Contains(err.Error(), "of the device shares a map of this name") {
		t.Error(err)
	}
	if _, err := of("every", "started", "request", "packet_in").Do(t.Context(), d); err != nil {
		t.Error("the next version:", err)
	}
}
