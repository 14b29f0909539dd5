// SPDX-License-Identifier: GPL-2.0-or-later

// Package abi has what host and device agree on: the instruction set, statuses, helper ids, image formats, hooks and the
// wire protocol. SPEC.md explains the numbers. It imports nothing of this module.
//
// The C headers in this folder are the only source. The Go side reads the X-macro tables out of
// the embedded headers instead of repeating them; the few constants that Go code needs by name are
// checked against the headers in a test. Embedding also makes cgo packages that include these
// headers rebuild when they change, as the go command does not track C includes across folders.
package abi

import (
	"embed"
	"fmt"
	"regexp"
	"strconv"
)

// Headers holds the C headers of this folder.
//
//go:embed *.h
var Headers embed.FS

// Row is one row of an X-macro table.
type Row struct {
	Name   string // enumerator, as in C
	Number int
	Text   string // third column, unquoted
}

var rowPattern = regexp.MustCompile(`(?m)^\s*X\((\w+),\s*(-?\w+),\s*(?:"([^"]*)"|(\w+))(?:,[^()"]*)?\)`)

// table reads the rows of the X-macro in an embedded header. A header without rows is a bug.
func table(header string) []Row {
	text, err := Headers.ReadFile(header)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	var rows []Row
	for _, m := range rowPattern.FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.ParseInt(m[2], 0, 32)
		if err != nil {
			panic(fmt.Sprintf("BUG: %s: %s: %v", header, m[1], err))
		}
		rows = append(rows, Row{Name: m[1], Number: int(n), Text: m[3] + m[4]})
	}
	if len(rows) == 0 {
		panic("BUG: no rows in " + header)
	}
	return rows
}

// listed is what the numbers of rows stand for, in their order.
func listed[T ~uint8](rows []Row) []T {
	ns := make([]T, len(rows))
	for i, r := range rows {
		ns[i] = T(r.Number)
	}
	return ns
}

// text is the third column of a number's row. A number without one is shown as what it would be one of.
func text[T ~uint8](rows []Row, number T, of string) string {
	for _, r := range rows {
		if r.Number == int(number) {
			return r.Text
		}
	}
	return fmt.Sprintf("%s-%d", of, uint8(number))
}
