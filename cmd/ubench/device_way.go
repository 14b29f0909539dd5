// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/deploy"
	"github.com/ubench-dev/ubench/deploy/suit"
	"github.com/ubench-dev/ubench/device"
	"github.com/ubench-dev/ubench/emu/field"
	"github.com/ubench-dev/ubench/report"
)

// deviceWay boots a device for this alone and measures the way of the paper's programs to it.
func (e *env) deviceWay(c *cli.Context, _ []string) error {
	target, plot := "qemu:netduinoplus2", c.String("plot")
	if c.IsSet("target") { // emulate's default is the host, which counts nothing
		target = c.String("target")
	}
	if plot != "" {
		if err := checkPlot(plot); err != nil {
			return err
		}
	}
	state, err := os.MkdirTemp("", "ubench-way")
	if err != nil {
		return err
	}
	defer os.RemoveAll(state)
	e.progress.step(0, 0, "booting "+target)
	booted, err := field.Start(c.Context, field.Options{
		Target: target, Firmware: c.String("firmware"), Folder: firmwareFolder(), State: state, Listen: "127.0.0.1:0",
	})
	if err != nil {
		return err
	}
	defer booted.Close()
	d, err := (&deviceProfile{To: booted.Address}).reach(c.Context)
	if err != nil {
		return err
	}
	defer d.Close()
	info, err := d.Info(c.Context)
	if err != nil {
		return err
	}
	engine := device.JIT
	if target == "host" {
		engine = device.VM // the host runs no code for devices
	}
	ways, err := deploy.MeasureWays(c.Context, d, engine, suit.DevelopmentKey.SigningKey, e.progress.step)
	if err != nil {
		return err
	}
	e.progress.clear()
	if plot != "" {
		if err := report.WayFigure(ways, info.Board).Save(plot); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		return e.printJSON(ways)
	}
	return e.printWays(ways)
}

// printWays prints what each took, and the means of formats that all programs have.
func (e *env) printWays(ways []deploy.Way) error {
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "program\tformat\t")
	for _, s := range deploy.WaySteps {
		fmt.Fprintf(w, "%s\t", s.Name)
	}
	fmt.Fprintln(w)
	for _, x := range ways {
		fmt.Fprintf(w, "%s\t%s\t", x.Program, x.Format)
		for _, s := range deploy.WaySteps {
			fmt.Fprintf(w, "%.0f\t", s.Of(x))
		}
		fmt.Fprintln(w)
	}
	for _, format := range report.WayFormats() {
		fmt.Fprintf(w, "geometric mean\t%s\t", format)
		for _, s := range deploy.WaySteps {
			fmt.Fprintf(w, "%.0f\t", deploy.MeanWay(ways, format, s))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
