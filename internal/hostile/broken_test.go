// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"os"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/hostile"
)

// finder is a test that notices when a rule is missing.
type finder int

const (
	byPlans finder = iota // TestBroken: plans that lie
	bySmall               // TestSmallMachine
	byWatch               // TestPlaces
)

type brokenRule struct {
	name string
	hostile.Change
	by finder
}

// broken are compilers of which one rule is taken out.
var broken = []brokenRule{
	{"a fact at a frame follows: bounds", hostile.Change{
		Old: "k.lo >= f->lo && k.hi <= f->hi && multiple", New: "multiple"}, byPlans},
	{"a fact at a frame follows: distance to the end", hostile.Change{
		Old: "if (!below && !distance)", New: "if (false)"}, byPlans},
	{"a fact at a frame follows: what it is", hostile.Change{
		Old: "return k.kind == f->kind && !k.open && ", New: "return "}, byPlans},
	{"a number and a constant do not wrap", hostile.Change{
		Old: "is_number(f) ? lo >= 0 && hi <= MOST :", New: "is_number(f) ? true :"}, bySmall},
	{"numbers do not wrap", hostile.Change{
		Old: "bool fits = hi >= a->hi;", New: "bool fits = true;"}, bySmall},
	{"a comparison with signs is of small numbers", hostile.Change{
		Old: "if (is_signed && !wide && (", New: "if (false && ("}, byPlans},
	{"a comparison of 64 bits has no high halves", hostile.Change{
		Old: "if (wide && !(dz && sz)) {", New: "if (false && !(dz && sz)) {"}, byPlans},
	{"the length at a frame follows", hostile.Change{
		Old: "if (how & OP_EDGE && length > c->facts.length)", New: "if (false)"}, byPlans},
	{"a zero half at a frame is zero", hostile.Change{
		Old: "if (!(var < OP_WORD ? op_is_narrow(c, var - OP_HIGH) : op_is_zero(c, var)))", New: "if (false)"}, byPlans},
	{"a place that is written loses who is read from there", hostile.Change{
		Old: "if (op_reads(&p->val[reader], place))", New: "if (false)"}, byWatch},
	{"a function writes what it saves", hostile.Change{
		Old: "if (c->called && !(p->writable >> place & 1))", New: "if (false)"}, byPlans},
	{"moves off the straight line are taken back", hostile.Change{
		Old: "op_set_value(c, p->log[p->nlog].var, p->log[p->nlog].was);", New: ";"}, byPlans},
	{"the next turn comes from the test", hostile.Change{
		Old: "if (!l->tested)", New: "if (false)"}, byPlans},
	{"in a turn everything moves as the record says", hostile.Change{
		Old: "return op_form_is(f, var, s->by);", New: "return true;"}, byPlans},
	{"an access of a group follows the test", hostile.Change{
		Old: "(!g->tested || l->tested)", New: "true"}, byPlans},
	{"turns are paid for", hostile.Change{
		Old: "jit_cmp(code, op_reg(c, OP_BUDGET, T2_LR), T2_IP);\n\t\tto_slow(c, T2_LO);", New: ""}, byPlans},
	{"the last turn's address is inside", hostile.Change{
		Old: "jit_cmp(code, t, T2_IP);\n\tto_slow(c, T2_LO);", New: ""}, byPlans},
	{"the first turn's address is inside", hostile.Change{
		Old: "jit_cmp(code, t, T2_LR);\n\tto_slow(c, T2_HI);", New: ""}, byPlans},
	{"ways from before a loop do not lead into its fast form", hostile.Change{
		Old: "\top_colds_before_loop(c);", New: ""}, byPlans},
	{"a check of what is read covers no writes", hostile.Change{
		Old: " || what >> JIT_CHECK_RIGHTS & ~(uint32_t)k->rights", New: ""}, byPlans},
	{"a check covers what its registers hold then", hostile.Change{
		Old: "if (p->cover.a == place || p->cover.b == place)", New: "if (false)"}, byPlans},
	{"a check covers what all ways that meet come from", hostile.Change{
		Old: "k->until != c->slot || op_is_crossing(c, c->slot) ||", New: "k->until != c->slot ||"}, byPlans},
	{"what is loaded has no relations", hostile.Change{
		Old: "op_unrelate(c, var);\n\tif (c->loop.fast)\n\t\t*op_form_of(c, var) = unknown;", New: "if (c->loop.fast)\n\t\t*op_form_of(c, var) = unknown;"}, byPlans},
	{"relations move with what is added", hostile.Change{
		Old: "r->plus += r->var == var && !r->rest ? by : -by;", New: ";"}, byPlans},
	{"words of a frame that others reach are memory", hostile.Change{
		Old: "c->program->flags & UB_PROGRAM_FRAME_ESCAPES ||", New: ""}, byPlans},
	{"functions that one call may lead to find what they want at once", hostile.Change{
		Old: "op_frame(c, p->funcs[i], OP_CALL | OP_STAYS);", New: ";"}, byPlans},
	{"an address is no constant", hostile.Change{
		Old: "\tif (!op_is_number(b))\n\t\t*b = anything();\n\tuint32_t k = b->lo & 31;\n\tbool constant = b->lo == b->hi;",
		New: "\tuint32_t k = b->lo & 31;\n\tbool constant = b->lo == b->hi;\n\tif (!op_is_number(b))\n\t\t*b = anything();"}, bySmall},
	{"an access that passes the end of 32 bits is not near", hostile.Change{
		Old: "k->bytes <= window && k->first <= window - k->bytes &&",
		New: "(int32_t)k->first >= 0 && (int32_t)(k->first + k->bytes) <= (int32_t)window &&"}, byPlans},
	{"a check does not cover what passes the end of 32 bits", hostile.Change{
		Old: "size > k->bytes ||\n\t    behind > k->bytes - size ||",
		New: "(int32_t)behind < 0 || (int32_t)(behind + size) > (int32_t)k->bytes ||"}, byPlans},
	{"a copy that stays in its word is there", hostile.Change{
		Old: `if (is_in(op_val(c, sh), c->places.home[dh])) {
			op_share(c, dh, c->places.home[dh]);
			return;
		}
		int rn = op_reg(c, sh, T2_IP), rd = op_dst(c, dh, rn);`,
		New: `int rn = op_reg(c, sh, T2_IP), rd = op_dst(c, dh, rn);
		if (rn == rd && c->places.home[dh] == op_val(c, sh)->a) {
			op_share(c, dh, (uint32_t)rd);
			return;
		}`}, byPlans},
	{"turns are paid for at once where every way back passes the head", hostile.Change{
		Old: "if (slot < l->head && target > l->head && op_loop_has(l, target))", New: "if (false)"}, byPlans},
	{"a jump that was paid for is behind the test", hostile.Change{
		Old: "if (l->prepaid && !l->tested && ", New: "if (false && "}, byPlans},
	{"before the head the jump of a turn is not given back", hostile.Change{
		Old: "c->slot < l->head ? (uint32_t)l->step[0].by : 0;", New: "0;"}, byPlans},
}

// foundBy are the rules that a test looks for.
func foundBy(by finder) []brokenRule {
	return slices.DeleteFunc(slices.Clone(broken), func(r brokenRule) bool { return r.by != by })
}

// shared is the compiler as it is, for tests that change it: it is compiled once.
var shared *hostile.Builder

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hostile")
	if err != nil {
		panic(err)
	}
	shared = &hostile.Builder{Root: "../..", Dir: dir, Flags: []string{"-O1"}}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// TestBroken takes rules out of the compiler, one after the other: plans that lie must find that. UBENCH_BROKEN=all takes
// out all, the name of one that one; otherwise it is one whose absence few pairs find, and those that plans of their own are kept for (unpaid).
func TestBroken(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	const most = 1_000_000 // pairs
	usual := []string{"a fact at a frame follows: what it is", "turns are paid for at once where every way back passes the head",
		"a jump that was paid for is behind the test", "before the head the jump of a turn is not given back"}
	programs, only := edges(), os.Getenv("UBENCH_BROKEN")
	if only != "" {
		programs = slices.Concat(programs, damaged(kernels(t, 150), 1, 25), short(5, 40))
	}
	for i, rule := range foundBy(byPlans) {
		if only != "all" && only != rule.name && (only != "" || !slices.Contains(usual, rule.name)) {
			continue
		}
		t.Run(rule.name, func(t *testing.T) {
			path, err := shared.Build("broken"+string(rune('a'+i))+".so", []hostile.Change{rule.Change}, nil)
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

// TestEdges tries the same programs on the compiler with all its rules: what TestBroken finds is for want of one.
func TestEdges(t *testing.T) {
	a := hostile.NewAdversary(machine(t, unicorn.CortexM4), 1, 0)
	for i, p := range edges() {
		if c, err := a.Try(p.Program, p.honest, 200); err != nil {
			t.Fatal(err)
		} else if c != nil {
			t.Errorf("program %d: %s", i, show(p.Program, c))
		}
	}
}
