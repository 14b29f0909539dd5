// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ubench-dev/ubench/bench"
)

// Metrics are what Compare looks at, in the order of its tables: costs of phases and sizes.
var Metrics = []string{
	"instructions", "cycles", "load-instructions", "load-cycles", "verify-instructions", "verify-cycles",
	"compile-instructions", "compile-cycles", "image-bytes", "code-bytes", "ram-bytes", "stack-bytes", "bytes",
}

// Comparison is how two result files differ.
type Comparison struct {
	Changes []Change
	OnlyOld []string // points that one of the files lacks
	OnlyNew []string
	Broken  []string // points that are not good, with the reason
	Failed  []string // points that are good now and were not
	Missing []string // metrics that only one of the files has of a point that is good in both
	Same    int      // metrics that are equal

	Incomplete []string // which of the files are, and why

	labels [2]string // what cycles are, in the old and the new file
}

// Change is one metric that differs.
type Change struct {
	Point      string
	Metric     string
	Old, New   uint64
	Regression bool // grew by more than the threshold
}

// percent is the change relative to the old value; infinite if that was 0.
func (c Change) percent() float64 {
	return (float64(c.New) - float64(c.Old)) / float64(c.Old) * 100
}

// Regressions counts what got worse: metrics beyond their thresholds, and points that broke.
func (c *Comparison) Regressions() int {
	n := len(c.Broken)
	for _, ch := range c.Changes {
		if ch.Regression {
			n++
		}
	}
	return n
}

// Identical tells whether nothing differs at all.
func (c *Comparison) Identical() bool {
	return len(c.Changes)+len(c.OnlyOld)+len(c.OnlyNew)+len(c.Broken)+len(c.Failed)+len(c.Missing)+len(c.Incomplete) == 0
}

// Compared is how many metrics were compared. If there are none, the files say nothing about each other.
func (c *Comparison) Compared() int { return c.Same + len(c.Changes) }

// point is everything known about one place in a result file.
type point struct {
	name   string
	line   string // the engine, or format
	bad    string
	cannot bool // bad for good: a program that cannot have a format
	values map[string]uint64
}

// points indexes a result file. A point that appears twice must have the same values.
func points(r *Results) ([]point, error) {
	var all []point
	index := map[string]int{}
	add := func(p point) error {
		i, ok := index[p.name]
		if !ok {
			index[p.name] = len(all)
			all = append(all, p)
			return nil
		}
		all[i].bad = cmp.Or(all[i].bad, p.bad)
		for m, v := range p.values {
			if w, ok := all[i].values[m]; ok && v != w {
				return fmt.Errorf("%s appears twice, with %d and %d %s", p.name, w, v, m)
			}
		}
		return nil
	}
	for _, s := range r.Samples {
		p := point{name: pointName(s), line: s.Engine, values: map[string]uint64{}}
		if !s.OK {
			p.bad = cmp.Or(s.Error, "failed")
		}
		for _, phase := range bench.PhaseNames {
			prefix := phase + "-"
			if phase == "execute" {
				prefix = ""
			}
			if c := s.Phases.Phase(phase); c != nil {
				p.set(prefix+"instructions", c.Instructions)
				p.set(prefix+"cycles", c.Cycles)
			}
		}
		p.set("image-bytes", s.ImageBytes)
		p.set("code-bytes", s.CodeBytes)
		p.set("ram-bytes", s.RAMBytes)
		p.set("stack-bytes", s.StackBytes)
		if err := add(p); err != nil {
			return nil, err
		}
	}
	for _, s := range r.Sizes {
		p := point{name: s.Program + " " + s.Format, line: s.Format, bad: s.Error, cannot: s.Error != "", values: map[string]uint64{}}
		if s.Bytes > 0 {
			p.values["bytes"] = uint64(s.Bytes)
		}
		if err := add(p); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (p *point) set(metric string, n bench.Number) {
	if value, known := n.Get(); known {
		p.values[metric] = value
	}
}

func pointName(s bench.Sample) string {
	parts := []string{s.Benchmark}
	if s.Size > 0 {
		parts = append(parts, strconv.Itoa(s.Size))
	}
	parts = append(parts, s.Engine)
	if s.Target != "" {
		parts = append(parts, s.Target)
	}
	return strings.Join(parts, " ")
}

// Compare finds what changed from one result file to another. A metric may grow by its threshold,
// in per cent (0 where none is given), before that is a regression. A metric only one file has cannot be
// compared, and is named.
func Compare(before, after *Results, thresholds map[string]float64) (*Comparison, error) {
	old, err := points(before)
	if err != nil {
		return nil, fmt.Errorf("old results: %w", err)
	}
	now, err := points(after)
	if err != nil {
		return nil, fmt.Errorf("new results: %w", err)
	}
	c := &Comparison{labels: [2]string{cyclesLabel(before.Samples), cyclesLabel(after.Samples)}}
	for i, r := range []*Results{before, after} {
		which := []string{"old", "new"}[i]
		if r.Incomplete != "" {
			c.Incomplete = append(c.Incomplete, fmt.Sprintf("the %s file is incomplete: %s", which, r.Incomplete))
		}
		if r.Shard != nil {
			c.Incomplete = append(c.Incomplete, fmt.Sprintf("the %s file is %s: put all of them together with ubench merge", which, r.Shard))
		}
	}
	for _, p := range now {
		if !slices.ContainsFunc(old, func(q point) bool { return q.name == p.name }) {
			c.OnlyNew = append(c.OnlyNew, p.name)
		}
	}
	for _, p := range old {
		i := slices.IndexFunc(now, func(q point) bool { return q.name == p.name })
		if i < 0 {
			c.OnlyOld = append(c.OnlyOld, p.name)
			continue
		}
		q := now[i]
		switch {
		case p.cannot && q.cannot:
			continue // as it was
		case p.bad == "" && q.bad != "":
			c.Broken = append(c.Broken, q.name+": "+q.bad)
			continue
		case q.bad != "":
			c.Broken = append(c.Broken, q.name+", as in the old file: "+q.bad)
			continue
		case p.bad != "":
			c.Failed = append(c.Failed, p.name+" in the old file: "+p.bad)
			continue
		}
		for _, m := range Metrics {
			a, okA := p.values[m]
			b, okB := q.values[m]
			switch {
			case !okA && !okB:
			case !okB:
				c.Missing = append(c.Missing, m+" of "+p.name+" in the new file")
			case !okA:
				c.Missing = append(c.Missing, m+" of "+p.name+" in the old file")
			case a == b:
				c.Same++
			default:
				ch := Change{Point: p.name, Metric: m, Old: a, New: b}
				ch.Regression = b > a && !(ch.percent() <= thresholds[m])
				c.Changes = append(c.Changes, ch)
			}
		}
	}
	slices.SortStableFunc(c.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(metricRank(a.Metric), metricRank(b.Metric)), cmp.Compare(b.size(), a.size()))
	})
	return c, nil
}

func metricRank(m string) int { return slices.Index(Metrics, m) }

// size orders changes: the worst first, improvements last.
func (c Change) size() float64 { return float64(c.New) / math.Max(float64(c.Old), 1) }

// Verdict is the comparison in one line.
func (c *Comparison) Verdict() string {
	if c.Compared() == 0 {
		return "nothing was compared: no metric of any point is in both files"
	}
	if c.Identical() {
		return fmt.Sprintf("no change: %s equal", plural(c.Same, "metric"))
	}
	better := 0
	for _, ch := range c.Changes {
		if ch.New < ch.Old {
			better++
		}
	}
	parts := []string{plural(c.Regressions(), "regression"), plural(better, "improvement")}
	if within := len(c.Changes) - better - c.Regressions() + len(c.Broken); within > 0 {
		parts = append(parts, fmt.Sprintf("%d within the threshold", within))
	}
	parts = append(parts, fmt.Sprintf("%d equal", c.Same))
	for _, m := range []struct {
		n    int
		what string
	}{
		{len(c.OnlyOld), "only in the old file"}, {len(c.OnlyNew), "only in the new file"},
		{len(c.Failed), "failed"}, {len(c.Missing), "missing"},
	} {
		if m.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", m.n, m.what))
		}
	}
	return strings.Join(parts, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Table lists the changes, grouped by metric.
func (c *Comparison) Table() *Table {
	t := &Table{Header: []string{"metric", "point", "old", "new", "change", ""}, Left: []bool{true, true, false, false, false, true}}
	last := ""
	for _, ch := range c.Changes {
		row := Row{Cells: []string{ch.Metric, ch.Point, count(ch.Old), count(ch.New), ch.text(), ""}, Break: last != "" && last != ch.Metric}
		if ch.Regression {
			row.Cells[5], row.Bad = "worse", true
		}
		if last == ch.Metric {
			row.Cells[0] = ""
		}
		t.Rows = append(t.Rows, row)
		last = ch.Metric
	}
	for _, b := range c.Broken {
		t.Rows = append(t.Rows, Row{Note: "broken: " + b, Bad: true})
	}
	t.Notes = append(t.Notes, c.notes()...)
	return t
}

// notes say what cycles are, if any changed, and what only one of the files has.
func (c *Comparison) notes() []string {
	var notes []string
	if slices.ContainsFunc(c.Changes, func(ch Change) bool { return strings.HasSuffix(ch.Metric, "cycles") }) {
		note := "cycles: " + c.labels[0]
		if c.labels[0] != c.labels[1] {
			note += " in the old file, " + c.labels[1] + " in the new one"
		}
		notes = append(notes, note)
	}
	for _, m := range []struct {
		what  string
		names []string
	}{
		{"only in the old file", c.OnlyOld}, {"only in the new file", c.OnlyNew}, {"failed", c.Failed}, {"missing", c.Missing},
	} {
		if n := len(m.names); n > 0 {
			names := strings.Join(m.names[:min(n, 5)], ", ")
			if n > 5 {
				names += ", …"
			}
			notes = append(notes, fmt.Sprintf("%s (%d): %s", m.what, n, names))
		}
	}
	return append(notes, c.Incomplete...)
}

func (ch Change) text() string {
	if ch.Old == 0 {
		return gap
	}
	return fmt.Sprintf("%+.2f %%", ch.percent())
}

// Markdown is the comparison as a comment on a pull request.
func (c *Comparison) Markdown() string {
	var b strings.Builder
	mark := "✅"
	if c.Regressions() > 0 || c.Compared() == 0 || len(c.Incomplete) > 0 {
		mark = "❌"
	}
	fmt.Fprintf(&b, "### %s ubench: %s\n", mark, c.Verdict())
	if len(c.Changes) > 0 {
		b.WriteString("\n| metric | point | old | new | change | |\n|---|---|--:|--:|--:|---|\n")
		for _, ch := range c.Changes {
			worse := ""
			if ch.Regression {
				worse = "**worse**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", ch.Metric, markdown(ch.Point), count(ch.Old), count(ch.New), ch.text(), worse)
		}
	}
	for _, x := range c.Broken {
		fmt.Fprintf(&b, "\n* **broken**: %s\n", markdown(x))
	}
	for _, n := range c.notes() {
		fmt.Fprintf(&b, "\n%s\n", markdown(n))
	}
	return b.String()
}

// markdown escapes what tables give a meaning to.
func markdown(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "`", "'", "\n", " ").Replace(s)
}
