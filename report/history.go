// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
)

// Revision is a result file of a row of them: of a commit, or of a folder.
type Revision struct {
	Name    string // short: a commit's hash, a file's name
	Date    string // of the commit; may be empty
	Subject string // of the commit; may be empty
	Results *Results
}

// History is how a metric changed over revisions: for each engine (or format) and revision the change
// against the first one, in per cent. It is chained: a revision is compared with the one before it
// over the points both have, by their geometric mean, so that points may come and go.
type History struct {
	Metric    string
	Revisions []Revision
	Lines     []string
	Change    [][]float64 // by line and revision, in per cent; NaN where the line was not measured
}

// NewHistory compares revisions, oldest first.
func NewHistory(revisions []Revision, metric string) (*History, error) {
	h := &History{Metric: metric, Revisions: revisions}
	var before map[string]point
	level := map[string]float64{} // of each line, 1 where it began
	for i, r := range revisions {
		all, err := points(r.Results)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		now := map[string]point{}
		ratios := map[string][]float64{}
		for _, p := range all {
			if p.bad != "" || p.values[metric] == 0 {
				continue
			}
			now[p.name] = p
			if q, ok := before[p.name]; ok {
				ratios[p.line] = append(ratios[p.line], float64(p.values[metric])/float64(q.values[metric]))
			}
			if !slices.Contains(h.Lines, p.line) {
				h.Lines = append(h.Lines, p.line)
				h.Change = append(h.Change, slices.Repeat([]float64{math.NaN()}, len(revisions)))
				level[p.line] = 1
			}
		}
		for _, p := range now {
			line := slices.Index(h.Lines, p.line)
			if !math.IsNaN(h.Change[line][i]) {
				continue
			}
			if m, ok := geomean(ratios[p.line]); ok {
				level[p.line] *= m
			}
			h.Change[line][i] = (level[p.line] - 1) * 100
		}
		before = now
	}
	if len(h.Lines) == 0 {
		return nil, fmt.Errorf("no %s in any of the %s", metric, plural(len(revisions), "result file"))
	}
	return h, nil
}

// Step is a change from one revision to the next.
type Step struct {
	Line     string
	Revision int
	Percent  float64
}

// smallestStep is one that is more than rounding, in per cent.
const smallestStep = 1e-9

// Steps lists all changes, by revision and then the largest first.
func (h *History) Steps() []Step {
	var steps []Step
	for l, line := range h.Lines {
		for i := 1; i < len(h.Revisions); i++ {
			a, b := h.Change[l][i-1], h.Change[l][i]
			if p := ((100+b)/(100+a) - 1) * 100; math.Abs(p) > smallestStep { // false for NaN
				steps = append(steps, Step{line, i, p})
			}
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(math.Abs(b.Percent), math.Abs(a.Percent)))
	})
	return steps
}

// Table lists revisions and what changed with them.
func (h *History) Table() *Table {
	t := &Table{
		Title:  fmt.Sprintf("%s over %s", h.Metric, plural(len(h.Revisions), "revision")),
		Header: []string{"revision", "date", "engine", "change", "since the first", "subject"},
		Left:   []bool{true, true, true, false, false, true},
	}
	steps := h.Steps()
	for i, r := range h.Revisions {
		first := true
		for _, s := range steps {
			if s.Revision != i {
				continue
			}
			total := h.Change[slices.Index(h.Lines, s.Line)][i]
			cells := []string{"", "", s.Line, fmt.Sprintf("%+.3f %%", s.Percent), fmt.Sprintf("%+.3f %%", total), ""}
			if first {
				cells[0], cells[1], cells[5] = r.Name, r.Date, clip(r.Subject)
			}
			t.add(cells...)
			first = false
		}
		if first {
			t.add(r.Name, r.Date, "", "", "", clip(r.Subject))
		}
	}
	t.Notes = []string{"geometric mean over the points a revision and the one before it both have"}
	return t
}

// mostNotes bounds the steps a figure annotates: the largest of a revision, the largest of all.
const mostNotes = 6

// Figure draws the history, with its largest steps annotated.
func (h *History) Figure() *Figure {
	f := &Figure{
		Name: "history", Title: h.Metric + " over revisions", width: chartWidth * 3 / 2, height: chartHeight,
		Caption: "Change against the first revision, the geometric mean of all points.",
	}
	c := &lineChart{
		linearX: true, span: true, title: f.Title, x: "revision", y: "change against the first, %",
		notes: []string{"geometric mean over the points a revision and the one before it both have; the largest steps are named"},
	}
	for i, r := range h.Revisions {
		c.xs, c.xNames = append(c.xs, float64(i)), append(c.xNames, r.Name)
	}
	for l, line := range h.Lines {
		s := series{name: line, look: lookOf(line, l)}
		for i, v := range h.Change[l] {
			if !math.IsNaN(v) {
				s.points = append(s.points, plotter.XY{X: float64(i), Y: v})
				f.add(line, h.Revisions[i].Name, h.Metric, v, "% against the first", Measured)
			}
		}
		c.series = append(c.series, s)
	}
	var steps []Step
	for _, s := range h.Steps() { // the largest of each revision comes first
		if len(steps) == 0 || steps[len(steps)-1].Revision != s.Revision {
			steps = append(steps, s)
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(math.Abs(b.Percent), math.Abs(a.Percent)) })
	steps = steps[:min(len(steps), mostNotes)]
	slices.SortFunc(steps, func(a, b Step) int { return cmp.Compare(a.Revision, b.Revision) })
	for _, s := range steps {
		c.steps = append(c.steps, step{float64(s.Revision), fmt.Sprintf("%s: %s %+.2f %%", h.Revisions[s.Revision].Name, s.Line, s.Percent),
			lookOf(s.Line, slices.Index(h.Lines, s.Line))})
	}
	f.drawing = c
	return f
}
