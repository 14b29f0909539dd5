// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"syscall"
)

// usageError is a mistake in the command line: exit status 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// usagef makes a usage error: say what is wrong, where, and what to do.
func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// errSilent ends a command with exit status 1 when everything was said already.
var errSilent = errors.New("failed")

// unknown is the usage error for a name that is none of the choices.
func unknown(kind, name string, choices []string) error {
	if s := nearest(name, choices); s != "" {
		return usagef("unknown %s %q, did you mean %q? (choices: %s)", kind, name, s, strings.Join(choices, ", "))
	}
	return usagef("unknown %s %q (choices: %s)", kind, name, strings.Join(choices, ", "))
}

// nearest is the choice closest to name, or "" if none is close: a typing error for every three letters, or a beginning.
func nearest(name string, choices []string) string {
	type candidate struct {
		name     string
		distance int
	}
	var cs []candidate
	if len(name) > 100 {
		return ""
	}
	for _, c := range choices {
		d := editDistance(strings.ToLower(name), strings.ToLower(c))
		if d <= min(len(strings.Trim(name, "-"))/3, 3) || len(name) > 2 && strings.HasPrefix(c, name) {
			cs = append(cs, candidate{c, d})
		}
	}
	if len(cs) == 0 {
		return ""
	}
	sort.SliceStable(cs, func(i, j int) bool { return cs[i].distance < cs[j].distance })
	return cs[0].name
}

// editDistance counts insertions, deletions, substitutions and swaps of neighbours.
func editDistance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// oneLine is the error's text without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
