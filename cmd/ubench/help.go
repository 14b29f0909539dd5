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
  {{printf "%-12s" .Name}}{{.Usage}}{{end}}

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
	d := documented(f)
	return strings.TrimSpace(strings.Join(d.names, ", ")+" "+d.value) + "\t" + d.usage
}

// flagDoc is what help, man pages and completion say of a flag.
type flagDoc struct {
	names []string // as they are typed
	value string   // the name of its value, "" if it takes none
	usage string
}

func documented(f cli.Flag) flagDoc {
	var doc flagDoc
	for _, n := range f.Names() {
		doc.names = append(doc.names, dashes(n))
	}
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return doc
	}
	doc.usage = d.GetUsage()
	if before, rest, ok := strings.Cut(doc.usage, "`"); ok {
		if name, after, ok := strings.Cut(rest, "`"); ok {
			doc.value, doc.usage = name, before+name+after
		}
	}
	if !d.TakesValue() {
		doc.value = ""
		return doc
	}
	if doc.value == "" {
		doc.value = "VALUE"
	}
	if text := strings.Trim(d.GetDefaultText(), `"`); text != "" && text != "0" {
		doc.usage += " (default " + text + ")"
	}
	return doc
}
