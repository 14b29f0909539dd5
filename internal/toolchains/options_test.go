// SPDX-License-Identifier: GPL-2.0-or-later

package toolchains

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/benchmarks"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/image"
)

// optionSets are sets of clang's options that were thought to suit a device's engines; the first is what ubench build uses.
var optionSets = []string{
	"-O2",
	"-Os -mllvm -unroll-threshold=150 -mllvm -indvars-widen-indvars=false -mllvm -pre-RA-sched=source",
	"-Os -mllvm -unroll-threshold=250 -mllvm -indvars-widen-indvars=false -mllvm -pre-RA-sched=source",
	"-O2 -mllvm -indvars-widen-indvars=false -mllvm -pre-RA-sched=source",
	"-Os",
}

// compileKernel compiles a benchmark as benchmarks.mk does, but for the options.
func compileKernel(t *testing.T, name, options string) *image.Program {
	t.Helper()
	object := filepath.Join(t.TempDir(), name+".o")
	args := append(strings.Fields("--target=bpfel -mcpu=v3 -std=gnu99 -ffreestanding -I../.."), strings.Fields(options)...)
	cmd := exec.Command("clang-19", append(args, "-c", filepath.Join("../../benchmarks", name, name+".c"), "-o", object)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s with %s: %v\n%s", name, options, err, out)
	}
	data, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	p, err := image.LoadObject(name, data, name)
	if err != nil {
		t.Fatalf("%s with %s: %v", name, options, err)
	}
	return p
}

// ratios collects quotients: their geometric mean, and the largest with its name.
type ratios struct {
	log   float64
	n     int
	most  float64
	worst string
}

func (r *ratios) add(name string, of, to float64) {
	r.log += math.Log(of / to)
	r.n++
	if of/to > r.most {
		r.most, r.worst = of/to, name
	}
}

func (r *ratios) mean() float64 { return math.Exp(r.log / float64(r.n)) }

// TestOptions makes the table "Options of clang" of docs/measured.md: every answer is checked against the benchmark's oracle.
func TestOptions(t *testing.T) {
	if os.Getenv("UBENCH_OPTIONS") == "" {
		t.Skip("UBENCH_OPTIONS=1 measures all benchmarks with five sets of options")
	}
	target, err := targets.Open(t.Context(), "unicorn:cortex-m4")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	engines := []string{"jit", "jit-plan", "vm"}
	type key struct{ benchmark, engine string }
	base := map[key]bench.Sample{}
	for i, options := range optionSets {
		cycles, code := map[string]*ratios{}, map[string]*ratios{}
		text := &ratios{}
		for _, e := range engines {
			cycles[e], code[e] = &ratios{}, &ratios{}
		}
		for _, b := range benchmarks.All() {
			size := b.DefaultSizes[len(b.DefaultSizes)-1]
			program := compileKernel(t, b.Name, options)
			plan := bench.Plan{Benchmarks: []benchmarks.Benchmark{b}, Sizes: []int{size}, Engines: engines, Program: program}
			samples, err := plan.Run(t.Context(), target, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range samples {
				k := key{s.Benchmark, s.Engine}
				if !s.OK {
					t.Fatalf("%s on %s with %s: %s", s.Benchmark, s.Engine, options, s.Error)
				}
				if i == 0 {
					base[k] = s
				}
				cycles[s.Engine].add(b.Name, float64(s.Phases.Execute.Cycles.Or0()), float64(base[k].Phases.Execute.Cycles.Or0()))
				if s.Engine == "vm" {
					text.add(b.Name, float64(s.ImageBytes.Or0()), float64(base[k].ImageBytes.Or0()))
				} else {
					code[s.Engine].add(b.Name, float64(s.CodeBytes.Or0()), float64(base[k].CodeBytes.Or0()))
				}
			}
		}
		row := "| " + options
		for _, e := range engines {
			row += fmt.Sprintf(" | %.2f (%s %.2f)", cycles[e].mean(), cycles[e].worst, cycles[e].most)
		}
		t.Logf("%s | %.2f | %.2f | %.2f |", row, code["jit"].mean(), code["jit-plan"].mean(), text.mean())
	}
}
