// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/bench"
	"github.com/ubench-dev/ubench/report"
)

const defaultTarget = "unicorn"

// parseList splits a comma-separated list of names.
func parseList(flag, text string) ([]string, error) {
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			return nil, usagef("--%s %q: an empty name", flag, text)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func parseBudget(c *cli.Context) (uint32, error) {
	n := c.Int64("budget")
	if c.IsSet("budget") && (n < 1 || n > math.MaxUint32) {
		return 0, usagef("--budget %d: choose 1 to %d", n, uint32(math.MaxUint32))
	}
	return uint32(n), nil
}

// outputFormat is the one of --format, --json and --csv that was given; they must not contradict.
func outputFormat(c *cli.Context, choices ...string) (string, error) {
	format := c.String("format")
	if !slices.Contains(choices, format) {
		return "", unknown("format", format, choices)
	}
	given := c.IsSet("format")
	for _, short := range []string{"json", "csv"} {
		if !c.Bool(short) {
			continue
		}
		if given && format != short {
			return "", usagef("--%s contradicts the format %s: choose one", short, format)
		}
		format, given = short, true
	}
	return format, nil
}

// checkPlot finds mistakes in a plot's file name before anything is measured.
func checkPlot(name string) error {
	if err := report.CheckPlotName(name); err != nil {
		return usagef("%v", err)
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return fmt.Errorf("plot %s: there is no folder %s: create it first", name, filepath.Dir(name))
	}
	return nil
}

// targetFlag names targets, for targetSpecs.
var targetFlag = &cli.StringSliceFlag{Name: "target",
	Usage: "`TARGET`, or several with commas or by repeating the flag (default: " + defaultTarget + "); see ubench list"}

// targetSpecs lists the targets asked for.
func targetSpecs(c *cli.Context) ([]string, error) {
	specs := []string{defaultTarget}
	if c.IsSet("target") {
		var err error
		if specs, err = parseList("target", strings.Join(c.StringSlice("target"), ",")); err != nil {
			return nil, err
		}
	}
	return withModel(c, specs)
}

// shardFlag is for commands whose work several computers can share.
var shardFlag = &cli.StringFlag{Name: "shard", Usage: "do part `I/N` of the work, I from 1 to N, for ubench merge"}

// shard reads --shard, whose output is JSON; nil if it was not given.
func shard(c *cli.Context, format string) (*bench.Shard, error) {
	s, err := bench.ParseShard(c.String("shard"))
	if err != nil || c.IsSet("shard") && s == nil {
		return nil, usagef("--shard %q: name a part as I/N, I from 1 to N (at most %d)", c.String("shard"), bench.MaxShards)
	}
	if s != nil && format != "json" {
		return nil, usagef("--shard %s: add --json, which is what ubench merge reads", c.String("shard"))
	}
	return s, nil
}
