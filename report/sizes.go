// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/results"
)

// sizeKey says which size is meant.
type sizeKey struct{ program, format string }

// PublishedSizes are those of the paper, under the names of our programs and formats.
func PublishedSizes() []Size {
	var sizes []Size
	for _, r := range results.Rows("published/mubpf-program-sizes.csv") {
		format := r["format"]
		if strings.HasPrefix(format, "jit-") {
			format = bench.SizeJIT
		}
		sizes = append(sizes, Size{Program: strings.ReplaceAll(r["program"], "-", "_"), Format: format, Bytes: int(number(r["bytes"]))})
	}
	return sizes
}

// sizeSet is sizes arranged for a table: programs in order, bytes by program and format.
type sizeSet struct {
	programs []string
	bytes    map[sizeKey]Size
}

func newSizeSet(sizes []Size) *sizeSet {
	set := &sizeSet{bytes: map[sizeKey]Size{}}
	for _, s := range sizes {
		if !slices.Contains(set.programs, s.Program) {
			set.programs = append(set.programs, s.Program)
		}
		set.bytes[sizeKey{s.Program, s.Format}] = s
	}
	return set
}

// mean is the geometric mean over programs of bytes in a format, by those in another one unless that
// is "". It is 0 unless all have both.
func (set *sizeSet) mean(programs []string, format, by string) float64 {
	var values []float64
	for _, p := range programs {
		v := float64(set.bytes[sizeKey{p, format}].Bytes)
		if v == 0 {
			return 0
		}
		if by != "" {
			base := set.bytes[sizeKey{p, by}].Bytes
			if base == 0 {
				return 0
			}
			v /= float64(base)
		}
		values = append(values, v)
	}
	m, ok := geomean(values)
	if !ok {
		return 0
	}
	return m
}

// usual are the programs that have every format most programs have: one mean is over all of them.
func (set *sizeSet) usual() []string {
	has := func(program, format string) bool { return set.bytes[sizeKey{program, format}].Bytes > 0 }
	programs := set.programs
	for _, format := range bench.SizeFormats {
		with := slices.DeleteFunc(slices.Clone(programs), func(p string) bool { return !has(p, format) })
		if 2*len(with) > len(set.programs) {
			programs = with
		}
	}
	return programs
}

// The formats others are compared with.
const (
	elfObject = "elf-object"
	femto     = "femto-containers"
)

// SizeTables shows sizes by program and format, beside what is published of programs of the same
// names; the best compiles of each format follow in a table of their own.
func SizeTables(sizes []Size) []*Table {
	var tables []*Table
	published := newSizeSet(PublishedSizes())
	for _, best := range []bool{false, true} {
		var these []Size
		for _, s := range sizes {
			if s.Best == best {
				these = append(these, s)
			}
		}
		if len(these) == 0 {
			continue
		}
		title := "Program sizes in bytes, all formats from one compile"
		if best {
			title = "Program sizes in bytes, the best compile for each format"
		}
		tables = append(tables, sizeTable(title, newSizeSet(these), published))
	}
	return tables
}

func sizeTable(title string, set, published *sizeSet) *Table {
	t := &Table{Title: title, Header: append([]string{"program"}, bench.SizeFormats...), Left: []bool{true}}
	row := func(name string, cell func(format string) string) *Row {
		cells := []string{name}
		for _, f := range bench.SizeFormats {
			cells = append(cells, cell(f))
		}
		return t.add(cells...)
	}
	bytes := func(set *sizeSet, program string) func(string) string {
		return func(format string) string {
			if n := set.bytes[sizeKey{program, format}].Bytes; n > 0 {
				return count(uint64(n))
			}
			return gap
		}
	}
	var both []string
	slices.SortStableFunc(set.programs, func(a, b string) int {
		return published.rank(a) - published.rank(b)
	})
	for _, p := range set.programs {
		row(p, bytes(set, p))
		if slices.Contains(published.programs, p) {
			row("  published", bytes(published, p))
			both = append(both, p)
		}
	}
	means := func(title string, set *sizeSet, programs []string) {
		for i, by := range []string{"", elfObject, femto} {
			name, decimals := title, 0
			if by != "" {
				name, decimals = "  of "+by, 3
			}
			row(name, func(format string) string { return quotient(set.mean(programs, format, by), 1, decimals) }).Break = i == 0
		}
	}
	if len(set.programs) > 1 && len(set.programs) != len(both) {
		usual := set.usual()
		means(fmt.Sprintf("geometric mean of %d", len(usual)), set, usual)
	}
	if len(both) > 1 {
		means(fmt.Sprintf("geometric mean of the paper's %d", len(both)), set, both)
		means("  published", published, both)
	}
	t.Notes = append(set.codeAlone(both), set.notes()...)
	if len(both) > 0 {
		t.Notes = append(t.Notes, "published: "+results.Paper+"; its own sources and compiler")
	}
	return t
}

// rank is the place of a program in a set, after all others if it has none.
func (set *sizeSet) rank(program string) int {
	if i := slices.Index(set.programs, program); i >= 0 {
		return i
	}
	return len(set.programs)
}

// codeAlone says what machine code is without the data that all formats carry alike.
func (set *sizeSet) codeAlone(programs []string) []string {
	notes := []string{bench.SizeJIT + " and " + bench.SizeNative + " are machine code with the program's constants and variables"}
	for _, format := range []string{bench.SizeJIT, bench.SizeNative} {
		var ratios []float64
		for _, p := range programs {
			code, base := set.bytes[sizeKey{p, format}], set.bytes[sizeKey{p, femto}]
			if code.Bytes > 0 && base.Bytes > 0 {
				ratios = append(ratios, float64(code.Bytes-code.Data)/float64(base.Bytes))
			}
		}
		if m, ok := geomean(ratios); ok && len(ratios) == len(programs) {
			notes = append(notes, fmt.Sprintf("%s: code alone is %.3f of %s (geometric mean of the paper's %d)", format, m, femto, len(programs)))
		}
	}
	return notes
}

// notes say what sizes are of, and why some are missing: each reason once.
func (set *sizeSet) notes() []string {
	var notes []string
	debug := 0
	compiles := map[string][]string{}
	for _, f := range bench.SizeFormats {
		missing := map[string][]string{}
		var reasons []string
		for _, p := range set.programs {
			s := set.bytes[sizeKey{p, f}]
			if s.Best && s.Compile != "" && !slices.Contains(compiles[f], s.Compile) {
				compiles[f] = append(compiles[f], s.Compile)
			}
			if s.Debug > 0 {
				debug++
			}
			if s.Error == "" {
				continue
			}
			if missing[s.Error] == nil {
				reasons = append(reasons, s.Error)
			}
			missing[s.Error] = append(missing[s.Error], p)
		}
		for _, reason := range reasons {
			who := strings.Join(missing[reason], ", ")
			if n := len(missing[reason]); n > 3 {
				who = fmt.Sprintf("%d programs", n)
			}
			notes = append(notes, fmt.Sprintf("%s: %s: %s", f, who, reason))
		}
	}
	if debug > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d of %d objects have debug information, which %s leaves out", elfObject, debug, len(set.programs), bench.SizeELFStripped))
	}
	for _, f := range bench.SizeFormats {
		if c := compiles[f]; len(c) > 0 {
			slices.Sort(c)
			notes = append(notes, f+": best with "+strings.Join(c, ", "))
		}
	}
	return notes
}

// WriteSizesCSV writes sizes, one per line, beside what is published.
func WriteSizesCSV(w io.Writer, sizes []Size) error {
	published := newSizeSet(PublishedSizes())
	rows := [][]string{{"program", "format", "bytes", "data", "compile", "best", "published_bytes", "error"}}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	for _, s := range sizes {
		rows = append(rows, []string{
			s.Program, s.Format, number(s.Bytes), number(s.Data), s.Compile, strconv.FormatBool(s.Best),
			number(published.bytes[sizeKey{s.Program, s.Format}].Bytes), s.Error,
		})
	}
	return writeRows(w, rows)
}
