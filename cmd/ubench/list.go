// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"ubench/abi"
)

func listCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "list engines, targets and benchmarks",
		ArgsUsage:   "[flags]",
		Description: "Examples:\n  ubench list\n  ubench list --json",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unexpected argument %q", c.Args().First())
			}
			for _, f := range abi.Formats() {
				fmt.Fprintln(e.stdout, f)
			}
			return nil
		},
	}
}
