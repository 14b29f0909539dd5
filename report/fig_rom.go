// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"ubench/bench"
	"ubench/results"
)

// barChart has a horizontal bar per row, with its value written at the end.
type barChart struct {
	title, x string
	notes    []string
	bars     []bar
}

type bar struct {
	name  string
	value float64
	look  look
	text  string // beside the bar
}

func (c *barChart) draw(dc draw.Canvas) {
	dc = drawTitle(drawNotes(dc, c.notes), c.title, c.x)
	label := text(textSize, black)
	label.YAlign = draw.YCenter
	names, values, top := vg.Length(0), vg.Length(0), 0.0
	for _, b := range c.bars {
		names = max(names, label.Width(b.name)*1.1)
		values = max(values, label.Width(b.text)*1.1)
		top = max(top, b.value)
	}
	if !(top > 0) || math.IsInf(top, 0) {
		return
	}
	left := dc.Min.X + names + vg.Points(6)
	width := dc.Max.X - left - values - vg.Points(6)
	height := min((dc.Max.Y-dc.Min.Y)/vg.Length(len(c.bars)), vg.Points(18))
	for i, b := range c.bars {
		y := dc.Max.Y - height*(vg.Length(i)+0.5)
		end := left + width*vg.Length(b.value/top)
		dc.FillText(label, vg.Point{X: dc.Min.X, Y: y}, b.name)
		dc.FillPolygon(b.look.color, []vg.Point{
			{X: left, Y: y - height*0.35}, {X: end, Y: y - height*0.35}, {X: end, Y: y + height*0.35}, {X: left, Y: y + height*0.35},
		})
		dc.FillText(label, vg.Point{X: end + vg.Points(4), Y: y}, b.text)
	}
}

// ROMFigure is where the bytes of a firmware go: code and tables by component, and RAM. It is nil
// without components.
func ROMFigure(rom []bench.Component, ram []bench.Component, board string) *Figure {
	if len(rom) == 0 {
		return nil
	}
	f := &Figure{
		Name:    "e-rom-and-ram",
		Title:   "ROM and RAM",
		Caption: "From the symbols of the firmware for " + board + ", which carries all engines; a product carries one.",
		width:   2 * chartWidth, height: chartHeight,
	}
	chart := func(title, unit, metric string, parts []bench.Component) *barChart {
		c := &barChart{title: title, x: unit}
		for _, p := range parts {
			l, ok := looks[p.Name]
			if !ok {
				l = look{color: rgb(0x9a9a9a)}
			}
			c.bars = append(c.bars, bar{p.Name, float64(p.Bytes), l, count(uint64(p.Bytes))})
			f.add(p.Name, board, metric, float64(p.Bytes), "bytes", Measured)
		}
		return c
	}
	left := chart("ROM by component", "bytes of code and tables", "ROM", rom)
	right := chart("RAM", "bytes", "RAM", ram)
	left.notes = []string{"engines are compiled with -O2; native are the benchmarks' kernels"}
	right.notes = []string{"peak stack: the deepest of all benchmarks, on the C stack"}
	f.drawing = panels{left, right}
	f.add("the paper's system", "", "ROM", 0.28*1024*1024, "bytes", results.Paper)
	f.add("the paper's system", "", "RAM", 45*1024, "bytes", results.Paper)
	return f
}

// Need is what a configuration needs of a board.
type Need struct {
	Name     string
	Engine   string // whose look it has
	ROM, RAM int    // bytes
	Source   string
}

// PaperNeed is what the paper says its system needs.
var PaperNeed = Need{"µBPF, as published", "rbpf", 293601, 45 << 10, results.Paper} // 0.28 MiB, 45 KiB

// Fit is which share of a set of boards meets a need, and what the others lack.
type Fit struct {
	Boards, Fits, LackROM, LackRAM, LackBoth int
}

func (f Fit) share() float64 {
	if f.Boards == 0 {
		return 0
	}
	return 100 * float64(f.Fits) / float64(f.Boards)
}

// fit counts the boards of known flash and RAM that a filter picks.
func fit(n Need, pick func(row map[string]string) bool) Fit {
	var f Fit
	for _, r := range results.Rows("boards.csv") {
		if r["flash_kib"] == "" || r["ram_kib"] == "" || !pick(r) {
			continue
		}
		f.Boards++
		rom, ram := number(r["flash_kib"])*1024 >= float64(n.ROM), number(r["ram_kib"])*1024 >= float64(n.RAM)
		switch {
		case rom && ram:
			f.Fits++
		case ram:
			f.LackROM++
		case rom:
			f.LackRAM++
		default:
			f.LackBoth++
		}
	}
	return f
}

// boardGroups are the rows of the boards figure.
func boardGroups() []struct {
	name string
	pick func(map[string]string) bool
} {
	type group = struct {
		name string
		pick func(map[string]string) bool
	}
	groups := []group{{"all boards", func(map[string]string) bool { return true }}}
	for _, os := range []string{"RIOT", "Zephyr", "PlatformIO"} {
		groups = append(groups, group{os, func(r map[string]string) bool { return r["os"] == os }})
	}
	for _, core := range []string{"M0", "M0+", "M3", "M4", "M7", "M33"} {
		groups = append(groups, group{"Cortex-" + core, func(r map[string]string) bool { return r["core"] == core }})
	}
	return groups
}

// BoardsFigure shows on which share of the known boards each need is met.
func BoardsFigure(needs []Need) *Figure {
	f := &Figure{
		Name:    "f-boards",
		Title:   "Which boards fit",
		Caption: "Share of the Cortex-M boards of RIOT, Zephyr and PlatformIO with known flash and RAM. The paper's 74 % does not reproduce from its own needs; flash alone comes close. By memory alone: code made by the JIT needs an ARMv7-M, a Cortex-M3 or larger.",
		width:   chartWidth * 3 / 2,
	}
	d := &dotChart{linear: true, title: f.Title, x: "% of boards that have the flash and the RAM", looks: map[string]look{}}
	for i, n := range append([]Need{PaperNeed}, needs...) {
		d.names = append(d.names, n.Name)
		d.looks[n.Name] = lookOf(n.Engine, i)
		f.add(n.Name, "", "ROM needed", float64(n.ROM), "bytes", n.Source)
		f.add(n.Name, "", "RAM needed", float64(n.RAM), "bytes", n.Source)
	}
	for _, g := range boardGroups() {
		row := dotRow{name: g.name, values: map[string]float64{}}
		for _, n := range append([]Need{PaperNeed}, needs...) {
			got := fit(n, g.pick)
			row.values[n.Name] = got.share()
			for _, v := range []struct {
				metric string
				value  float64
				unit   string
			}{
				{"boards", float64(got.Boards), ""}, {"fit", got.share(), "%"}, {"lack flash only", float64(got.LackROM), "boards"},
				{"lack RAM only", float64(got.LackRAM), "boards"}, {"lack both", float64(got.LackBoth), "boards"},
			} {
				f.add(n.Name, g.name, v.metric, v.value, v.unit, "results/boards.csv")
			}
		}
		d.rows = append(d.rows, row)
	}
	paper := fit(PaperNeed, func(map[string]string) bool { return true })
	d.notes = []string{
		"needs: " + needText(PaperNeed),
		"what limits the published system: " + limits(paper),
	}
	for _, n := range needs {
		d.notes = slices.Insert(d.notes, len(d.notes)-1, "needs: "+needText(n))
	}
	f.add("the paper's claim", "RIOT", "fit", 74, "%", results.Paper)
	f.drawing, f.height = d, d.height()+vg.Points(float64(len(needs))*10)
	return f
}

func needText(n Need) string {
	return n.Name + ": " + kib(n.ROM) + " of flash and " + kib(n.RAM) + " of RAM"
}

func kib(bytes int) string {
	return quotient(float64(bytes), 1024, 1) + " KiB"
}

func limits(f Fit) string {
	return count(uint64(f.LackROM)) + " boards lack flash only, " + count(uint64(f.LackRAM)) + " RAM only, " +
		count(uint64(f.LackBoth)) + " both"
}

// SafetyFigure is what safety costs: every benchmark on jit and jit-unchecked, against native. It is
// nil unless both were measured.
func SafetyFigure(samples []bench.Sample) *Figure {
	var chosen []bench.Sample
	for _, s := range samples {
		if slices.Contains([]string{Reference, "jit", "jit-unchecked", "vm"}, s.Engine) {
			chosen = append(chosen, s)
		}
	}
	d := kernelDots(chosen)
	if d == nil || !slices.Contains(d.names, "jit") {
		return nil
	}
	f := &Figure{
		Name:    "g-all-kernels",
		Title:   "All kernels, and what safety costs",
		Caption: "Execution against the same C compiled natively, each at its largest size. jit-unchecked is the same compiler with memory checks and budget switched off.",
		width:   chartWidth * 3 / 2, height: d.height(), drawing: d,
	}
	for _, r := range d.rows {
		for _, n := range d.names {
			if v, ok := r.values[n]; ok {
				f.add(n, r.name, d.x, v, "ratio", Measured+", "+samples[0].Target)
			}
		}
		if a, b := r.values["jit"], r.values["jit-unchecked"]; a > 0 && b > 0 {
			f.add("jit", r.name, "cost of safety", a/b, "ratio", Measured+", "+samples[0].Target)
		}
	}
	return f
}
