// SPDX-License-Identifier: GPL-2.0-or-later

package enginetest_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/internal/enginetest"
)

// Engines agree on generated programs, and most of those are worth running.
func TestGeneratedPrograms(t *testing.T) {
	const programs = 3000
	random := rand.NewChaCha8([32]byte{1})
	outcomes := map[string]int{}
	m := machine(t)
	for range programs {
		seed := make([]byte, 200)
		if _, err := random.Read(seed); err != nil {
			t.Fatal(err)
		}
		p := enginetest.Generate(seed, false)
		want, err := m.Run(engines[0].engine, p)
		if err != nil {
			t.Fatal(err)
		}
		if want.Refused {
			outcomes["refused"]++
		} else {
			outcomes[want.Fault.Status.Name()]++
		}
		for _, e := range engines[1:] {
			got, err := m.Run(e.engine, p)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(want) {
				t.Fatalf("%x:\n%s %v\n%s %v", p.Text, e.name, got, engines[0].name, want)
			}
		}
	}
	t.Log(outcomes)
	if outcomes["refused"] > programs/4 || outcomes[abi.OK.Name()] < programs/4 {
		t.Errorf("of %d programs: %v", programs, outcomes)
	}
}
