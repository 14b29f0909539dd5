// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/bench"
)

// Page is a report in one file: all its styles and figures are inside, nothing is fetched.
type Page struct {
	Title       string
	Environment []Fact
	Samples     []bench.Sample
	Sizes       []Size
	Figures     []*Figure
	Conformance []*Table // of other people's and our own programs; nil leaves the section out
	Reproduce   []Fact   // a number and the command that makes it
}

// Fact is a line of the environment: its name, and what is so.
type Fact struct{ Name, Value string }

// PageName is the file name of a report.
const PageName = "report.html"

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Write writes the page into a folder and returns its file name.
func (p *Page) Write(dir string) (string, error) {
	file := filepath.Join(dir, PageName)
	return file, WriteFile(file, p.write)
}

func (p *Page) write(w io.Writer) error {
	data := struct {
		Title                  string
		Environment, Reproduce []Fact
		Summary, Sizes         []pageTable
		Kernels, Conformance   []pageTable
		Answers                pageTable
		Figures                []pageFigure
	}{
		Title: p.Title, Environment: p.Environment, Reproduce: p.Reproduce,
		Summary: pageTables(SummaryTables(p.Samples)), Sizes: pageTables(SizeTables(p.Sizes)),
		Kernels: pageTables(RunTables(p.Samples)), Conformance: pageTables(p.Conformance),
		Answers: newPageTable(answers(p.Samples)),
	}
	for _, f := range p.Figures {
		g, err := newPageFigure(f)
		if err != nil {
			return fmt.Errorf("figure %s: %w", f.Name, err)
		}
		data.Figures = append(data.Figures, g)
	}
	return pageTemplate.Execute(w, data)
}

// answers counts, for each engine, how the runs ended.
func answers(samples []bench.Sample) *Table {
	t := &Table{Header: []string{"engine", "runs", "right", "not right", "the first that is not"}, Left: []bool{true, false, false, false, true}}
	for _, e := range engines(samples) {
		right, wrong, first := 0, 0, ""
		for _, s := range samples {
			switch {
			case s.Engine != e:
			case s.OK:
				right++
			default:
				if wrong++; wrong == 1 {
					first = pointName(s) + ": " + s.Error
				}
			}
		}
		t.add(e, strconv.Itoa(right+wrong), strconv.Itoa(right), strconv.Itoa(wrong), first).Bad = wrong > 0
	}
	return t
}

// pageTable is a Table as the template wants it.
type pageTable struct {
	Title string
	Head  []pageCell
	Body  []pageRow
	Notes []string
}

type pageRow struct {
	Class string
	Cells []pageCell
	Note  string
	Rest  int // columns a note may span
}

type pageCell struct {
	Text string
	Left bool
}

func newPageTable(t *Table) pageTable {
	p := pageTable{Title: t.Title, Notes: t.Notes}
	cells := func(texts []string) (row []pageCell) {
		for i, text := range texts {
			row = append(row, pageCell{text, t.left(i)})
		}
		return row
	}
	p.Head = cells(t.Header)
	for _, r := range t.Rows {
		row := pageRow{Cells: cells(r.Cells), Note: r.Note, Rest: max(len(t.Header)-len(r.Cells), 1)}
		switch {
		case r.Bad:
			row.Class = "bad"
		case r.Break:
			row.Class = "break"
		}
		p.Body = append(p.Body, row)
	}
	return p
}

func pageTables(tables []*Table) (all []pageTable) {
	for _, t := range tables {
		all = append(all, newPageTable(t))
	}
	return all
}

type pageFigure struct {
	*Figure
	SVG    template.HTML
	Values []pageValue
}

type pageValue struct{ Value }

// Text is a value as people read it: a count, or a few decimals.
func (v pageValue) Text() string {
	if n := v.Value.Value; n == float64(uint64(n)) {
		return count(uint64(n))
	}
	return strconv.FormatFloat(v.Value.Value, 'f', 3, 64)
}

// Narrow tells figures of one panel.
func (f pageFigure) Narrow() bool { return f.width <= chartWidth }

var colours = regexp.MustCompile(`#[0-9A-F]{6}\b`)

// newPageFigure makes the drawing one of the page: it takes the width there is, and its colours are
// variables, so that dark paper can have others.
func newPageFigure(f *Figure) (pageFigure, error) {
	svg, err := f.SVG()
	if err != nil {
		return pageFigure{}, err
	}
	at := strings.Index(svg, "<svg ")
	view := strings.Index(svg, "viewBox=")
	if at < 0 || view < 0 {
		panic("BUG: the drawing is no SVG")
	}
	svg = fmt.Sprintf(`<svg role="img" aria-label="%s" `, template.HTMLEscapeString(f.Title)) + svg[view:]
	svg = colours.ReplaceAllStringFunc(svg, func(c string) string {
		if c == "#FFFFFF" {
			return "var(--paper)"
		}
		return "var(--c" + c[1:] + "," + c + ")"
	})
	page := pageFigure{Figure: f, SVG: template.HTML(svg)}
	for _, v := range f.Values {
		page.Values = append(page.Values, pageValue{v})
	}
	return page, nil
}
