// SPDX-License-Identifier: GPL-2.0-or-later

package bench

import (
	"testing"

	"github.com/ubench-dev/ubench/image"
)

// A job asks for an engine that checks nothing only if it is that engine's.
func TestJobsAskForUnsafeEngines(t *testing.T) {
	program, err := image.FromText("exit", []byte{0x95, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	for engine, want := range map[string]bool{"vm": false, "jit": false, "jit-plan": false, "femto": false, "jit-unchecked": true, "jit-plan-unchecked": true} {
		job, err := NewJob(engine, program)
		if err != nil || job.Unsafe != want {
			t.Errorf("%s: asked for %v, want %v (%v)", engine, job.Unsafe, want, err)
		}
	}
}
