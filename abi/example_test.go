// SPDX-License-Identifier: GPL-2.0-or-later

package abi_test

import (
	"fmt"

	"github.com/ubench-dev/ubench/abi"
)

// A status has a number, a name for machines and a text for people.
func ExampleStatus() {
	for _, s := range []abi.Status{abi.OK, -80, -83} {
		fmt.Printf("%d %s: %s\n", int32(s), s.Name(), s)
	}
	// Output:
	// 0 ok: ok
	// -80 e-read: read outside the program's memory
	// -83 e-budget: execution budget exhausted
}

// What simulated devices read is text, and bytes for a job (emu.Job.Trace).
func ExampleParseTrace() {
	trace, err := abi.ParseTrace("keypad 2 0 3  # three keys\n")
	fmt.Printf("% x %v\n", trace, err)
	_, err = abi.ParseTrace("keypad two\n")
	fmt.Println(err)
	// Output:
	// 06 00 03 00 02 00 03 <nil>
	// line 1: keypad: "two" is not a number of 1 bytes
}
