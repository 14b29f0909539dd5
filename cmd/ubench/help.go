// SPDX-License-Identifier: GPL-2.0-or-later

package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

const appHelp = `ubench: {{.Usage}}

Usage: {{.UsageText}}

Commands:{{range .VisibleCommands}}
  {{printf "%-10s" .Name}}{{.Usage}}{{end}}

A first run:
  ubench run fletcher16 --sizes 80..2560
  ubench COMMAND --help     flags and examples of a command
  ubench --version
`

const commandHelp = `ubench {{.Name}}: {{.Usage}}

Usage: ubench {{.Name}} {{.ArgsUsage}}{{if .VisibleFlags}}

Flags, before or after the arguments:{{range .VisibleFlags}}
  {{.}}{{end}}{{end}}{{if .Description}}

{{.Description}}{{end}}
`

func init() {
	cli.FlagStringer = flagHelp
	cli.VersionPrinter = func(c *cli.Context) { fmt.Fprintln(c.App.Writer, "ubench", c.App.Version) }
}

// flagHelp is one line of a command's help: names, the value's name (in backquotes in the usage
// text), the meaning, and the default where there is one.
func flagHelp(f cli.Flag) string {
	var names []string
	for _, n := range f.Names() {
		names = append(names, dashes(n))
	}
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return strings.Join(names, ", ")
	}
	usage, value := d.GetUsage(), ""
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		if name, after, ok := strings.Cut(rest, "`"); ok {
			value, usage = name, before+name+after
		}
	}
	left := strings.Join(names, ", ")
	if d.TakesValue() {
		if value == "" {
			value = "VALUE"
		}
		left += " " + value
		if text := strings.Trim(d.GetDefaultText(), `"`); text != "" && text != "0" {
			usage += " (default " + text + ")"
		}
	}
	return left + "\t" + usage
}
