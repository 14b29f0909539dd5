// SPDX-License-Identifier: GPL-2.0-or-later

package planner

import (
	"fmt"
	"strings"

	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner/alloc"
	"github.com/ubench-dev/ubench/planner/bounds"
	"github.com/ubench-dev/ubench/planner/judge"
	"github.com/ubench-dev/ubench/planner/plan"
	"github.com/ubench-dev/ubench/planner/ranges"
)

// Known is all that the host knows of a program, and what the device's compiler makes of it: with a plan, or, if it follows
// none, without.
type Known struct {
	*Analysis
	Image   *image.Program
	Plan    *plan.Plan // nil: none is followed
	Bytes   []byte
	Refusal string // why
	Judged  judge.Verdict
	places  *alloc.Places
}

// WithPlan is the program with its plan, if it has one.
func (k *Known) WithPlan() *image.Program { return withPlan(k.Image, k.Bytes) }

// Look finds out what there is to know of a program.
func Look(p *image.Program) (*Known, error) {
	r, err := Of(p)
	if err == nil {
		return &Known{r.Analysis, p, r.Plan, r.Bytes, "", r.Verdict, r.Places}, nil
	}
	refusal := err.Error()
	a, err := Analyse(p)
	if err != nil {
		return nil, err
	}
	j, err := judge.Of(p)
	if err != nil {
		return nil, err
	}
	v, err := j.Try(nil, false)
	if err != nil {
		return nil, err
	}
	return &Known{a, p, nil, nil, refusal, v, nil}, nil
}

// Bounds is what bounds are found from.
func (k *Known) Bounds() *bounds.Program {
	return &bounds.Program{Cfg: k.Program, Forests: k.Forests, Facts: k.Facts, Affine: k.Affine}
}

// Verdict is what becomes of the access at a slot.
func (k *Known) Verdict(slot int) string {
	switch note := k.Judged.Notes[slot]; {
	case note&15 == judge.Proved:
		return "proved"
	case note&15 == judge.InLoop:
		return "tested before the loop"
	case note&15 == judge.Covered:
		return "covered by the check before it"
	}
	return "checked"
}

// Elsewhere tells whether the access at a slot may be one that the compiler's guess of its region misses, so that it is
// looked at by the firmware each time.
func (k *Known) Elsewhere(slot int) bool {
	if k.Verdict(slot) != "checked" {
		return false
	}
	for n, f := range k.Program.Functions {
		at := f.At(slot)
		if at < 0 || !f.Insns[at].Access() {
			continue
		}
		return k.Facts.Functions[n].Before[at].Regs[f.Insns[at].Base()].Region == ranges.NoRegion
	}
	return false
}

// Phases is what each analysis found, as text, in the order in which they run.
func (k *Known) Phases() string {
	var b strings.Builder
	phase := func(name string, f func(n int) fmt.Stringer) {
		fmt.Fprintf(&b, "\n%s\n", name)
		for n := range k.Program.Functions {
			b.WriteString(f(n).String())
		}
	}
	phase("blocks", func(n int) fmt.Stringer { return k.Program.Functions[n] })
	phase("loops", func(n int) fmt.Stringer { return k.Forests[n] })
	phase("ranges", func(n int) fmt.Stringer { return k.Facts.Functions[n] })
	phase("counters and addresses", func(n int) fmt.Stringer { return k.Affine[n] })
	phase("liveness", func(n int) fmt.Stringer { return k.Live.Functions[n] })
	if k.Plan == nil {
		fmt.Fprintf(&b, "\nplan\n  none: %s\n", k.Refusal)
		return b.String()
	}
	phase("places", func(n int) fmt.Stringer { return k.places.Functions[n] })
	fmt.Fprintf(&b, "\nplan\n%s", k.Plan)
	return b.String()
}
