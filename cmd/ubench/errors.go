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

// nearest is the choice closest to name, or "" if none is close.
func nearest(name string, choices []string) string {
	type candidate struct {
		name     string
		distance int
	}
	var cs []candidate
	for _, c := range choices {
		d := editDistance(strings.ToLower(name), strings.ToLower(c))
		if d <= 1+len(c)/4 || len(name) > 2 && strings.HasPrefix(c, name) {
			cs = append(cs, candidate{c, d})
		}
	}
	if len(cs) == 0 {
		return ""
	}
	sort.SliceStable(cs, func(i, j int) bool { return cs[i].distance < cs[j].distance })
	return cs[0].name
}

// editDistance is Levenshtein's: insertions, deletions and substitutions.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// oneLine is the error's text without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
