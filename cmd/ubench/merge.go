// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/report"
)

func mergeCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "put together what the shards of a run wrote",
		ArgsUsage: "FILE… [flags]",
		Description: `Files are those of ubench run, ubench size or ubench exec --batch with --shard I/N, all N of them in any order. The
output is what one computer would have written without --shard. A shard that is missing, there twice, interrupted,
or of another plan or version of ubench is refused, and nothing is printed.

Examples:
  ubench run --all --shard 1/2 --json > 1.json
  ubench run --all --shard 2/2 --json > 2.json
  ubench merge 1.json 2.json > all.json
  ubench merge shard-*.json --format table`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Value: "json", Usage: "print `FORMAT`: json, table, csv or bench (Go benchmark lines)"},
			&cli.BoolFlag{Name: "json", Usage: "the same as --format json"},
			&cli.BoolFlag{Name: "csv", Usage: "the same as --format csv"},
		},
		Action: func(c *cli.Context) error { return e.merge(c) },
	}
}

func (e *env) merge(c *cli.Context) error {
	names := c.Args().Slice()
	if len(names) == 0 {
		return usagef("name the files of all shards")
	}
	format, err := outputFormat(c, "json", "table", "csv", "bench")
	if err != nil {
		return err
	}
	files := make([]*report.Results, len(names))
	for i, name := range names {
		data, err := readAll(e.stdin, name, maxResultFile)
		if err != nil {
			return err
		}
		if isBatch(data) {
			if c.IsSet("format") || c.Bool("csv") {
				return usagef("%s has answers of ubench exec --batch, which have one format", name)
			}
			return e.mergeBatches(names)
		}
		if files[i], err = report.ReadJSON(name, bytes.NewReader(data)); err != nil {
			return err
		}
	}
	merged, err := report.Merge(names, files)
	if err != nil {
		return err
	}
	if len(merged.Samples) == 0 && len(merged.Sizes) > 0 {
		if format == "json" {
			return merged.WriteJSON(e.stdout)
		}
		return e.writeSizes(c, format, merged.Sizes)
	}
	if format == "json" {
		return merged.WriteJSON(e.stdout)
	}
	return e.writeSamples(c, format, *merged, true)
}
