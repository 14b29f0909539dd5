// SPDX-License-Identifier: GPL-2.0-or-later

// Package testenv reads what environment variables ask of tests: how many programs a campaign has, and which.
package testenv

import (
	"os"
	"strconv"
	"testing"
)

// Whole tells whether tests that try some of many cases, each time the same, are to try them all (UBENCH_TESTS=all).
func Whole() bool { return os.Getenv("UBENCH_TESTS") == "all" }

// Share tells whether case i of many is tried: one in n, unless all are.
func Share(i, n int) bool { return Whole() || i%n == 0 }

// Many is how many cases there are to be: what an environment variable says, or some, or with UBENCH_TESTS=all more.
func Many(t testing.TB, name string, some, more int) int {
	t.Helper()
	if Whole() {
		some = more
	}
	return Number(t, name, some)
}

// Number is the number that an environment variable says, or another if it is not set.
func Number(t testing.TB, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
