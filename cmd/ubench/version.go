// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/ubench-dev/ubench/emu/unicorn"
	"github.com/ubench-dev/ubench/firmware"
	"github.com/ubench-dev/ubench/report"
)

// release and released are the version that CHANGELOG.md begins with, and its date; a test compares them.
const (
	release  = "0.2.0"
	released = "2026-11-27"
)

// commit is set by the Makefile; without it the build information has it.
var commit string

// commitText is the commit this was built from.
func commitText() string {
	if commit != "" {
		return commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if len(revision) >= 12 {
		return revision[:12] + dirty
	}
	return "unknown"
}

// versionText is the version with the commit it was built from, as semantic versioning writes it.
func versionText() string { return release + "+" + commitText() }

// about is what ubench version prints.
type about struct {
	Version    string   `json:"version"`
	Commit     string   `json:"commit"`
	Results    string   `json:"results"` // schema of result files
	Go         string   `json:"go"`
	Platform   string   `json:"platform"`
	LibUnicorn string   `json:"libunicorn"`
	Firmware   []string `json:"firmware"` // boards it is embedded for
}

func versionCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:      "version",
		Usage:     "show the version, and what it was built with",
		ArgsUsage: "[flags]",
		Description: `CHANGELOG.md says what each version brought.

Examples:
  ubench version
  ubench version --json`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unexpected argument %q", c.Args().First())
			}
			major, minor := unicorn.Version()
			a := about{
				Version: release, Commit: commitText(), Results: report.Schema, Go: runtime.Version(),
				Platform: runtime.GOOS + "/" + runtime.GOARCH, LibUnicorn: fmt.Sprintf("%d.%d", major, minor),
			}
			for _, b := range firmware.Boards() {
				a.Firmware = append(a.Firmware, b.Name)
			}
			if c.Bool("json") {
				enc := json.NewEncoder(e.stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(a)
			}
			fmt.Fprintf(e.stdout, "ubench %s, commit %s\nresult files: %s\nbuilt with %s for %s, libunicorn %s\nfirmware for", a.Version, a.Commit, a.Results,
				a.Go, a.Platform, a.LibUnicorn)
			for _, b := range firmware.Boards() {
				fmt.Fprintf(e.stdout, " %s (%s)", b.Name, b.Core)
			}
			fmt.Fprintln(e.stdout)
			return nil
		},
	}
}
