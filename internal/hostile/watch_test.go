// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/hostile"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/redzone"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// watch is the compiler with testdata/watch.c around it, which looks after each instruction and on each edge whether what
// the compiler believes of places is so.
func watch(t *testing.T, name string, changes ...hostile.Change) string {
	t.Helper()
	source, err := os.ReadFile("testdata/watch.c")
	if err != nil {
		t.Fatal(err)
	}
	var wraps []string
	for _, m := range regexp.MustCompile(`__wrap_(\w+)\(|(?:EMITTER|VALUE)\((jit_\w+|op_\w+),`).FindAllSubmatch(source, -1) {
		wraps = append(wraps, "-Wl,--wrap="+string(m[1])+string(m[2]))
	}
	slices.Sort(wraps)
	path, err := shared.Build(name, changes, []string{"testdata/watch.c"}, slices.Compact(wraps)...)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// complaint compiles programs, without a plan, by the honest one and by those of a liar, until the watch complains. It
// counts what was compiled, and what of that follows its plan.
func complaint(t *testing.T, m *redzone.Machine, programs []planned, each int) (text string, compiled, followed int) {
	for i, p := range programs {
		if r, err := m.Begin(p.Program); err != nil || r.Refused {
			continue
		}
		l := hostile.New(3, uint64(i))
		l.Begin(p.Text, p.honest, len(p.Maps))
		for n := range each {
			data := p.honest
			if n == 1 {
				data = nil
			} else if n > 1 {
				data, _ = l.Plan()
			}
			m.Compile(redzone.Options{OnePass: true, Plan: data})
			compiled++
			if m.Followed() {
				followed++
			}
			if text := m.Complaint(); text != "" {
				t.Logf("%s\ntext %x\nplan %x", text, p.Text, data)
				return text, compiled, followed
			}
		}
	}
	return "", compiled, followed
}

// TestPlaces holds the compiler to what it believes of places. UBENCH_WATCH says by how many programs.
func TestPlaces(t *testing.T) {
	m := machine(t, unicorn.CortexM4)
	programs := kernels(t, 60)
	for i := range testenv.Number(t, "UBENCH_WATCH", 30) {
		p := progen.Numbered(9, i)
		programs = append(programs, planned{p, honest(p)})
	}
	if err := m.Use(watch(t, "watch.so")); err != nil {
		t.Fatal(err)
	}
	text, compiled, followed := complaint(t, m, programs, 60)
	if text != "" || followed == 0 {
		t.Error("the compiler contradicts itself: ", text)
	}
	t.Logf("%d compiled, %d by their plan", compiled, followed)

	for _, rule := range foundBy(byWatch) {
		if err := m.Use(watch(t, "less.so", rule.Change)); err != nil {
			t.Fatal(err)
		}
		if text, compiled, _ := complaint(t, m, programs, 60); text == "" {
			t.Errorf("not found in %d: %s", compiled, rule.name)
		}
	}
}
