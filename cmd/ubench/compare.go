// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/report"
)

func compareCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "compare two result files, and fail if something got worse",
		ArgsUsage: "OLD NEW [flags]",
		Description: `The files may be JSON, CSV or Go benchmark lines, as ubench run and ubench size write them; - is
standard input. Counts of emulated targets are exact, so by default any growth is a regression, and
the exit status is 1. So it is if nothing could be compared, a point failed that did not before, or a
file is incomplete; with --exact also if a metric or a point is missing.

Metrics: ` + strings.Join(report.Metrics, ", ") + `.

Examples:
  ubench compare old.json new.json
  ubench compare results/baseline/cortex-m4.json new.json --exact
  ubench compare old.txt new.txt --threshold cycles=1 --threshold stack-bytes=10
  ubench compare old.json new.json --markdown >> "$GITHUB_STEP_SUMMARY"`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "threshold", Usage: "`METRIC=PERCENT` a metric may grow by (default: 0); without METRIC=, all of them"},
			&cli.BoolFlag{Name: "exact", Usage: "also fail if anything got better or is missing: for committed baselines"},
			&cli.BoolFlag{Name: "markdown", Usage: "print Markdown, for comments on pull requests"},
		},
		Action: func(c *cli.Context) error { return e.compare(c) },
	}
}

func (e *env) compare(c *cli.Context) error {
	if c.NArg() != 2 {
		return usagef("name two result files: the old and the new one")
	}
	thresholds, err := parseThresholds(c.StringSlice("threshold"))
	if err != nil {
		return err
	}
	var files [2]*report.Results
	for i, name := range c.Args().Slice() {
		if files[i], err = readResults(e.stdin, name); err != nil {
			return err
		}
	}
	diff, err := report.Compare(files[0], files[1], thresholds)
	if err != nil {
		return err
	}
	if err := e.writeComparison(diff, c.Bool("markdown")); err != nil {
		return err
	}
	switch {
	case diff.Compared() == 0:
		return fmt.Errorf("%s and %s: %s", c.Args().First(), c.Args().Get(1), diff.Verdict())
	case len(diff.Incomplete) > 0:
		return errors.New(strings.Join(diff.Incomplete, "; "))
	case diff.Regressions() > 0:
		return fmt.Errorf("%s is worse than %s: %s", c.Args().Get(1), c.Args().First(), diff.Verdict())
	case c.Bool("exact") && !diff.Identical():
		return fmt.Errorf("the results differ: if that is intended, commit the new ones (make baseline)")
	}
	return nil
}

func (e *env) writeComparison(diff *report.Comparison, markdown bool) error {
	if markdown {
		_, err := io.WriteString(e.stdout, diff.Markdown())
		return err
	}
	if !diff.Identical() {
		if err := diff.Table().WriteText(e.stdout, colour(e.stdout)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(e.stdout); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(e.stdout, diff.Verdict())
	return err
}

func readResults(stdin io.Reader, name string) (*report.Results, error) {
	if name == "-" {
		return report.Read("stdin", stdin)
	}
	return report.ReadFile(name)
}

// parseThresholds reads METRIC=PERCENT, or PERCENT for all metrics.
func parseThresholds(texts []string) (map[string]float64, error) {
	thresholds := map[string]float64{}
	for text := range strings.SplitSeq(strings.Join(texts, ","), ",") {
		if len(texts) == 0 {
			break
		}
		metric, number, named := strings.Cut(text, "=")
		if !named {
			metric, number = "", text
		}
		percent, err := strconv.ParseFloat(strings.TrimSuffix(number, "%"), 64)
		if err != nil || !(percent >= 0 && percent < 1e6) {
			return nil, usagef("--threshold %q: %q is not a percentage", text, number)
		}
		if named && !slices.Contains(report.Metrics, metric) {
			return nil, fmt.Errorf("--threshold %q: %w", text, unknown("metric", metric, report.Metrics))
		}
		for _, m := range report.Metrics {
			if metric == "" || m == metric {
				thresholds[m] = percent
			}
		}
	}
	return thresholds, nil
}
