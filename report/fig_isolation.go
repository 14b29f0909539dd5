// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"strings"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/emu"
)

// IsolationFigure is what compartments cost: instructions and cycles behind walls and without, the firmware of devices by
// component, and how many programs there is room for. It is nil without measurements.
func IsolationFigure(r *bench.Isolation) *Figure {
	if r == nil {
		return nil
	}
	f := &Figure{
		Name: "h-isolation", Title: "The cost of isolation", Command: "ubench run --all --target unicorn+mpu",
		width: 3 * chartWidth, height: chartHeight,
	}
	bytes := func(title, metric string, parts []bench.Component) *barChart {
		c := &barChart{title: title, x: "bytes, by component"}
		for _, p := range parts {
			l, ok := looks[p.Name]
			if !ok {
				l = look{color: rgb(0x9a9a9a)}
			}
			c.bars = append(c.bars, bar{p.Name, float64(p.Bytes), l, count(uint64(p.Bytes))})
			f.add(p.Name, r.Board, metric, float64(p.Bytes), "bytes", Measured)
		}
		return c
	}
	costs := f.isolationCosts(r)
	rom := bytes("ROM of a device's firmware, "+r.Board, "ROM", r.ROM)
	ram := bytes("its RAM", "RAM", r.RAM)
	for _, x := range r.Fit {
		where := x.Engine + " on " + x.Board
		f.add(x.Engine, x.Board, "programs at once", float64(x.Fit), "programs", Measured)
		ram.notes = append(ram.notes, fmt.Sprintf("%s: %d of the %d examples at once, %s bytes left", where, x.Fit, x.Of, count(uint64(x.Left))))
	}
	rom.notes = []string{"with console and tests, without the server of the field"}
	f.drawing = panels{costs, rom, ram}
	f.Caption = isolationCaption(r)
	for _, k := range r.Kernels {
		series := k.Engine + " behind walls over " + k.Beside
		f.add(series, k.Benchmark, "instructions", k.Instructions, "ratio", Measured+", "+r.Target)
		f.add(series, k.Benchmark, "instructions without entering and leaving", k.Inside, "ratio", Measured+", "+r.Target)
		if k.Cycles > 0 {
			f.add(series, k.Benchmark, "cycles", k.Cycles, "ratio", Measured+", "+r.Target)
		}
	}
	return f
}

// isolationCosts has a bar for each thing behind walls, and one for it without.
func (f *Figure) isolationCosts(r *bench.Isolation) *barChart {
	c := &barChart{title: "Behind walls and without, " + Place(r.Target, ""), x: "instructions (cycles)"}
	add := func(x bench.IsolationCost, where string, n emu.Counts) {
		name := strings.TrimSpace(x.What + " " + x.Engine)
		l := look{color: grey}
		if where == "behind walls" {
			l = look{color: vermillion}
			if x.Engine == "vm" {
				l = looks["vm"]
			}
		} else {
			name += ", " + where
		}
		text := count(n.Instructions)
		f.add(x.Engine, x.What, where+", instructions", float64(n.Instructions), "instructions", Measured+", "+r.Target)
		if n.Cycles > 0 {
			text += " (" + count(n.Cycles) + ")"
			f.add(x.Engine, x.What, where+", cycles", float64(n.Cycles), "cycles", Measured+", "+r.Target+", "+r.CyclesLabel)
		}
		c.bars = append(c.bars, bar{name, float64(n.Instructions), l, text})
	}
	for _, x := range r.Costs {
		add(x, "behind walls", x.With)
		if x.Without != nil {
			add(x, "without", *x.Without)
		}
	}
	return c
}

func isolationCaption(r *bench.Isolation) string {
	instructions := func(k bench.IsolationRatio) float64 { return k.Instructions }
	inside := func(k bench.IsolationRatio) float64 { return k.Inside }
	return fmt.Sprintf("What a program in a compartment costs, beside the same engine without. Over %d benchmarks at their largest sizes jit behind "+
		"walls takes %.3f times the instructions of jit without (geometric mean), %.3f times without entering and leaving; vm %.3f and %.3f times "+
		"those of vm; jit-mpu, which leaves bounds to the hardware and the budget to the clock, %.3f times those of jit. Behind walls a run begins a thread, switches to it and back; a call of "+
		"a helper is an SVC and a look into the program's grants.",
		len(r.Kernels)/3, r.Mean("jit", instructions), r.Mean("jit", inside), r.Mean("vm", instructions), r.Mean("vm", inside), r.Mean("jit-mpu", instructions))
}
