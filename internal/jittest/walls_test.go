// SPDX-License-Identifier: GPL-2.0-or-later

// libunicorn leaks, and its header shifts into the sign.
//
//go:build !sanitize

package jittest

import (
	"encoding/hex"
	"iter"
	"os"
	"slices"
	"testing"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/internal/devicetest"
)

// groups are all escapes there are.
func groups(t *testing.T) [][]escape {
	sectionEscapes, err := sections()
	if err != nil {
		t.Fatal(err)
	}
	proofEscapes, err := proofs()
	if err != nil {
		t.Fatal(err)
	}
	return [][]escape{
		onceOut(t), ends(), wraps(), windows(), sectionEscapes, tested(), proofEscapes, loops(),
		slices.Concat(turns(), payments(), between()), strides(),
		indexLoops(), frames(), aliases(), calls(), helpers(), far(),
	}
}

// onceOut is the program that a compiler of ours once let out, and one like it that writes: a loop with two forms vouched
// for an address that was not the one it went to.
func onceOut(t *testing.T) (all []escape) {
	for _, text := range []string{
		"bf140000000000001fa40000000000000704000000020000b703000000000000b700000000000000bf450000000000000fa500000000000061560000000000000f600000000000000703000001000000a503faff040000009500000000000000",
		"bf140000000000001fa40000000000000704000000020000b703000000000000b700000000000000bf450000000000000fa500000000000063350000000000000f600000000000000703000001000000a503faff040000009500000000000000",
	} {
		image, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		e := escape{name: "once out", text: image}
		e.job.Context = make([]byte, 256)
		all = append(all, e)
	}
	return all
}

// TestEscapesBehindWalls has a device compile escapes without any check and run them behind its walls: on each board one in
// so many, each time others. With UBENCH_ESCAPES set it is all of them on all boards.
func TestEscapesBehindWalls(t *testing.T) {
	every := 500
	if os.Getenv("UBENCH_ESCAPES") != "" {
		every = 1
	}
	all := slices.Concat(groups(t)...)
	boards := devicetest.Some()
	for i, board := range boards {
		t.Run(board, func(t *testing.T) {
			n := 0
			ends := devicetest.Behind(t, board, escapees(all, every, i*every/len(boards), &n))
			t.Logf("%d of %d programs: %v", n, len(all), ends)
			if ends.Stopped() == 0 {
				t.Error("the hardware stopped none")
			}
		})
	}
}

// escapees are the first two, which are known to be bad, and one in so many.
func escapees(all []escape, every, from int, n *int) iter.Seq[devicetest.Escapee] {
	return func(yield func(devicetest.Escapee) bool) {
		for i, e := range all {
			if i >= 2 && i%every != from {
				continue
			}
			x := devicetest.Escapee{Format: e.job.Format, Image: e.job.Image, Context: e.job.Context}
			if x.Image == nil {
				x.Format, x.Image = abi.TextOnly, e.text
			}
			if *n++; !yield(x) {
				return
			}
		}
	}
}
