// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/ubench-dev/ubench/results"
)

// Need is what a configuration needs of a board.
type Need struct {
	Name     string
	Engine   string // whose look it has
	ROM, RAM int    // bytes
	Compiles bool   // makes Thumb-2 code: an ARMv7-M or larger is needed
	Source   string
}

// PaperNeed is what the paper says its system needs: 0.28 MiB and 45 KiB.
var PaperNeed = Need{Name: "µBPF, as published", Engine: "µBPF", ROM: 293601, RAM: 45 << 10, Source: results.Paper}

// paperClaim is the share of RIOT's boards the paper says its system fits, in per cent.
const paperClaim = 74

// Fit is how many boards meet a need, and what the others lack: the core first, then memory.
type Fit struct {
	Boards, Fits, LackROM, LackRAM, LackBoth, LackCore int
}

// share is that of n boards in per cent.
func (f Fit) share(n int) float64 {
	if f.Boards == 0 {
		return 0
	}
	return 100 * float64(n) / float64(f.Boards)
}

// cores names the cores of boards whose row has the name of the chip in their place.
var cores = map[string]string{
	"MCIMX7_M4": "M4", "NRF51822_QFAC": "M0", "NRF52832_QFAA": "M4", "NRF52840_QIAA": "M4",
	"PART_NUMBER_SAMD21E18A": "M0+", "PART_NUMBER_SAMD21G18A": "M0+", "PART_NUMBER_SAMD51G19A": "M4",
	"STM32F098XX": "M0", "STM32F401XE": "M4", "STM32F412CX": "M4", "STM32F427XX": "M4", "STM32WLE5XX": "M4",
}

func core(row map[string]string) string { return cmp.Or(cores[row["core"]], row["core"]) }

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
		case n.Compiles && slices.Contains([]string{"M0", "M0+", "M1", "M23"}, core(r)):
			f.LackCore++
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

// boardGroup is a row of the boards figure.
type boardGroup struct {
	name string
	pick func(row map[string]string) bool
}

func boardGroups() []boardGroup {
	groups := []boardGroup{{"all boards", func(map[string]string) bool { return true }}}
	for _, os := range []string{"RIOT", "Zephyr", "PlatformIO"} {
		groups = append(groups, boardGroup{os, func(r map[string]string) bool { return r["os"] == os }})
	}
	for _, name := range []string{"M0", "M0+", "M3", "M4", "M7", "M33"} {
		groups = append(groups, boardGroup{"Cortex-" + name, func(r map[string]string) bool { return core(r) == name }})
	}
	return groups
}

// BoardsFigure shows on which share of the known boards each need is met, and what the others lack.
func BoardsFigure(needs []Need) *Figure {
	f := &Figure{
		Name:  "f-boards",
		Title: "Which boards fit",
		Caption: "Left: the share of the Cortex-M boards of RIOT, Zephyr and PlatformIO, by origin and by core, that have the flash and the RAM " +
			"a system needs. Code of the jit is Thumb-2, which a Cortex-M0, M0+, M1 or M23 does not execute. Right: what the other boards lack.",
		width: 2 * chartWidth,
	}
	needs = append([]Need{PaperNeed}, needs...)
	d := &dotChart{linear: true, title: f.Title, x: "% of boards that have the flash and the RAM", looks: map[string]look{}}
	limits := &shareChart{title: "What limits the others", subtitle: "% of all boards"}
	for i, n := range needs {
		d.names = append(d.names, n.Name)
		d.looks[n.Name] = lookOf(n.Engine, i)
		d.notes = append(d.notes, fmt.Sprintf("%s: %s KiB of flash, %s KiB of RAM", n.Name, kib(n.ROM), kib(n.RAM)))
		f.add(n.Name, "", "ROM needed", float64(n.ROM), "bytes", n.Source)
		f.add(n.Name, "", "RAM needed", float64(n.RAM), "bytes", n.Source)
	}
	for _, g := range boardGroups() {
		row := dotRow{name: g.name, values: map[string]float64{}}
		for _, n := range needs {
			got := fit(n, g.pick)
			if got.LackCore < got.Boards {
				row.values[n.Name] = got.share(got.Fits)
			}
			f.add(n.Name, g.name, "boards", float64(got.Boards), "", boardsSource)
			f.add(n.Name, g.name, "fit", got.share(got.Fits), "%", boardsSource)
			for _, l := range got.lacks() {
				f.add(n.Name, g.name, l.name, float64(l.boards), "boards", boardsSource)
			}
		}
		d.rows = append(d.rows, row)
	}
	for _, n := range needs {
		got := fit(n, func(map[string]string) bool { return true })
		row := shareRow{name: n.Name, parts: []share{{"fits", got.share(got.Fits), lookOf(n.Engine, 0).color}}}
		for i, l := range got.lacks() {
			row.parts = append(row.parts, share{l.name, got.share(l.boards), lackTints[i]})
		}
		limits.rows = append(limits.rows, row)
	}
	riot := func(r map[string]string) bool { return r["os"] == "RIOT" }
	both, quarter := fit(PaperNeed, riot), fit(Need{ROM: 256 << 10}, riot)
	f.add("the paper's claim", "RIOT", "fit", paperClaim, "%", results.Paper)
	f.add(PaperNeed.Name, "RIOT", "have the flash", both.share(both.Fits+both.LackRAM), "%", boardsSource)
	f.add(PaperNeed.Name, "RIOT", "have 256 KiB of flash", quarter.share(quarter.Fits), "%", boardsSource)
	limits.notes = []string{
		fmt.Sprintf("The paper says %d %% of RIOT's boards. Of today's, %.1f %% have", paperClaim, both.share(both.Fits)),
		fmt.Sprintf("the flash and the RAM it needs; %.1f %% have its flash, %.1f %% have 256 KiB.",
			both.share(both.Fits+both.LackRAM), quarter.share(quarter.Fits)),
	}
	f.drawing, f.height = panels{d, limits}, d.height()+vg.Points(10)
	return f
}

const boardsSource = "results/boards.csv"

type lack struct {
	name   string
	boards int
}

func (f Fit) lacks() []lack {
	return []lack{{"lack flash", f.LackROM}, {"lack RAM", f.LackRAM}, {"lack both", f.LackBoth}, {"other core", f.LackCore}}
}

// lackTints are the colours of what boards lack.
var lackTints = []color.RGBA{rgb(0x6e6e6e), rgb(0x9a9a9a), rgb(0xc0c0c0), rgb(0xe0e0e0)}

// kib is bytes in KiB, with a decimal.
func kib(bytes int) string { return quotient(float64(bytes), 1024, 1) }

// shareChart has a bar of 100 % per row, in parts with their names and shares below it.
type shareChart struct {
	title, subtitle string
	notes           []string
	rows            []shareRow
}

type shareRow struct {
	name  string
	parts []share
}

type share struct {
	name    string
	percent float64
	color   color.RGBA
}

func (c *shareChart) draw(dc draw.Canvas) {
	dc = drawTitle(drawNotes(dc, c.notes), c.title, c.subtitle)
	height := min((dc.Max.Y-dc.Min.Y)/vg.Length(len(c.rows)), vg.Points(48))
	label := text(textSize, black)
	for i, r := range c.rows {
		y := dc.Max.Y - height*vg.Length(i)
		dc.FillText(label, vg.Point{X: dc.Min.X, Y: y - vg.Points(textSize)}, r.name)
		top, bottom := y-vg.Points(textSize*1.6), y-vg.Points(textSize*3)
		x := dc.Min.X
		style := text(smallSize, black)
		var words []string
		var at []vg.Length
		for _, p := range r.parts {
			end := x + (dc.Max.X-dc.Min.X)*vg.Length(p.percent/100)
			dc.FillPolygon(p.color, []vg.Point{{X: x, Y: top}, {X: end, Y: top}, {X: end, Y: bottom}, {X: x, Y: bottom}})
			words = append(words, fmt.Sprintf("%s %.1f", p.name, p.percent))
			at = append(at, x)
			x = end
		}
		limit := dc.Max.X // from the right, so that the last one fits
		for j := len(words) - 1; j >= 0; j-- {
			if r.parts[j].percent < 0.05 {
				continue
			}
			width := style.Width(words[j]) * 1.1
			at[j] = min(at[j], limit-width)
			limit = at[j] - vg.Points(4)
			style.Color = look{color: r.parts[j].color}.ink()
			dc.FillText(style, vg.Point{X: at[j], Y: bottom - vg.Points(smallSize*1.2)}, words[j])
		}
	}
}
