// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"bytes"
	"io"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot/vg"

	"github.com/ubench-dev/ubench/results"
)

// Figure is a drawing and the numbers behind it.
type Figure struct {
	Name    string // of its files
	Title   string
	Caption string // what it shows, in a sentence or two
	Command string // measures its numbers
	Values  []Value

	width, height vg.Length
	drawing       drawable
}

// Value is one number of a figure and where it comes from.
type Value struct {
	Series string // what is measured: an engine, a format, a component
	Point  string // where: a size, a program, a core
	Metric string
	Value  float64
	Unit   string
	Source string // Measured, or the publication
}

// Published is the source of the data of others.
const Published = results.Paper

// Measured is the source of what this program counted itself; it is followed by the target.
const Measured = "ubench"

// Write writes NAME.svg, NAME.png and NAME.csv into a folder.
func (f *Figure) Write(dir string) error {
	base := filepath.Join(dir, f.Name)
	for _, ext := range []string{".svg", ".png"} {
		if err := save(base+ext, f.width, f.height, f.drawing); err != nil {
			return err
		}
	}
	return WriteFile(base+".csv", f.writeCSV)
}

// Save draws into a file; its extension says in which format.
func (f *Figure) Save(file string) error { return save(file, f.width, f.height, f.drawing) }

func (f *Figure) writeCSV(w io.Writer) error {
	rows := [][]string{{"series", "point", "metric", "value", "unit", "source"}}
	for _, v := range f.Values {
		value := strconv.FormatFloat(v.Value, 'f', -1, 64)
		rows = append(rows, []string{v.Series, v.Point, v.Metric, value, v.Unit, v.Source})
	}
	return writeRows(w, rows)
}

// SVG is the drawing as SVG text.
func (f *Figure) SVG() (string, error) {
	var b bytes.Buffer
	err := render(&b, "svg", f.width, f.height, f.drawing)
	return b.String(), err
}

// add records a number behind the figure.
func (f *Figure) add(series, point, metric string, value float64, unit, source string) {
	f.Values = append(f.Values, Value{series, point, metric, value, unit, source})
}
