// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/hostile"
)

// broken are compilers of which one rule is taken out.
var broken = []struct {
	name string
	hostile.Change
}{
	{"a fact at a frame follows: bounds", hostile.Change{
		Old: "return k.lo >= f->lo && k.hi <= f->hi", New: "return true"}},
	{"a fact at a frame follows: distance to the end", hostile.Change{
		Old: "if (f->bounded && !below && !distance)", New: "if (false)"}},
	{"a fact at a frame follows: what it is", hostile.Change{
		Old: "if (f->kind == OP_NUMBER ? !is_number(&k) : k.kind != f->kind || k.open)", New: "if (false)"}},
	{"a number and a constant do not wrap", hostile.Change{
		Old: "*exact = a.lo >= 0 && a.hi <= MOST;", New: "*exact = true;"}},
	{"numbers do not wrap", hostile.Change{
		Old: "*exact = a.hi + b.hi <= MOST;", New: "*exact = true;"}},
	{"a comparison with signs is of small numbers", hostile.Change{
		Old: "if (is_signed && !wide && (", New: "if (false && ("}},
	{"a comparison of 64 bits has no high halves", hostile.Change{
		Old: "if (wide && !(op_is_zero(c, d + OP_HIGH)", New: "if (false && !(op_is_zero(c, d + OP_HIGH)"}},
	{"the length at a frame follows", hostile.Change{
		Old: "else if (how != OP_SKIP && length > c->facts.length)", New: "else if (false)"}},
	{"a zero half at a frame is zero", hostile.Change{
		Old: "if (!op_is_zero(c, var))", New: "if (false)"}},
	{"a place that is written loses who is read from there", hostile.Change{
		Old: "if (reads(&p->val[reader], place))", New: "if (false)"}},
	{"a function writes what it saves", hostile.Change{
		Old: "if (!(p->writable >> place & 1))", New: "if (false)"}},
	{"the next turn comes from the test", hostile.Change{
		Old: "if (!l->tested)", New: "if (false)"}},
	{"in a turn everything moves as the record says", hostile.Change{
		Old: "return is_alone(f, var, s->by);", New: "return true;"}},
	{"an access of a group follows the test", hostile.Change{
		Old: "(!g->tested || l->tested)", New: "true"}},
	{"turns are paid for", hostile.Change{
		Old: "jit_cmp(code, op_reg(c, OP_BUDGET, T2_LR), T2_IP);\n\t\tto_slow(c, T2_LO);", New: ""}},
	{"the last turn's address is inside", hostile.Change{
		Old: "jit_cmp(code, t, T2_IP);\n\tto_slow(c, T2_LO);", New: ""}},
	{"the first turn's address is inside", hostile.Change{
		Old: "jit_cmp(code, t, T2_LR);\n\tto_slow(c, T2_HI);", New: ""}},
}

// rule is the change that takes a rule out.
func rule(name string) hostile.Change {
	for _, b := range broken {
		if b.name == name {
			return b.Change
		}
	}
	panic("BUG: no such rule: " + name)
}

// builder compiles the compiler anew in a folder of the test.
func builder(t testing.TB, flags ...string) *hostile.Builder {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return &hostile.Builder{Root: root, Dir: t.TempDir(), Flags: flags}
}

// TestBroken takes rules out of the compiler, one after the other: plans that lie must find that. UBENCH_BROKEN=all takes
// out all, the name of one that one; otherwise it is the first.
func TestBroken(t *testing.T) {
	b := builder(t)
	m := machine(t, unicorn.CortexM4)
	const most = 2_000_000 // pairs
	programs := append(damaged(kernels(t, 150), 1, 25), short(5, 40)...)
	for i, rule := range broken {
		only := os.Getenv("UBENCH_BROKEN")
		if only != "all" && only != rule.name && (only != "" || i != 0) {
			continue
		}
		if rule.name == "numbers do not wrap" && only == "all" {
			continue // the small machine finds it; plans that lie did not, in two million pairs
		}
		t.Run(rule.name, func(t *testing.T) {
			path, err := b.Build("broken"+string(rune('a'+i))+".so", []hostile.Change{rule.Change}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Use(path); err != nil {
				t.Fatal(err)
			}
			a := hostile.NewAdversary(m, 1, uint64(i))
			for n := 0; a.Pairs < most; n++ {
				p := programs[n%len(programs)]
				c, err := a.Try(p.Program, p.honest, 200)
				if err != nil {
					t.Fatal(err)
				}
				if c != nil {
					t.Logf("found by pair %d, %d followed, program %d: %s", a.Pairs, a.Followed, n%len(programs), c.Difference)
					return
				}
			}
			t.Errorf("not found: %v", a.Counts)
		})
	}
}
