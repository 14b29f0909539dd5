// SPDX-License-Identifier: GPL-2.0-or-later

package planner_test

import (
	"bytes"
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/planner"
	"github.com/ubench-dev/ubench/planner/plan"
)

// programs are all there are.
func programs(t *testing.T) (list []*image.Program) {
	t.Helper()
	for _, b := range benchmarks.All() {
		p, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	for _, e := range examples.All() {
		p, err := image.LoadObject(e.Name, e.Object, "")
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// A plan is the same each time, and what is written is read again.
func TestPlansAreWritten(t *testing.T) {
	for _, p := range programs(t) {
		functions := plan.Functions(p.Text, nil)
		var first []byte
		for range 2 {
			x, err := planner.Of(p)
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
				break
			}
			data := x.Bytes
			if first != nil && !bytes.Equal(first, data) {
				t.Errorf("%s: two plans differ", p.Name)
			}
			first = data
			again, err := plan.Decode(data, p.Text, functions)
			if err != nil {
				t.Errorf("%s: %v", p.Name, err)
			} else if again.String() != x.Plan.String() {
				t.Errorf("%s: wrote\n%s\nread\n%s", p.Name, x.Plan, again)
			}
		}
	}
}
