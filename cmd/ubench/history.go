// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/report"
)

// defaultHistory is the result file whose history is shown unless another one is named.
const defaultHistory = "results/baseline/cortex-m4.json"

func historyCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "history",
		Usage:     "show how results changed over commits, with the steps annotated",
		ArgsUsage: "[FILE | FOLDER] [flags]",
		Description: `FILE is a result file that is committed to git; its versions are read from there (default:
` + defaultHistory + `). FOLDER holds result files, taken in the order of their names; no git is needed.

Metrics: ` + strings.Join(report.Metrics, ", ") + `.

Examples:
  ubench history
  ubench history results/baseline/sizes.json --metric bytes --plot sizes.svg
  ubench history nightly/ --metric cycles --plot history.png`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "metric", Value: "instructions", Usage: "`METRIC` to follow"},
			&cli.StringFlag{Name: "plot", Usage: "draw into `FILE`.svg, .png or .pdf"},
		},
		Action: func(c *cli.Context) error { return e.history(c) },
	}
}

func (e *env) history(c *cli.Context) error {
	if c.NArg() > 1 {
		return usagef("name one file or folder, not %d", c.NArg())
	}
	metric := c.String("metric")
	if !slices.Contains(report.Metrics, metric) {
		return unknown("metric", metric, report.Metrics)
	}
	plot := c.String("plot")
	if plot != "" {
		if err := checkPlot(plot); err != nil {
			return err
		}
	}
	path := defaultHistory
	if c.NArg() == 1 {
		path = c.Args().First()
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var revisions []report.Revision
	if info.IsDir() {
		revisions, err = e.folderRevisions(path)
	} else {
		revisions, err = e.gitRevisions(c.Context, path)
	}
	if err != nil {
		return err
	}
	h, err := report.NewHistory(revisions, metric)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := e.writeTables([]*report.Table{h.Table()}); err != nil {
		return err
	}
	if plot != "" && len(revisions) < 2 {
		return fmt.Errorf("plot %s: %s has one revision, a line takes two", plot, path)
	}
	if plot != "" {
		if err := h.Figure().Save(plot); err != nil {
			return fmt.Errorf("plot %s: %w", plot, err)
		}
	}
	return nil
}

// folderRevisions reads the result files of a folder, by name. What is no result file is said to be
// left out.
func (e *env) folderRevisions(dir string) ([]report.Revision, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var revisions []report.Revision
	for _, entry := range entries {
		if entry.Type()&fs.ModeType != 0 || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		r, err := report.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			fmt.Fprintln(e.stderr, "ubench history: left out:", oneLine(err))
			continue
		}
		name := strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name()))
		revisions = append(revisions, report.Revision{Name: name, Date: r.Created, Subject: r.Version, Results: r})
	}
	if len(revisions) == 0 {
		return nil, fmt.Errorf("%s: no result file in it: put the output of ubench run --json there", dir)
	}
	return revisions, nil
}

// gitRevisions reads the committed versions of a file, oldest first.
func (e *env) gitRevisions(ctx context.Context, file string) ([]report.Revision, error) {
	dir, base := filepath.Split(file)
	git := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = dir
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil && ctx.Err() == nil && stderr.Len() > 0 {
			err = errors.New(strings.TrimSpace(stderr.String()))
		}
		return out, err
	}
	log, err := git("log", "--reverse", "--format=%H%x09%h%x09%cs%x09%s", "--", base)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("%s: git is not installed: install it, or name a folder of result files", file)
	case err != nil:
		return nil, fmt.Errorf("%s: its history cannot be read (%w): name a file in a git repository, or a folder of result files", file, err)
	}
	var revisions []report.Revision
	for line := range strings.Lines(string(log)) {
		fields := strings.SplitN(strings.TrimSpace(line), "\t", 4)
		if len(fields) != 4 {
			return nil, fmt.Errorf("%s: git log printed %q", file, line)
		}
		data, err := git("show", fields[0]+":./"+base)
		if err != nil {
			continue // the commit removed it
		}
		r, err := report.Read(base+" of "+fields[1], bytes.NewReader(data))
		if err != nil {
			fmt.Fprintln(e.stderr, "ubench history: left out:", oneLine(err))
			continue
		}
		revisions = append(revisions, report.Revision{Name: fields[1], Date: fields[2], Subject: fields[3], Results: r})
	}
	if len(revisions) == 0 {
		return nil, fmt.Errorf("%s: no commit has it: commit it first, or name a folder of result files", file)
	}
	return revisions, nil
}
