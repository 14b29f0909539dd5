// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package hostile_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/internal/hostile"
	"github.com/ubench-dev/ubench/internal/progen"
	"github.com/ubench-dev/ubench/internal/testenv"
)

// TestSame compares the compiler with what it was, for changes that are not to change what comes of it: UBENCH_BEFORE is the folder of a
// repository that has it as it was. Generated programs, benchmarks and damaged ones are compiled by both without a plan, by the honest one and by those of a
// liar. UBENCH_SAME says by how many programs, UBENCH_SAME_EACH by how many plans of each, and UBENCH_CAMPAIGN_SEED by which.
func TestSame(t *testing.T) {
	before := os.Getenv("UBENCH_BEFORE")
	if before == "" {
		t.Skip("UBENCH_BEFORE is not set")
	}
	n, each, seed := testenv.Number(t, "UBENCH_SAME", 100), testenv.Number(t, "UBENCH_SAME_EACH", 300), uint64(testenv.Number(t, "UBENCH_CAMPAIGN_SEED", 1))
	flags := []string{"-O2"}
	var paths []string
	for _, root := range []string{before, testenv.Root()} {
		b := &hostile.Builder{Root: root, Dir: t.TempDir(), Flags: flags}
		path, err := b.Build("compiler.so", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	both := filepath.Join(t.TempDir(), "same.so")
	gcc := exec.Command("gcc", "-std=gnu99", "-O2", "-fPIC", "-shared", "-Wl,-Bsymbolic", "-I"+testenv.Root(), fmt.Sprintf("-DBEFORE=%q", paths[0]),
		fmt.Sprintf("-DNOW=%q", paths[1]), "-o", both, "testdata/same.c", "-ldl")
	if out, err := gcc.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := machine(t, unicorn.CortexM4)
	if err := m.Use(both); err != nil {
		t.Fatal(err)
	}
	programs := kernels(t, 1000)
	programs = append(programs, damaged(programs, seed, 20)...)
	for i := range n {
		p := progen.Numbered(seed, i)
		if i%4 == 3 {
			p = progen.WithMaps(seed, i)
		}
		programs = append(programs, planned{p, honest(p)})
	}
	text, compiled, followed := complaint(t, m, programs, each)
	if text != "" || followed == 0 {
		t.Error("it is not what it was: ", text)
	}
	t.Logf("%d compiled, %d by their plan", compiled, followed)
}
