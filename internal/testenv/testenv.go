// SPDX-License-Identifier: GPL-2.0-or-later

// Package testenv reads what environment variables ask of tests: how many programs a campaign has, and which.
package testenv

import (
	"os"
	"strconv"
	"testing"
)

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
