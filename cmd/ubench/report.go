// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"cmp"
	"fmt"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/report"
)

func reportCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "measure, and write a page with figures, tables and how to reproduce them",
		ArgsUsage: "[flags]",
		Description: `The page is one file, ` + report.PageName + `: it needs no network, follows the light or dark theme of the
reader, and prints.

Examples:
  ubench report
  ubench report -o public --target unicorn:cortex-m3
  ubench report --reproducible -o site`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "o", Value: "report", Usage: "`FOLDER` to write to; it is made if need be"},
			&cli.StringFlag{Name: "target", Value: defaultTarget, Usage: "`TARGET` to measure on; see ubench list"},
			&cli.BoolFlag{Name: "reproducible", Usage: "leave the time of measuring out"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unexpected argument %q", c.Args().First())
			}
			dir := c.String("o")
			if err := makeFolder(dir); err != nil {
				return err
			}
			study, err := e.study(c.Context, c.String("target"), true)
			if err != nil {
				return err
			}
			page := study.page(c.String("target"))
			for _, t := range []*report.Table{study.conforms, study.agreement} {
				if t != nil {
					page.Conformance = append(page.Conformance, t)
				}
			}
			if !c.Bool("reproducible") {
				page.Environment = append(page.Environment, report.Fact{Name: "measured", Value: time.Now().UTC().Format(time.RFC3339)})
			}
			file, err := page.Write(dir)
			if err != nil {
				return err
			}
			e.progress.clear()
			if _, err := fmt.Fprintln(e.stdout, file); err != nil {
				return err
			}
			for _, gap := range study.gaps() {
				fmt.Fprintln(e.stderr, "ubench report:", gap)
			}
			return e.complain(study.samples)
		},
	}
}

// page is the report of a study.
func (s *study) page(spec string) *report.Page {
	p := &report.Page{
		Title:   "eBPF on " + s.info.Target,
		Samples: s.samples, Sizes: s.sizes, Figures: s.figures(),
		Environment: []report.Fact{
			{Name: "ubench", Value: versionText()},
			{Name: "target", Value: s.info.Target},
			{Name: "core", Value: s.info.Core},
			{Name: "firmware", Value: s.info.Board},
			{Name: "instructions", Value: "executed, counted exactly"},
			{Name: "cycles", Value: cmp.Or(s.info.CyclesLabel, "not counted by this target")},
			{Name: "published", Value: report.Published},
			{Name: "Go", Value: runtime.Version()},
		},
	}
	for _, f := range p.Figures {
		p.Reproduce = append(p.Reproduce, report.Fact{Name: f.Title, Value: cmp.Or(f.Command, "ubench figures") + " --target " + spec})
	}
	p.Reproduce = append(p.Reproduce,
		report.Fact{Name: "one number of a kernel", Value: "ubench run KERNEL --sizes SIZE --engines ENGINE --target " + spec},
		report.Fact{Name: "program sizes", Value: "ubench size examples"},
		report.Fact{Name: "this page", Value: "ubench report --target " + spec},
	)
	return p
}
