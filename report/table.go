// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table is text in columns. Cells of a column are right-aligned unless Left says otherwise.
type Table struct {
	Title  string
	Header []string
	Left   []bool // per column: align left
	Rows   []Row
	Notes  []string // below the table
}

// Row is a line of a table.
type Row struct {
	Cells []string
	Note  string // free text after the last cell
	Break bool   // an empty line comes before
	Bad   bool   // shown in red where there is colour
}

func (t *Table) add(cells ...string) *Row {
	t.Rows = append(t.Rows, Row{Cells: cells})
	return &t.Rows[len(t.Rows)-1]
}

func (t *Table) left(column int) bool { return column < len(t.Left) && t.Left[column] }

// Escape sequences of a terminal.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

// WriteText writes the table for a terminal or a text file.
func (t *Table) WriteText(w io.Writer, colour bool) error {
	paint := func(code, text string) string {
		if !colour || text == "" {
			return text
		}
		return code + text + plain
	}
	widths := make([]int, len(t.Header))
	for i, h := range t.Header {
		widths[i] = utf8.RuneCountInString(h)
	}
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	line := func(cells []string, note string) string {
		var b strings.Builder
		for i, c := range cells {
			if i > 0 {
				b.WriteString("  ")
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if t.left(i) {
				b.WriteString(c + pad)
			} else {
				b.WriteString(pad + c)
			}
		}
		if note != "" {
			b.WriteString("  " + note)
		}
		return strings.TrimRight(b.String(), " ")
	}
	var b strings.Builder
	if t.Title != "" {
		fmt.Fprintf(&b, "%s\n\n", paint(bold, t.Title))
	}
	numbers := slices.ContainsFunc(t.Rows, func(r Row) bool { return len(r.Cells) > 0 })
	if numbers || len(t.Rows)+len(t.Notes) == 0 { // a header stands above something, if only to say that there is nothing
		fmt.Fprintln(&b, paint(bold, line(t.Header, "")))
	}
	for _, r := range t.Rows {
		if r.Break {
			fmt.Fprintln(&b)
		}
		text := line(r.Cells, r.Note)
		if r.Bad {
			text = paint(red, text)
		}
		fmt.Fprintln(&b, text)
	}
	if len(t.Notes) > 0 && b.Len() > 0 {
		fmt.Fprintln(&b)
	}
	for _, n := range t.Notes {
		fmt.Fprintln(&b, paint(dim, n))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// gap stands for a number that is missing.
const gap = "–"

// count formats with thousands separators: 1,234,567.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// quotient formats a/b with a number of decimals, as a gap where there is
// none or one of them was not counted.
func quotient(a, b float64, decimals int) string {
	q := a / b
	if a == 0 || b == 0 || math.IsNaN(q) || math.IsInf(q, 0) {
		return gap
	}
	return strconv.FormatFloat(q, 'f', decimals, 64)
}
