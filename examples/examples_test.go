// SPDX-License-Identifier: GPL-2.0-or-later

package examples_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
	"github.com/ubench-dev/ubench/emu/targets"
	"github.com/ubench-dev/ubench/examples"
	"github.com/ubench-dev/ubench/image"
)

// specs are the targets examples run on: two that start at once, QEMU on request.
func specs() []string {
	s := []string{"host", "unicorn"}
	if os.Getenv("UBENCH_CAMPAIGN") != "" {
		s = append(s, "qemu:netduinoplus2")
	}
	return s
}

// Every example gives the same on every engine, in every format it can have.
func TestExamples(t *testing.T) {
	for _, spec := range specs() {
		t.Run(spec, func(t *testing.T) {
			target, err := targets.Open(context.Background(), spec)
			if err != nil {
				t.Fatal(err)
			}
			defer target.Close()
			for _, e := range examples.All() {
				p, err := image.LoadObject(e.Name, e.Object, "")
				if err != nil {
					t.Error(err)
					continue
				}
				for _, engine := range target.Info().Engines {
					if !canRun(spec, engine) {
						continue
					}
					if runIn(t, target, engine, p, e) == 0 {
						t.Errorf("%s ran on %s in no format", e.Name, engine)
					}
				}
			}
		})
	}
}

// canRun leaves out native engines, which run kernels of the firmware (see TestNative), and compiled
// code on the host, which has no Cortex-M.
func canRun(spec, engine string) bool {
	return !bench.RunsKernels(engine) && !(spec == "host" && strings.HasPrefix(engine, "jit"))
}

func check(t *testing.T, e examples.Example, how string, s emu.Outcome) {
	if s.Fault.Status != abi.OK {
		t.Errorf("%s: %s: %v", e.Name, how, s.Fault)
		return
	}
	text, state, err := abi.ParseOutput(s.Output)
	switch {
	case err != nil:
		t.Errorf("%s: %s: %v", e.Name, how, err)
	case s.Result != e.Result:
		t.Errorf("%s: %s: result %d, want %d", e.Name, how, s.Result, e.Result)
	case text != e.Printed:
		t.Errorf("%s: %s: printed %q, want %q", e.Name, how, text, e.Printed)
	case !slices.Equal(state, e.State):
		t.Errorf("%s: %s: devices %q, want %q", e.Name, how, state, e.State)
	case e.Answer != nil && !bytes.Equal(s.Context[examples.Answered:][:e.Result], e.Answer):
		t.Errorf("%s: %s: answer %q, want %q", e.Name, how, s.Context[examples.Answered:], e.Answer)
	}
}
