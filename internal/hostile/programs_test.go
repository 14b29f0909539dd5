// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"testing"

	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/image"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/planner"
)

// planned is a program with its honest plan.
type planned struct {
	progen.Program
	honest []byte
}

// honest is the planner's plan of a program, nil if it has none.
func honest(p progen.Program) []byte {
	linked, err := p.Linked()
	if err != nil {
		return nil
	}
	r, err := planner.Of(linked)
	if err != nil {
		return nil
	}
	return r.Bytes
}

// short are generated programs that are not long, and have a plan.
func short(campaign uint64, n int) (list []planned) {
	for i := 0; len(list) < n; i++ {
		p := progen.Numbered(campaign, i)
		if len(p.Text) > 8*70 {
			continue
		}
		if h := honest(p); h != nil {
			list = append(list, planned{p, h})
		}
	}
	return list
}

// kernels are the benchmarks with their smallest inputs, as far as nothing in their data points at anything.
func kernels(t testing.TB, slots int) (list []planned) {
	for _, b := range benchmarks.All() {
		linked, err := image.LoadObject(b.Name, b.Object, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		if len(linked.Pointers) > 0 || len(linked.Text) > 8*slots {
			continue
		}
		p := progen.Program{Text: linked.Text, Context: b.Input(b.MinSize), CtxMin: linked.CtxMin, Rodata: linked.Rodata,
			Data: append(linked.Data[:len(linked.Data):len(linked.Data)], make([]byte, linked.BSS)...), Addresses: linked.Addresses, Budget: 100_000}
		if h := honest(p); h != nil {
			list = append(list, planned{p, h})
		}
	}
	return list
}
