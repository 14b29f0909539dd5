// SPDX-License-Identifier: GPL-2.0-or-later

package report

import (
	"fmt"
	"slices"

	"github.com/ubench-dev/ubench/abi"
	"github.com/ubench-dev/ubench/deploy"
)

// WayFormats are those that each of the ten programs has.
func WayFormats() []string {
	return []string{abi.Packed.String(), abi.FemtoContainers.String(), abi.ExtendedHeader.String(), abi.ELFObject.String()}
}

// WayFigure is the way of a program from the host to its first result on a device. It is nil without ways.
func WayFigure(ways []deploy.Way, board string) *Figure {
	if len(ways) == 0 {
		return nil
	}
	f := &Figure{Name: "i-way", Title: "The way of a program", Command: "ubench device way --target qemu:" + board}
	air := &groupChart{title: "Bytes on the air, both ways", x: "bytes of datagrams", looks: formatLooks, notes: []string{""}}
	mean := barGroup{name: "geometric mean", bars: map[string]float64{}, strong: true}
	steps := &dotChart{
		title: "Instructions of the device, " + board, x: "instructions (log scale), geometric means", looks: formatLooks,
		notes: []string{"instructions: counted by the device, what waits for the line included; compiled by jit"},
	}
	for _, name := range WayFormats() {
		air.names = append(air.names, name)
		mean.bars[name] = deploy.MeanWay(ways, name, deploy.WaySteps[1])
	}
	for _, w := range ways {
		if n := len(air.groups); n == 0 || air.groups[n-1].name != w.Program {
			air.groups = append(air.groups, barGroup{name: w.Program, bars: map[string]float64{}})
		}
		for _, s := range deploy.WaySteps {
			f.add(w.Format, w.Program, s.Name, s.Of(w), s.Unit, Measured+", qemu:"+board)
		}
		if slices.Contains(air.names, w.Format) {
			air.groups[len(air.groups)-1].bars[w.Format] = float64(w.Datagrams)
		}
	}
	air.groups = append(air.groups, mean)
	steps.names = air.names
	for _, s := range deploy.WaySteps {
		row := dotRow{name: s.Name, values: map[string]float64{}}
		for _, name := range air.names {
			v := deploy.MeanWay(ways, name, s)
			f.add(name, "geometric mean", s.Name, v, s.Unit, Measured+", qemu:"+board)
			if v > 1 && s.Unit == "instructions" {
				row.values[name] = v
			}
		}
		if len(row.values) > 0 {
			steps.rows = append(steps.rows, row)
		}
	}
	packed := mean.bars[abi.Packed.String()]
	f.Caption = fmt.Sprintf("What it takes from the host to the first result on the device: the same programs in each format, with the same transport, "+
		"manifest and signature. packed takes %.0f %% of the bytes of ELF and %.0f %% of those of Femto-Containers' images, which are µBPF's formats; "+
		"verifying the signature takes more than all else together.",
		100*packed/mean.bars[abi.ELFObject.String()], 100*packed/mean.bars[abi.FemtoContainers.String()])
	left, right := air.split()
	f.drawing, f.width, f.height = panels{left, right, steps}, 3*chartWidth, max(left.height(), right.height())
	if len(steps.rows) == 0 {
		f.drawing, f.width = panels{left, right}, 2*chartWidth
	}
	return f
}
